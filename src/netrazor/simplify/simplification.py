"""Taking out of a network what carries no information: dead elements, constants, and the order of channels."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from netrazor.coding.structure_plans import find_cuts
from netrazor.errors import UnsupportedModel
from netrazor.simplify.canonical_order import (
    Order,
    Permutation,
    count_live_channels,
    permute_channels,
    reorder_channels,
)
from netrazor.simplify.channel_groups import ChannelGroup, find_channel_groups
from netrazor.simplify.folding import fold_constants
from netrazor.simplify.live_elements import find_live_elements
from netrazor.simplify.traced_graph import Graph, floats_of, trace
from netrazor.simplify.undo_log import UndoLog

Changed = list[tuple[ChannelGroup, Permutation]]
_TOLERANCE = 1e-3  # of the largest output: rounding changes it far less, a wrong step far more


@dataclass(frozen=True)
class SimplifyReport:
    """What `simplify` did to a network.

    Attributes:
        zeroed: non-zero elements that were set to zero because no path led through them.
        folded: weights that were set to zero because they read constants, which went to biases.
        reordered: groups of interchangeable channels whose order changed.
        channels: channels in groups of interchangeable ones.
        live_channels: those that have a non-zero weight left.
        untouched: why the network was left as it was, if it was.
    """

    zeroed: int = 0
    folded: int = 0
    reordered: int = 0
    channels: int = 0
    live_channels: int = 0
    untouched: str = ""


def simplify(
    model: nn.Module, example: Tensor | tuple[Tensor, ...], *, order: Order = "count", fold: bool = True
) -> SimplifyReport:
    """Simplify ``model`` in place; shapes and function (in evaluation mode, up to rounding) do not change.

    Elements of the state with no path in or no path out become zero; with ``fold``, channels that are constant
    whatever the input go to the biases behind them (which gives biases new values: pass ``fold=False`` once they
    are quantized); both are repeated until nothing changes. Interchangeable channels are then put into ``order``
    (`netrazor.simplify.canonical_order.reorder_channels`), dead ones last; values are moved and never changed.

    ``example`` is an input of the right shape, or a tuple of inputs; its outputs are compared before and after.
    A network whose forward pass cannot be traced, or whose outputs would change, stays untouched, and the report
    says why. A group of channels whose order changes the outputs after all keeps its order. A second call changes
    nothing. Where groups of weights in a row share a scale that another order of columns would tear apart, all
    channels keep their order.

    Raises:
        ConfigurationError: there is no order of that name.
    """
    try:
        graph = trace(model, example)
    except UnsupportedModel as error:
        return SimplifyReport(untouched=str(error))
    expected = graph.compute_outputs()
    log = UndoLog()
    zeroed, folded = _remove_dead_and_constant(graph, fold, log)
    if not _gives(graph, expected):
        log.undo()
        return SimplifyReport(untouched="its outputs would change")
    cuts = find_cuts(floats_of(graph))
    groups, changed = _reorder_checked(graph, order, expected)
    if cuts and not cuts.items() <= find_cuts(floats_of(graph)).items():
        _put_back(graph, changed)  # what is shared by groups of weights is worth more than an order
        changed = []
    return SimplifyReport(
        zeroed=zeroed,
        folded=folded,
        reordered=len(changed),
        channels=sum(len(group) for group in groups),
        live_channels=sum(count_live_channels(graph, group) for group in groups),
    )


def _remove_dead_and_constant(graph: Graph, fold: bool, log: UndoLog) -> tuple[int, int]:
    """Set dead elements to zero and fold constants until nothing changes; how many of each."""
    zeroed = folded = 0
    while True:
        removed = _zero_dead_elements(graph, log)
        moved = fold_constants(graph, log) if fold else 0
        zeroed, folded = zeroed + removed, folded + moved
        if not removed and not moved:
            return zeroed, folded


def _zero_dead_elements(graph: Graph, log: UndoLog) -> int:
    """Set dead elements to zero; returns how many were not zero."""
    number = 0
    for node, live in find_live_elements(graph).items():
        dead = (graph.state[node] != 0) & ~live
        number += int(dead.sum())
        log.overwrite(graph.state[node], dead, 0.0)
    return number


def _reorder_checked(
    graph: Graph, order: Order, expected: list[Tensor]
) -> tuple[list[ChannelGroup], Changed]:
    """Reorder all groups whose order does not change the outputs; these groups, and those that changed."""
    groups = find_channel_groups(graph)
    changed = reorder_channels(graph, groups, order)
    if not _gives(graph, expected):
        _put_back(graph, changed)
        groups = [group for group in groups if _is_interchangeable(graph, group, expected)]
        changed = reorder_channels(graph, groups, order)
    return groups, changed


def _put_back(graph: Graph, changed: Changed) -> None:
    for group, permutation in reversed(changed):
        permute_channels(graph, group, np.argsort(permutation))


def _is_interchangeable(graph: Graph, group: ChannelGroup, expected: list[Tensor]) -> bool:
    """Whether the outputs stay when each channel of ``group`` takes the place of the next one."""
    rotation = np.roll(np.arange(len(group)), 1)
    permute_channels(graph, group, rotation)
    same = _gives(graph, expected)
    permute_channels(graph, group, np.argsort(rotation))
    return same


def _gives(graph: Graph, expected: list[Tensor]) -> bool:
    """Whether the outputs on the example are the expected ones, up to rounding."""
    scale = max((float(tensor.abs().max()) for tensor in expected), default=0.0)
    pairs = zip(expected, graph.compute_outputs(), strict=True)
    return all(float((a - b).abs().max()) <= _TOLERANCE * scale for a, b in pairs)
