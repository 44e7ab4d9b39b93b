"""Which parameters decay, at which share of the rate each learns, and in which order they come."""

from itertools import chain

import pytest
import torch
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.models import registry
from portrait_matting.models.network import Network
from portrait_matting.models.optimizer import GroupedOptimizer, build_optimizer
from portrait_matting.models.parameter_groups import ParameterGroups, parameter_groups, undecayed


class LayerNorm2d(nn.Module):
    """As ConvNeXt and others write it: its scale has the shape of a map."""

    def __init__(self, width):
        super().__init__()
        self.weight, self.shift = nn.Parameter(torch.ones(1, width, 1, 1)), nn.Parameter(torch.zeros(1, width, 1, 1))


class NormalMap(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.ones(2, 2))


class StandardisedNorm(nn.Conv2d):
    """A convolution, whatever its name says."""


class Net(Network):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.PReLU(4))
        self.backbone2 = nn.Conv2d(4, 1, 1)  # its weight (1, 4, 1, 1) is one
        self.head = nn.ModuleDict(
            {
                "group": nn.GroupNorm(2, 4),
                "layer": nn.LayerNorm((4, 2, 2)),
                "own": LayerNorm2d(4),
                "map": NormalMap(),
                "conv": StandardisedNorm(4, 4, 1),
                "attention": nn.MultiheadAttention(4, 2, add_bias_kv=True),
            }
        )
        self.relative_position_bias_table = nn.Parameter(torch.zeros(9, 2))
        self.temperature = nn.Parameter(torch.tensor(1.0))
        self.token = nn.Parameter(torch.zeros(1, 1, 4))


DECAYED = {
    "backbone.0.weight",
    "backbone2.weight",
    "head.map.table",
    "head.conv.weight",
    "head.attention.in_proj_weight",
    "head.attention.out_proj.weight",
    "token",
}


def named(net, groups):
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    return [[names[id(parameter)] for parameter in group["params"]] for group in groups]


def options(groups):
    return [{key: value for key, value in group.items() if key != "params"} for group in groups]


def test_biases_and_normalisation_of_any_shape_do_not_decay():
    net = Net()
    assert {name for name, _ in net.named_parameters()} - undecayed(net) == DECAYED


def test_of_u2net_the_kernels_alone_decay():
    net = registry.build({"_target_": "portrait_matting.models.u2net.u2netp"})
    decayed, others = parameter_groups(net)
    assert {parameter.ndim for parameter in decayed["params"]} == {4}
    assert {parameter.ndim for parameter in others["params"]} == {1}
    assert (len(decayed["params"]), len(others["params"])) == (119, 343)


def test_two_groups_each_parameter_once_in_the_networks_order():
    net = Net()
    groups = parameter_groups(net)
    assert options(groups) == [{"weight_decay": 0.0}, {}]  # the network's first parameter is a table of biases
    order = [name for name, _ in net.named_parameters()]
    for names in named(net, groups):
        assert names == [name for name in order if name in names]
    assert sorted(chain(*named(net, groups))) == sorted(order)


def test_the_order_does_not_hang_on_where_parameters_lie_in_memory():
    """A network of somebody's own may name its parameters as a set, which has another order in every process."""

    class Backwards(Net):
        def parameter_groups(self):
            return [{"params": list(self.parameters())[::-1]}]

    net, plain = Backwards(), Net()
    assert named(net, parameter_groups(net)) == named(plain, parameter_groups(plain))


def test_what_is_frozen_is_in_no_group_and_no_group_is_empty():
    net = Net()
    for name, parameter in net.named_parameters():
        parameter.requires_grad = name in DECAYED
    assert options(parameter_groups(net)) == [{}]
    for parameter in net.parameters():
        parameter.requires_grad = not parameter.requires_grad
    assert options(parameter_groups(net)) == [{"weight_decay": 0.0}]


