"""Postures: how people hold themselves before a camera."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.people.bodies.body_arrays import BodyData
from portrait_matting.people.bodies.pose import Rotations, X, Y, Z, curled, reach, rotation, transforms

KINDS = {  # of the arms, and their shares
    "hanging": 0.62,
    "selfie": 0.12,  # one arm is stretched out to the camera
    "crossed": 0.07,
    "hips": 0.06,
    "hand at the face": 0.05,
    "hand in the hair": 0.01,
    "holding": 0.05,  # something before the chest or at the ear
    "waving": 0.02,
}


@dataclass(frozen=True)
class Posture:
    """Attributes:
    pose: the rotations.
    kind: one of KINDS.
    free: the side, L or R, of a raised hand that could hold something; None: there is none.
    """

    pose: Rotations
    kind: str
    free: str | None = None


def sample_posture(rng: np.random.Generator, data: BodyData, joints: np.ndarray, varied: bool = True) -> Posture:
    """A posture that joints allow.

    Args:
        rng: of the posture.
        data, joints: the skeleton, and where the bones of this body begin, (B, 3).
        varied: whether there are others than upright ones with hanging arms.
    """
    pose = _trunk(rng, 1.0 if varied else 0.3)
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values()))) if varied else "hanging"
    side = str(rng.choice(["L", "R"]))
    head = _Head(data, joints, pose)
    free = None
    for each in "LR":
        out = X if each == "L" else -X
        active = each == side
        if kind == "crossed":
            arm = _crossed(rng, data, joints, pose, each, out, active)
        elif kind == "hips" and (active or rng.random() < 0.5):
            arm = reach(data, joints, pose, each, head.trunk + 0.19 * out + (0, 0.02, -0.42), out + (0, 0.6, 0))
        elif kind == "selfie" and active:
            there = head.shoulder(each) + rng.uniform(0.05, 0.3) * out + (0, -0.6, rng.uniform(-0.25, 0.25))
            arm = reach(data, joints, pose, each, there, out - 0.6 * Z)
        elif kind == "hand at the face" and (active or rng.random() < 0.12):
            place = _FACE[rng.choice(list(_FACE))]
            at = head.at(np.array(place[0]) * (1 if each == "L" else -1, 1, 1))
            away = head.turn @ (np.array(place[1]) * (1 if each == "L" else -1, 1, 1))
            arm = reach(data, joints, pose, each, at + head.size * 0.85 * away, out * 0.5 - Z - 0.3 * Y, -away)
        elif kind == "hand in the hair" and (active or rng.random() < 0.3):
            at = head.at(np.array([0.75 if each == "L" else -0.75, rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.8)]))
            arm = reach(
                data, joints, pose, each, at + head.size * (0.55 * out - 0.25 * Z), out + 0.5 * Z, Z - 0.3 * out
            )
        elif kind in ("holding", "waving") and active:
            high = rng.uniform(-0.6, 0.3) if kind == "holding" else rng.uniform(-0.3, 0.8)
            apart = rng.uniform(-0.05, 0.2) if kind == "holding" else rng.uniform(0.15, 0.35)
            there = head.shoulder(each) + apart * out + (0, -rng.uniform(0.2, 0.4), 0.25 * high)
            arm = reach(data, joints, pose, each, there, out - 1.2 * Z, Z - 0.3 * Y + 0.2 * rng.normal() * X)
            free = each if kind == "holding" else None
        else:
            arm = _hanging(rng, each)
        bend = rng.uniform(3, 25) if kind not in ("holding", "crossed") else rng.uniform(25, 45)
        pose = pose | arm | curled(data, joints, each, bend)
    return Posture(pose, kind, free)


# Where the fingers touch, in head heights from between the eyes (left, back, up), and from where the hand comes to it.
_FACE = {
    "cheek": ((0.62, 0.15, -0.55), (0.45, -0.45, -0.75)),
    "chin": ((0.12, -0.25, -1.12), (0.2, -0.5, -0.85)),
    "mouth": ((0.15, -0.4, -0.8), (0.45, -0.6, -0.65)),
    "temple": ((0.68, 0.2, 0.1), (0.6, -0.3, -0.75)),
    "forehead": ((0.35, -0.2, 0.42), (0.65, -0.6, -0.45)),
    "ear": ((0.72, 0.75, -0.3), (0.6, -0.2, -0.75)),
}


class _Head:
    """Where the head of a posed skeleton is."""

    def __init__(self, data: BodyData, joints: np.ndarray, pose: Rotations) -> None:
        self._data, self._joints = data, joints
        self._bones = transforms(data, joints, pose).astype(np.float64)
        eyes = (joints[data.bone("eye.L")] + joints[data.bone("eye.R")]) / 2
        self._eyes = eyes.astype(np.float64)
        apart = np.linalg.norm(joints[data.bone("eye.L")] - joints[data.bone("eye.R")])
        self.size = float(1.75 * apart)  # metres: eyes lie 0.57 of the upper head's height apart
        self.turn = self._bones[data.bone("head"), :, :3]
        self.trunk = self._carried(joints[data.bone("spine01")], "spine01")

    def at(self, place: np.ndarray) -> np.ndarray:
        return self._carried(self._eyes + self.size * place, "head")

    def shoulder(self, side: str) -> np.ndarray:
        return self._carried(self._joints[self._data.bone(f"upperarm01.{side}")], f"shoulder01.{side}")

    def _carried(self, point: np.ndarray, bone: str) -> np.ndarray:
        matrix = self._bones[self._data.bone(bone)]
        return matrix[:, :3] @ point + matrix[:, 3]


def _trunk(rng: np.random.Generator, much: float) -> Rotations:
    """The spine, the shoulders and the head: upright people who turn and bend a little, the head most."""
    lean, side, twist = much * rng.normal(0, (5, 4, 7))
    found = {}
    for bone in ("spine03", "spine02", "spine01"):
        found[bone] = rotation(Z, twist / 3) @ rotation(X, lean / 3) @ rotation(Y, side / 3)
    turn = float(np.clip(much * rng.normal(0, 18), -55, 55)) - 0.6 * twist
    nod = float(np.clip(much * rng.normal(2, 9), -24, 26)) - 0.5 * lean
    tilt = float(np.clip(much * rng.normal(0, 7), -22, 22)) - 0.5 * side
    for bone, share in (("neck01", 0.25), ("neck02", 0.25), ("neck03", 0.2), ("head", 0.3)):
        found[bone] = rotation(Z, share * turn) @ rotation(X, share * nod) @ rotation(Y, share * tilt)
    shrug = abs(much * rng.normal(0, 4))
    for bone, sign in (("clavicle.L", -1), ("clavicle.R", 1)):
        found[bone] = rotation(Y, sign * (shrug + rng.normal(0, 1.5 * much))) @ rotation(
            Z, sign * rng.normal(2, 4 * much)
        )
    return found


def _hanging(rng: np.random.Generator, side: str) -> Rotations:
    sign = 1 if side == "L" else -1
    return {
        f"upperarm01.{side}": rotation(Y, sign * rng.uniform(24, 40)) @ rotation(X, rng.normal(0, 9)),
        f"lowerarm01.{side}": rotation(X, rng.uniform(-25, 30)) @ rotation(Z, sign * rng.normal(0, 10)),
    }


def _crossed(rng, data: BodyData, joints: np.ndarray, pose: Rotations, side: str, out: np.ndarray, above: bool):
    bones = transforms(data, joints, pose)
    spine = bones[data.bone("spine01")].astype(np.float64)
    middle = spine[:, :3] @ joints[data.bone("spine01")] + spine[:, 3]
    # the hand ends at the other arm, which is as far from the middle as the shoulder is, and bends around it
    apart = abs(float(joints[data.bone(f"upperarm01.{side}"), 0]))
    there = middle - (apart - 0.16) * out + (0, -0.19 - 0.05 * above, -0.16 + 0.05 * above)
    way = -out + 0.3 * Y + 0.4 * Z if above else -out + 0.5 * Y - 0.1 * Z
    return reach(data, joints, pose, side, there, out - Z, way)
