"""Predicted bytes against those that real steps hold, counted by autograd's hooks and by the CPU's own allocator."""

from functools import partial

import lightning.pytorch as L
import pytest
import torch
from lightning.pytorch.plugins.precision import MixedPrecision, Precision
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.data import DataLoader

from portrait_matting.errors import InputError
from portrait_matting.losses import BoundaryRMSE, DeepSupervision
from portrait_matting.memory.footprint import footprint, on_cuda
from portrait_matting.models.network import Network
from portrait_matting.models.optimizer import GroupedOptimizer, build_optimizer
from portrait_matting.models.parameter_groups import ParameterGroups
from portrait_matting.models.recompute import set_recomputation
from portrait_matting.models.u2net import u2net, u2netp
from portrait_matting.training.module import MattingModule

BATCH = 2
MIXED = "bf16-mixed"
AdamW = torch.optim.AdamW
SGD = partial(torch.optim.SGD, momentum=0.9, nesterov=True, weight_decay=1e-4)


def our_loss() -> nn.Module:
    return DeepSupervision(BoundaryRMSE())


class Stacked(Network):
    """Layers one after another, whose last one gives the matte."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, image):
        return {"matte": self.layers(image)}


def small() -> Network:
    convolutions = (nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.Conv2d(16, 1, 1))
    return Stacked(*convolutions)


def wide() -> Network:
    """Mostly weights, for images of 4² pixels; no convolutions, for which oneDNN takes room of the weights' size."""
    return Stacked(nn.Flatten(), nn.Linear(48, 2048), nn.Linear(2048, 16), nn.Unflatten(1, (1, 4, 4)))


class Sides(Stacked):
    """Seven outputs, as deep supervision takes them."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 7, 1))

    def forward(self, image):
        maps = self.layers(image).split(1, 1)
        return dict(zip(("matte", "side1", "side2", "side3", "side4", "side5", "side6"), maps, strict=True))


class Square(nn.Module):
    def forward(self, outputs, batch):
        return {"loss": (outputs["matte"].float() - batch["alpha"]).square().mean()}


def held_by_a_real_step(net, loss, optimizer, size, precision, recompute) -> tuple[int, int]:
    """Bytes of the distinct storages that autograd saves, and the allocator's peak in the second step."""
    plugin = Precision() if precision == "32-true" else MixedPrecision(precision, "cpu")
    saved: dict[int, int] = {}

    def save(tensor):
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    def forward():
        with plugin.forward_context():
            outputs = net(image.contiguous(memory_format=torch.channels_last))
            return loss(outputs, {"image": image, "alpha": alpha})["loss"]

    def step():
        value = forward()
        updater.zero_grad()
        value.backward()
        del value
        updater.step()

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        net, loss = net().to(memory_format=torch.channels_last), loss()
        set_recomputation(net, recompute)
        updater = build_optimizer(optimizer, net, lr=1e-3)
        image, alpha = torch.rand(BATCH, 3, size, size), torch.rand(BATCH, 1, size, size)
        before = {tensor.data_ptr() for tensor in (*net.parameters(), *net.buffers(), *loss.buffers(), image, alpha)}
        with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
            step()
        with record_function("second step"):
            step()
    return sum(size for start, size in saved.items() if start not in before), allocated(profiler, "second step")


def allocated(profiler: profile, since: str | None) -> int:
    """The most bytes that the CPU's allocator had given out at once, from the record `since` on."""
    now, peak, begun = 0, 0, since is None
    for event in sorted(profiler.profiler.kineto_results.events(), key=lambda event: event.start_ns()):
        begun |= event.name() == since
        now += event.nbytes() if event.name() == "[memory]" else 0
        peak = max(peak, now) if begun else 0
    return peak


CASES = [  # every choice once or more; benchmarks/footprint.py has them all
    (u2netp, 64, "32-true", "none"),
    (u2netp, 128, MIXED, "most"),
    (u2netp, 192, "32-true", "all"),
    (u2netp, 256, MIXED, "none"),
    (u2net, 128, "32-true", "none"),
    (u2net, 192, MIXED, "all"),
    (u2net, 256, "32-true", "most"),
]


