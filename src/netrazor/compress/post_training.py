"""Post-training compression: prune and quantize by sensitivity, without training, for the least bound."""

from collections.abc import Callable, Collection, Mapping

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from netrazor.compress.grids import (
    estimate_entropy_bits,
    estimate_mean_squared_gradients,
    find_unquantized_arrays,
    round_to_grid,
)
from netrazor.compress.search_objective import SearchContext
from netrazor.counting import count_errors, count_risk, in_order, part_of
from netrazor.data.targets import TargetDataset
from netrazor.simplify.batch_norms import fold_statistics

_SCAN = range(-12, 1)  # powers of two of the scale of all steps; at 0 the most sensitive array has one step
_REFINED = (0.5, 0.25)  # changes of the best power that are tried then
_NUDGE = 0.5  # change of the power by which single arrays are tried finer and coarser


@dataclass(frozen=True, config={"extra": "forbid"})
class PostTrainingConfig:
    """How the steps of the grids are searched for.

    Attributes:
        search_examples: examples on which errors are counted for each candidate, at most.
        gradient_batches: batches for the mean squared gradients.
        batch_size: of these.
        rounds: how often each array alone is tried with a finer and a coarser step.
    """

    search_examples: int = Field(default=6000, ge=1)
    gradient_batches: int = Field(default=32, ge=1)
    batch_size: int = Field(default=32, ge=1)
    rounds: int = Field(default=1, ge=0)


def compress_without_training(
    model: nn.Module,
    config: PostTrainingConfig,
    context: SearchContext,
    *,
    bits: Mapping[str, int] | None = None,
    unprunable: Collection[str] = (),
) -> float:
    """Prune and quantize ``model`` in place to the least bound found; returns that bound, which is approximate.

    The statistics of batch norms are folded first. Arrays that are quantized already stay as they are. All that is
    tried are candidate messages of one decoder, so that trying costs nothing in the bound.

    Args:
        model: a trained network.
        config: how long to search.
        context: the training set; its seed is that of the labels for the gradients.
        bits: of an index into the grid, at most, for some arrays.
        unprunable: arrays whose elements must not become zero.
    """
    fold_statistics(model)
    arrays = {name: tensor.clone() for name, tensor in find_unquantized_arrays(model).items()}
    if not arrays:
        return 1.0
    counted = part_of(context.dataset, config.search_examples)
    steps = _choose_largest_steps(model, arrays, config, context)
    targets = {**dict(model.named_parameters()), **dict(model.named_buffers())}

    def quantize(exponents: Mapping[str, float]) -> dict[str, Tensor]:
        quantized = {}
        for name, weight in arrays.items():
            step = steps[name] * 2.0 ** exponents[name]
            index_bits, prune = (bits or {}).get(name), name not in unprunable
            quantized[name] = round_to_grid(weight, step, bits=index_bits, prune=prune)
        return quantized

    trials = len(_SCAN) + 2 * len(_REFINED) + 2 * config.rounds * len(arrays)
    with context.reporter.stage("prune, quantize", trials) as tick:

        def evaluate(exponents: Mapping[str, float]) -> float:
            tick()
            quantized = quantize(exponents)
            _write(targets, quantized)
            risk = (
                count_risk(model, counted)
                if isinstance(counted, TargetDataset)
                else count_errors(model, counted).risk
            )
            return context.approximate_bound(risk, estimate_entropy_bits(quantized))

        value, exponents = _minimize(list(arrays), evaluate, config.rounds)
    _write(targets, quantize(exponents))
    return min(1.0, value)


def _choose_largest_steps(
    model: nn.Module, arrays: Mapping[str, Tensor], config: PostTrainingConfig, context: SearchContext
) -> dict[str, float]:
    """Steps in the best proportion, so large that the array to which it matters most is rounded to one step."""
    part = part_of(context.dataset, config.gradient_batches * config.batch_size)
    batches = [inputs for inputs, _ in in_order(part, config.batch_size)]
    of_classes = not isinstance(context.dataset, TargetDataset)
    gradients = estimate_mean_squared_gradients(model, arrays, batches, context.seed, of_classes=of_classes)
    largest = max(float(_find_largest(arrays[name])) * gradients[name] ** 0.5 for name in arrays)
    return {name: largest / gradients[name] ** 0.5 for name in arrays}


def _minimize(
    names: list[str], evaluate: Callable[[Mapping[str, float]], float], rounds: int
) -> tuple[float, dict[str, float]]:
    """The best exponents: one for all arrays first, then each array nudged alone."""
    best = min((evaluate(dict.fromkeys(names, float(e))), -float(e)) for e in _SCAN)
    for width in _REFINED:
        center = -best[1]
        best = min(
            [best, *((evaluate(dict.fromkeys(names, e)), -e) for e in (center - width, center + width))]
        )
    value, exponents = best[0], dict.fromkeys(names, -best[1])
    for _ in range(rounds):
        for name in names:
            for nudge in (_NUDGE, -_NUDGE):
                nudged = {**exponents, name: exponents[name] + nudge}
                found = evaluate(nudged)
                if found < value:
                    value, exponents = found, nudged
    return value, exponents


def _find_largest(weight: Tensor) -> Tensor:
    return torch.where(weight.isfinite(), weight, 0.0).abs().max()


@torch.no_grad()
def _write(targets: Mapping[str, Tensor], arrays: Mapping[str, Tensor]) -> None:
    for name, array in arrays.items():
        targets[name].copy_(array)
