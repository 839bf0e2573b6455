"""What the optimizer moves in each stage: the parameters of a network behind masks, codebooks or whole numbers."""

import itertools
from collections.abc import Mapping

from torch import nn

from netrazor.compress import (
    DynamicNetworkSurgery,
    GradualPruning,
    IntegerWeights,
    MaskedWeights,
    PiecewiseConstant,
    PruningSchedule,
    QuantizedWeights,
    RatePruning,
)
from netrazor.pipeline.rules import Rules
from netrazor.pipeline.stages import (
    GradualStage,
    IntegerStage,
    PruneStage,
    QuantizeStage,
    RateStage,
    Recipe,
    SurgeryStage,
)
from netrazor.simplify import find_batch_norms


def rules_for(recipe: Recipe, model: nn.Module) -> Rules:
    """The recipe's rules, applied to the names of ``model``."""
    named = itertools.chain(model.named_parameters(), model.named_buffers())
    return Rules(recipe.rules, {name: tensor.numel() for name, tensor in named if tensor.is_floating_point()})


def masked(
    stage: PruneStage, model: nn.Module, *, seed: int, examples: int, rules: Rules | None = None
) -> MaskedWeights:
    """The parameters of ``model`` behind the masks of a pruning stage."""
    rules = rules or Rules()
    weights = rules.prunable(name for name, p in model.named_parameters() if p.requires_grad and p.ndim > 1)
    steps = stage.fit.steps
    schedule: PruningSchedule
    if isinstance(stage, SurgeryStage):
        offsets = PiecewiseConstant.spaced_evenly(stage.offsets, steps)
        probability = PiecewiseConstant.spaced_evenly(stage.probabilities, steps)
        schedule = DynamicNetworkSurgery(offsets, probability, seed)
    elif isinstance(stage, GradualStage):
        targets = sparsities(stage, {name: model.get_parameter(name).numel() for name in weights}, rules)
        start, end = round(stage.start * steps), round(stage.end * steps)
        stop = max(end, round(stage.stop * steps))
        schedule = GradualPruning(targets, start=start, end=end, stop=stop, every=stage.every)
    else:
        end, stop = round(stage.end * steps), round(stage.stop * steps)
        weights = rules.prunable(name for name, p in model.named_parameters() if p.requires_grad)
        elements = sum(model.get_parameter(name).numel() for name in weights)
        schedule = RatePruning(stage.kept(examples, elements), end=end, stop=stop, every=stage.every)
    return MaskedWeights(model, weights, schedule, saliency=isinstance(stage, RateStage))


def sparsities(stage: GradualStage, sizes: Mapping[str, int], rules: Rules) -> dict[str, float]:
    """The target of each layer: by its rule, or else linear in its size up to that of the largest."""
    largest = max(sizes.values(), default=1)
    low = stage.sparsity if stage.smallest is None else stage.smallest
    targets = {name: low + (stage.sparsity - low) * size / largest for name, size in sizes.items()}
    ruled = {name: rules.of(name).sparsity for name in sizes}
    return {name: targets[name] if ruled[name] is None else ruled[name] for name in sizes}


def integer(stage: IntegerStage, model: nn.Module) -> IntegerWeights:
    """The parameters of ``model`` as small whole numbers."""
    return IntegerWeights(model, stage.weights, stage.fit.steps)


def quantized(stage: QuantizeStage, model: nn.Module, *, rules: Rules | None = None) -> QuantizedWeights:
    """The parameters of ``model`` behind codebooks; those of norms whose statistics still move are not."""
    rules = rules or Rules()
    moving = () if stage.fit.freeze_norms else find_batch_norms(model)
    affine = {id(p) for norm in moving if norm.running_mean is not None for p in norm.parameters()}
    skipped = {name for name, p in model.named_parameters() if id(p) in affine}
    return QuantizedWeights(
        model,
        stage.codebook,
        stage.fit.steps,
        rules.bits(),
        without_zero=rules.without_zero(),
        skipped=skipped,
    )
