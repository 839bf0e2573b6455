"""Greedy descent on the certified risk itself, over the weights of a network's last linear layer.

The scores are linear in these weights, so the errors that a change of any one of them causes are counted exactly,
on every example and for all changes at once, from features computed once. A search among messages of one decoder
costs nothing: the bound holds for all of them together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from netrazor import bounds
from netrazor.compress.last_layer import read_last_layer
from netrazor.compress.last_layer_search import DescentConfig, LastLayerSearch
from netrazor.compress.search_objective import SearchContext
from netrazor.errors import UnsupportedModel


@dataclass(frozen=True)
class DescentReport:
    """What `descend` did: pairs are before and after.

    Attributes:
        bounds: the bound of the message.
        errors: on the training set.
        code_bits: length of the message.
        moves: weights changed by the passes that were kept.
    """

    bounds: tuple[float, float]
    errors: tuple[int, int]
    code_bits: tuple[float, float]
    moves: int


@torch.no_grad()
def descend(
    model: nn.Module, code_bits: Callable[[], float], config: DescentConfig, context: SearchContext
) -> DescentReport:
    """Change weights and biases of the last linear layer, in place, while the certified risk falls.

    Every weight may take zero or any value that its tensor holds already. Moves are ranked by errors plus bits at
    the rate at which the bound trades them, the bits estimated by an adaptive code of order zero; after each pass the
    true length decides whether the pass is kept, so the bound never rises.

    Args:
        model: its scores must be the output of its last `torch.nn.Linear`.
        code_bits: the length of the message of ``model`` as it is when called.
        config: how long to search.
        context: the training set; its device computes the inputs of the last layer, the search is the CPU's.

    Raises:
        UnsupportedModel: the scores are not the output of a linear layer, or there is nothing to search.
    """
    search = LastLayerSearch(config, *read_last_layer(model, context.dataset, device=context.device))
    if search.n == 0 or search.weights.numel() == 0:
        raise UnsupportedModel("last layer: at least one weight and one example needed, got none")

    def measure() -> tuple[float, int, float]:
        errors, bits = search.count_errors(), code_bits()
        return float(bounds.occam(errors, search.n, bits, context.delta)), errors, bits

    first = best = measure()
    moves = 0
    with context.reporter.stage("descend", config.rounds) as tick:
        for _ in range(config.rounds):
            kept = search.weights.clone()
            made = search.sweep(compute_errors_per_bit(best[1], search.n, best[2], context.delta))
            now = measure()
            if made == 0 or now[0] >= best[0]:
                search.set_weights(kept)
                break
            best, moves = now, moves + made
            tick()
    return DescentReport((first[0], best[0]), (first[1], best[1]), (first[2], best[2]), moves)


def compute_errors_per_bit(errors: int, n: int, code_bits: float, delta: float) -> float:
    """How many more errors the bound allows for one bit less: the ratio of its two slopes."""
    here = float(bounds.occam(errors, n, code_bits, delta))
    step = max(1, n // 2000)
    more_errors = float(bounds.occam(min(n, errors + step), n, code_bits, delta)) - here
    more_bits = float(bounds.occam(errors, n, code_bits + step, delta)) - here
    return more_bits / more_errors if more_errors > 0 else 1.0
