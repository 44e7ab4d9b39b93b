"""What several processes share on a disk."""