@pytest.mark.slow
@pytest.mark.parametrize("net, size, precision, recompute", CASES)
def test_prediction_is_what_a_real_step_holds(net, size, precision, recompute):
    saved, peak = held_by_a_real_step(net, our_loss, AdamW, size, precision, recompute)
    predicted = footprint(net, our_loss(), AdamW, BATCH, size, precision, recompute, "cpu")
    assert predicted.activations == pytest.approx(saved, rel=0.01)
    assert predicted.peak == pytest.approx(peak, rel=0.02)  # wanted: 5 %


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_prediction_is_what_lightnings_trainer_holds():
    batch = {"image": torch.rand(BATCH, 3, 64, 64), "alpha": torch.rand(BATCH, 1, 64, 64)}
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        module = MattingModule(u2netp(), our_loss(), AdamW, 1e-3, {})
        set_recomputation(module.net, "most")
        quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        trainer = L.Trainer(accelerator="cpu", precision=MIXED, max_steps=3, enable_model_summary=False, **quiet)
        trainer.fit(module, DataLoader([batch] * 3, batch_size=None))
    peak = allocated(profiler, since=None)
    assert footprint(u2netp, our_loss(), AdamW, BATCH, 64, MIXED, "most", "cpu").peak == pytest.approx(peak, rel=0.02)


@pytest.mark.parametrize("options", [{}, {"fused": True}, {"foreach": True}], ids=str)
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam, AdamW])
def test_prediction_knows_the_optimizer(kind, options):
    momentum = {"momentum": 0.9, "nesterov": True, "weight_decay": 1e-4} if kind is torch.optim.SGD else {}
    optimizer = partial(kind, **momentum, **options)
    _, peak = held_by_a_real_step(wide, Square, optimizer, 4, "32-true", "none")
    predicted = footprint(wide, Square(), optimizer, BATCH, 4, "32-true", device="cpu").peak
    assert predicted == pytest.approx(peak, rel=0.02)


def test_a_card_updates_all_weights_together_where_it_may_choose():
    """torch.optim's lists need temporaries of a group's size, its fused kernel none; fused=False means a loop."""
    free, lists, fused, loop = (
        footprint(wide, Square(), partial(AdamW, **options), BATCH, 4, "32-true")
        for options in ({}, {"foreach": True}, {"fused": True}, {"fused": False})
    )
    assert free == lists
    decayed = sum(parameter.nbytes for parameter in wide().parameters() if parameter.ndim > 1)
    assert free.peak - fused.peak == pytest.approx(decayed, rel=0.05)
    assert loop.peak not in (lists.peak, fused.peak)
    assert free.peak == pytest.approx(4 * free.gradients + decayed, rel=0.02)  # weights, gradients, two moments, a root


def test_groups_change_no_memory_but_that_of_lists():
    """Whichever group is the last, its state is there when another is updated."""
    for last in ("layers.1", "layers.2"):
        groups = ParameterGroups(decay_all=True, lr_scale={last: 0.1})
        found = footprint(wide, Square(), GroupedOptimizer(partial(AdamW, foreach=True), groups), BATCH, 4, "32-true")
        lists = found.peak - 4 * found.gradients
        assert lists == pytest.approx(4 * (48 + 1) * 2048, rel=0.02)  # the larger of both

    def peak(**settings):
        optimizer = GroupedOptimizer(partial(AdamW, fused=True), ParameterGroups(**settings))
        return footprint(small, Square(), optimizer, BATCH, 32, "32-true", device="cpu")

    assert peak() == peak(decay_all=True) == peak(decay_per_run=0.3)


def test_parts_are_those_of_the_network():
    found = footprint(small, Square(), AdamW, BATCH, 32, "32-true", device="cpu")
    weights, tensors = 4 * (16 * 3 * 9 + 16 + 2 * 16 + 16 + 1), 6
    assert (
        found.parameters == weights + 4 * 2 * 16 + 8
    )  # running mean and variance, and how many batches they have seen
    assert found.gradients == weights
    assert found.optimizer_state == 2 * weights + 4 * tensors  # two moments, a count of the steps
    pixels = 4 * BATCH * 32 * 32
    # The image in channels-last order, what the first convolution and batch normalisation return, the error.
    assert found.activations == pytest.approx((3 + 16 + 16 + 1) * pixels, rel=0.01)


