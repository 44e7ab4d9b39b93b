"""How a command opens: its flags, and one line for what went wrong."""
