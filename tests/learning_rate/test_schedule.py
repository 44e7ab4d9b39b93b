import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.schedule import POLICIES, Schedule

TOTAL = 1000
CYCLIC = ["one_cycle", "triangular", "triangular2", "exp_range"]


def rates(schedule: Schedule, total: int) -> list[float]:
    return [schedule.learning_rate(step, total) for step in range(total)]


def momenta(schedule: Schedule, total: int) -> list[float]:
    return [schedule.momentum(step, total) for step in range(total)]


def torch_series(build, steps: int) -> tuple[list[float], list[float]]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    scheduler = build(optimizer)
    lrs, momentum = [], []
    for _ in range(steps):
        lrs.append(optimizer.param_groups[0]["lr"])
        momentum.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()
    return lrs, momentum


@pytest.mark.parametrize("anneal", ["linear", "cos"])
def test_one_cycle_is_torchs_three_phase_one_cycle(anneal):
    def build(optimizer):
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 0.3, total_steps=TOTAL, pct_start=0.45, three_phase=True, anneal_strategy=anneal,
            div_factor=10, final_div_factor=100, base_momentum=0.85, max_momentum=0.95,
        )  # fmt: skip

    lrs, momentum = torch_series(build, TOTAL)
    schedule = Schedule("one_cycle", 0.3, anneal=anneal)
    assert rates(schedule, TOTAL) == pytest.approx(lrs, rel=1e-9)
    assert momenta(schedule, TOTAL) == pytest.approx(momentum, rel=1e-9)


def test_one_cycle_has_its_corners_at_449_898_and_999():
    lrs = rates(Schedule("one_cycle", 1.0), TOTAL)
    assert [lrs[0], lrs[449], lrs[898], lrs[999]] == pytest.approx([0.1, 1.0, 0.1, 0.001], rel=1e-12)
    assert momenta(Schedule("one_cycle", 1.0), TOTAL)[898:] == [0.95] * 102


@pytest.mark.parametrize("policy", ["triangular", "triangular2"])
def test_triangular_policies_are_torchs_on_the_cyclic_part(policy):
    # 201 steps without annihilation: four cycles of 2 x 25 steps and the closing foot.
    def build(optimizer):
        return torch.optim.lr_scheduler.CyclicLR(
            optimizer, 0.03, 0.3, step_size_up=25, mode=policy, base_momentum=0.85, max_momentum=0.95
        )

    lrs, momentum = torch_series(build, 201)
    schedule = Schedule(policy, 0.3, annihilation=0.0, cycles=4)
    assert rates(schedule, 201) == pytest.approx(lrs, rel=1e-9)
    assert momenta(schedule, 201) == pytest.approx(momentum, rel=1e-9)


def test_exp_range_is_torchs_shape_with_the_decay_moved_to_the_first_peak():
    def build(optimizer):
        return torch.optim.lr_scheduler.CyclicLR(
            optimizer, 0.03, 0.3, step_size_up=25, mode="exp_range", gamma=0.99, cycle_momentum=False
        )

    lrs, _ = torch_series(build, 201)
    ours = rates(Schedule("exp_range", 0.3, annihilation=0.0, cycles=4, gamma=0.99), 201)
    assert max(lrs) < 0.25  # torch never reaches max_lr
    moved = [0.03 + (lr - 0.03) * 0.99**-25 for lr in lrs[25:]]
    assert ours[25:] == pytest.approx(moved, rel=1e-9)
    assert ours[:26] == pytest.approx([0.03 + 0.27 * step / 25 for step in range(26)], rel=1e-9)


