"""A given network moved through a fixed random subspace of its weights (Li et al. 2018; Lotfi et al. 2022).

    weight_i = unit (start_i + step sign_i z[bucket_i])

Start, sign and bucket of each weight come from a counter, by whole numbers alone; z is all that is learned. Each
weight hangs on one coordinate, so the directions are orthogonal, and a product with the projection is one look-up.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from netrazor.counter_hash import hash_counters
from netrazor.errors import InvalidArgument
from netrazor.networks.lenet5 import LeNet5
from netrazor.networks.resnet_cifar import ResNetCifar

_BYTES = 8  # of a hash; their sum is nearly normal
_MEAN, _DEVIATION = 255 * _BYTES / 2, math.sqrt((256**2 - 1) * _BYTES / 12)


class Subspace(nn.Module):
    """``network`` with all its parameters in place of ``coordinates`` ones; its buffers stay as they are.

    Coordinates of which only the number is given are divided among the tensors in proportion to the square root of
    their sizes, each tensor having at least one. The matrices start as He et al. (2015) draw them, norms at one,
    biases at zero.

    Args:
        network: any module that reads its parameters as attributes; it is changed.
        coordinates: learned numbers in all, at least one for each tensor; or a number for each, in order.
        step: what a coordinate of one adds to its weights, in units of their spread at the start.
        seed: of the projection. Like the others it is part of the architecture, and paid for by its index there.
    """

    def __init__(
        self, network: nn.Module, coordinates: int | Sequence[int], *, step: float = 0.25, seed: int = 0
    ) -> None:
        super().__init__()
        owners = {
            name: network.get_submodule(name.rpartition(".")[0]) for name, _ in network.named_parameters()
        }
        shapes = {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}
        self.names = list(shapes)
        self.shapes = [list(shape) for shape in shapes.values()]
        self.parts = _parts(coordinates, [math.prod(shape) for shape in shapes.values()])
        self.starts_at_one = [isinstance(owners[n], _NormBase) and n.endswith("weight") for n in shapes]
        self.step, self.seed = step, seed
        for name, owner in owners.items():
            del owner._parameters[name.rpartition(".")[2]]
        self.network = network
        self.coordinates = nn.Parameter(torch.zeros(sum(self.parts), 1))

    def forward(self, inputs: Tensor) -> Tensor:
        """What the network gives at this place of the subspace."""
        weights = self.weights()
        try:
            for name, weight in weights.items():
                setattr(*self._place(name), weight)
            scores: Tensor = self.network(inputs)
        finally:
            for name in weights:
                owner, attribute = self._place(name)
                vars(owner).pop(attribute, None)
        return scores

    def weights(self) -> dict[str, Tensor]:
        """The network's parameters at this place of the subspace, by name."""
        found, first = {}, 0
        pieces = torch.split(self.coordinates[:, 0], self.parts)
        for name, shape, z, at_one in zip(self.names, self.shapes, pieces, self.starts_at_one, strict=True):
            size = math.prod(shape)
            drawn = directions(self.seed, first, size, len(z))
            start, sign, bucket = (torch.from_numpy(array).to(z.device) for array in drawn)
            if len(shape) < 2:
                start = torch.full_like(start, float(at_one))
            unit = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 1.0
            found[name] = (unit * (start + self.step * sign * z[bucket])).view(shape)
            first += size
        return found

    def _place(self, name: str) -> tuple[nn.Module, str]:
        module, _, attribute = name.rpartition(".")
        return self.network.get_submodule(module), attribute


def _parts(coordinates: int | Sequence[int], sizes: list[int]) -> list[int]:
    """How many coordinates each of the tensors of these sizes has."""
    if not isinstance(coordinates, Sequence):
        if not sizes or coordinates < len(sizes):
            raise InvalidArgument(
                f"coordinates: at least one for each of {len(sizes)} tensors, got {coordinates}; ask for more"
            )
        return _divided(int(coordinates), sizes)
    parts = list(coordinates)
    if len(parts) != len(sizes) or min(parts, default=0) < 1:
        raise InvalidArgument(
            f"coordinates: at least one for each of {len(sizes)} tensors, got {parts}; give a number "
            "for each, or one for all together"
        )
    return parts


def _divided(total: int, sizes: list[int]) -> list[int]:
    """``total`` in parts in proportion to the square roots of ``sizes``, each from one to its size if that can be."""
    roots = [math.isqrt(65536 * size) for size in sizes]
    parts = [max(1, min(size, total * root // sum(roots))) for root, size in zip(roots, sizes, strict=True)]
    parts[sizes.index(max(sizes))] += total - sum(parts)
    return parts


@lru_cache(maxsize=512)
def directions(
    seed: int, first: int, size: int, buckets: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Start (nearly standard normal), sign and bucket of ``size`` weights from the ``first`` on."""
    counter = np.arange(first, first + size, dtype=np.uint64)
    drawn, placed = hash_counters(counter, 2 * seed), hash_counters(counter, 2 * seed + 1)
    total = drawn.view(np.uint8).reshape(size, _BYTES).sum(1, dtype=np.int64)
    start = ((total - _MEAN) / _DEVIATION).astype(np.float32)
    sign = 1 - 2 * (placed & np.uint64(1)).astype(np.float32)
    return start, sign, (placed >> np.uint64(1)).astype(np.int64) % buckets


def lenet5_subspace(coordinates: int | Sequence[int], step: float, classes: int = 10) -> Subspace:
    """LeNet-5 in a subspace of so many coordinates, in all or of each tensor."""
    return Subspace(LeNet5(classes), coordinates, step=step)


def resnet20_subspace(coordinates: int | Sequence[int], step: float, classes: int = 10) -> Subspace:
    """ResNet-20 in a subspace of so many coordinates, in all or of each tensor."""
    return Subspace(ResNetCifar(20, classes), coordinates, step=step)
