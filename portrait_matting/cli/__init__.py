"""How a command opens: its flags, its worker processes, and one line for what went wrong."""
