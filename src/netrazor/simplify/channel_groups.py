"""Interchangeable channels of any network, found by following channel ids through its graph.

Two channels may change places when they have the same number of positions on every axis and stand in the same
relation to everything that stays (`ChannelDomain.distinguish`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import fx

from netrazor.simplify.channel_domain import FIXED, ChannelDomain, Positions, StateArray
from netrazor.simplify.channel_rules import RULES
from netrazor.simplify.interpretation import interpret
from netrazor.simplify.traced_graph import Graph

_Place = tuple[fx.Node, int, Positions]  # state, axis, positions of one channel


@dataclass(frozen=True)
class ChannelAxis:
    """One axis of a parameter or buffer, and the positions on it of the channels of a group.

    Attributes:
        node: of the parameter or buffer.
        axis: along which the channels lie.
        positions: channels x positions of each.
        is_input: whether a weight reads the channels along this axis, rather than produces, shifts or scales them.
    """

    node: fx.Node
    axis: int
    positions: Positions
    is_input: bool = False


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that may be put in any order, with all the axes that they lie on."""

    axes: tuple[ChannelAxis, ...]

    def __len__(self) -> int:
        return len(self.axes[0].positions)


def find_channel_groups(graph: Graph) -> list[ChannelGroup]:
    """The groups of interchangeable channels of ``graph``, in the order in which the network computes them.

    Reordering the channels of a group, which moves slices of the state along its axes, leaves the function as it is
    up to rounding.
    """
    domain = ChannelDomain(RULES)
    interpret(graph, domain)
    return _collect_groups(domain)


def _collect_groups(domain: ChannelDomain) -> list[ChannelGroup]:
    _reduce_elements_to_axes(domain)
    places: dict[int, list[_Place]] = defaultdict(list)
    for node, axes in domain.axes.items():
        for axis, ids in sorted(axes.items()):
            found = domain.find_all(torch.from_numpy(ids)).numpy()
            for channel in np.unique(found[found > FIXED]).tolist():
                places[channel].append((node, axis, np.flatnonzero(found == channel)))
    relations: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for channel, related in domain.relations.items():
        relations[domain.find(channel)].extend(related)
    alike: dict[Any, list[int]] = defaultdict(list)
    for channel, held in places.items():
        kind = tuple((node, axis, len(positions)) for node, axis, positions in held)
        alike[kind, tuple(sorted(relations[channel]))].append(channel)
    return [
        _build_group(domain, [places[channel] for channel in channels])
        for channels in alike.values()
        if len(channels) > 1
    ]


def _build_group(domain: ChannelDomain, channels: Sequence[Sequence[_Place]]) -> ChannelGroup:
    ordered = sorted(channels, key=lambda held: int(held[0][2][0]))
    axes = []
    for held in zip(*ordered, strict=True):
        node, axis, _ = held[0]
        positions = np.stack([positions for _, _, positions in held])
        axes.append(ChannelAxis(node, axis, positions, (node, axis) in domain.input_axes))
    return ChannelGroup(tuple(axes))


def _reduce_elements_to_axes(domain: ChannelDomain) -> None:
    """State used like an activation: its ids become those of one axis, or nothing of it may move."""
    for node, ids in domain.elements.items():
        found = domain.find_all(ids)
        if not (found > FIXED).any():
            continue
        array = StateArray(node, torch.empty(found.shape, device="meta"))
        for axis in range(found.dim()):
            along = found.movedim(axis, 0).reshape(found.shape[axis], -1)
            if (along == along[:, :1]).all():
                domain.unite(domain.get_axis_ids(array, axis), along[:, 0])
                for other in set(domain.axes[node]) - {axis}:
                    domain.fix(domain.get_axis_ids(array, other))
                break
        else:
            domain.fix(found)
            domain.fix_entirely(array)