def test_a_shared_parameter_is_there_once_and_left_alone_by_the_stricter_of_its_owners():
    net = Net()
    net.head["own"].weight = net.token
    names = [*chain(*named(net, parameter_groups(net)))]
    assert len(names) == len(set(names)) == len(list(net.parameters()))
    assert "token" in undecayed(net)


def test_decay_all_leaves_the_networks_own_groups():
    net = Net()
    assert options(parameter_groups(net, ParameterGroups(decay_all=True))) == [{}]


def test_a_group_for_which_the_network_says_how_it_decays_keeps_it():
    class Own(Net):
        def parameter_groups(self):
            rest = [value for name, value in self.named_parameters() if not name.startswith("backbone.")]
            return [
                {"params": list(self.backbone.parameters()), "weight_decay": 0.3, "lr_scale": 0.5},
                {"params": rest},
            ]

    own, *rest = options(parameter_groups(Own(), ParameterGroups(decay_per_run=0.1)))
    assert own == {"weight_decay": 0.3, "lr_scale": 0.5}
    assert rest == [{"weight_decay": 0.0}, {"weight_decay": 0.0, "decay_per_run": 0.1}]


def scales(net, settings):
    groups = parameter_groups(net, settings)
    return {
        name: group.get("lr_scale") for names, group in zip(named(net, groups), groups, strict=True) for name in names
    }


def test_a_rate_by_the_beginning_of_a_name_takes_whole_parts_of_it():
    found = scales(Net(), ParameterGroups(lr_scale={"backbone": 0.1, "head.map": 3}))
    assert {found[name] for name in found if name.startswith("backbone.")} == {0.1}
    assert found["backbone2.weight"] is None
    assert found["head.map.table"] == 3
    assert found["head.own.weight"] is None


@pytest.mark.parametrize("written", [{"backbone": 0.1, "backbone.1": 2.0}, {"backbone.1": 2.0, "backbone": 0.1}])
def test_the_longest_beginning_counts(written):
    found = scales(Net(), ParameterGroups(lr_scale=written))
    assert found["backbone.0.weight"] == 0.1
    assert found["backbone.1.weight"] == found["backbone.1.bias"] == 2.0


def test_it_may_be_written_as_a_table_in_a_table_or_with_a_number_for_a_name():
    for written in ({"backbone": {"1": 2.0}}, {"backbone": {1: 2.0}}, {"backbone.1": 2.0}):
        assert scales(Net(), ParameterGroups(lr_scale=written))["backbone.1.weight"] == 2.0


def test_it_stands_in_the_place_of_the_networks_own():
    class Own(Net):
        def parameter_groups(self):
            return [{"params": list(self.parameters()), "lr_scale": 0.5}]

    found = scales(Own(), ParameterGroups(lr_scale={"backbone2": 1}))
    assert found["backbone2.weight"] == 1
    assert found["token"] == 0.5


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"lr_scale": {"bakbone": 0.1}}, "optimizer.lr_scale.bakbone: .* but .*token, backbone, backbone2, head$"),
        ({"lr_scale": {"back": 0.1}}, "optimizer.lr_scale.back: "),
        ({"lr_scale": {"head.own.wait": 0.1}}, "head.own.wait: .* but head.own.weight, head.own.shift$"),
        ({"lr_scale": {"head": {"own": {"x": 0.1}}}}, "head.own.x: "),
        ({"lr_scale": {"backbone.0.weight.x": 0.1}}, "but backbone.0.weight, backbone.0.bias$"),
        ({"lr_scale": {"backbone": 0}}, "optimizer.lr_scale.backbone=0 is no factor"),
        ({"lr_scale": {"backbone": -0.1}}, "=-0.1 is no factor"),
        ({"lr_scale": {"backbone": float("nan")}}, "=nan is no factor"),
        ({"lr_scale": {"backbone": "0.1x"}}, "=0.1x is no factor"),
        ({"lr_scale": {"backbone": None}}, "=None is no factor"),
        ({"lr_scale": {"backbone": True}}, "=True is no factor"),
        ({"decay_per_run": 1.0}, "optimizer.decay_per_run=1.0 is no share"),
        ({"decay_per_run": -0.1}, "=-0.1 is no share"),
        ({"decay_per_run": float("nan")}, "=nan is no share"),
    ],
)
def test_what_is_no_part_or_no_number_is_named(settings, says):
    with pytest.raises(InputError, match=says):
        parameter_groups(Net(), ParameterGroups(**settings))


