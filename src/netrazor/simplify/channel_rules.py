"""What each operation does to channel ids: rearranging, pointwise functions, pooling, reductions, and the layers.

A sum of two activations makes their channels one (a residual stream). A rule that does not cover its call returns
None.
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
from netrazor.simplify.channel_domain import FIXED, PADDED, ChannelDomain, ChannelRule, StateArray
from netrazor.simplify.interpretation import Argument, Call, map_arguments
from netrazor.simplify.layer_channel_rules import LAYER_RULES


def _propagate_pointwise(domain: ChannelDomain, call: Call) -> Tensor | None:
    """A function of each number by itself, or of the corresponding numbers of several tensors."""
    shape = call.result.shape
    operands = [domain.get_ids(argument.value) for _, argument in call.tensors()]
    operands = [torch.broadcast_to(ids, shape) for ids in operands]
    movable = [domain.find_all(ids) > FIXED for ids in operands]
    for first, second in itertools.combinations(range(len(operands)), 2):
        if bool(movable[first].all()) and bool(movable[second].all()):
            domain.unite(operands[first], operands[second])
        else:
            both = movable[first] & movable[second]
            domain.unite(operands[first][both], operands[second][both])
            _distinguish_by_fixed(domain, operands[first], movable[first] & ~both, operands[second])
            _distinguish_by_fixed(domain, operands[second], movable[second] & ~both, operands[first])
    total = operands[0]
    for ids, is_movable in zip(operands[1:], movable[1:], strict=True):
        total = torch.where(is_movable, ids, total) if is_movable.any() else total
    return total


def _distinguish_by_fixed(domain: ChannelDomain, ids: Tensor, chosen: Tensor, fixed: Tensor) -> None:
    """Keep channels apart that meet different elements of a fixed tensor; padding is the same for all."""
    if chosen.any():
        base = [1 if step == 0 else size for step, size in zip(fixed.stride(), fixed.shape, strict=True)]
        numbers = torch.arange(int(np.prod(base))).view(base).expand(fixed.shape)
        numbers = torch.where(fixed == PADDED, torch.full_like(numbers, -1), numbers)
        domain.distinguish(ids[chosen], numbers[chosen])


def _propagate_prelu(domain: ChannelDomain, call: Call) -> Tensor | None:
    slopes = call["weight"]
    if slopes.tensor.numel() > 1:
        channels = domain.read_axis(domain.get_ids(call["self"].value), 1)
        if channels is None:
            return None
        domain.unite_vector(slopes.value, channels)
    return domain.get_ids(call["self"].value)


def _propagate_rearranging(domain: ChannelDomain, call: Call) -> Any:
    data = operations.REARRANGING[call.name]
    others = [argument.value for name, argument in call.tensors() if name != data]
    if not all(
        isinstance(value, StateArray) and not value.tensor.dtype.is_floating_point for value in others
    ):
        return None  # where numbers go may depend on the input
    array = call[data].value if isinstance(call[data], Argument) else None
    transposes = call.name in ("t", "numpy_T", "transpose")
    if isinstance(array, StateArray) and transposes and array.tensor.dim() == 2:
        return replace(array, transposed=not array.transposed)
    padding = {}
    if call.name in operations.PADDING:
        if call["value"] or call["mode"] not in (None, "constant"):
            return None
        padding = {"value": PADDED}
    ids = map_arguments(call[data], lambda argument: domain.get_ids(argument.value))
    return call.run({data: ids} | padding)


def _propagate_channelwise(domain: ChannelDomain, call: Call) -> Tensor | None:
    ids = domain.get_ids(call[operations.name_first_tensor(call)].value)
    kept = domain.reduce_axes(ids, tuple(range(-operations.CHANNELWISE[call.name], 0)))
    return None if kept is None or not isinstance(call.result, Tensor) else kept.expand(call.result.shape)


def _propagate_reduction(domain: ChannelDomain, call: Call) -> Tensor | None:
    ids = domain.get_ids(call["self"].value)
    dims = call["dim"] if call["dim"] is not None else range(ids.dim())
    kept = domain.reduce_axes(ids, (dims,) if isinstance(dims, int) else tuple(dims))
    return None if kept is None else kept.reshape(call.result.shape)


def _propagate_softmax(domain: ChannelDomain, call: Call) -> Tensor | None:
    ids = domain.find_all(domain.get_ids(call["self"].value))
    return None if (ids > FIXED).any() else ids


RULES: Mapping[str, ChannelRule] = {
    **dict.fromkeys(operations.REARRANGING, _propagate_rearranging),
    **dict.fromkeys(operations.POINTWISE, _propagate_pointwise),
    **dict.fromkeys(("mul", "div"), _propagate_pointwise),
    **dict.fromkeys(operations.CHANNELWISE, _propagate_channelwise),
    **dict.fromkeys(("mean", "sum", "amax", "amin"), _propagate_reduction),
    **dict.fromkeys(("softmax", "log_softmax", "_softmax"), _propagate_softmax),
    "prelu": _propagate_prelu,
    **LAYER_RULES,
}
