"""How many weights to keep, and in how many bits: chosen by the bound itself, in short trials of the recipe.

A choice among messages of one decoder is free, so it may be as wide as time allows. Trials begin with the fewest
weights, since where little can be said a few weights say it, and end where more of them have gained nothing twice.
"""

import copy
import math
from dataclasses import dataclass, replace

from netrazor.errors import ConfigurationError, NonFiniteWeights
from netrazor.pipeline.order import stage_seed, stages_of
from netrazor.pipeline.recipe import PruneStage, Recipe, recipe_scaled
from netrazor.pipeline.stages import GradualStage, RateStage, RunContext, Simplification, Turn
from netrazor.runtime import SILENT
from netrazor.simplify import simplify
from netrazor.units import percent_up

_PATIENCE = 2  # trials in a row without a gain, after which more weights are not tried


@dataclass(frozen=True)
class Size:
    """What a search chose.

    Attributes:
        factor: by which the recipe's numbers of weights are multiplied.
        bits: of an index into a codebook; None: the recipe's own.
    """

    factor: float = 1.0
    bits: int | None = None


def search_size(recipe: Recipe, context: RunContext, first: int) -> Size:
    """The size whose trial gives the lowest bound; ``context.model``, as the stage at ``first`` finds it, stays."""
    assert recipe.sizes is not None
    found: dict[Size, float] = {}
    waited = 0
    for factor in sorted(recipe.sizes.factors):
        best = min(found.values(), default=math.inf)
        found[Size(factor)] = bound = _trial(recipe, Size(factor), context, first)
        waited = 0 if bound < best else waited + 1
        if waited == _PATIENCE:
            break
    best_factor = min(found, key=lambda size: found[size]).factor
    if recipe.quantize is not None:
        for bits in recipe.sizes.bits:
            found[Size(best_factor, bits)] = _trial(recipe, Size(best_factor, bits), context, first)
    chosen = min(found, key=lambda size: found[size])
    told = "" if chosen.bits is None else f", {chosen.bits} bits a weight"
    context.reporter.say(
        f"{len(found)} sizes tried; {chosen.factor:g} times the recipe's number of weights{told} goes on, at "
        f"{percent_up(found[chosen])} in its trial"
    )
    return chosen


def recipe_sized(recipe: Recipe, size: Size) -> Recipe:
    """``recipe`` with ``size.factor`` times as many weights in the end, each in ``size.bits``."""
    prune = tuple(_sized(stage, size.factor) for stage in recipe.prune)
    integers, quantize = recipe.integers, recipe.quantize
    if integers is not None:
        weights = replace(integers.weights, target_bits=integers.weights.target_bits * size.factor)
        integers = replace(integers, weights=weights)
    if quantize is not None and size.bits is not None:
        codebook = replace(
            quantize.codebook, bits=size.bits, vector_bits=min(size.bits, quantize.codebook.vector_bits)
        )
        quantize = replace(quantize, codebook=codebook)
    return replace(recipe, prune=prune, integers=integers, quantize=quantize, sizes=None)


def _sized(stage: PruneStage, factor: float) -> PruneStage:
    if isinstance(stage, RateStage):
        if stage.nonzeros is not None:
            return replace(stage, nonzeros=max(1, round(stage.nonzeros * factor)))
        if stage.per_example is not None:
            return replace(stage, per_example=stage.per_example * factor)
        return replace(stage, share=min(1.0, (stage.share or 0.0) * factor))
    if isinstance(stage, GradualStage):
        return replace(stage, sparsity=max(0.0, 1 - (1 - stage.sparsity) * factor))
    return stage


def _trial(recipe: Recipe, size: Size, context: RunContext, first: int) -> float:
    """The bound of a copy of the network after all stages from ``first`` on, shortened."""
    assert recipe.sizes is not None
    trial = replace(context, model=copy.deepcopy(context.model), reporter=SILENT)
    shortened = recipe_scaled(recipe_sized(recipe, size), recipe.sizes.trial)
    try:
        for place, (name, stage) in list(enumerate(stages_of(shortened).items()))[first:]:
            stage.run(trial, Turn(name, stage_seed(context.seed, place, stage)))
            if recipe.simplify and stage.simplification is not Simplification.NONE:
                simplify(trial.model, trial.example(), fold=stage.simplification is Simplification.FULL)
    except (
        ConfigurationError,
        NonFiniteWeights,
    ):  # nothing left to train, say; the stages themselves will tell
        return 1.0
    return trial.certified_bound()
