"""Putting interchangeable units in the order in which they are cheapest to code."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, fx

from netrazor.errors import ConfigurationError
from netrazor.simplify.channel_groups import Place, UnitGroup
from netrazor.simplify.graph import Graph


@dataclass(frozen=True)
class UnitPatterns:
    """Where the weights of the units of a group are not zero: boolean arrays, units x weights."""

    incoming: np.ndarray
    """Weights that make the units, with their biases and what scales or shifts them."""
    outgoing: np.ndarray
    """Weights that read the units."""
    settled: np.ndarray
    """Those of both whose other axes stay as they are or are ordered already."""


OrderFunction = Callable[[UnitPatterns], np.ndarray]
Order = Literal["count", "incoming", "outgoing", "lexicographic"] | OrderFunction


def reorder(
    graph: Graph, groups: Sequence[UnitGroup], order: Order = "count"
) -> list[tuple[UnitGroup, np.ndarray]]:
    """Reorder the units of each group in place; returns the groups that changed, with their permutations.

    Live units come first. Then, by ``order``: "count" by their number of non-zero weights, descending;
    "incoming" and "outgoing" by those on one side first; "lexicographic" by their pattern alone. Ties go by the
    pattern of the settled weights, then stay as they are, so that a second call changes nothing. A function is
    given the `UnitPatterns` of each group and returns the units in their new order.

    Values are moved, never computed with. Shared state is moved along all of its axes at once.
    """
    chosen = order if callable(order) else _named(order)
    moving: dict[tuple[fx.Node, int], list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        for place in group.places:
            moving[place.leaf, place.axis].append(index)
    changed = []
    for index, group in enumerate(groups):
        permutation = chosen(_patterns(graph, group, index, moving))
        if not np.array_equal(permutation, np.arange(len(group))):
            permute(graph, group, permutation)
            changed.append((group, permutation))
    return changed


def permute(graph: Graph, group: UnitGroup, permutation: np.ndarray) -> None:
    """Put the units of ``group`` in the order of ``permutation``, in place."""
    with torch.no_grad():
        for place in group.places:
            tensor = graph.leaves[place.leaf]
            index = np.arange(tensor.shape[place.axis])
            index[place.positions] = place.positions[permutation]
            tensor.copy_(tensor.index_select(place.axis, torch.from_numpy(index).to(tensor.device)))


def live_units(graph: Graph, group: UnitGroup) -> int:
    """How many units of ``group`` have a non-zero weight."""
    alive = np.zeros(len(group), dtype=bool)
    for place in group.places:
        alive |= _pattern(graph.leaves[place.leaf], place).any(1)
    return int(alive.sum())


def _named(order: str) -> OrderFunction:
    if order not in _ORDERS:
        raise ConfigurationError(f"order: one of {', '.join(_ORDERS)} or a function; got {order!r}")
    return _ORDERS[order]


def _patterns(
    graph: Graph, group: UnitGroup, index: int, moving: Mapping[tuple[fx.Node, int], list[int]]
) -> UnitPatterns:
    """The patterns of a group when all groups before it are settled."""
    patterns = [_pattern(graph.leaves[place.leaf], place) for place in group.places]
    others = [
        [
            other
            for axis in range(graph.leaves[place.leaf].dim())
            if axis != place.axis
            for other in moving.get((place.leaf, axis), [])
        ]
        for place in group.places
    ]

    def joined(chosen: Sequence[bool]) -> np.ndarray:
        empty = np.zeros((len(group), 0), dtype=bool)
        return np.concatenate([empty, *itertools.compress(patterns, chosen)], axis=1)

    return UnitPatterns(
        incoming=joined([not place.reads for place in group.places]),
        outgoing=joined([place.reads for place in group.places]),
        settled=joined([all(other < index for other in others_of) for others_of in others]),
    )


def _pattern(tensor: Tensor, place: Place) -> np.ndarray:
    """Units x weights: the non-zeros of a piece of state, by unit along the axis of ``place``."""
    present = (tensor.detach() != 0).movedim(place.axis, 0).cpu().numpy()
    return present[place.positions].reshape(len(place.positions), -1)


def _by(units: UnitPatterns, *counts: np.ndarray) -> np.ndarray:
    """Live units first, then by descending ``counts``, then by the settled pattern, then as they are."""
    alive = units.incoming.any(1) | units.outgoing.any(1)
    rows = np.packbits(units.settled, axis=1)
    return np.array(
        sorted(
            range(len(alive)), key=lambda u: (not alive[u], *(-c[u] for c in counts), (~rows[u]).tobytes())
        )
    )


def _count(units: UnitPatterns) -> np.ndarray:
    return _by(units, units.incoming.sum(1) + units.outgoing.sum(1))


def _incoming(units: UnitPatterns) -> np.ndarray:
    return _by(units, units.incoming.sum(1), units.outgoing.sum(1))


def _outgoing(units: UnitPatterns) -> np.ndarray:
    return _by(units, units.outgoing.sum(1), units.incoming.sum(1))


_ORDERS: Mapping[str, OrderFunction] = {
    "count": _count,
    "incoming": _incoming,
    "outgoing": _outgoing,
    "lexicographic": _by,
}
