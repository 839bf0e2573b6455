"""Taking out of a network what carries no information: dead units, constants, and the order of units."""

from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from netrazor.compress.flow import live_elements
from netrazor.compress.fold import fold_constants
from netrazor.compress.graph import Graph, trace
from netrazor.compress.order import Order, live_units, reorder
from netrazor.compress.units import unit_groups
from netrazor.errors import UnsupportedModel

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
    (`netrazor.compress.order.reorder`), dead ones last, values being moved and never changed.

    ``example`` is an input of the right shape, or a tuple of inputs; its outputs are compared before and after.
    A network whose forward pass cannot be followed, or whose outputs would change, stays untouched, and the
    report says why. A second call changes nothing.
    """
    try:
        graph = trace(model, example)
    except UnsupportedModel as error:
        return SimplifyReport(untouched=str(error))
    before = {node: tensor.detach().clone() for node, tensor in graph.leaves.items()}
    expected = _outputs(graph)
    report = _simplified(graph, order, fold)
    difference = _difference(expected, _outputs(graph))
    if not difference <= _TOLERANCE:  # NaN counts as a change
        with torch.no_grad():
            for node, tensor in graph.leaves.items():
                tensor.copy_(before[node])
        return SimplifyReport(untouched=f"outputs would change by {difference:.1g} of the largest")
    return report


def _simplified(graph: Graph, order: Order, fold: bool) -> SimplifyReport:
    zeroed = folded = 0
    while True:
        removed = _zero_dead(graph)
        moved = fold_constants(graph) if fold else 0
        zeroed, folded = zeroed + removed, folded + moved
        if not removed and not moved:
            break
    groups = unit_groups(graph)
    return SimplifyReport(
        zeroed=zeroed,
        folded=folded,
        reordered=reorder(graph, groups, order),
        units=sum(len(group) for group in groups),
        live=sum(live_units(graph, group) for group in groups),
    )


def _zero_dead(graph: Graph) -> int:
    """Set dead elements to zero, minus zero among them; returns how many were not zero."""
    number = 0
    with torch.no_grad():
        for node, live in live_elements(graph).items():
            tensor = graph.leaves[node]
            number += int(((tensor != 0) & ~live).sum())
            tensor.masked_fill_(~live, 0.0)
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


def _difference(expected: list[Tensor], got: list[Tensor]) -> float:
    """The largest difference between outputs, relative to the largest output."""
    scale = max((float(tensor.abs().max()) for tensor in expected), default=0.0)
    pairs = zip(expected, got, strict=True)
    largest = max((float((a - b).abs().max()) for a, b in pairs), default=0.0)
    return largest / (scale or 1.0)
