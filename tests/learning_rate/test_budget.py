import pytest

from portrait_matting.learning_rate.budget import Budget, within_budget


@pytest.mark.parametrize("training, size", [(10_000, (3, 40)), (2400, (3, 40)), (1800, (3, 30)), (1000, (2, 25))])
def test_a_search_costs_a_twentieth_of_the_training(training, size):
    assert Budget(training).size(3, 40) == size
    assert size[0] * size[1] <= 0.05 * training


@pytest.mark.parametrize("training, size", [(600, (1, 30)), (400, (1, 20)), (399, (1, 20)), (1, (1, 20))])
def test_one_sweep_of_20_steps_is_always_left(training, size):
    assert Budget(training).size(3, 40) == size


def test_what_is_asked_for_is_not_exceeded_and_may_be_had_at_any_price():
    assert Budget(10**9).size(1, 20) == (1, 20)
    assert Budget(100, share=None).size(3, 40) == (3, 40)
    assert Budget(None).size(3, 40) == (3, 40), "a training of unknown length"
    assert Budget(2400, share=0.01).size(3, 40) == (1, 24)


def test_time_bounds_a_training_where_it_is_shorter_than_its_steps():
    # 3,600 s at half a second a step are 7,200 steps, a twentieth of them 360; at 5 s 720 and 36.
    assert Budget(10_000, 3600.0).timed
    assert Budget(10_000, 3600.0).size(9, 40, 0, 0.5) == (9, 40)
    assert Budget(10_000, 3600.0).size(3, 40, 4, 5.0) == (1, 32)
    assert Budget(None, 3600.0).size(3, 40, 4, 5.0) == (1, 32)
    assert Budget(600, 1e9).size(3, 40, 4, 5.0) == (1, 26), "and by its steps where they end first"
    assert Budget(10_000, 0.0).size(3, 40, 4, 5.0) == (1, 20)
    assert Budget(10_000, 3600.0).training_steps(5.0) == 720
    assert not Budget(10_000).timed
    assert not Budget(10_000, 3600.0, share=None).timed


def test_shorter_sweeps_come_before_fewer():
    assert [within_budget(3, 40, budget) for budget in (120, 119, 60, 59, 40, 39)] == [
        (3, 40), (3, 39), (3, 20), (2, 29), (2, 20), (1, 39),
    ]  # fmt: skip
