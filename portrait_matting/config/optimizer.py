"""The optimizer that a recipe describes."""

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from portrait_matting.models.optimizer import GroupedOptimizer
from portrait_matting.models.parameter_groups import ParameterGroups

OPTIONS = ("decay_all", "lr_scale", "decay_per_run")
"""Keys of the optimizer group that are not the optimizer's arguments, but say how parameters are grouped for it."""


def recipe_optimizer(group: DictConfig) -> GroupedOptimizer:
    """The optimizer of a recipe's optimizer group, for `models.optimizer.build_optimizer`.

    Raises:
        InputError: as `ParameterGroups`.
        InstantiationException: its class refuses its arguments.
    """
    plain = OmegaConf.to_container(group, resolve=True)
    options = {key: plain.pop(key) for key in OPTIONS if plain.get(key) is not None}
    own = {key: value for key, value in plain.items() if key not in OPTIONS}
    given = frozenset(key for key in own if not key.startswith("_"))
    return GroupedOptimizer(instantiate(own, _convert_="all"), ParameterGroups(**options), given)