@pytest.mark.parametrize("scale", [0, -1.0, float("inf"), "fast"])
def test_so_is_a_networks_own_factor(scale):
    class Own(Net):
        def parameter_groups(self):
            return [{"params": list(self.parameters()), "lr_scale": scale}]

    with pytest.raises(InputError, match=r"parameter_groups of Own: lr_scale=.* is no factor"):
        parameter_groups(Own())


class Tiny(Network):
    def __init__(self, value=2.0):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1)
        for parameter in self.parameters():
            nn.init.constant_(parameter, value)
            parameter.grad = torch.zeros_like(parameter)


@pytest.mark.parametrize(
    "kind, options",
    [
        (torch.optim.AdamW, {"weight_decay": 0.5}),
        (torch.optim.AdamW, {"weight_decay": 0.5, "fused": True}),
        (torch.optim.AdamW, {"weight_decay": 0.5, "foreach": True}),
        (torch.optim.SGD, {"weight_decay": 0.5}),
        (torch.optim.NAdam, {"weight_decay": 0.5, "decoupled_weight_decay": True}),
    ],
)
def test_a_step_without_a_gradient_shrinks_the_kernel_by_rate_times_decay_and_nothing_else(kind, options):
    net = Tiny()
    optimizer = build_optimizer(lambda groups, lr: kind(groups, lr=lr, **options), net, lr=0.1)
    optimizer.step()
    assert net.conv.weight.item() == pytest.approx(2 * (1 - 0.1 * 0.5), abs=1e-6)
    for untouched in (net.conv.bias, net.norm.weight, net.norm.bias):
        assert untouched.item() == 2.0


def test_a_step_of_adamw_by_hand():
    """Adam's first step is the rate, against the sign of the gradient, whatever its size."""
    net = Tiny()
    for parameter in net.parameters():
        parameter.grad.fill_(3.0)
    build_optimizer(lambda groups, lr: torch.optim.AdamW(groups, lr=lr, weight_decay=0.5), net, lr=0.1).step()
    assert net.conv.weight.item() == pytest.approx(2 * (1 - 0.1 * 0.5) - 0.1, abs=1e-6)
    for parameter in (net.conv.bias, net.norm.weight, net.norm.bias):
        assert parameter.item() == pytest.approx(2 - 0.1, abs=1e-6)


def test_all_decay_where_it_is_asked_for():
    net = Tiny()
    make = GroupedOptimizer(
        lambda groups, lr: torch.optim.AdamW(groups, lr=lr, weight_decay=0.5), ParameterGroups(True)
    )
    build_optimizer(make, net, lr=0.1).step()
    assert [parameter.item() for parameter in net.parameters()] == pytest.approx([1.9] * 4, abs=1e-6)


@pytest.mark.parametrize("kind", [torch.optim.LBFGS, torch.optim.Rprop, torch.optim.Adam, torch.optim.SGD])
def test_an_optimizer_without_decay_has_the_networks_own_groups(kind):
    """LBFGS takes a single one."""
    groups = build_optimizer(lambda groups, lr: kind(groups, lr=lr), Tiny(), lr=0.1).param_groups
    assert len(groups) == 1
    assert not groups[0].get("weight_decay")


def test_an_optimizer_that_decays_by_default_need_not_be_told():
    groups = build_optimizer(lambda groups, lr: torch.optim.AdamW(groups, lr=lr), Tiny(), lr=0.1).param_groups
    assert [group["weight_decay"] for group in groups] == [0.01, 0.0]
