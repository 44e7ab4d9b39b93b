"""What happens in a run besides training, one behaviour a file."""
