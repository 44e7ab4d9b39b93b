"""Weights as small files, and the networks that come with the package: each is such a file in this folder."""
