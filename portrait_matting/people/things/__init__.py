"""What people wear on their heads and around their necks, carry and hold."""
