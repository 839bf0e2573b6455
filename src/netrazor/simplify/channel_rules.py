"""What each operation does to the labels of units, and which units it makes one or keeps apart.

A sum of two activations makes their units one (a residual stream); a matrix gives the units that it reads a place
on one of its axes, and the units that it makes a place on the other. A rule that does not understand its call
answers None.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netrazor.simplify import operations
from netrazor.simplify.channel_labels import FIXED, PADDED, Labels, Leaf, Rule
from netrazor.simplify.graph import Argument, Call, map_arguments


def _constant_along(space: Labels, labels: Tensor, dims: tuple[int, ...]) -> Tensor | None:
    """Labels without the axes ``dims`` (kept at size 1), or None where they differ along them."""
    roots = space.roots(labels)
    kept = roots.amax(dims, keepdim=True)
    padded = roots == PADDED
    if not bool(((roots == kept) | padded).all()):
        return None
    if padded.any():
        space.distinguish(kept.expand_as(roots), padded)
    return kept


def _channels(space: Labels, labels: Tensor, axis: int) -> Tensor | None:
    """The labels along ``axis`` alone, or None where they differ elsewhere."""
    others = tuple(dim for dim in range(labels.dim()) if dim != axis % labels.dim())
    kept = _constant_along(space, labels, others)
    return None if kept is None else kept.reshape(-1)


def _spread(channels: Tensor, axis: int, shape: torch.Size) -> Tensor:
    """Labels along ``axis``, repeated over ``shape``."""
    view = [1] * len(shape)
    view[axis] = -1
    return channels.view(view).expand(shape)


def _contract(space: Labels, call: Call, axis: int, reads: int, makes: int) -> Tensor | None:
    """A layer: its weight reads units along ``axis`` of its input and makes new ones."""
    layer = (call["weight"], call["bias"])
    return _layer(space, call["input"], *layer, axis, reads, makes, call.result.shape)


def _layer(
    space: Labels,
    given: Argument,
    weight: Argument,
    bias: Argument | None,
    axis: int,
    reads: int,
    makes: int,
    shape: torch.Size,
) -> Tensor | None:
    read = _channels(space, space.of(given.value), axis)
    if read is None or not isinstance(weight.value, Leaf):
        return None
    space.reading.add((weight.value.node, 1 - reads if weight.value.transposed else reads))
    space.unite(space.axis(weight.value, reads), read)
    made = space.axis(weight.value, makes)
    if bias is not None:
        _unite_axis(space, bias.value, made)
    return _spread(made, axis, shape)


def _unite_axis(space: Labels, value: Tensor | Leaf, channels: Tensor) -> None:
    """Give a vector of state (a bias, a scale) the units of the channels that it goes with."""
    if isinstance(value, Leaf) and value.tensor.dim() == 1:
        space.unite(space.axis(value, 0), channels)
    else:
        space.fix(channels)
        space.freeze(value)


def _linear(space: Labels, call: Call) -> Tensor | None:
    return _contract(space, call, -1, reads=1, makes=0)


def _convolution(space: Labels, call: Call) -> Tensor | None:
    spatial = operations.CONVOLUTIONS[call.name]
    if call["input"].tensor.dim() != spatial + 2:
        return None
    groups = call["groups"] or 1
    transposed = "transpose" in call.name
    if groups == 1:
        return _contract(space, call, 1, reads=0, makes=1) if transposed else _contract(space, call, 1, 1, 0)
    channels = _channels(space, space.of(call["input"].value), 1)
    weight = call["weight"].value
    depthwise = groups == call["input"].tensor.shape[1] == call.result.shape[1]
    if channels is None or not depthwise or not isinstance(weight, Leaf):
        return None
    space.unite(space.axis(weight, 0), channels)
    if call["bias"] is not None:
        _unite_axis(space, call["bias"].value, channels)
    return _spread(channels, 1, call.result.shape)


def _batch_norm(space: Labels, call: Call) -> Tensor | None:
    channels = _channels(space, space.of(call["input"].value), 1)
    if channels is None or call["running_mean"] is None or call["training"]:
        return None
    for name in ("weight", "bias", "running_mean", "running_var"):
        if call[name] is not None:
            _unite_axis(space, call[name].value, channels)
    return space.of(call["input"].value)


def _layer_norm(space: Labels, call: Call) -> Tensor | None:
    if len(call["normalized_shape"]) != 1:
        return None
    channels = _channels(space, space.of(call["input"].value), -1)
    if channels is None:
        return None
    for name in ("weight", "bias"):
        if call[name] is not None:
            _unite_axis(space, call[name].value, channels)
    return space.of(call["input"].value)


def _group_norm(space: Labels, call: Call) -> Tensor | None:
    channels = _channels(space, space.of(call["input"].value), 1)
    if channels is None:
        return None
    for name in ("weight", "bias"):
        if call[name] is not None:
            _unite_axis(space, call[name].value, channels)
    group = torch.arange(len(channels)) // (len(channels) // call["num_groups"])
    space.distinguish(channels, group)
    return space.of(call["input"].value)


def _pointwise(space: Labels, call: Call) -> Tensor | None:
    """A function of each number by itself, or of the corresponding numbers of several."""
    shape = call.result.shape
    operands = [argument.value for _, argument in call.tensors()]
    operands = [torch.broadcast_to(space.of(value), shape) for value in operands]
    units = [space.roots(labels) > FIXED for labels in operands]
    for first, second in itertools.combinations(range(len(operands)), 2):
        if bool(units[first].all()) and bool(units[second].all()):
            space.unite(operands[first], operands[second])
        else:
            both = units[first] & units[second]
            space.unite(operands[first][both], operands[second][both])
            _meet(space, operands[first], units[first] & ~both, operands[second])
            _meet(space, operands[second], units[second] & ~both, operands[first])
    total = operands[0]
    for labels, is_unit in zip(operands[1:], units[1:], strict=True):
        total = torch.where(is_unit, labels, total) if is_unit.any() else total
    return total


def _meet(space: Labels, labels: Tensor, units: Tensor, fixed: Tensor) -> None:
    """Units that meet different elements of something fixed stay apart; padding is the same for all."""
    if units.any():
        base = [1 if step == 0 else size for step, size in zip(fixed.stride(), fixed.shape, strict=True)]
        numbers = torch.arange(int(np.prod(base))).view(base).expand(fixed.shape)
        numbers = torch.where(fixed == PADDED, torch.full_like(numbers, -1), numbers)
        space.distinguish(labels[units], numbers[units])


def _sloped(space: Labels, call: Call) -> Tensor | None:
    slopes = call["weight"]
    if slopes.tensor.numel() > 1:
        channels = _channels(space, space.of(call["self"].value), 1)
        if channels is None:
            return None
        _unite_axis(space, slopes.value, channels)
    return space.of(call["self"].value)


def _moved(space: Labels, call: Call) -> Any:
    data = operations.MOVES[call.name]
    others = [argument.value for name, argument in call.tensors() if name != data]
    if not all(isinstance(value, Leaf) and not value.tensor.dtype.is_floating_point for value in others):
        return None  # where to may depend on the input
    whole = call[data].value if isinstance(call[data], Argument) else None
    if isinstance(whole, Leaf) and call.name in ("t", "numpy_T", "transpose") and whole.tensor.dim() == 2:
        return replace(whole, transposed=not whole.transposed)
    padding = {}
    if call.name in operations.PADS:
        if call["value"] or call["mode"] not in (None, "constant"):
            return None
        padding = {"value": PADDED}
    labels = map_arguments(call[data], lambda argument: space.of(argument.value))
    return call.run({data: labels} | padding)


def _channelwise(space: Labels, call: Call) -> Tensor | None:
    labels = space.of(call[operations.first(call)].value)
    kept = _constant_along(space, labels, tuple(range(-operations.CHANNELWISE[call.name], 0)))
    return None if kept is None or not isinstance(call.result, Tensor) else kept.expand(call.result.shape)


def _reduced(space: Labels, call: Call) -> Tensor | None:
    labels = space.of(call["self"].value)
    dims = call["dim"] if call["dim"] is not None else range(labels.dim())
    kept = _constant_along(space, labels, (dims,) if isinstance(dims, int) else tuple(dims))
    return None if kept is None else kept.reshape(call.result.shape)


def _embedded(space: Labels, call: Call) -> Tensor | None:
    weight = call["weight"].value
    if not isinstance(weight, Leaf):
        return None
    space.fix(space.axis(weight, 0))
    return space.axis(weight, 1).expand(call.result.shape)


def _softmax(space: Labels, call: Call) -> Tensor | None:
    labels = space.roots(space.of(call["self"].value))
    return None if (labels > FIXED).any() else labels


def _matrix_product(space: Labels, call: Call) -> Tensor | None:
    right = "mat2" if call["mat2"] is not None else "other"
    if isinstance(call[right].value, Leaf) and call[right].tensor.dim() == 2:
        return _layer(space, call["self"], call[right], None, -1, 0, 1, call.result.shape)
    a, b = space.of(call["self"].value), space.of(call[right].value)
    return _product(space, a, b, call.result.shape) if min(a.dim(), b.dim()) >= 2 else None


def _added_product(space: Labels, call: Call) -> Tensor | None:
    return _layer(space, call["mat1"], call["mat2"], call["self"], -1, 0, 1, call.result.shape)


def _attention(space: Labels, call: Call) -> Tensor | None:
    mask = call["attn_mask"]
    if call["enable_gqa"] or (mask is not None and bool((space.of(mask.value) != FIXED).any())):
        return None
    query, key, value = (space.of(call[name].value) for name in ("query", "key", "value"))
    scores = _product(space, query, key.mT, torch.Size((*query.shape[:-1], key.shape[-2])))
    return None if scores is None else _product(space, scores, value, call.result.shape)


def _product(space: Labels, a: Tensor, b: Tensor, shape: torch.Size) -> Tensor | None:
    """The product of two activations, ... x n x d times ... x d x m, as in attention.

    Either d holds units in both factors (queries and keys), or one factor holds none (the weights of attention)
    and the other's units lie along the axis that stays (values).
    """
    a = torch.broadcast_to(a, (*shape[:-2], *a.shape[-2:]))
    b = torch.broadcast_to(b, (*shape[:-2], *b.shape[-2:]))
    rows, columns = _constant_along(space, a, (-2,)), _constant_along(space, b, (-1,))
    if rows is not None and columns is not None:
        columns = columns.mT
        space.unite(rows, columns)
        space.distinguish(rows, _leading(rows))
        return torch.full(shape, FIXED)
    for fixed, free, axis in ((a, b, -2), (b, a, -1)):
        if not (space.roots(fixed) > FIXED).any():
            kept = _constant_along(space, free, (axis,))
            if kept is not None:
                space.distinguish(kept, _leading(kept))
                return kept.expand(shape)
    return None


def _leading(labels: Tensor) -> Tensor:
    """The number of the matrix that each element lies in."""
    matrices = labels.shape[:-2]
    return torch.arange(matrices.numel()).view(*matrices, 1, 1).expand(labels.shape)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(operations.MOVES, _moved),
    **dict.fromkeys(operations.POINTWISE, _pointwise),
    **dict.fromkeys(("mul", "div"), _pointwise),
    **dict.fromkeys(operations.CONVOLUTIONS, _convolution),
    **dict.fromkeys(operations.CHANNELWISE, _channelwise),
    **dict.fromkeys(("mean", "sum", "amax", "amin"), _reduced),
    **dict.fromkeys(("softmax", "log_softmax", "_softmax"), _softmax),
    **dict.fromkeys(("matmul", "bmm", "mm"), _matrix_product),
    "addmm": _added_product,
    "linear": _linear,
    "prelu": _sloped,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "embedding": _embedded,
    "scaled_dot_product_attention": _attention,
}
