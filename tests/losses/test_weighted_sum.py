import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.losses import BCE, BoundaryRMSE, Laplacian, WeightedSum


def test_by_hand():
    generator = torch.Generator().manual_seed(0)
    logits, alpha = torch.randn(2, 3, 8, 8, generator=generator), torch.rand(2, 1, 8, 8, generator=generator)
    rmse, cross = BoundaryRMSE(edge_weight=3.0), BCE(edge_weight=3.0)
    total = WeightedSum({"rmse": BoundaryRMSE(), "bce": BCE()}, {"bce": 0.25, "rmse": 2}, edge_weight=3.0)
    assert total(logits, alpha).shape == (2, 3)
    torch.testing.assert_close(total(logits, alpha), 2 * rmse(logits, alpha) + 0.25 * cross(logits, alpha))
    assert list(total.parts(logits, alpha)) == ["loss", "rmse", "bce"]


def test_the_sum_is_not_the_name_of_a_term():
    with pytest.raises(InputError, match="'loss'"):
        WeightedSum({"loss": BCE()}, {"loss": 1.0})


@pytest.mark.parametrize("weights", [{"rmse": 1.0}, {"bce": 1.0, "mse": 1.0}, {}])
def test_names_that_differ(weights):
    with pytest.raises(InputError, match="bce"):
        WeightedSum({"bce": BCE()}, weights)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), 0.0])
def test_weight_out_of_range(weight):
    with pytest.raises(InputError, match=str(weight)):
        WeightedSum({"bce": BCE()}, {"bce": weight})


def test_a_band_of_a_terms_own_is_refused():
    with pytest.raises(InputError, match="term bce has a band of its own"):
        WeightedSum({"bce": BCE(edge_weight=9.0)}, {"bce": 1.0})
    with pytest.raises(InputError, match="term bce is a BCELoss"):
        WeightedSum({"bce": torch.nn.BCELoss()}, {"bce": 1.0})


def test_a_term_teaches_within_its_span():
    generator = torch.Generator().manual_seed(0)
    logits, alpha = torch.randn(1, 1, 8, 8, generator=generator), torch.rand(1, 1, 8, 8, generator=generator)
    terms = {"rmse": BoundaryRMSE(), "bce": BCE(), "laplacian": Laplacian()}
    spans = {"bce": [0, 0.25], "laplacian": [0.5, 1]}
    total = WeightedSum(terms, dict.fromkeys(terms, 1.0), spans=spans)
    expected = {
        0.0: ["rmse", "bce"],
        0.25: ["rmse"],
        0.49: ["rmse"],
        0.5: ["rmse", "laplacian"],
        1.0: ["rmse", "laplacian"],
    }
    for total.done, names in expected.items():
        parts = total.parts(logits, alpha)
        assert [name for name, part in parts.items() if not part.isnan().any()] == ["loss", *names]
        torch.testing.assert_close(parts["loss"], sum(parts[name] for name in names))


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ({"mse": [0, 1]}, "names the term mse"),
        ({"bce": [0.5, 0.5]}, "spans.bce="),
        ({"bce": [0, 33]}, "spans.bce="),
        ({"bce": 0.3}, "spans.bce=0.3"),
        ({"bce": [0, float("nan")]}, "spans.bce="),
        ({"bce": ["a", "b"]}, "spans.bce="),
        ({"bce": [0, 0.3], "rmse": [0, 0.5]}, "after 0.5 of the run"),
        ({"bce": [0.1, 1], "rmse": [0.2, 1]}, "after 0 of the run"),
    ],
)
def test_spans_that_are_none(spans, said):
    with pytest.raises(InputError, match=said):
        WeightedSum({"rmse": BoundaryRMSE(), "bce": BCE()}, {"rmse": 1.0, "bce": 1.0}, spans=spans)


def test_a_term_without_weight_does_not_count():
    with pytest.raises(InputError, match=r"after 0\.5"):
        WeightedSum({"rmse": BoundaryRMSE(), "bce": BCE()}, {"rmse": 0.0, "bce": 1.0}, spans={"bce": [0, 0.5]})
