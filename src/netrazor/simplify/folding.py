"""Folding units that are constant whatever the input into the biases of the layers that read them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, fx

from netrazor.simplify import operations
from netrazor.simplify.graph import Argument, Call, Graph, interpret
from netrazor.simplify.live_elements import Varying
from netrazor.simplify.undo_log import History

_UNIFORM = 1e-6  # spread allowed, relative, between what a constant adds at one place and at another


def fold_constants(graph: Graph, history: History) -> int:
    """Fold constants of ``graph`` in place; returns the number of weights that this sets to zero.

    Where a linear layer or a convolution reads units that do not vary with the input, what they add to an output
    unit goes to its bias (without one, to the mean of the batch norm that follows) and the weights become zero,
    provided that they add the same at every place: padding spoils that. Where a batch norm is given a constant,
    all that it makes of it goes to its shift. State that is used twice is left alone. The function stays the
    same up to rounding, but biases get new values: fold before they are quantized.
    """
    edits: list[_Edit] = []

    def look(call: Call) -> None:
        if call.name == "batch_norm" and not call["training"] and call["running_mean"] is not None:
            edits.extend(_fold_norm(graph, call))
        elif call.name == "linear" or _is_plain_convolution(call):
            edits.extend(_fold_layer(graph, call))

    interpret(graph, Varying(look))
    for edit in edits:  # only now, so that every constant was read off the network as it was
        history.overwrite(edit.weight, edit.chosen, 0.0)
        history.overwrite(edit.vector, edit.vector != edit.value, edit.value)
    return sum(int(edit.chosen.sum()) for edit in edits)


@dataclass(frozen=True)
class _Edit:
    """Weights to set to zero, and the vector that takes what they added, with its new value."""

    weight: Tensor
    chosen: Tensor
    vector: Tensor
    value: Tensor


def _is_plain_convolution(call: Call) -> bool:
    dimensions = operations.CONVOLUTIONS.get(call.name, 0)
    return bool(dimensions) and "transpose" not in call.name and call["input"].tensor.dim() == dimensions + 2


def _fold_layer(graph: Graph, call: Call) -> Iterator[_Edit]:
    target = _addend(graph, call)
    weight = _own(graph, call["weight"])
    if target is None or weight is None:
        return
    axis = -1 if call.name == "linear" else 1
    constant = _over(call["input"].value.reach == 0, axis).all(0)
    added = _over(_added_by(call, constant, axis), axis)
    high, low = added.amax(0), added.amin(0)
    uniform = high - low <= _UNIFORM * torch.maximum(high.abs(), low.abs())
    rows = constant.view(call["groups"] or 1, 1, -1).expand(-1, len(weight) // (call["groups"] or 1), -1)
    chosen = rows.reshape(len(weight), -1) & uniform.unsqueeze(1)
    chosen = chosen.view(*chosen.shape, *[1] * (weight.dim() - 2)).expand_as(weight) & (weight != 0)
    if chosen.any():
        vector, sign = target
        value = vector + sign * torch.where(uniform, (high + low) / 2, 0.0)
        yield _Edit(weight, chosen, vector, value.detach())


def _fold_norm(graph: Graph, call: Call) -> Iterator[_Edit]:
    weight, bias = _own(graph, call["weight"]), _own(graph, call["bias"])
    if weight is None or bias is None:
        return
    result = _over(call.result, 1)
    constant = _over(call["input"].value.reach == 0, 1).all(0) & (weight != 0)
    constant &= result.amax(0) - result.amin(0) <= _UNIFORM * result.abs().amax(0)
    if constant.any():
        yield _Edit(weight, constant, bias, torch.where(constant, result[0], bias).detach())


def _added_by(call: Call, constant: Tensor, axis: int) -> Tensor:
    """What the constant units alone add to the result, in double precision."""
    x = call["input"].tensor.double()
    shape = [1] * x.dim()
    shape[axis] = -1
    weight = call["weight"].tensor.double()
    return call.run({"input": torch.where(constant.view(shape), x, 0.0), "weight": weight, "bias": None})


def _addend(graph: Graph, call: Call) -> tuple[Tensor, int] | None:
    """The vector that a constant can be added to behind a layer, and the sign with which it goes in."""
    if call["bias"] is not None:
        bias = _own(graph, call["bias"])
        return None if bias is None else (bias, 1)
    users = list(call.node.users)
    if len(users) != 1 or "batch_norm" not in str(users[0].target) or call.name == "linear":
        return None
    mean = users[0].args[3]
    if mean not in graph.leaves or len(mean.users) > 1:
        return None
    return graph.leaves[mean], -1


def _own(graph: Graph, argument: Argument | None) -> Tensor | None:
    """The network's tensor behind an argument, if nothing else uses it."""
    node = None if argument is None else argument.node
    if not isinstance(node, fx.Node) or node not in graph.leaves or len(node.users) > 1:
        return None
    return graph.leaves[node]


def _over(tensor: Tensor, axis: int) -> Tensor:
    """``tensor`` as a matrix, places x units, with the units of ``axis``."""
    return tensor.movedim(axis, -1).reshape(-1, tensor.shape[axis])
