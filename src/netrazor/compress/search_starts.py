"""Where a search among whole numbers begins: zeros, trained weights rounded, and sparse weights rounded.

Sparse ones are minima of the cross-entropy of a single layer plus a multiple of the sum of its weights' magnitudes
(the lasso), by the accelerated gradient method of Beck and Teboulle (2009). All starts choose among messages of one
decoder, so they cost nothing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from netrazor.compress.integer_tail import Integers
from netrazor.compress.linear_tail import LinearTail

_SCALE_FREE = (F.relu, F.leaky_relu)
_PENALTIES = tuple(2.0**-place for place in range(1, 7))  # of the least at which all weights are zero
_STEPS = 200  # of the gradient method, for each penalty

Floats = NDArray[np.float64]
Start = tuple[list[Integers], tuple[float, ...]]


@dataclass(frozen=True)
class StartLimits:
    """Largest magnitudes of whole numbers, and to how many steps the largest weight of a start is rounded."""

    weight: int
    bias: int
    scales: tuple[float, ...]


def bias_units(tail: LinearTail) -> tuple[float, ...]:
    """For each layer what one step of a bias is worth beside one of a weight: a power of two.

    About the size of a feature, so that a threshold among sums of small features can be told. Behind an activation
    that keeps no scales, 1.
    """
    size = float(tail.inputs.double().square().mean().sqrt())
    unit = 2.0 ** min(20, max(-20, round(math.log2(size)))) if size > 0 else 1.0
    later = unit if tail.activation in _SCALE_FREE else 1.0
    return (unit, *[later for _ in tail.layers[1:]])


def starts(tail: LinearTail, limits: StartLimits) -> Iterator[Start]:
    """Whole numbers, outputs x (inputs + 1) of each layer, and the layers' steps; biases in `bias_units`."""
    trained = [
        (
            layer.weight.detach().double().numpy(),
            np.zeros(layer.out_features) if layer.bias is None else layer.bias.detach().double().numpy(),
        )
        for layer in tail.layers
    ]
    if len(tail.layers) == 1:
        yield [np.zeros((len(trained[0][0]), trained[0][0].shape[1] + 1), np.int64)], (1.0,)
    for scale in limits.scales:
        yield _rounded(tail, trained, scale, limits)
    if len(tail.layers) == 1:
        for weights, bias in _sparse_weights(tail):
            for scale in limits.scales:
                yield _rounded(tail, [(weights, bias)], scale, limits)


def _rounded(
    tail: LinearTail, trained: list[tuple[Floats, Floats]], scale: float, limits: StartLimits
) -> Start:
    """Real weights, the largest of each layer at ``scale`` steps.

    Scores may have any scale, and so may hidden units behind an activation that keeps scales; elsewhere the step
    of the first layer stays, as a power of two.
    """
    integers, steps, factor = [], [], 1.0
    for place, ((weights, bias), unit) in enumerate(zip(trained, bias_units(tail), strict=True)):
        largest = max(float(np.abs(weights).max()), 1e-12)
        is_free = place + 1 == len(trained) or tail.activation in _SCALE_FREE
        step = 1.0 if is_free else 2.0 ** round(math.log2(largest / scale))
        to_integers = scale / largest if is_free else 1 / step
        factor *= to_integers if is_free else 1.0
        bias = bias * (factor if is_free else to_integers) / unit
        parts = [
            np.rint(part).clip(-limit, limit).astype(np.int64)
            for part, limit in ((weights * to_integers, limits.weight), (bias[:, None], limits.bias))
        ]
        integers.append(np.concatenate(parts, 1))
        steps.append(step)
    return integers, tuple(steps)


def _sparse_weights(tail: LinearTail) -> Iterator[tuple[Floats, Floats]]:
    """Weights and biases of the lasso, from the heaviest penalty to the lightest, each begun where the last ended."""
    (layer,), (unit,) = tail.layers, bias_units(tail)
    inputs = F.pad(tail.inputs.float() / unit, (0, 1), value=1.0)
    outputs = 2 if layer.out_features == 1 else layer.out_features
    targets = F.one_hot(tail.labels, outputs).float()
    # The cross-entropy's curvature is at most half of the largest eigenvalue of the features' second moments.
    curvature = 0.5 * float(torch.linalg.matrix_norm(inputs.T @ inputs / len(inputs), 2)) + 1e-12
    weights = torch.zeros(outputs, inputs.shape[1])
    heaviest = float(_gradient(weights, inputs, targets)[:, :-1].abs().max())
    for share in _PENALTIES:
        weights = _lasso(weights, inputs, targets, share * heaviest, curvature)
        found = weights.double().numpy() / np.append(np.full(inputs.shape[1] - 1, unit), 1.0)
        if layer.out_features == 1:
            found = found[1:] - found[:1]
        yield found[:, :-1], found[:, -1] if layer.bias is not None else np.zeros(len(found))


def _lasso(weights: Tensor, inputs: Tensor, targets: Tensor, penalty: float, curvature: float) -> Tensor:
    """The accelerated proximal gradient method; the last column, a bias, is not penalized."""
    ahead, momentum = weights, 1.0
    for _ in range(_STEPS):
        moved = ahead - _gradient(ahead, inputs, targets) / curvature
        shrunk = F.softshrink(moved[:, :-1], penalty / curvature)
        new = torch.cat([shrunk, moved[:, -1:]], 1)
        next_momentum = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / next_momentum * (new - weights)
        weights, momentum = new, next_momentum
    return weights


def _gradient(weights: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Of the mean cross-entropy, outputs x inputs."""
    return (torch.softmax(inputs @ weights.T, 1) - targets).T @ inputs / len(inputs)
