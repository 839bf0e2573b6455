"""Greedy search for the few steps away from given weights that the bound gains from, in the last linear layer."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.certification import charge
from netrazor.compress.last_layer import read_last_layer
from netrazor.counting import count_errors
from netrazor.networks import coded_state
from netrazor.networks.weight_steps import STEPS_TO_LARGEST, Steps, encode_steps, move_by_steps, no_steps

SIZES = (-16, -8, -4, -2, -1, 1, 2, 4, 8, 16)  # steps that a weight is tried to be moved by

Examples = Dataset[tuple[Tensor, int]]


def search_steps(given: nn.Module, examples: Examples, architecture: int, delta: float) -> Steps:
    """Steps on the last layer's weights, made one by one while the bound on ``examples`` falls; often none pays.

    Args:
        given: the network to start from.
        examples: those that had no part in ``given``.
        architecture: index in the declared list.
        delta: failure probability of the bound.
    """

    def bound_of(steps: Steps) -> float:
        bits = charge(encode_steps(steps, architecture)).charged_bits
        count = count_errors(move_by_steps(given, steps), examples)
        return float(bounds.occam(count.errors, count.n, bits, delta))

    steps = no_steps(given)
    best = bound_of(steps)
    while True:
        tried = _make_best_move(given, steps, examples)
        bound = bound_of(tried)
        if bound >= best:
            return steps
        steps, best = tried, bound


@torch.no_grad()
def _make_best_move(given: nn.Module, steps: Steps, examples: Examples) -> Steps:
    """The change of one more weight of the last layer that leaves the fewest errors."""
    network = move_by_steps(given, steps)
    layer, features, labels = read_last_layer(network, examples)
    name = next(name for name, parameter in network.named_parameters() if parameter is layer.weight)
    step = float(np.abs(coded_state(given)[name]).max()) / STEPS_TO_LARGEST
    scores = features @ layer.weight.T
    scores = scores if layer.bias is None else scores + layer.bias
    least, found = len(labels) + 1, (0, 0, 0)
    for label in range(scores.shape[1]):
        for size in SIZES:
            errors = _errors_of_moves(scores, features, labels, label, size * step)
            if int(errors.min()) < least:
                least, found = int(errors.min()), (label, int(errors.argmin()), size)
    label, column, size = found
    moved = {key: array.copy() for key, array in steps.items()}
    moved[name][label, column] = np.clip(int(moved[name][label, column]) + size, -127, 127)
    return moved


def _errors_of_moves(scores: Tensor, features: Tensor, labels: Tensor, label: int, change: float) -> Tensor:
    """Errors if the weight of ``label`` on one feature changes, for each feature."""
    others = scores.clone()
    others[:, label] = -torch.inf
    rival, best = others.max(1)
    own, kept = labels == label, best == labels
    above = scores[:, label, None] + change * features > rival[:, None]
    return len(labels) - (above[own].sum(0) + (~above[kept & ~own]).sum(0))
