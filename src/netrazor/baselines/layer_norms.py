"""Spectral and Frobenius norms of a layer's affine map, never from below.

A bias is a column beside the map, [A b; 0 1]: the constant 1 is handed on as an entry of its own, which ReLU and
max-pooling leave alone. Then a chain with biases is a chain without, one entry wider, and a theorem about
bias-free chains holds for it as it stands.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netrazor.baselines.chain import Layer

_UP = 1 + 1e-9  # outweighs the rounding of decompositions in double precision


def spectral_norm(layer: Layer, *, last: bool) -> float:
    """At least the largest singular value of the layer's map with its bias; ``last`` hands no constant on.

    Exact for a linear map. A convolution reads part of the rows and columns of the circular convolution on the
    padded image, whose singular values its Fourier transform gives.
    """
    weight, bias = layer.affine.weight.detach().double(), _bias(layer)
    if isinstance(layer.affine, nn.Linear):
        whole = torch.cat([weight, bias[:, None]], 1)
        if not last:
            whole = torch.cat([whole, torch.eye(1, whole.shape[1], dtype=torch.double).flip(1)])
        return float(torch.linalg.matrix_norm(whole, 2)) * _UP
    a, b = _circular_norm(layer, weight), float(bias.norm()) * math.sqrt(_positions(layer))
    block = np.array([[a, b]] if last else [[a, b], [0.0, 1.0]])
    return float(np.linalg.norm(block, 2)) * _UP


def frobenius_squared(layer: Layer, *, last: bool) -> float:
    """At least the sum of the squares of the entries of the same map."""
    weight, bias = layer.affine.weight.detach().double(), _bias(layer)
    entries = float(weight.square().sum() + bias.square().sum()) * _positions(layer)
    return (entries + (0.0 if last else 1.0)) * _UP


def _bias(layer: Layer) -> Tensor:
    if layer.affine.bias is None:
        return torch.zeros(layer.affine.weight.shape[0], dtype=torch.double)
    return layer.affine.bias.detach().double()


def _positions(layer: Layer) -> int:
    """How often the kernel of a convolution is applied to one example; 1 for a linear map."""
    return math.prod(layer.output_shape[1:])


def _circular_norm(layer: Layer, weight: Tensor) -> float:
    assert isinstance(layer.affine, nn.Conv2d)
    padding = layer.affine.padding
    both = (0, 0) if isinstance(padding, str) else padding
    kernel = weight.shape[2:]
    extra = [k - 1 if isinstance(padding, str) else 2 * p for k, p in zip(kernel, both, strict=True)]
    size = [n + e for n, e in zip(layer.input_shape[1:], extra, strict=True)]
    at_each: NDArray[np.complex128] = np.fft.fft2(weight.numpy(), s=size).transpose(2, 3, 0, 1)
    return float(np.linalg.norm(at_each, 2, axis=(2, 3)).max())
