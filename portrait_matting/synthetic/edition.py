"""Which drawings these are: pictures of one number in two editions differ."""

EDITION = 3
"""Raised whenever a drawing of some number changes, be it by a bit.

1: recipes and fingerprints did not say so yet. 2: painted at the size of the picture, not at twice that.
3: foliage, bars, straps, helmets and prints; more that is as dark or as bright as what is behind it.
"""
