"""What happens in a run besides training, one behaviour a file.

A class that says `looks_on = True` leaves the network that is trained as it is: runs with and without it are compared
as one recipe, and a sweep takes up jobs that were begun without it. One that does not say so counts as a difference.
"""
