"""Rotations, chains of bones and arms that reach, against what can be worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from portrait_matting.people.bodies import posture
from portrait_matting.people.bodies.body import make_body
from portrait_matting.people.bodies.pose import X, Y, Z, between, curled, reach, rotation, transforms
from portrait_matting.people.bodies.posture import sample_posture
from portrait_matting.people.bodies.shape import sample_shape

BONES = ["shoulder01.L", "upperarm01.L", "lowerarm01.L", "wrist.L", "finger3-1.L"]
SKELETON = SimpleNamespace(parents=np.array([-1, 0, 1, 2, 3]), bone=BONES.index)
JOINTS = np.array([[0, 0, 0], [0.1, 0, 0], [0.4, 0, 0], [0.65, 0, 0], [0.75, 0, 0]])


def carried(pose: dict) -> np.ndarray:
    matrices = transforms(SKELETON, JOINTS, pose)
    return np.einsum("bij,bj->bi", matrices[:, :, :3], JOINTS) + matrices[:, :, 3]


@pytest.mark.parametrize("axis, start, end", [(X, Y, Z), (Y, Z, X), (Z, X, Y)])
def test_a_quarter_turn_by_the_right_hand_rule(axis, start, end):
    assert rotation(axis, 90) @ start == pytest.approx(end)


def test_the_smallest_turn_between_directions():
    turn = between(np.array([2.0, 0, 0]), np.array([0, 0, 3.0]))
    assert turn @ X == pytest.approx(Z)
    assert turn @ Y == pytest.approx(Y), "nothing turns about the direction itself"
    assert between(X, X) == pytest.approx(np.eye(3))
    assert between(X, -X) @ X == pytest.approx(-X)


def test_what_hangs_on_a_bone_goes_with_it():
    down = carried({"upperarm01.L": rotation(Y, 90)})
    assert down[1] == pytest.approx(JOINTS[1], abs=1e-6)
    assert down[4] == pytest.approx([0.1, 0, -0.65], abs=1e-6)
    bent = carried({"upperarm01.L": rotation(Y, 90), "lowerarm01.L": rotation(Z, 90)})
    assert bent[2] == pytest.approx([0.1, 0, -0.3], abs=1e-6)
    # the forearm turned to the back about the axes of the rest pose, and all of it carried down with the upper arm
    assert bent[3] == pytest.approx([0.1, 0.25, -0.3], abs=1e-6)


@pytest.mark.parametrize("wrist", [(0.3, -0.3, 0.2), (0.2, -0.2, -0.35), (0.45, 0.1, 0.1)])
def test_a_wrist_comes_to_where_it_shall(wrist):
    trunk = {"shoulder01.L": rotation(Z, 20) @ rotation(X, 10)}
    pose = reach(SKELETON, JOINTS, trunk, "L", np.array(wrist), -Z, pointing=Z)
    at = carried(trunk | pose)
    assert at[3] == pytest.approx(wrist, abs=1e-5)
    lengths = np.linalg.norm(np.diff(at, axis=0), axis=1)
    assert lengths == pytest.approx(np.linalg.norm(np.diff(JOINTS, axis=0), axis=1), abs=1e-6)
    shoulder_to_wrist = at[3] - at[1]
    beside = (
        at[2]
        - at[1]
        - (at[2] - at[1]) @ shoulder_to_wrist / (shoulder_to_wrist @ shoulder_to_wrist) * shoulder_to_wrist
    )
    assert beside[2] < 0, "the elbow points down"


def test_an_arm_stretches_towards_what_is_out_of_reach():
    at = carried(reach(SKELETON, JOINTS, {}, "L", np.array([0.1, -5.0, 0]), -Z))
    assert at[3] == pytest.approx([0.1, -0.995 * 0.55, 0], abs=1e-5)


def test_a_wrist_does_not_turn_round():
    pose = reach(SKELETON, JOINTS, {}, "L", np.array([0.3, -0.3, 0.2]), -Z, pointing=np.array([-1.0, 1, -1]))
    turned = np.degrees(np.arccos((np.trace(pose["wrist.L"]) - 1) / 2))
    assert turned == pytest.approx(60) or turned < 60


def test_fingers_bend_to_the_palm_on_both_sides():
    names = [f"finger{finger}-{joint}.{side}" for side in "LR" for finger in range(1, 6) for joint in (1, 2, 3)]
    hand = SimpleNamespace(bone=names.index)
    joints = np.zeros((len(names), 3))
    for index, name in enumerate(names):  # fingers along x, the first to the front: palms look down
        sign = 1 if name.endswith("L") else -1
        joints[index] = sign * (0.8 + 0.03 * int(name[8])), -0.02 * (5 - int(name[6])), 0
    for side, along in (("L", X), ("R", -X)):
        pose = curled(hand, joints, side, 90)
        assert pose[f"finger3-2.{side}"] @ along == pytest.approx(-Z, abs=1e-6)


@pytest.mark.slow
def test_hands_of_crossed_arms_end_at_the_other_arm(bodies, monkeypatch):
    monkeypatch.setattr(posture, "KINDS", {"crossed": 1.0})
    for seed in range(6):
        shape = sample_shape(np.random.default_rng(seed), bodies, (20, 60))
        body = make_body(
            bodies, shape, lambda joints, seed=seed: sample_posture(np.random.default_rng(seed), bodies, joints).pose
        )
        trunk = body.bones[bodies.bone("spine01")]
        aside = {
            name: ((body.carried(body.joints[bodies.bone(name)], name) - trunk[:, 3]) @ trunk[:, :3])[0]
            for side in "LR"
            for name in (f"lowerarm01.{side}", f"finger3-3.{side}")
        }
        assert aside["finger3-3.L"] > aside["lowerarm01.R"] - 0.06
        assert aside["finger3-3.R"] < aside["lowerarm01.L"] + 0.06