def test_gradients_of_accumulated_passes_are_held_all_the_time():
    peaks = [footprint(wide, Square(), SGD, BATCH, 4, "32-true", accumulate=passes).peak for passes in (1, 2)]
    assert peaks[0] == peaks[1]  # the step of the optimizer, which holds more
    peaks = [footprint(small, Square(), SGD, BATCH, 64, "32-true", accumulate=passes).peak for passes in (1, 2)]
    gradients = 4 * (16 * 3 * 9 + 16 + 2 * 16 + 16 + 1)
    assert gradients / 2 < peaks[1] - peaks[0] < gradients + 6 * 512


def test_memory_is_linear_in_the_batch():
    two, three, five = (
        footprint(small, Square(), AdamW, batch, 64, "16-mixed", device="cpu").peak for batch in (2, 3, 5)
    )
    assert five - three == pytest.approx(2 * (three - two), rel=1e-3)


class Operators(TorchDispatchMode):
    """What is computed: each operator's name with the type and shape of each map that it returns."""

    def __init__(self) -> None:
        super().__init__()
        self.maps: list[tuple[str, torch.dtype, torch.Size]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        results = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves(results) if isinstance(leaf, torch.Tensor)]
        self.maps += [(str(func), tensor.dtype, tensor.shape) for tensor in tensors if tensor.dim() == 4]
        return results


@pytest.mark.slow
def test_cpu_tensors_run_the_operators_of_a_card():
    """A forward pass under on_cuda() against one of fake CUDA tensors, whose own autocast needs no card."""

    def operators(device, modes=()):
        with torch.device("meta"):
            net = u2netp().eval().requires_grad_(False)  # builds without CUDA go no further with such tensors
        with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True), Operators() as seen:
            net.to_empty(device=device)
            image = torch.empty(BATCH, 3, 64, 64, device=device)
            seen.maps.clear()
            for mode in modes:
                mode.__enter__()
            # torch.autocast("cuda") itself refuses to where there is no card.
            torch.set_autocast_dtype(device, torch.float16)
            torch.set_autocast_enabled(device, True)
            torch.autocast_increment_nesting()
            try:
                net(image)
            finally:
                torch.set_autocast_enabled(device, False)
                torch.autocast_decrement_nesting()
                torch.clear_autocast_cache()
                for mode in reversed(modes):
                    mode.__exit__(None, None, None)
        return seen.maps

    cards = operators("cuda")
    assert operators("cpu", on_cuda()) == cards
    assert operators("cpu") != cards


def test_both_halves_take_the_same_room():
    single, half, brain = (
        footprint(small, Square(), AdamW, BATCH, 64, precision) for precision in ("32-true", "16-mixed", MIXED)
    )
    assert half == brain
    assert 0.5 < half.activations / single.activations < 0.65  # what the loss keeps stays in float32


def test_the_loss_of_the_caller_is_left_alone():
    class Scaled(Square):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", torch.ones(3))

    loss = Scaled()
    scale = loss.scale
    footprint(Sides, loss, AdamW, BATCH, 32, "32-true")
    assert loss.scale is scale
    assert scale.tolist() == [1.0] * 3


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"precision": "64-true"}, "precision '64-true'.*32-true, 16-mixed, bf16-mixed"),
        ({"device": "mps"}, "device 'mps'.*cpu, cuda"),
        ({"batch_size": 0}, "batch_size 0.*at least 1"),
        ({"input_size": 0}, "input_size 0.*at least 1"),
        ({"accumulate": 0}, "accumulate 0.*at least 1"),
        ({"recompute": "some"}, "recompute=some"),
        ({"recompute": "all"}, "recompute=all.*Stacked"),
    ],
)
def test_wrong_choices_are_refused(wrong, message):
    right = {"batch_size": 1, "input_size": 64, "precision": "32-true"}
    with pytest.raises(InputError, match=message):
        footprint(small, Square(), AdamW, **{**right, **wrong})
