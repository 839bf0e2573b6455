"""Networks on fixed-point grids: every sum of products is exact in float64, in any order.

    activations   multiples of 2^-8,  at most 2^4    (2^-10 after a pool of four)
    weights       multiples of 2^-12, at most 2^2
    gradients     multiples of 2^-18, at most 2^2    (of the outputs of a convolution or a linear layer)

A sum of N products of activations and weights has at most 14 + 14 + log2 N bits, one of gradients and activations
20 + 14 + log2 N, one of gradients and weights 20 + 14 + log2 N: below 53 as long as N is below 2^19. float64 holds
each of them and all their partial sums exactly, so the order of the sum, the number of threads, fused multiplication
and the instruction set change nothing. Between layers values are rounded to their grids, halves upward.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from netrazor.errors import ConfigurationError

ACTIVATION_BITS, ACTIVATION_LIMIT = 8, 16.0
WEIGHT_BITS, WEIGHT_LIMIT = 12, 4.0
GRADIENT_BITS, GRADIENT_LIMIT = 18, 4.0
MOST_PRODUCTS = 2**19
_LAYERS = (nn.Conv2d, nn.Linear, nn.ReLU, nn.AvgPool2d, nn.Flatten)


def rounded(values: Tensor, bits: int, limit: float) -> Tensor:
    """The nearest multiples of 2^-bits, halves upward, within -limit .. limit."""
    scale = 2.0**bits
    return values.mul(scale).add_(0.5).floor_().mul_(1 / scale).clamp_(-limit, limit)


class _OnGrid(torch.autograd.Function):
    """Rounds activations on their way forward, gradients on their way back; none pass where it was clipped."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values.abs() <= ACTIVATION_LIMIT)
        return rounded(values, ACTIVATION_BITS, ACTIVATION_LIMIT)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (inside,) = ctx.saved_tensors
        return rounded(gradient, GRADIENT_BITS, GRADIENT_LIMIT).mul_(inside)


class FixedPointNetwork(nn.Module):
    """``layers`` in float64, with values on the grids between them, forward and backward.

    Raises:
        ConfigurationError: layers other than convolutions, linear ones, ReLUs, average pools over a power of two of
            pixels, and flattening.
    """

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        for layer in layers:
            if not isinstance(layer, _LAYERS):
                raise ConfigurationError(
                    f"network: Conv2d, Linear, ReLU, AvgPool2d and Flatten can be computed exactly, got "
                    f"{type(layer).__name__}; build the network of these, or use TorchLearner"
                )
            if isinstance(layer, nn.AvgPool2d) and layer.kernel_size not in (2, (2, 2)):
                raise ConfigurationError(
                    f"network: AvgPool2d must be over 2 x 2 pixels, got {layer.kernel_size}"
                )
        self.layers = layers.double()

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``, which are multiples of 2^-8."""
        for layer in self.layers:
            images = layer(images)
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                images = _OnGrid.apply(images)  # type: ignore[no-untyped-call]
        return images

    @torch.no_grad()
    def check(self, images: Tensor) -> None:
        """Refuse sums over too many products, forward or backward, for batches like ``images``.

        Raises:
            ConfigurationError: a layer has them.
        """
        for layer in self.layers:
            images = layer(images)
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                along = images.numel() // images.shape[1]  # of a weight's gradient: examples and places
                across = max(layer.weight[0].numel(), layer.weight.numel() // layer.weight.shape[1])
                if max(along, across) >= MOST_PRODUCTS:
                    raise ConfigurationError(
                        f"network: a sum of {max(along, across)} products in {layer} is not exact, at most "
                        f"{MOST_PRODUCTS - 1} are; choose smaller batches or images"
                    )


def first_weights(shape: torch.Size, draws: Tensor) -> Tensor:
    """Weights from ``draws`` in -1 .. 1, uniform with the variance 2 / inputs (He et al. 2015), on their grid."""
    fan_in = math.prod(shape[1:])
    spread = round(2**WEIGHT_BITS * math.sqrt(6 / fan_in)) / 2**WEIGHT_BITS
    return rounded(draws.view(shape) * spread, WEIGHT_BITS, WEIGHT_LIMIT)
