"""An optimizer's state goes to the parameters that it is of, whatever groups they were in and are in now."""

import pytest
import torch
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.losses import BCE
from portrait_matting.models.network import Network, trainable_groups
from portrait_matting.models.optimizer import GroupedOptimizer
from portrait_matting.models.parameter_groups import ParameterGroups
from portrait_matting.training.module import MattingModule
from portrait_matting.training.optimizer_state import fitting, parameter_names, regrouped

KINDS = [torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop]
OPTIONS = {torch.optim.AdamW: {}, torch.optim.SGD: {"momentum": 0.9}, torch.optim.RMSprop: {"momentum": 0.9}}


class Net(Network):
    """All of its parameters have one shape, so that a mix-up would be no error."""

    def __init__(self):
        super().__init__()
        self.backbone, self.head = nn.Conv2d(1, 1, 1), nn.Sequential(nn.Conv2d(1, 1, 1), nn.GroupNorm(1, 1))


class Rates(Net):
    def parameter_groups(self):  # the last part first
        return [{"params": list(self.head.parameters())}, {"params": list(self.backbone.parameters()), "lr_scale": 0.1}]


def module(net=Net, kind=torch.optim.AdamW, given=(), weight_decay=0.1, **settings):
    made = net()

    def make(groups, lr):
        return kind(groups, lr=lr, weight_decay=weight_decay, **OPTIONS[kind])

    return MattingModule(made, BCE(), GroupedOptimizer(make, ParameterGroups(**settings), frozenset(given)), 1e-3, {})


def stepped(module, optimizer):
    """Each parameter's gradient, and with it its state, is a number of its own."""
    for place, (_, parameter) in enumerate(module.named_parameters(), 1):
        parameter.grad = torch.full_like(parameter, float(place))
    optimizer.step()
    return optimizer


def numbers(module, optimizer):
    """A number of each parameter's state, by its name."""
    return {name: number(optimizer.state[parameter]) for name, parameter in module.named_parameters()}


def number(state):
    return next(value.mean().item() for key, value in state.items() if key != "step" and torch.is_tensor(value))


def of_earlier_versions(module, kind):
    """Without names, in the network's own groups, all of which decay."""
    optimizer = stepped(module, kind(trainable_groups(module.net), lr=0.02, weight_decay=0.1, **OPTIONS[kind]))
    return {"optimizer_states": [optimizer.state_dict()]}, numbers(module, optimizer)


def of_today(module):
    optimizer = stepped(module, module.configure_optimizers())
    names = parameter_names(optimizer.param_groups, module)
    return {"optimizer_states": [optimizer.state_dict()], "optimizer_parameters": names}, numbers(module, optimizer)


def taken_over(saved, module):
    module.on_load_checkpoint(saved)
    optimizer = module.configure_optimizers()
    optimizer.load_state_dict(saved["optimizer_states"][0])
    return optimizer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("net", [Net, Rates])
def test_a_checkpoint_of_an_earlier_version_goes_on(net, kind):
    saved, wanted = of_earlier_versions(module(net, kind), kind)
    after = module(net, kind)
    optimizer = taken_over(saved, after)
    assert numbers(after, optimizer) == wanted
    assert len({*wanted.values()}) == 6
    assert [group["weight_decay"] for group in optimizer.param_groups] in ([0.1, 0.0], [0.1, 0.0, 0.1, 0.0])


@pytest.mark.parametrize("net", [Net, Rates])
def test_so_does_one_where_all_goes_on_to_decay(net):
    saved, wanted = of_earlier_versions(module(net), torch.optim.AdamW)
    after = module(net, decay_all=True)
    optimizer = taken_over(saved, after)
    assert numbers(after, optimizer) == wanted
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.1}


SETTINGS = [
    {},
    {"decay_all": True},
    {"lr_scale": {"head": 0.5}},
    {"decay_per_run": 0.3},
    {"decay_all": True, "lr_scale": {"backbone.bias": 2.0}},
]


@pytest.mark.parametrize("net", [Net, Rates])
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("others", SETTINGS)
def test_a_run_goes_on_in_other_groups(net, settings, others):
    saved, wanted = of_today(module(net, **settings))
    after = module(net, **others)
    optimizer = taken_over(saved, after)
    assert numbers(after, optimizer) == wanted
    for group, built in zip(optimizer.param_groups, after.configure_optimizers().param_groups, strict=True):
        for key in ("weight_decay", "lr_scale", "decay_per_run"):
            assert group.get(key) == built.get(key)


