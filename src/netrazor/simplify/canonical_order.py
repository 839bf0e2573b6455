"""Putting interchangeable channels in the order in which they are cheapest to code."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx

from netrazor.errors import ConfigurationError
from netrazor.simplify.channel_groups import ChannelAxis, ChannelGroup
from netrazor.simplify.traced_graph import Graph

Support = NDArray[np.bool_]
Permutation = NDArray[np.intp]


@dataclass(frozen=True)
class ChannelPatterns:
    """The support of the weights of a group's channels: boolean arrays, channels x weights.

    Attributes:
        incoming: weights that produce the channels, with their biases and what scales or shifts them.
        outgoing: weights that read the channels.
        settled: those of both whose other axes stay as they are or are ordered already.
    """

    incoming: Support
    outgoing: Support
    settled: Support


OrderFunction = Callable[[ChannelPatterns], Permutation]
Order = Literal["count", "incoming", "outgoing", "lexicographic"] | OrderFunction


def reorder_channels(
    graph: Graph, groups: Sequence[ChannelGroup], order: Order = "count"
) -> list[tuple[ChannelGroup, Permutation]]:
    """Reorder the channels of each group in place; returns the groups that changed, with their permutations.

    Live channels come first. Then, by ``order``: "count" by their number of non-zero weights, descending; "incoming"
    and "outgoing" by the number on that side first, then the other; "lexicographic" by their pattern alone. Ties are
    broken by the pattern of the settled weights, then keep their order, so that a second call changes nothing. An
    order that is a function is given the `ChannelPatterns` of each group and returns its channels in the new order.

    Values are moved, never computed with. A tensor that several groups share is moved along all of its axes.

    Raises:
        ConfigurationError: there is no order of that name.
    """
    choose = order if callable(order) else _find_order(order)
    groups_on: dict[tuple[fx.Node, int], list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        for held in group.axes:
            groups_on[held.node, held.axis].append(index)
    changed = []
    for index, group in enumerate(groups):
        permutation = choose(_read_patterns(graph, group, index, groups_on))
        if not np.array_equal(permutation, np.arange(len(group))):
            permute_channels(graph, group, permutation)
            changed.append((group, permutation))
    return changed


def permute_channels(graph: Graph, group: ChannelGroup, permutation: Permutation) -> None:
    """Put the channels of ``group`` in the order of ``permutation``, in place."""
    with torch.no_grad():
        for held in group.axes:
            tensor = graph.state[held.node]
            index = np.arange(tensor.shape[held.axis])
            index[held.positions] = held.positions[permutation]
            tensor.copy_(tensor.index_select(held.axis, torch.from_numpy(index).to(tensor.device)))


def count_live_channels(graph: Graph, group: ChannelGroup) -> int:
    """How many channels of ``group`` have a non-zero weight."""
    live = np.zeros(len(group), dtype=bool)
    for held in group.axes:
        live |= _read_support(graph.state[held.node], held).any(1)
    return int(live.sum())


def _find_order(order: str) -> OrderFunction:
    if order not in _ORDERS:
        raise ConfigurationError(f"order: one of {', '.join(_ORDERS)} or a function; got {order!r}")
    return _ORDERS[order]


def _read_patterns(
    graph: Graph, group: ChannelGroup, index: int, groups_on: Mapping[tuple[fx.Node, int], list[int]]
) -> ChannelPatterns:
    """The patterns of group number ``index`` when all groups before it are in order."""
    supports = [_read_support(graph.state[held.node], held) for held in group.axes]
    others = [
        [
            other
            for axis in range(graph.state[held.node].dim())
            if axis != held.axis
            for other in groups_on.get((held.node, axis), [])
        ]
        for held in group.axes
    ]

    def join(chosen: Sequence[bool]) -> Support:
        empty = np.zeros((len(group), 0), dtype=bool)
        return np.concatenate([empty, *itertools.compress(supports, chosen)], axis=1)

    return ChannelPatterns(
        incoming=join([not held.is_input for held in group.axes]),
        outgoing=join([held.is_input for held in group.axes]),
        settled=join([all(other < index for other in crossing) for crossing in others]),
    )


def _read_support(tensor: Tensor, held: ChannelAxis) -> Support:
    """Channels x weights: where the slices of each channel, along the axis of ``held``, are not zero."""
    nonzero = (tensor.detach() != 0).movedim(held.axis, 0).cpu().numpy()
    support: Support = nonzero[held.positions].reshape(len(held.positions), -1)
    return support


def _sort_channels(patterns: ChannelPatterns, *counts: NDArray[np.int64]) -> Permutation:
    """Live channels first, then by descending ``counts``, then by the settled pattern, then as they are."""
    live: Support = np.logical_or(patterns.incoming.any(1), patterns.outgoing.any(1))
    rows = np.packbits(patterns.settled, axis=1)

    def key(channel: int) -> tuple[Any, ...]:
        return (not live[channel], *(-count[channel] for count in counts), (~rows[channel]).tobytes())

    return np.array(sorted(range(len(live)), key=key))


def _sort_by_count(patterns: ChannelPatterns) -> Permutation:
    return _sort_channels(patterns, patterns.incoming.sum(1) + patterns.outgoing.sum(1))


def _sort_by_incoming(patterns: ChannelPatterns) -> Permutation:
    return _sort_channels(patterns, patterns.incoming.sum(1), patterns.outgoing.sum(1))


def _sort_by_outgoing(patterns: ChannelPatterns) -> Permutation:
    return _sort_channels(patterns, patterns.outgoing.sum(1), patterns.incoming.sum(1))


_ORDERS: Mapping[str, OrderFunction] = {
    "count": _sort_by_count,
    "incoming": _sort_by_incoming,
    "outgoing": _sort_by_outgoing,
    "lexicographic": _sort_channels,
}
