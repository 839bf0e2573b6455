"""Folding channels that are constant whatever the input into the biases of the layers that read them."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, fx

from netrazor.simplify import operations
from netrazor.simplify.interpretation import Call, find_exclusive_state, interpret
from netrazor.simplify.live_elements import InputDependence
from netrazor.simplify.traced_graph import Graph
from netrazor.simplify.undo_log import UndoLog

_UNIFORM = 1e-6  # relative spread allowed between what a constant adds at one position and at another


def fold_constants(graph: Graph, log: UndoLog) -> int:
    """Fold constants of ``graph`` in place; returns the number of weights that this sets to zero.

    Where a linear layer or a convolution reads channels that do not vary with the input, what they add to an output
    channel goes to its bias (without one, to the mean of the batch norm that follows) and the weights become zero,
    provided that they add the same at every position, which padding may prevent. Where the input of a batch norm is
    constant, its output goes to its shift. Tensors that are used twice are left alone. The function stays the same
    up to rounding, but biases get new values: fold before they are quantized.
    """
    edits: list[_Edit] = []

    def visit(call: Call) -> None:
        if call.name == "batch_norm" and not call["training"] and call["running_mean"] is not None:
            edits.extend(_fold_into_norm(graph, call))
        elif call.name == "linear" or _is_plain_convolution(call):
            edits.extend(_fold_into_layer(graph, call))

    interpret(graph, InputDependence(visit))
    for edit in edits:  # only now, so that every constant was computed by the network as it was
        log.overwrite(edit.weight, edit.chosen, 0.0)
        log.overwrite(edit.vector, edit.vector != edit.value, edit.value)
    return sum(int(edit.chosen.sum()) for edit in edits)


@dataclass(frozen=True)
class _Edit:
    """Weights to set to zero, and the vector that takes up what they added, with its new value."""

    weight: Tensor
    chosen: Tensor
    vector: Tensor
    value: Tensor


def _is_plain_convolution(call: Call) -> bool:
    dimensions = operations.CONVOLUTIONS.get(call.name, 0)
    return bool(dimensions) and "transpose" not in call.name and call["input"].tensor.dim() == dimensions + 2


def _fold_into_layer(graph: Graph, call: Call) -> Iterator[_Edit]:
    target = _find_summand(graph, call)
    weight = find_exclusive_state(graph, call["weight"])
    if target is None or weight is None:
        return
    axis = -1 if call.name == "linear" else 1
    constant = _flatten_positions(call["input"].value.live == 0, axis).all(0)
    added = _flatten_positions(_compute_sum_of(call, constant, axis), axis)
    high, low = added.amax(0), added.amin(0)
    uniform = high - low <= _UNIFORM * torch.maximum(high.abs(), low.abs())
    rows = constant.view(call["groups"] or 1, 1, -1).expand(-1, len(weight) // (call["groups"] or 1), -1)
    chosen = rows.reshape(len(weight), -1) & uniform.unsqueeze(1)
    chosen = chosen.view(*chosen.shape, *[1] * (weight.dim() - 2)).expand_as(weight) & (weight != 0)
    if chosen.any():
        vector, sign = target
        value = vector + sign * torch.where(uniform, (high + low) / 2, 0.0)
        yield _Edit(weight, chosen, vector, value.detach())


def _fold_into_norm(graph: Graph, call: Call) -> Iterator[_Edit]:
    weight, bias = find_exclusive_state(graph, call["weight"]), find_exclusive_state(graph, call["bias"])
    if weight is None or bias is None:
        return
    result = _flatten_positions(call.result, 1)
    constant = _flatten_positions(call["input"].value.live == 0, 1).all(0) & (weight != 0)
    constant &= result.amax(0) - result.amin(0) <= _UNIFORM * result.abs().amax(0)
    if constant.any():
        yield _Edit(weight, constant, bias, torch.where(constant, result[0], bias).detach())


def _compute_sum_of(call: Call, constant: Tensor, axis: int) -> Tensor:
    """What the constant channels alone add to the result, in double precision."""
    x = call["input"].tensor.double()
    shape = [1] * x.dim()
    shape[axis] = -1
    weight = call["weight"].tensor.double()
    added: Tensor = call.run(
        {"input": torch.where(constant.view(shape), x, 0.0), "weight": weight, "bias": None}
    )
    return added


def _find_summand(graph: Graph, call: Call) -> tuple[Tensor, int] | None:
    """The vector behind a layer that can take up a constant, and the sign with which it does."""
    if call["bias"] is not None:
        bias = find_exclusive_state(graph, call["bias"])
        return None if bias is None else (bias, 1)
    users = list(call.node.users)
    if len(users) != 1 or "batch_norm" not in str(users[0].target) or call.name == "linear":
        return None
    mean = users[0].args[3]
    if not isinstance(mean, fx.Node) or mean not in graph.state or len(mean.users) > 1:
        return None
    return graph.state[mean], -1


def _flatten_positions(tensor: Tensor, axis: int) -> Tensor:
    """``tensor`` as a matrix, positions x channels, with the channels of ``axis``."""
    return tensor.movedim(axis, -1).reshape(-1, tensor.shape[axis])
