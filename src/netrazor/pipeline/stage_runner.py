"""Running the stages of a recipe one after the other, from wherever a killed run left off."""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from netrazor.certification.run_result import Histogram
from netrazor.compress import make_constant
from netrazor.data.targets import TargetDataset
from netrazor.pipeline.histogram import histograms
from netrazor.pipeline.order import stage_seed, stages_of
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.size_search import Size, recipe_sized, search_size
from netrazor.pipeline.stages import RunContext, Simplification, Turn
from netrazor.simplify import order_for_coding, simplify
from netrazor.train import Checkpoint


@dataclass
class StagesReport:
    """What was measured while the stages ran.

    Attributes:
        seconds: by stage, of those that ran in this process.
        before: how the weights of each layer were spread before the first stage that cuts; empty without one.
        is_constant: whether nothing better than a constant classifier was found.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    before: dict[str, Histogram] = field(default_factory=dict)
    is_constant: bool = False


def run_stages(recipe: Recipe, context: RunContext, checkpoint: Checkpoint | None = None) -> StagesReport:
    """Run the stages that are not done yet; ``context.model`` is changed in place.

    What a recipe that simplifies leaves has its units in the order that costs no bits (`order_for_coding`).

    A checkpoint holds the network as the stage under way found it, or as it is between stages, and what that stage
    has saved of itself. A killed run goes on from there, on whatever device, to the result that it would have had.
    """
    report = StagesReport()
    saved = checkpoint.load() if checkpoint is not None else None
    first, resumed, size = 0, None, None
    if saved is not None:
        first, resumed = int(saved["stage"]), saved["of_stage"]
        size = None if saved.get("size") is None else Size(*saved["size"])
        context.model.load_state_dict(saved["network"])
        report.before = {name: Histogram(*parts) for name, parts in saved["before"].items()}

    def state(place: int, of_stage: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            "stage": place,
            "of_stage": of_stage,
            "size": None if size is None else (size.factor, size.bits),
            "network": context.model.state_dict(),
            "before": {name: (spread.reach, spread.counts) for name, spread in report.before.items()},
        }

    stages = list(stages_of(recipe).items())
    for place in range(first, len(stages)):
        started = time.monotonic()
        if recipe.sizes is not None and size is None and stages[place][1].cuts:
            size = search_size(recipe, context, place)
            report.seconds["sizes"] = time.monotonic() - started
            started = time.monotonic()
        if size is not None:
            stages = list(stages_of(recipe_sized(recipe, size)).items())
        name, stage = stages[place]
        if stage.cuts and not report.before:
            report.before = histograms(context.model)
        seed = stage_seed(context.seed, place, stage)
        stage.run(
            context,
            Turn(name, seed, resumed, checkpoint, partial(state, place)),
        )
        if recipe.simplify and stage.simplification is not Simplification.NONE:
            simplify(context.model, context.example(), fold=stage.simplification is Simplification.FULL)
        if checkpoint is not None:
            checkpoint.save(state(place + 1, None))
        resumed = None
        report.seconds[name] = time.monotonic() - started
    if recipe.simplify:
        order_for_coding(context.model, context.example())
    if any(part is not None for part in (recipe.sizes, recipe.small, recipe.shorten)):
        report.is_constant = _constant_if_better(context)
    return report


def _constant_if_better(context: RunContext) -> bool:
    """Make the network a constant classifier where that has the lower bound; whether it had."""
    if isinstance(context.dataset, TargetDataset):
        return False
    before, bound = copy.deepcopy(context.model.state_dict()), context.certified_bound()
    if make_constant(context.model, context.dataset) and context.certified_bound() <= bound:
        context.reporter.say("nothing better than a constant classifier was found: it is what is certified")
        return True
    context.model.load_state_dict(before)
    return False
