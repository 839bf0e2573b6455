"""What of a network a message holds, as a module of its own: what is given is not in it, and cannot be changed.

Its parameters and buffers are those arrays of the network that are not given, under their own names, so that all
that trains, prunes, quantizes or codes a network does the same to it, and finds nothing else. Its forward pass takes
the network's inputs, or what the given part makes of them (`features_of`), which is computed once.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from netrazor.networks.fixed_values import FixedValues
from netrazor.networks.graph_network import GraphNetwork, named_arrays
from netrazor.networks.graph_partition import (
    Boundary,
    GraphPartition,
    boundaries,
    compute_first,
    compute_fixed,
    compute_rest,
    partition,
)
from netrazor.networks.held_arrays import array_of, copied, hold

_LINEAR = "aten.linear.default"


class CodedPart(nn.Module):
    """The part of a network behind its given arrays.

    Args:
        arrays: what is coded, by name, in the network's order: tensors to hold, as they are.
        fixed: partition, given arrays, and how the values between the parts are made up.
    """

    def __init__(self, arrays: Mapping[str, Tensor], fixed: FixedValues) -> None:
        super().__init__()
        self.names = list(arrays)
        self.fixed = fixed
        linear = _linear_layers(fixed.parts, arrays)
        for name, tensor in arrays.items():
            hold(self, name, tensor, linear)
        self.linear = {place: layer for layer, places in linear.items() for place in places}
        self.reads_features = False

    def forward(self, inputs: Tensor) -> Tensor:
        """Scores, of inputs or, where `reads_features`, of features."""
        values = self.fixed.values_on(inputs.device)
        parts = self.fixed.parts
        if self.reads_features:
            values |= unpacked(self.fixed.boundaries, inputs)
        else:
            read = compute_first(parts, values, inputs)
            values |= dict(zip(parts.reads, read, strict=True))
        for number, array in enumerate(parts.graph.arrays):
            if array.name in self.fixed.coded:
                values[number] = array_of(self, array.name)
        return compute_rest(parts, values, inputs.device, self._layer)

    @property
    def bytes_of_features(self) -> int:
        """Bytes of the features of one example."""
        return sum(
            b.rows * math.prod(b.shape) * b.dtype.itemsize
            for b in self.fixed.boundaries
            if b.dtype is not None
        )

    def _layer(self, place: int) -> Any:
        """A linear layer in place of its operation, so that it is found as one."""
        layer = self.linear.get(place)
        return None if layer is None else lambda inputs, *_: self.get_submodule(layer)(inputs)

    @torch.no_grad()
    def features_of(self, inputs: Tensor) -> Tensor:
        """What the given part makes of a batch of inputs, one row for each."""
        read = compute_first(self.fixed.parts, self.fixed.values_on(inputs.device), inputs)
        return packed(self.fixed.boundaries, read, len(inputs))


def coded_part(network: GraphNetwork, given: Collection[str], example: Tensor) -> CodedPart:
    """The part of a graph that is not ``given``; its tensors are copies.

    Args:
        network: the whole; it stays as it is.
        given: names of the given arrays; all others that the graph reads are coded.
        example: a few inputs.

    Raises:
        UnsupportedModel: the given part does not come apart by examples.
    """
    arrays = dict(named_arrays(network))
    coded = {name: tensor for name, tensor in arrays.items() if name not in given}
    parts = partition(network.graph, coded)
    kept = {name: tensor.detach() for name, tensor in arrays.items() if name in given}
    values = compute_fixed(parts, kept, example.device)
    fixed = FixedValues(parts, values, tuple(coded), boundaries(parts, values, example))
    return CodedPart({name: copied(tensor) for name, tensor in coded.items()}, fixed).eval()


def packed(made_up: Sequence[Boundary], values: Sequence[Any], n: int) -> Tensor:
    """Values between the two parts as one tensor, a row for each of ``n`` examples."""
    held = [(b, value) for b, value in zip(made_up, values, strict=True) if b.rows]
    if len(held) == 1:
        boundary, value = held[0]
        rows: Tensor = value
        return rows if boundary.rows == 1 else rows.reshape(n, boundary.rows, *boundary.shape)
    flat = [value.reshape(n, -1) for _, value in held]
    if len({value.dtype for value in flat}) > 1:
        flat = [value.contiguous().view(torch.uint8).reshape(n, -1) for value in flat]
    return torch.cat(flat, 1) if flat else torch.zeros(n, 0)


def unpacked(made_up: Sequence[Boundary], features: Tensor) -> dict[int, Any]:
    """The values between the two parts, by number: the opposite of `packed`."""
    n = len(features)
    held = [b for b in made_up if b.rows]
    values: dict[int, Any] = {b.number: b.factor * n for b in made_up if not b.rows}
    if len(held) == 1:
        values[held[0].number] = features.reshape(n * held[0].rows, *held[0].shape)
        return values
    as_bytes = len({b.dtype for b in held}) > 1
    first = 0
    for b in held:
        assert b.dtype is not None
        width = b.rows * torch.Size(b.shape).numel() * (b.dtype.itemsize if as_bytes else 1)
        piece = features[:, first : first + width].contiguous()
        piece = piece.view(b.dtype) if as_bytes else piece
        values[b.number] = piece.reshape(n * b.rows, *b.shape)
        first += width
    return values


def _linear_layers(parts: GraphPartition, arrays: Mapping[str, Tensor]) -> dict[str, list[int]]:
    """Steps that are a linear layer of coded arrays, by the name of the module that holds them."""
    graph = parts.graph
    found: dict[str, list[int]] = {}
    for place in parts.rest:
        step = graph.steps[place]
        read = [held.get("value") if isinstance(held, dict) else None for held in step.arguments[1:]]
        names = [graph.arrays[n].name for n in read if n is not None and n < len(graph.arrays)]
        module = names[0].rpartition(".")[0] if names else ""
        wanted = [f"{module}.weight", f"{module}.bias"][: 1 + (f"{module}.bias" in arrays)]
        is_layer = step.name == _LINEAR and not step.keywords and names == wanted and len(read) == len(names)
        if module and is_layer and all(isinstance(arrays.get(name), nn.Parameter) for name in names):
            found.setdefault(module, []).append(place)
    return found
