"""Places behind people, and the light that comes from them."""
