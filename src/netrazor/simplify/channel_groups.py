"""Interchangeable hidden units of any network, found by following labels through its graph.

Two units may change places when they have the same number of places everywhere and stand in the same relation to
everything that stays (`Labels.distinguish`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import fx

from netrazor.simplify.channel_labels import FIXED, Labels, Leaf
from netrazor.simplify.channel_rules import RULES
from netrazor.simplify.graph import Graph, interpret


@dataclass(frozen=True)
class Place:
    """One axis of a piece of state, and the positions on it of each unit of a group: units x positions each."""

    leaf: fx.Node
    axis: int
    positions: np.ndarray
    reads: bool = False
    """Whether a weight reads the units along this axis, rather than makes, shifts or scales them."""


@dataclass(frozen=True)
class UnitGroup:
    """Units that may be put in any order, with all their places."""

    places: tuple[Place, ...]

    def __len__(self) -> int:
        return len(self.places[0].positions)


def unit_groups(graph: Graph) -> list[UnitGroup]:
    """The groups of interchangeable units of ``graph``, in the order in which the network computes them.

    Reordering the units of a group, which moves whole slices of the state along the axes of its places, leaves
    the function as it is up to rounding.
    """
    labels = Labels(RULES)
    interpret(graph, labels)
    return _groups(labels)


def _groups(space: Labels) -> list[UnitGroup]:
    _reduce_elements(space)
    places: dict[int, list[tuple[fx.Node, int, np.ndarray]]] = defaultdict(list)
    for node, axes in space.axes.items():
        for axis, labels in sorted(axes.items()):
            roots = space.roots(torch.from_numpy(labels)).numpy()
            for root in np.unique(roots[roots > FIXED]).tolist():
                places[root].append((node, axis, np.flatnonzero(roots == root)))
    marks: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for label, said in space.marks.items():
        marks[space.find(label)].extend(said)
    alike: dict[Any, list[int]] = defaultdict(list)
    for root, held in places.items():
        kind = tuple((node, axis, len(positions)) for node, axis, positions in held)
        alike[kind, tuple(sorted(marks[root]))].append(root)
    return [_group(space, [places[root] for root in roots]) for roots in alike.values() if len(roots) > 1]


def _group(space: Labels, units: Sequence[Sequence[tuple[fx.Node, int, np.ndarray]]]) -> UnitGroup:
    ordered = sorted(units, key=lambda held: int(held[0][2][0]))
    places = []
    for held in zip(*ordered, strict=True):
        node, axis, _ = held[0]
        positions = np.stack([positions for _, _, positions in held])
        places.append(Place(node, axis, positions, (node, axis) in space.reading))
    return UnitGroup(tuple(places))


def _reduce_elements(space: Labels) -> None:
    """State used like an activation: its labels as those of one axis, or nothing of it moves."""
    for node, labels in space.elements.items():
        roots = space.roots(labels)
        if not (roots > FIXED).any():
            continue
        for axis in range(roots.dim()):
            along = roots.movedim(axis, 0).reshape(roots.shape[axis], -1)
            if (along == along[:, :1]).all():
                leaf = Leaf(node, torch.empty(roots.shape, device="meta"))
                space.unite(space.axis(leaf, axis), along[:, 0])
                for other in set(space.axes[node]) - {axis}:
                    space.fix(space.axis(leaf, other))
                break
        else:
            space.fix(roots)
            space.freeze(Leaf(node, torch.empty(roots.shape, device="meta")))