def test_the_rate_before_its_factor_goes_on_and_the_factor_is_todays():
    saved, _ = of_today(module(lr_scale={"backbone": 0.1}))
    for group in saved["optimizer_states"][0]["param_groups"]:
        group["lr"] = 0.03 * group.get("lr_scale", 1.0)  # as the cycle had set it
    optimizer = taken_over(saved, module(lr_scale={"backbone": 0.5}))
    assert [group["lr"] / group.get("lr_scale", 1.0) for group in optimizer.param_groups] == pytest.approx([0.03] * 4)


def test_what_the_recipe_says_of_the_optimizer_holds_and_what_the_optimizer_keeps_in_its_groups_goes_on():
    saved, _ = of_today(module())
    for group in saved["optimizer_states"][0]["param_groups"]:
        group |= {"eps": 0.5, "betas": (0.7, 0.8), "estimate": 3.0}  # the last as Prodigy keeps its rate
    optimizer = taken_over(saved, module(given=["betas", "weight_decay"], weight_decay=0.4))
    for group in optimizer.param_groups:
        assert (group["eps"], group["betas"], group["estimate"]) == (0.5, (0.9, 0.999), 3.0)
    assert optimizer.param_groups[0]["weight_decay"] == 0.4


def test_a_parameter_that_is_frozen_now_leaves_its_state_and_one_that_was_begins_without():
    before, after = module(), module()
    before.net.head[0].bias.requires_grad = False
    after.net.backbone.weight.requires_grad = False
    optimizer = stepped(before, before.configure_optimizers())
    names = parameter_names(optimizer.param_groups, before)
    optimizer = taken_over({"optimizer_states": [optimizer.state_dict()], "optimizer_parameters": names}, after)
    with_state = {name for name, parameter in after.named_parameters() if parameter in optimizer.state}
    assert with_state == {"net.backbone.bias", "net.head.0.weight", "net.head.1.weight", "net.head.1.bias"}


def test_the_layers_may_have_another_order_than_they_had():
    class Turned(Net):
        def __init__(self):
            super().__init__()
            self._modules["backbone"] = self._modules.pop("backbone")

    before, after = module(), module(Turned)
    assert [name for name, _ in before.named_parameters()] != [name for name, _ in after.named_parameters()]
    saved, wanted = of_today(before)
    assert numbers(after, taken_over(saved, after)) == wanted


def test_groups_that_are_no_ones_are_one_line():
    saved, _ = of_earlier_versions(before := module(), torch.optim.AdamW)
    before.net.head[0].bias.requires_grad = False
    with pytest.raises(InputError, match=r"optimizer has 6 parameters in groups of 6, which are not the network's: "):
        before.on_load_checkpoint(saved)


def test_an_optimizer_that_parts_its_groups_itself_goes_on_as_it_is():
    """Its checkpoints of earlier versions have its own groups."""

    def parts(groups, lr):
        [group] = groups
        return torch.optim.SGD([{"params": group["params"][:2]}, {"params": group["params"][2:]}], lr=lr, momentum=0.9)

    before = MattingModule(Net(), BCE(), parts, 1e-3, {})
    saved = {"optimizer_states": [stepped(before, before.configure_optimizers()).state_dict()]}
    after = MattingModule(Net(), BCE(), parts, 1e-3, {})
    assert [*numbers(after, taken_over(saved, after)).values()] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_an_optimizer_of_other_tensors_than_the_networks_is_left_to_itself():
    net = nn.Linear(2, 2)
    assert parameter_names([{"params": [net.weight, torch.zeros(2)]}], net) == []


def test_the_first_layout_that_fits_counts():
    state = {"param_groups": [{"params": [0, 1]}]}
    assert fitting(state, [["a"]], [["b", "c"]], [["d", "e"]]) == [["b", "c"]]


def test_other_entries_of_a_state_dict_stay():
    net = nn.Linear(2, 2)
    built = torch.optim.SGD(net.parameters(), lr=0.1)
    names = [["weight", "bias"]]
    state = built.state_dict() | {"of_its_own": 1, "state": {"global": 2, 0: {"m": 3}}}
    found = regrouped(state, names, built, names)
    assert found["of_its_own"] == 1
    assert found["state"] == {"global": 2, 0: {"m": 3}}
