"""Runs on a machine of paper: its clock is a number, and its speed changes as a test says."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from portrait_matting.learning_rate.deadline import Deadline, WorkingTime
from portrait_matting.learning_rate.pace import LEAP, next_place
from portrait_matting.learning_rate.schedule import Schedule
from portrait_matting.learning_rate.validation_calendar import ValidationCalendar


@dataclass
class Run:
    """On a machine where a step takes `step` seconds, a validation and the test so many, each times `slow(share)`."""

    seconds: float
    step: float
    validation: float
    test: float
    in_epoch: int = 100
    slow: object = lambda share: 1.0
    steps: int | None = None
    start: float = 5.0
    rehearsed: float = 1.0
    now: float = 0.0
    places: list = field(default_factory=list)
    validations: int = 0

    def work(self, seconds):
        self.now += seconds * self.slow(self.now / self.seconds)

    def go(self):
        noise, self.now = random.Random(0), self.start
        deadline = Deadline(
            self.seconds,
            WorkingTime(0.0, clock=lambda: self.now),
            validation=self.validation * self.rehearsed,
            test=self.test * self.rehearsed,
        )
        calendar, last = ValidationCalendar(self.in_epoch, every=self.in_epoch), (self.steps or 1_000_001) - 1.0
        deadline.start()
        place, moved, done = 0.0, 0.0, 0
        while True:
            left = deadline.steps_left(done, calendar, total=self.steps)
            before, place = place, next_place(place, last, left, moved) if done else 0.0
            moved = place - before
            self.places.append(place / last)
            self.work(self.step * (noise.uniform(0.8, 1.2) if done else 30))  # the first searches kernels
            done += 1
            deadline.step_ends()
            if place == last or calendar.until(done) > calendar.until(done - 1):
                deadline.validation_begins()
                self.work(self.validation)
                deadline.validation_ends()
                self.validations += 1
            if place == last:
                self.work(self.test)
                return self


def half(share):
    return 1.0 if share < 0.5 else 2.0


def double(share):
    return 1.0 if share < 0.5 else 0.5


def cold(share):
    return 3.0 if share < 0.1 else 1.0


STEADY = {"slow": lambda share: 1.0}
MACHINES = {
    "two minutes": {"seconds": 120, "step": 0.1, "validation": 2, "test": 8},
    "an hour and a half": {"seconds": 5400, "step": 0.3, "validation": 30, "test": 120, "in_epoch": 2000},
    "less than an epoch": {"seconds": 120, "step": 0.3, "validation": 5, "test": 5, "in_epoch": 2000},
    "long validations": {"seconds": 120, "step": 0.1, "validation": 10, "test": 10, "in_epoch": 200},
    "more epochs than fit": {"seconds": 120, "step": 0.1, "validation": 2, "test": 8, "steps": 2000},
}


@pytest.mark.parametrize("slow", [STEADY["slow"], half, double, cold], ids=["steady", "half", "double", "cold"])
@pytest.mark.parametrize("machine", MACHINES)
def test_the_whole_job_ends_within_two_percent_of_its_time_or_before_at_any_speed(machine, slow):
    run = Run(**MACHINES[machine], slow=slow).go()
    assert 0.92 < run.now / run.seconds < 1.02
    assert run.places[-1] == 1
    moves = [b - a for a, b in pairwise(run.places)]
    assert min(moves) > 0
    assert max(moves) < 12 / len(moves)  # no place is left out: at half speed and with a validation to come, 8 times
    rates = [Schedule(max_lr=1.0).learning_rate(place * 1e6, 1_000_001) for place in run.places]
    steepness = Schedule().steepness
    assert all(abs(b - a) <= steepness * move + 1e-6 for (a, b), move in zip(pairwise(rates), moves, strict=True))
    assert max(rates) > 0.985
    assert rates[-1] == pytest.approx(1e-3)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_time_is_used_on_a_steady_machine(machine):
    run = Run(**MACHINES[machine]).go()
    assert 0.975 < run.now / run.seconds < 1


def test_a_run_whose_steps_end_it_is_at_whole_steps_to_the_last_bit():
    run = Run(120, 0.1, 2, 8, steps=500).go()
    assert run.places == [step / 499 for step in range(500)]
    assert run.now < 80


def test_a_machine_that_gets_faster_lets_the_steps_end_the_run_after_all():
    run = Run(120, 0.1, 2, 8, steps=900, slow=double).go()
    assert len(run.places) == 900
    assert run.places[-1] == 1


def test_a_rehearsal_that_was_wrong_by_five_times_is_forgotten_after_the_first_validation():
    run = Run(120, 0.1, 5, 0.0, rehearsed=5).go()
    assert 0.92 < run.now / run.seconds < 1.02
    run = Run(120, 0.1, 5, 0.0, rehearsed=0.2).go()
    assert 0.92 < run.now / run.seconds < 1.02


def test_a_time_of_a_few_steps_is_gone_through_whole():
    for seconds in (25, 40, 60):
        run = Run(seconds, 2.0, 1.0, 1.0, start=2, in_epoch=2000)
        run.step, run.places = 2.0, []
        run.go()
        moves = [b - a for a, b in pairwise([0.0, *run.places])]
        assert run.places[-1] == 1
        assert all(move <= max(LEAP, 2 * before) + 1e-9 for before, move in pairwise(moves))


def test_a_time_that_is_renewed_is_that_of_this_process():
    working = WorkingTime(100.0, clock=lambda: 110.0)
    working.before = 1000.0
    assert Deadline(60, working, renewed=True).seconds == 1060
    assert Deadline(60, working, renewed=True).left() == pytest.approx(1060 * 0.99 - 1 - 1010)
    assert Deadline(2000, working).left() == pytest.approx(2000 * 0.99 - 1 - 1010)
