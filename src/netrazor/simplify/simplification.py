"""Taking out of a network what carries no information: dead units, constants, and the order of units."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, fx, nn

from netrazor.errors import UnsupportedModel
from netrazor.simplify.canonical_order import Order, live_units, permute, reorder
from netrazor.simplify.channel_groups import UnitGroup, unit_groups
from netrazor.simplify.folding import fold_constants
from netrazor.simplify.graph import Graph, trace
from netrazor.simplify.live_elements import live_elements
from netrazor.simplify.undo_log import History

_TOLERANCE = 1e-3  # of the largest output: rounding moves it far less, a wrong step far more


@dataclass(frozen=True)
class SimplifyReport:
    """What `simplify` did to a network."""

    zeroed: int = 0
    """Non-zero elements that were set to zero because no path led through them."""
    folded: int = 0
    """Weights that were set to zero because they read constants, which went to biases."""
    reordered: int = 0
    """Groups of interchangeable units whose order changed."""
    units: int = 0
    """Units in groups of interchangeable ones."""
    live: int = 0
    """Those that have a non-zero weight left."""
    untouched: str = ""
    """Why the network was left as it was, if it was."""


def simplify(
    model: nn.Module, example: Tensor | tuple[Tensor, ...], *, order: Order = "count", fold: bool = True
) -> SimplifyReport:
    """Simplify ``model`` in place, shapes and function (in evaluation mode, up to rounding) unchanged.

    Elements of the state with no path in or no path out become zero; with ``fold``, units that are constant
    whatever the input go to the biases behind them (which gives biases new values: pass ``fold=False`` once they
    are quantized); both are repeated until nothing changes. Interchangeable units are then put into ``order``
    (`netrazor.simplify.canonical_order.reorder`), dead ones last, values being moved and never changed.

    ``example`` is an input of the right shape, or a tuple of inputs; its outputs are compared before and after.
    A network whose forward pass cannot be followed, or whose outputs would change, stays untouched, and the
    report says why; so does the order of a group of units whose outputs depend on it after all. A second call
    changes nothing.
    """
    try:
        graph = trace(model, example)
    except UnsupportedModel as error:
        return SimplifyReport(untouched=str(error))
    expected = _outputs(graph)
    history = History()
    zeroed, folded = _emptied(graph, fold, history)
    if not _gives(graph, expected):
        history.undo()
        return SimplifyReport(untouched="its outputs would change")
    groups, reordered = _ordered(graph, order, expected)
    return SimplifyReport(
        zeroed=zeroed,
        folded=folded,
        reordered=reordered,
        units=sum(len(group) for group in groups),
        live=sum(live_units(graph, group) for group in groups),
    )


def _emptied(graph: Graph, fold: bool, history: History) -> tuple[int, int]:
    """Zero what is dead and fold what is constant until nothing changes; the number of both."""
    zeroed = folded = 0
    while True:
        removed = _zero_dead(graph, history)
        moved = fold_constants(graph, history) if fold else 0
        zeroed, folded = zeroed + removed, folded + moved
        if not removed and not moved:
            return zeroed, folded


def _ordered(graph: Graph, order: Order, expected: list[Tensor]) -> tuple[list[UnitGroup], int]:
    """Reorder all groups whose units are interchangeable in fact; these groups and how many changed."""
    groups = unit_groups(graph)
    changed = reorder(graph, groups, order)
    if not _gives(graph, expected):
        for group, permutation in reversed(changed):
            permute(graph, group, np.argsort(permutation))
        groups = [group for group in groups if _interchangeable(graph, group, expected)]
        changed = reorder(graph, groups, order)
    return groups, len(changed)


def _interchangeable(graph: Graph, group: UnitGroup, expected: list[Tensor]) -> bool:
    """Whether the outputs stay when the units of ``group`` move around in a circle."""
    circle = np.roll(np.arange(len(group)), 1)
    permute(graph, group, circle)
    same = _gives(graph, expected)
    permute(graph, group, np.argsort(circle))
    return same


def _zero_dead(graph: Graph, history: History) -> int:
    """Set dead elements to zero; returns how many were not zero."""
    number = 0
    for node, live in live_elements(graph).items():
        dead = (graph.leaves[node] != 0) & ~live
        number += int(dead.sum())
        history.overwrite(graph.leaves[node], dead, 0.0)
    return number


def _outputs(graph: Graph) -> list[Tensor]:
    """The outputs of the network on the example."""
    values: dict[fx.Node, object] = {**graph.leaves, **graph.constants, **graph.inputs}
    with torch.no_grad():
        for node in graph.nodes:
            if node.op == "call_function":
                args, kwargs = fx.map_arg((node.args, node.kwargs), values.__getitem__)
                values[node] = node.target(*args, **kwargs)  # type: ignore[operator]
    (output,) = (node for node in graph.nodes if node.op == "output")
    results = (values[node] for node in output.all_input_nodes)
    return [result.double() for result in results if isinstance(result, Tensor)]


def _gives(graph: Graph, expected: list[Tensor]) -> bool:
    """Whether the outputs on the example are still the expected ones, up to rounding."""
    scale = max((float(tensor.abs().max()) for tensor in expected), default=0.0)
    differences = (float((a - b).abs().max()) for a, b in zip(expected, _outputs(graph), strict=True))
    return all(difference <= _TOLERANCE * scale for difference in differences)
