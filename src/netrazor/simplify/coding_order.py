"""The order, and the signs, of interchangeable channels in which the codec leaves them out of the message.

The codec sends the slices of an array in any order where they stand in its canonical order (`coding.free_order`).
Of each group of channels the array that is coded first decides: its slices are put in that order, and all other
arrays follow. Where a channel may also change its sign (its activation is odd, or both of its signs are handed on),
that array's first non-zero weight of the channel is made positive.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from netrazor.coding.free_order import canonical_order, first_signs
from netrazor.coding.structure_plans import find_cuts
from netrazor.errors import UnsupportedModel
from netrazor.networks.network_message import codable_arrays
from netrazor.networks.walk import tensors
from netrazor.simplify.canonical_order import Permutation, permute_channels
from netrazor.simplify.channel_groups import ChannelAxis, ChannelGroup, find_channel_groups
from netrazor.simplify.traced_graph import Graph, floats_of, trace

_TOLERANCE = 1e-5  # of the largest output, for what rounding changes


@dataclass(frozen=True)
class CodingOrder:
    """What `order_for_coding` did.

    Attributes:
        reordered: groups whose order changed.
        flipped: channels whose sign changed.
    """

    reordered: int = 0
    flipped: int = 0


@torch.no_grad()
def order_for_coding(model: nn.Module, example: Tensor | tuple[Tensor, ...]) -> CodingOrder:
    """Put the interchangeable channels of ``model`` in the codec's canonical order and sign, in place.

    The function stays the same: values are moved, and negated where the outputs on the example are the same after
    it. Where moving changes them beyond rounding, where it would tear apart groups of weights that share
    a scale, or where the network cannot be traced, nothing is done.
    """
    try:
        graph = trace(model, example)
    except UnsupportedModel:
        return CodingOrder()
    cuts = find_cuts(floats_of(graph))
    before = {node: tensor.clone() for node, tensor in graph.state.items()}
    expected = graph.compute_outputs()
    reordered = flipped = 0
    for group, first in _groups_in_coding_order(model, graph):
        flipped += _make_positive(graph, group, first, expected)
        order = _canonical_permutation(graph, group, first)
        if not np.array_equal(order, np.arange(len(group))):
            permute_channels(graph, group, order)
            reordered += 1
    torn = cuts and not cuts.items() <= find_cuts(floats_of(graph)).items()
    if torn or _differ(expected, graph.compute_outputs()):
        for node, tensor in graph.state.items():
            tensor.copy_(before[node])
        return CodingOrder()
    return CodingOrder(reordered, flipped)


def _groups_in_coding_order(model: nn.Module, graph: Graph) -> list[tuple[ChannelGroup, ChannelAxis]]:
    """The groups, each with the axis of the array that is coded first among those where a channel is one slice."""
    names = {id(tensor): name for name, tensor in tensors(model)}
    places = {name: place for place, name in enumerate(codable_arrays(model))}
    found = []
    for group in find_channel_groups(graph):
        choices = []
        for held in group.axes:
            tensor = graph.state[held.node]
            name = names.get(id(tensor))
            if name in places and tensor.dim() >= 2 and held.axis < 2 and held.positions.shape[1] == 1:
                choices.append((places[name], held.axis, held))
        if choices:
            place, _, first = min(choices, key=lambda choice: choice[:2])
            found.append((place, group, first))
    return [(group, first) for _, group, first in sorted(found, key=lambda item: item[0])]


def _slices(graph: Graph, held: ChannelAxis) -> Tensor:
    """The slices of each channel as they are coded: half precision widened, minus zeros as zeros."""
    tensor = graph.state[held.node].detach().movedim(held.axis, 0).cpu()
    tensor = tensor[torch.from_numpy(held.positions[:, 0])]
    return tensor.float() + 0 if tensor.is_floating_point() and tensor.element_size() < 4 else tensor + 0


def _canonical_permutation(graph: Graph, group: ChannelGroup, first: ChannelAxis) -> Permutation:
    """Channels with weights in the first array in its canonical order, then other live ones, then dead ones."""
    slices = _slices(graph, first).flatten(1)
    live = (slices != 0).any(1).numpy()
    elsewhere = np.zeros(len(group), dtype=bool)
    for held in group.axes:
        nonzero = (graph.state[held.node].detach() != 0).movedim(held.axis, 0).cpu().numpy()
        elsewhere |= nonzero[held.positions].reshape(len(group), -1).any(1)
    chosen = np.flatnonzero(live)
    ordered = chosen[canonical_order(slices.numpy()[chosen])]
    return np.concatenate([ordered, np.flatnonzero(~live & elsewhere), np.flatnonzero(~live & ~elsewhere)])


def _make_positive(graph: Graph, group: ChannelGroup, first: ChannelAxis, expected: Sequence[Tensor]) -> int:
    """Change the signs of the channels whose first weight is negative, if all others can change theirs too."""
    slices = _slices(graph, first).flatten(1)
    signs = first_signs(slices.numpy())
    live = np.flatnonzero(signs)
    flip = _find_flip(graph, group, first, live, expected) if len(live) > 1 else None
    if flip is None:
        return 0
    negative = np.flatnonzero(signs < 0)
    flip(negative)
    return len(negative)


def _find_flip(
    graph: Graph, group: ChannelGroup, first: ChannelAxis, live: Permutation, expected: Sequence[Tensor]
) -> Callable[[Permutation], None] | None:
    """A change of sign that leaves the outputs, where a change of the first array alone does not; if there is one."""

    def flip_first(channels: Permutation) -> None:
        _flip_axis(graph.state[first.node], first, channels, swaps=False)

    if _keeps_outputs(graph, flip_first, live, expected):
        return None  # nothing can be told from this example
    for swaps in (False, True):
        if swaps and any(held.is_input and held.positions.shape[1] % 2 for held in group.axes):
            continue

        def flip(channels: Permutation, swaps: bool = swaps) -> None:
            for held in group.axes:
                _flip_axis(graph.state[held.node], held, channels, swaps=swaps)

        if all(_keeps_outputs(graph, flip, channels, expected) for channels in (live, live[::2])):
            return flip
    return None


def _keeps_outputs(
    graph: Graph, flip: Callable[[Permutation], None], channels: Permutation, expected: Sequence[Tensor]
) -> bool:
    flip(channels)
    same = not _differ(expected, graph.compute_outputs())
    flip(channels)
    return same


def _flip_axis(tensor: Tensor, held: ChannelAxis, channels: Permutation, *, swaps: bool) -> None:
    """Negate the slices of some channels; with ``swaps`` exchange the two halves of what reads each instead."""
    if held.is_input and swaps:
        half = held.positions.shape[1] // 2
        index = np.arange(tensor.shape[held.axis])
        index[held.positions[channels]] = np.roll(held.positions[channels], half, axis=1)
        tensor.copy_(tensor.index_select(held.axis, torch.from_numpy(index).to(tensor.device)))
        return
    places = torch.from_numpy(held.positions[channels].ravel()).to(tensor.device)
    tensor.index_copy_(held.axis, places, 0 - tensor.index_select(held.axis, places))


def _differ(expected: Sequence[Tensor], outputs: Sequence[Tensor]) -> bool:
    """Whether outputs are others than expected, beyond rounding."""
    scale = max((float(tensor.abs().max()) for tensor in expected), default=0.0)
    pairs: Iterator[tuple[Tensor, Tensor]] = zip(expected, outputs, strict=True)
    return not all(float((a - b).abs().max()) <= _TOLERANCE * scale for a, b in pairs)  # NaN differs
