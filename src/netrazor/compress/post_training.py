"""Post-training compression: prune and quantize by sensitivity, without fine-tuning, until the bound is best."""

from collections.abc import Callable, Collection, Mapping

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.compress.grids import entropy_bits, mean_squared_gradients, on_grid, open_arrays
from netrazor.compress.search_objective import guide
from netrazor.counting import count_errors, in_order, part_of
from netrazor.runtime.reporting import Reporter, Silent
from netrazor.simplify.batch_norms import fold_statistics

_SCAN = range(-12, 1)  # powers of two of the knob; 0 takes even the most sensitive array to a single step
_REFINED = (0.5, 0.25)  # octaves around the best
_NUDGE = 0.5  # octaves by which single arrays are tried finer and coarser


@dataclass(frozen=True, config={"extra": "forbid"})
class PostTrainingConfig:
    """How the steps of the grids are searched for.

    Attributes:
        search_examples: examples on which errors are counted for each candidate, at most.
        gradient_batches: batches for the mean squared gradients.
        batch_size: of these.
        rounds: times that each array is tried alone with a finer and a coarser step.
    """

    search_examples: int = Field(default=6000, ge=1)
    gradient_batches: int = Field(default=32, ge=1)
    batch_size: int = Field(default=32, ge=1)
    rounds: int = Field(default=1, ge=0)


def cut_without_training(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    config: PostTrainingConfig,
    *,
    delta: float,
    seed: int,
    bits: Mapping[str, int] | None = None,
    unprunable: Collection[str] = (),
    reporter: Reporter | None = None,
) -> float:
    """Prune and quantize ``model`` in place to the least bound found; returns that bound, which is a guide only.

    The statistics of batch norms are folded first. Arrays that are quantized already stay as they are. What is
    tried are candidate messages of one decoder, so that trying costs nothing in the bound.

    Args:
        model: a trained network.
        dataset: the training set, whose length is n.
        config: how long to search.
        delta: of the bound.
        seed: of the examples for the gradients and of their labels.
        bits: of an index into the grid, at most, for some arrays.
        unprunable: arrays whose elements must not become zero.
        reporter: told of the progress.
    """
    fold_statistics(model)
    arrays = {name: tensor.clone() for name, tensor in open_arrays(model).items()}
    if not arrays:
        return 1.0
    counted = part_of(dataset, config.search_examples)
    gradients = mean_squared_gradients(model, arrays, _inputs(dataset, config), seed)
    largest = max(float(_largest(arrays[name])) * gradients[name] ** 0.5 for name in arrays)
    steps = {name: largest / gradients[name] ** 0.5 for name in arrays}
    targets = {**dict(model.named_parameters()), **dict(model.named_buffers())}

    def cut(exponents: Mapping[str, float]) -> dict[str, Tensor]:
        candidate = {}
        for name, weight in arrays.items():
            step = steps[name] * 2.0 ** exponents[name]
            candidate[name] = on_grid(weight, step, bits=(bits or {}).get(name), prune=name not in unprunable)
        return candidate

    def bound(exponents: Mapping[str, float]) -> float:
        candidate = cut(exponents)
        _put(targets, candidate)
        risk = count_errors(model, counted).risk
        return guide(risk, entropy_bits(candidate), len(dataset), delta)  # type: ignore[arg-type]

    trials = len(_SCAN) + 2 * len(_REFINED) + 2 * config.rounds * len(arrays)
    with (reporter or Silent()).stage("prune, quantize", trials) as tick:
        value, exponents = _search(list(arrays), _counted(bound, tick), config.rounds)
    _put(targets, cut(exponents))
    return min(1.0, value)


def _search(
    names: list[str], bound: Callable[[Mapping[str, float]], float], rounds: int
) -> tuple[float, dict[str, float]]:
    """The best exponents: one for all arrays first, then each array nudged alone."""
    best = min((bound(dict.fromkeys(names, e)), -e) for e in _SCAN)
    for width in _REFINED:
        center = -best[1]
        best = min([best, *((bound(dict.fromkeys(names, e)), -e) for e in (center - width, center + width))])
    value, exponents = best[0], dict.fromkeys(names, -best[1])
    for _ in range(rounds):
        for name in names:
            for nudge in (_NUDGE, -_NUDGE):
                nudged = {**exponents, name: exponents[name] + nudge}
                found = bound(nudged)
                if found < value:
                    value, exponents = found, nudged
    return value, exponents


def _counted(
    bound: Callable[[Mapping[str, float]], float], tick: Callable[[], None]
) -> Callable[[Mapping[str, float]], float]:
    def ticking(exponents: Mapping[str, float]) -> float:
        tick()
        return bound(exponents)

    return ticking


def _inputs(dataset: Dataset[tuple[Tensor, int]], config: PostTrainingConfig) -> list[Tensor]:
    part = part_of(dataset, config.gradient_batches * config.batch_size)
    return [inputs for inputs, _ in in_order(part, config.batch_size)]


def _largest(weight: Tensor) -> Tensor:
    return torch.where(weight.isfinite(), weight, 0.0).abs().max()


@torch.no_grad()
def _put(targets: Mapping[str, Tensor], arrays: Mapping[str, Tensor]) -> None:
    for name, array in arrays.items():
        targets[name].copy_(array)
