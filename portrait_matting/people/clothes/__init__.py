"""Clothes: cut from MakeHuman's suit, draped, folded, sewn; their fabrics, and who wears what."""
