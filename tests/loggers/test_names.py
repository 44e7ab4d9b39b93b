import pytest

from portrait_matting.loggers.names import tidied, tidy


@pytest.mark.parametrize(
    "name, shown",
    [
        ("train/loss_step", "train/loss"),
        ("train/loss_epoch", "train/loss_epoch"),
        ("train/loss_matte", "outputs/matte"),
        ("train/loss_side6", "outputs/side6"),
        ("lr", "schedule/lr"),
        ("momentum", "schedule/momentum"),
        ("val/band_mad", "val/band_mad"),
        ("color", "color"),
        ("epoch", "epoch"),
    ],
)
def test_every_metric_has_its_section(name, shown):
    assert tidy(name) == shown
    assert tidied({name: 0.5}) == {shown: 0.5}
    assert tidy(shown) == shown, "a name that is tidy stays"
