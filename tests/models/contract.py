"""What every network has to hold to. A new network inherits `NetworkContract`, says how it is built, and is tested.

class TestU2NetLite(NetworkContract):
    target = "portrait_matting.models.u2net.u2netp"
"""

import math
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from portrait_matting import checkpoint
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import normalisation_of, to_input
from portrait_matting.losses import BoundaryRMSE, DeepSupervision
from portrait_matting.matte.predictor import Predictor
from portrait_matting.memory.plan import plan_configurations
from portrait_matting.models import registry
from portrait_matting.models.network import MATTE, check_input_size, trainable_groups, trial_outputs
from portrait_matting.models.recompute import choices, set_recomputation


class NetworkContract:
    target: ClassVar[str]
    arguments: ClassVar[dict[str, Any]] = {}

    def recipe(self) -> dict[str, Any]:
        net = registry.build({"_target_": self.target, **self.arguments})
        model = {"_target_": self.target, **self.arguments, "weights": None, "normalisation": "auto"}
        return model | {"normalisation": checkpoint.normalisation(model, net)}

    @pytest.fixture
    def net(self, monkeypatch):
        monkeypatch.setenv(registry.VARIABLE, self.target.rpartition(".")[0])
        torch.manual_seed(0)
        return registry.build(self.recipe())

    def sides(self, net) -> list[tuple[int, int]]:
        """A square, and two shapes that are as odd as the network takes them."""
        step = net.multiple
        return [(2 * step * math.ceil(32 / step),) * 2, (step * 33, step * 47) if step == 1 else (step, 2 * step)]

    def test_the_matte_is_logits_at_the_size_of_the_image(self, net):
        for height, width in self.sides(net):
            outputs = net.eval()(torch.rand(2, 3, height, width))
            assert outputs[MATTE].shape == (2, 1, height, width)
            assert all(value.isfinite().all() for value in outputs.values())
        assert list(trial_outputs(net, self.sides(net)[0][0])) == list(outputs)

    def test_no_image_depends_on_its_neighbours_in_eval_mode(self, net):
        height, width = self.sides(net)[0]
        images = torch.rand(2, 3, height, width)
        with torch.inference_mode():
            both, alone = net.eval()(images)[MATTE], net(images[1:])[MATTE]
        torch.testing.assert_close(both[1:], alone, atol=1e-4, rtol=1e-4)

    @pytest.mark.parametrize("how", ["none", "most", "all"])
    def test_a_training_step_reaches_every_parameter(self, net, how):
        if how not in choices(net):
            with pytest.raises(InputError, match="no blocks"):
                set_recomputation(net, how)
            return
        set_recomputation(net, how)
        height, width = self.sides(net)[0]
        batch = {"image": torch.randn(2, 3, height, width), "alpha": torch.rand(2, 1, height, width).round()}
        losses = DeepSupervision(BoundaryRMSE())(net.train()(batch["image"]), batch)
        losses["loss"].backward()
        assert [name for name, value in net.named_parameters() if value.grad is None] == []
        assert {f"loss_{name}" for name in trial_outputs(net, height)} <= losses.keys()

    def test_every_parameter_is_in_one_group(self, net):
        groups = trainable_groups(net)
        assert sum(len(group["params"]) for group in groups) == len(list(net.parameters()))

    def test_a_checkpoint_alone_rebuilds_it(self, net, tmp_path):
        size = self.sides(net)[0][0]
        state = {f"net.{key}": value for key, value in net.state_dict().items()}
        torch.save(
            {"state_dict": state, "config": {"model": self.recipe(), "hardware": {"input_size": size}}},
            tmp_path / "best.ckpt",
        )
        restored = checkpoint.load(tmp_path / "best.ckpt")
        assert type(restored.net) is type(net)
        assert restored.normalisation == normalisation_of(net.normalisation)
        photo = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
        [matte] = Predictor.from_checkpoint(tmp_path / "best.ckpt", device="cpu", precision="32-true")([photo])
        with torch.inference_mode():
            expected = net.eval()(to_input(photo, size, normalisation_of(net.normalisation))[None])[MATTE].sigmoid()
        np.testing.assert_allclose(matte, expected[0, 0], atol=1e-5)

    def test_a_photo_keeps_its_shape_in_sides_that_it_takes(self, net):
        size = self.sides(net)[0][0]
        photo = np.full((60, 140, 3), 90, np.uint8)
        for fit in ("squash", "keep", "pad"):
            [matte] = Predictor(net, size, fit=fit)([photo])
            assert np.isfinite(matte).all()

    def test_sides_that_it_does_not_take_are_refused(self, net):
        check_input_size(net, self.sides(net)[0][0])
        with pytest.raises(InputError, match=r"hardware\.input_size=8 is too small"):
            check_input_size(net, 8)
        if net.multiple > 1:
            with pytest.raises(InputError, match=rf"is no multiple of {net.multiple}.*choose"):
                check_input_size(net, 3 * net.multiple + 1)

    def test_it_is_planned(self, net):
        size = self.sides(net)[0][0]
        build, adam = partial(registry.build, self.recipe()), torch.optim.AdamW
        loss = DeepSupervision(BoundaryRMSE())
        rows = plan_configurations(build, loss, adam, 2**30, [size], ["32-true"], choices(net), effective_batch=4)
        assert [row.recompute for row in rows] == choices(net)
        assert all(row.batch_size for row in rows)
