"""Cloth around head and neck: headscarves that leave the face free, and hoods of sweaters drawn up."""

import math

import numpy as np

from portrait_matting.people.body import Body
from portrait_matting.people.head_cover import AROUND, Headwear
from portrait_matting.people.materials import any_pattern, cloth
from portrait_matting.people.skull import Skull, fit
from portrait_matting.people.solids import Solid, grid, tube
from portrait_matting.people.surface import Surface
from portrait_matting.people.torso import round_torso
