"""Pixels: files to arrays to tensors, the one truth about them."""
