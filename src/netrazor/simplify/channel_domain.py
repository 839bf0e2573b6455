"""Channel ids in place of numbers: every element of an activation carries the id of the channel it belongs to.

An operation that rearranges numbers rearranges ids; one that adds or compares two channels makes their ids one, so
ids form disjoint sets. What each operation does is said by the rules (`netrazor.simplify.channel_rules`); what no
rule covers is fixed in its place, and so is every channel that it touches.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx

from netrazor.simplify import operations
from netrazor.simplify.interpretation import Call

Positions = NDArray[np.int64]

FIXED = 0  # the id of what stays in its place
PADDED = -1  # the id of zeros that padding adds, which are the same for every channel


@dataclass(frozen=True)
class StateArray:
    """A parameter or buffer that no operation has touched yet, except for the transposition of a matrix."""

    node: fx.Node
    tensor: Tensor
    transposed: bool = False


class ChannelDomain:
    """The abstract domain of channel ids; ids of one disjoint set are the same channel.

    Attributes:
        axes: ids of the positions along the axes of parameters and buffers.
        elements: ids of each element of the state that is used like an activation.
        input_axes: the axes along which a weight reads channels, rather than produces them.
        relations: what tells channels apart, by id: the number of a call, and a digest of how it uses the channel.
    """

    def __init__(self, rules: Mapping[str, ChannelRule]) -> None:
        self.rules = rules
        self.parent = [FIXED]
        self.axes: dict[fx.Node, dict[int, Positions]] = defaultdict(dict)
        self.elements: dict[fx.Node, Tensor] = {}
        self.input_axes: set[tuple[fx.Node, int]] = set()
        self.relations: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.calls = itertools.count()

    # Ids of state, constants and inputs.

    def abstract_state(self, node: fx.Node, tensor: Tensor) -> StateArray:
        return StateArray(node, tensor)

    def abstract_constant(self, tensor: Tensor) -> Tensor:
        return torch.full(tensor.shape, FIXED)

    def abstract_input(self, tensor: Tensor) -> Tensor:
        return torch.full(tensor.shape, FIXED)

    def receive_outputs(self, values: list[Any]) -> None:
        for value in values:
            self.fix(self.get_ids(value))

    def get_ids(self, value: Tensor | StateArray) -> Tensor:
        """The ids of an activation; state that is used like one gets an id for each element."""
        if isinstance(value, Tensor):
            return value
        if value.node not in self.elements:
            single = value.tensor.numel() <= 1 or not value.tensor.dtype.is_floating_point
            shape = value.tensor.shape
            ids = torch.full(shape, FIXED) if single else self.create_ids(value.tensor.numel()).view(shape)
            self.elements[value.node] = ids
        ids = self.elements[value.node]
        return ids.mT if value.transposed else ids

    def get_axis_ids(self, array: StateArray, axis: int) -> Tensor:
        """The ids of the positions along one axis of a parameter or buffer."""
        axis = 1 - axis if array.transposed else axis
        axes = self.axes[array.node]
        if axis not in axes:
            axes[axis] = self.create_ids(array.tensor.shape[axis]).numpy()
        return torch.from_numpy(axes[axis])

    def create_ids(self, number: int) -> Tensor:
        """New ids, each a channel of its own."""
        start = len(self.parent)
        self.parent.extend(range(start, start + number))
        return torch.arange(start, start + number)

    # Disjoint sets of ids; the representative of a set is its smallest id, so that FIXED always is one.

    def find(self, channel: int) -> int:
        """The representative of the set of one id."""
        while self.parent[channel] != channel:
            self.parent[channel] = self.parent[self.parent[channel]]
            channel = self.parent[channel]
        return channel

    def find_all(self, ids: Tensor) -> Tensor:
        """The representative of each id; padding stays padding."""
        (compact,) = _drop_repetitions(ids)
        distinct, inverse = torch.unique(compact, return_inverse=True)
        found = [channel if channel < 0 else self.find(channel) for channel in distinct.tolist()]
        return torch.tensor(found, dtype=torch.int64)[inverse].view(compact.shape).expand(ids.shape)

    def unite(self, first: Tensor, second: Tensor) -> None:
        """Make corresponding channels one; what is united with something fixed is fixed."""
        pairs = torch.stack([ids.reshape(-1) for ids in _drop_repetitions(first, second)])
        for a, b in torch.unique(pairs, dim=1).T.tolist():
            representatives = sorted((self.find(max(a, FIXED)), self.find(max(b, FIXED))))
            self.parent[representatives[1]] = representatives[0]

    def fix(self, ids: Tensor) -> None:
        """Keep these channels in their places."""
        self.unite(ids, torch.full_like(ids, FIXED))

    def fix_entirely(self, value: Tensor | StateArray) -> None:
        """Fix all channels of ``value``; of a parameter or buffer, all positions along all axes."""
        if isinstance(value, Tensor):
            self.fix(value)
        else:
            for axis in range(value.tensor.dim()):
                self.fix(self.get_axis_ids(value, axis))

    def distinguish(self, ids: Tensor, by: Tensor) -> None:
        """Keep channels apart unless ``by`` (of the same shape) has the same values, in order, at their elements."""
        call = next(self.calls)
        ids, by = self.find_all(ids).reshape(-1), by.reshape(-1)
        order = torch.argsort(ids, stable=True)
        channels, sizes = torch.unique_consecutive(ids[order], return_counts=True)
        for channel, values in zip(channels.tolist(), torch.split(by[order], sizes.tolist()), strict=True):
            if channel > FIXED:
                self.relations[channel].append((call, hash(values.numpy().tobytes())))

    # What rules need of ids.

    def reduce_axes(self, ids: Tensor, dims: tuple[int, ...]) -> Tensor | None:
        """Ids without the axes ``dims`` (kept at size 1), or None where ids differ along them."""
        found = self.find_all(ids)
        kept = found.amax(dims, keepdim=True)
        padded = found == PADDED
        if not bool(((found == kept) | padded).all()):
            return None
        if padded.any():
            self.distinguish(kept.expand_as(found), padded)
        return kept

    def read_axis(self, ids: Tensor, axis: int) -> Tensor | None:
        """The ids along ``axis``, or None where they differ along another axis."""
        others = tuple(dim for dim in range(ids.dim()) if dim != axis % ids.dim())
        kept = self.reduce_axes(ids, others)
        return None if kept is None else kept.reshape(-1)

    def unite_vector(self, value: Tensor | StateArray, channels: Tensor) -> None:
        """Give a vector (a bias, a scale; of the state, or computed from it) the channels that it goes with."""
        if isinstance(value, StateArray) and value.tensor.dim() == 1:
            self.unite(self.get_axis_ids(value, 0), channels)
        elif isinstance(value, Tensor) and value.shape == channels.shape:
            self.unite(value, channels)
        else:
            self.fix(channels)
            self.fix_entirely(value)

    # Operations.

    def apply(self, call: Call) -> Any:
        try:
            ids = self.rules[call.name](self, call) if call.name in self.rules else None
        except operations.RULE_ERRORS:
            ids = None
        if ids is not None:
            return ids
        for _, argument in call.tensors():
            self.fix_entirely(argument.value)
        return _map_tensors(call.result, lambda tensor: torch.full(tensor.shape, FIXED))


def _drop_repetitions(*ids: Tensor) -> list[Tensor]:
    """Ids of one shape without the repetitions that all of them have along entire axes."""
    for axis, size in enumerate(ids[0].shape):
        if size > 1 and all(tensor.stride(axis) == 0 for tensor in ids):
            ids = tuple(tensor.narrow(axis, 0, 1) for tensor in ids)
    return list(ids)


def _map_tensors(result: Any, function: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(result, (list, tuple)):
        return [_map_tensors(item, function) for item in result]
    return function(result) if isinstance(result, Tensor) else None


# Gives the ids of the result, or None where the rule does not cover the call.
ChannelRule = Callable[[ChannelDomain, Call], Any]