def test_exp_range_without_gamma_falls_to_a_tenth_by_the_end_of_its_cycles():
    schedule = Schedule("exp_range", 1.0, annihilation=0.0, cycles=4)
    # The last peak of 201 steps is at 175: 150 of the 175 steps from the first peak to the end.
    assert schedule.height(175, 201) == pytest.approx(0.1 ** (150 / 175))
    assert schedule.height(350, 401) == pytest.approx(0.1 ** (300 / 350))  # the same curve, stretched


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("anneal", ["linear", "cos"])
@pytest.mark.parametrize("annihilation", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("div", [1.0, 3.0, 25.0])
def test_the_highest_rate_is_max_lr_to_the_last_bit_in_runs_of_any_length(policy, anneal, annihilation, div):
    max_lr = 0.1 + 0.2  # no short binary fraction
    schedule = Schedule(policy, max_lr, div=div, annihilation=annihilation, anneal=anneal)
    for total in [*range(1, 60), 997]:
        lrs = rates(schedule, total)
        assert max(lrs) == max_lr, total
        assert min(lrs) >= max_lr / div / 100 * (1 - 1e-12), total


def test_runs_of_one_two_and_three_steps():
    schedule = Schedule("one_cycle", 1.0)
    assert rates(schedule, 1) == [1.0]
    assert rates(schedule, 2) == pytest.approx([0.1, 1.0])
    assert rates(schedule, 3) == pytest.approx([0.1, 1.0, 0.1])
    assert momenta(schedule, 3) == pytest.approx([0.95, 0.85, 0.95])


@pytest.mark.parametrize("policy", CYCLIC)
def test_the_run_ends_annihilated_or_at_the_foot_and_stays_there(policy):
    for total in (100, 103, 999):
        schedule = Schedule(policy, 0.5)
        assert schedule.learning_rate(total - 1, total) == pytest.approx(0.5 / 10 / 100, rel=1e-12)
        assert schedule.learning_rate(total + 7, total) == schedule.learning_rate(total - 1, total)
        without = Schedule(policy, 0.5, annihilation=0.0)
        assert without.learning_rate(total - 1, total) == pytest.approx(0.05, rel=0.2)  # at most 3 steps off the foot
        assert min(rates(without, total)) == pytest.approx(0.05)


@pytest.mark.parametrize("policy", CYCLIC)
def test_momentum_mirrors_the_rate_and_is_held_in_the_annihilation(policy):
    schedule = Schedule(policy, 1.0)
    lrs, momentum = rates(schedule, 500), momenta(schedule, 500)
    assert min(momentum) == pytest.approx(0.85)
    assert momentum[lrs.index(1.0)] == pytest.approx(0.85)
    for lr, value in zip(lrs, momentum, strict=True):
        assert value == pytest.approx(0.95 - 0.1 * max(0.0, lr - 0.1) / 0.9)


def test_cosine_is_torchs_without_restarts():
    schedule = Schedule("cosine", 0.2, div=10.0, final_div=100.0)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.2)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=19, eta_min=0.2 / 1000)
    for step in range(20):
        assert schedule.learning_rate(step, 20) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        assert schedule.momentum(step, 20) is None
        optimizer.step()
        reference.step()
    assert schedule.learning_rate(25, 20) == schedule.learning_rate(19, 20) == pytest.approx(0.0002)


def test_no_momentum_to_set_for_constant_or_when_switched_off():
    assert Schedule("constant", 0.2).momentum(3, 10) is None
    assert Schedule("one_cycle", 0.2, cycle_momentum=False).momentum(3, 10) is None
    assert rates(Schedule("constant", 0.2), 5) == [0.2] * 5


@pytest.mark.parametrize(
    "wrong, name",
    [
        ({"policy": "parabola"}, "parabola"),
        ({"anneal": "exp"}, "exp"),
        ({"annihilation": 1.0}, "annihilation is 1.0"),
        ({"annihilation": -0.1}, "annihilation is -0.1"),
        ({"div": 0.5}, "div is 0.5"),
        ({"final_div": 0.0}, "final_div is 0.0"),
        ({"cycles": 0}, "cycles is 0"),
        ({"cycles": 1.5}, "cycles is 1.5"),
        ({"gamma": 1.2}, "gamma is 1.2"),
        ({"max_lr": -1.0}, "max_lr is -1.0"),
        ({"max_lr": float("nan")}, "max_lr is nan"),
        ({"base_momentum": 0.99}, "0.99 to 0.95"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_cure(wrong, name):
    with pytest.raises(InputError, match=name) as error:
        Schedule(**wrong)
    assert "give" in str(error.value)


def test_a_run_of_no_steps_is_refused():
    with pytest.raises(InputError, match="0 optimizer steps"):
        Schedule().learning_rate(0, 0)
