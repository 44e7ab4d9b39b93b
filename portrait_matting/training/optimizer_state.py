"""An optimizer's state in a checkpoint: whose it is, parameter by parameter, so that it outlives other groups."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer

from portrait_matting.errors import InputError

State = dict[str, Any]
Names = Sequence[Sequence[str]]
"""Of the parameters of each group, in order."""
_OF_THE_GROUP = {"params", "param_names", "weight_decay", "lr_scale", "decay_per_run", "fused"}
"""What holds as a group is built now. `fused` too: mixed precision asks the optimizer itself whether it is."""


def parameter_names(groups: Iterable[State], module: nn.Module) -> list[list[str]]:
    """The names, within a module, of the parameters of each group; none at all where one is not the module's own."""
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    found = [[names.get(id(parameter), "") for parameter in group["params"]] for group in groups]
    return found if all(map(all, found)) else []


def fitting(state: State, *layouts: Names) -> Names:
    """The first of some layouts that has as many parameters in each group as an optimizer's state dict.

    Raises:
        InputError: none has.
    """
    counted = [len(group["params"]) for group in state["param_groups"]]
    for names in layouts:
        if counted == [len(group) for group in names]:
            return names
    raise InputError(
        f"the checkpoint's optimizer has {sum(counted)} parameters in groups of {', '.join(map(str, counted))}, which "
        "are not the network's: a run cannot go on from it, but model.weights=FILE starts a new one with its weights"
    )


def regrouped(state: State, saved: Names, built: Optimizer, names: Names, given: Collection[str] = ()) -> State:
    """The state dict of an optimizer as one takes it that has its parameters in other groups, or in another order.

    Each parameter keeps its own state. One that had none begins without; that of one which is not trained any more is
    left out. A group goes on with the values of the one that its first parameter was in, such as the rate, which keeps
    its height before `lr_scale`; but what is `given`, the decay and the scale hold as they are in `built`.

    Args:
        state: as the saved optimizer's `state_dict` gave it.
        saved: the names of its parameters.
        built: the optimizer that the state is for, fresh.
        names: the names of its parameters.
        given: keys of a group that hold as they are in `built`.
    """
    index = {name: place for place, name in enumerate(name for group in names for name in group)}
    home = {name: group for group, own in zip(state["param_groups"], saved, strict=True) for name in own}
    moved = {
        before: index.get(name)
        for group, own in zip(state["param_groups"], saved, strict=True)
        for before, name in zip(group["params"], own, strict=True)
    }
    kept = {moved.get(key, key): value for key, value in state["state"].items() if moved.get(key, key) is not None}
    groups = []
    for fresh, own in zip(built.param_groups, names, strict=True):
        before = next((home[name] for name in own if name in home), {})
        fixed = _OF_THE_GROUP.union(given)
        group = dict(fresh) | {key: value for key, value in before.items() if key not in fixed}
        if "lr" in before:
            group["lr"] = before["lr"] / before.get("lr_scale", 1.0) * fresh.get("lr_scale", 1.0)
        groups.append(group | {"params": [index[name] for name in own]})
    return {**state, "state": kept, "param_groups": groups}
