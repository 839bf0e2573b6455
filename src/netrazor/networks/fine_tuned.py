"""A network as what was learned on top of a given start: one decoder for every usual way of fine-tuning.

    weight = start + unit (own steps + low-rank product + random subspace)

Each term is a flat array of its own. One that is not used is all zeros, which is one bit of a message (and its name
and length, where a message has to say these). So which way is taken, and of which tensors, is a choice among messages
of one decoder: a search may make it by the bound itself, and nothing is to be paid for it but the arrays as they are.
"""

import math
from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from netrazor.errors import ConfigurationError
from netrazor.networks.state import listed
from netrazor.networks.subspace import directions

STEP = 0.25  # a unit, in root mean squares of a tensor's start, before it is rounded to a power of two
_LEAST = 0.125  # the root mean square that a tensor of hardly anything is taken to have
WAYS = ("vectors", "matrices", "adapters", "coordinates")


class FineTuned(nn.Module):
    """``network`` moved away from its start.

    The tensors that may move are the parameters named; the others of the network (a new head, say) are learned as
    they are. All four arrays of `WAYS` are whole numbers at their best, of these units:

    - ``vectors``: a number for each element of norms and biases.
    - ``matrices``: a number for each element of the other tensors.
    - ``adapters``: for each matrix, ``rank`` numbers for each output: the product with ``rank`` fixed rows of random
      signs is added (LoRA, Hu et al. 2021, with one of its two matrices fixed, so that the other can start at zero).
    - ``coordinates``: of a fixed random subspace of all these tensors together (Li et al. 2018).

    Random signs and directions come from a counter, by whole numbers alone, and are the same on every machine.

    Args:
        network: with the start as its parameters. It is held, not copied, and never changed.
        start: names of the parameters that may move.
        rank: of the adapters.
        coordinates: dimensions of the subspace.
        seed: of signs and directions. Like ``rank`` and ``coordinates`` it is part of the architecture: fixed without
            the examples, or else to be paid for.

    Raises:
        ConfigurationError: no such parameter, or a rank or number of coordinates below one.
    """

    def __init__(
        self,
        network: nn.Module,
        start: Iterable[str],
        *,
        rank: int = 2,
        coordinates: int = 256,
        seed: int = 0,
    ) -> None:
        super().__init__()
        parameters = dict(network.named_parameters())
        self.start = [name for name in start if name in parameters and parameters[name].is_floating_point()]
        if not self.start or rank < 1 or coordinates < 1:
            raise ConfigurationError(
                f"start: names of parameters ({listed(list(parameters))}), and a rank and a number of coordinates of "
                f"at least one needed, got {listed(list(start))}, {rank} and {coordinates}"
            )
        self.shapes = [list(parameters[name].shape) for name in self.start]
        self.rank, self.seed = rank, seed
        self.network = network
        sizes = {"vectors": 0, "matrices": 0, "adapters": 0, "coordinates": coordinates}
        for shape in self.shapes:
            sizes["matrices" if len(shape) > 1 else "vectors"] += math.prod(shape)
            sizes["adapters"] += rank * shape[0] if len(shape) > 1 else 0
        for way, size in sizes.items():
            self.register_parameter(way, nn.Parameter(torch.zeros(size, 1)))

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the network gives with the weights that it has moved to."""
        return functional_call(self.network, self.moved(), inputs, named)

    def moved(self) -> dict[str, Tensor]:
        """The tensors that may move, as they are now, by name."""
        first, found = {"vectors": 0, "matrices": 0, "adapters": 0, "coordinates": 0}, {}
        parameters = dict(self.network.named_parameters())
        for name, shape in zip(self.start, self.shapes, strict=True):
            start, size = parameters[name], math.prod(shape)
            way = "matrices" if len(shape) > 1 else "vectors"
            steps = self._piece(way, first, size).view(shape)
            if len(shape) > 1:
                up = self._piece("adapters", first, self.rank * shape[0]).view(shape[0], self.rank)
                signs = self._signs(first["coordinates"], math.prod(shape[1:])).to(start.device)
                steps = steps + (up @ signs).view(shape)
            steps = steps + self._of_subspace(first["coordinates"], size, start.device).view(shape)
            first["coordinates"] += size
            found[name] = start + unit_of(start) * steps
        return found

    def _piece(self, way: str, first: dict[str, int], size: int) -> Tensor:
        place = first[way]
        first[way] += size
        piece: Tensor = getattr(self, way)[place : place + size, 0]
        return piece

    def _signs(self, place: int, columns: int) -> Tensor:
        """``rank`` fixed rows of random signs, of length one each."""
        _, signs, _ = directions(2 * self.seed + 1, place, self.rank * columns, 1)
        return torch.from_numpy(signs).view(self.rank, columns) / math.sqrt(columns)

    def _of_subspace(self, place: int, size: int, device: torch.device) -> Tensor:
        coordinates = cast(Tensor, self.coordinates)[:, 0]
        _, signs, buckets = directions(2 * self.seed, place, size, len(coordinates))
        return torch.from_numpy(signs).to(device) * coordinates[torch.from_numpy(buckets).to(device)]


@torch.no_grad()
def unit_of(start: Tensor) -> Tensor:
    """What a step of one adds to a weight: a power of two, so that rounding is the same on every machine."""
    size = start.detach().double().square().mean().sqrt()
    if start.ndim < 2:
        size = size.clamp(min=_LEAST)
    return torch.exp2(torch.round(torch.log2(STEP * size.clamp(min=2.0**-20)))).to(start.dtype)
