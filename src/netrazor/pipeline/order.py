"""The one place that knows the order of the stages, and what seed each has."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from netrazor.compress import DescentConfig
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.stages import (
    DescendStage,
    PolishStage,
    PostTrainingStage,
    Simplification,
    SimplifyStage,
    SmallStage,
    Stage,
    TrainStage,
    WholeDescentStage,
)

_SEEDS_OF_A_RUN = 101  # two runs share no seed of a stage, as long as a stage takes fewer than 51
_FIRST_OF_MANY = 50  # beyond the place of any stage

Configuration = TypeVar("Configuration")


def stages_of(recipe: Recipe) -> dict[str, Stage]:
    """The stages of ``recipe`` by name, first to last."""
    stages: dict[str, Stage | None] = {
        "train": _made(TrainStage, recipe.train),
        **_pruning(recipe),
        "integers": recipe.integers,
        "shorten": recipe.shorten,
        "quantize": recipe.quantize,
        "search": _made(SmallStage, recipe.small),
        "prune, quantize": _made(PostTrainingStage, recipe.post_training),
        "simplify": SimplifyStage(),
        "descend": _made(DescendStage, recipe.descend),
        "descend everywhere": _made(WholeDescentStage, recipe.descend_everywhere),
        "polish": _polishing(recipe.polish, recipe.descend),
    }
    found = {name: stage for name, stage in stages.items() if stage is not None}
    simplified = [name for name, stage in found.items() if stage.simplification is not Simplification.NONE]
    if not recipe.simplify or simplified != ["simplify"]:
        del found["simplify"]
    return found


def stage_seed(run_seed: int, place: int, stage: Stage) -> int:
    """The seed of the stage at ``place`` in the order, from 0; the first of them where it takes several in a row."""
    return run_seed * _SEEDS_OF_A_RUN + (_FIRST_OF_MANY if stage.many_seeds else place)


def _made(make: Callable[[Configuration], Stage], configuration: Configuration | None) -> Stage | None:
    return None if configuration is None else make(configuration)


def _pruning(recipe: Recipe) -> dict[str, Stage]:
    """The stages of pruning, numbered where there are several."""
    if len(recipe.prune) == 1:
        return {"prune": recipe.prune[0]}
    return {f"prune {number}": stage for number, stage in enumerate(recipe.prune, start=1)}


def _polishing(polish: PolishStage | None, descend: DescentConfig | None) -> Stage | None:
    """Polish with the descent of its own, or else the recipe's."""
    return None if polish is None else replace(polish, descend=polish.descend or descend)
