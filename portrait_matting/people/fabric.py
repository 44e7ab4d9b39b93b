"""Fabrics: their colours, patterns and shine."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.people.noise import noise
from portrait_matting.people.surface import Appearance, Samples
