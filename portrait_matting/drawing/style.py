"""A portrait by its number: what a recipe makes of it, the same in every process."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.data.people_extra import load_people
from portrait_matting.drawing.recipe import SPLIT, Recipe
from portrait_matting.errors import InputError
from portrait_matting.synthetic import SPLITS, Layers, draw_layers
from portrait_matting.synthetic.backgrounds import FolderBackgrounds

_ELSEWHERE = 10**9  # from one drawing to the one that takes its place where it shows nobody: beyond every --count
_TRIES = 20
_PHOTO = 1  # the third part of a random stream's key: the choice of a picture behind a drawn person


@dataclass(frozen=True)
class Style:
    """Draws portraits by a recipe. Picklable.

    Args:
        recipe: of the folder.
        backgrounds: the pictures that people are put before; None draws what is behind them.
    """

    recipe: Recipe
    backgrounds: FolderBackgrounds | None = None

    def portrait(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Portrait `index`: image uint8 RGB (H, W, 3), alpha float32 (H, W) in [0, 1].

        Raises:
            InputError: a background cannot be read, or the extra `people` is not installed.
        """
        if self.recipe.style == "people":
            return load_people().draw_person_portrait(*self._asked(index), **self._choice())
        layers = self._drawn(index)
        return layers.composite(), layers.alpha

    def somebody(self, index: int) -> Layers:
        """The layers of drawing `index`, or where it shows nobody, as some do, of another one in its place.

        Raises:
            InputError: as `portrait`, or no drawing shows anybody.
        """
        for attempt in range(_TRIES):
            number = index + attempt * _ELSEWHERE
            if self.recipe.style == "people":
                layers = load_people().draw_person_layers(*self._asked(number), **self._choice())
            else:
                layers = self._drawn(number)
            if (layers.alpha > 0.5).any():
                return layers
        raise InputError(f"{_TRIES} drawings of --seed {self.recipe.seed} in a row show nobody: give another --seed")

    def _asked(self, index: int) -> tuple[str, int, int, int, int]:
        return SPLIT, self.recipe.seed, index, self.recipe.height, self.recipe.width

    def _choice(self) -> dict:
        return {"pieces": frozenset(self.recipe.pieces or ()), "backgrounds": self.backgrounds}

    def _drawn(self, index: int) -> Layers:
        layers = draw_layers(*self._asked(index))
        if self.backgrounds is None:
            return layers
        key = (SPLITS.index(SPLIT), index, _PHOTO)
        rng = np.random.default_rng(np.random.SeedSequence(self.recipe.seed, spawn_key=key))
        photo = self.backgrounds(rng, self.recipe.height, self.recipe.width)
        return layers._replace(background=photo.astype(np.float32) / 255)
