"""What layers do to channel ids: linear layers, convolutions, embeddings, norms, matrix products, attention.

A weight gives the channels that it reads a place on one of its axes, and those that it produces a place on another.
A rule that does not cover its call returns None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from netrazor.simplify import operations
from netrazor.simplify.channel_domain import FIXED, ChannelDomain, ChannelRule, StateArray
from netrazor.simplify.interpretation import Argument, Call


@dataclass(frozen=True)
class _Layer:
    """A weight, its bias, and the axes: of the channels in the activations, and of both kinds in the weight."""

    weight: Argument
    bias: Argument | None
    channel_axis: int
    input_axis: int
    output_axis: int


def _propagate_layer(
    domain: ChannelDomain, given: Argument, layer: _Layer, shape: torch.Size
) -> Tensor | None:
    """The weight of ``layer`` reads the channels of ``given`` and produces new ones, in a result of ``shape``."""
    read = domain.read_axis(domain.get_ids(given.value), layer.channel_axis)
    weight = layer.weight.value
    if read is None or not isinstance(weight, StateArray):
        return None
    domain.input_axes.add((weight.node, 1 - layer.input_axis if weight.transposed else layer.input_axis))
    domain.unite(domain.get_axis_ids(weight, layer.input_axis), read)
    produced = domain.get_axis_ids(weight, layer.output_axis)
    if layer.bias is not None:
        domain.unite_vector(layer.bias.value, produced)
    return _repeat_along(produced, layer.channel_axis, shape)


def _repeat_along(channels: Tensor, axis: int, shape: torch.Size) -> Tensor:
    """Ids along ``axis``, repeated over ``shape``."""
    view = [1] * len(shape)
    view[axis] = -1
    return channels.view(view).expand(shape)


def _propagate_linear(domain: ChannelDomain, call: Call) -> Tensor | None:
    layer = _Layer(call["weight"], call["bias"], channel_axis=-1, input_axis=1, output_axis=0)
    return _propagate_layer(domain, call["input"], layer, call.result.shape)


def _propagate_convolution(domain: ChannelDomain, call: Call) -> Tensor | None:
    spatial = operations.CONVOLUTIONS[call.name]
    if call["input"].tensor.dim() != spatial + 2:
        return None
    groups = call["groups"] or 1
    if groups == 1:
        input_axis, output_axis = (0, 1) if "transpose" in call.name else (1, 0)
        layer = _Layer(call["weight"], call["bias"], 1, input_axis, output_axis)
        return _propagate_layer(domain, call["input"], layer, call.result.shape)
    channels = domain.read_axis(domain.get_ids(call["input"].value), 1)
    weight = call["weight"].value
    depthwise = groups == call["input"].tensor.shape[1] == call.result.shape[1]
    if channels is None or not depthwise or not isinstance(weight, StateArray):
        return None
    domain.unite(domain.get_axis_ids(weight, 0), channels)
    if call["bias"] is not None:
        domain.unite_vector(call["bias"].value, channels)
    return _repeat_along(channels, 1, call.result.shape)


def _propagate_embedding(domain: ChannelDomain, call: Call) -> Tensor | None:
    weight = call["weight"].value
    if not isinstance(weight, StateArray):
        return None
    domain.fix(domain.get_axis_ids(weight, 0))
    return domain.get_axis_ids(weight, 1).expand(call.result.shape)


def _propagate_norm(
    domain: ChannelDomain, call: Call, axis: int, vectors: tuple[str, ...] = ("weight", "bias")
) -> Tensor | None:
    """The channels along ``axis``, which the vectors of the norm belong to."""
    channels = domain.read_axis(domain.get_ids(call["input"].value), axis)
    if channels is None:
        return None
    for name in vectors:
        if call[name] is not None:
            domain.unite_vector(call[name].value, channels)
    return channels


def _propagate_batch_norm(domain: ChannelDomain, call: Call) -> Tensor | None:
    if call["running_mean"] is None or call["training"]:
        return None
    vectors = ("weight", "bias", "running_mean", "running_var")
    channels = _propagate_norm(domain, call, 1, vectors)
    return None if channels is None else domain.get_ids(call["input"].value)


def _propagate_layer_norm(domain: ChannelDomain, call: Call) -> Tensor | None:
    if len(call["normalized_shape"]) != 1 or _propagate_norm(domain, call, -1) is None:
        return None
    return domain.get_ids(call["input"].value)


def _propagate_group_norm(domain: ChannelDomain, call: Call) -> Tensor | None:
    channels = _propagate_norm(domain, call, 1)
    if channels is None:
        return None
    group = torch.arange(len(channels)) // (len(channels) // call["num_groups"])
    domain.distinguish(channels, group)
    return domain.get_ids(call["input"].value)


def _propagate_matrix_product(domain: ChannelDomain, call: Call) -> Tensor | None:
    right = "mat2" if call["mat2"] is not None else "other"
    if isinstance(call[right].value, StateArray) and call[right].tensor.dim() == 2:
        layer = _Layer(call[right], None, channel_axis=-1, input_axis=0, output_axis=1)
        return _propagate_layer(domain, call["self"], layer, call.result.shape)
    a, b = domain.get_ids(call["self"].value), domain.get_ids(call[right].value)
    return _multiply_activations(domain, a, b, call.result.shape) if min(a.dim(), b.dim()) >= 2 else None


def _propagate_added_product(domain: ChannelDomain, call: Call) -> Tensor | None:
    layer = _Layer(call["mat2"], call["self"], channel_axis=-1, input_axis=0, output_axis=1)
    return _propagate_layer(domain, call["mat1"], layer, call.result.shape)


def _propagate_attention(domain: ChannelDomain, call: Call) -> Tensor | None:
    mask = call["attn_mask"]
    if call["enable_gqa"] or (mask is not None and bool((domain.get_ids(mask.value) != FIXED).any())):
        return None
    query, key, value = (domain.get_ids(call[name].value) for name in ("query", "key", "value"))
    scores = _multiply_activations(domain, query, key.mT, torch.Size((*query.shape[:-1], key.shape[-2])))
    return None if scores is None else _multiply_activations(domain, scores, value, call.result.shape)


def _multiply_activations(domain: ChannelDomain, a: Tensor, b: Tensor, shape: torch.Size) -> Tensor | None:
    """The product of two activations, ... x n x d times ... x d x m, as in attention.

    Either d holds channels in both factors (queries and keys), or one factor holds none (the weights of attention)
    and the other's channels lie along the axis that stays (values).
    """
    a = torch.broadcast_to(a, (*shape[:-2], *a.shape[-2:]))
    b = torch.broadcast_to(b, (*shape[:-2], *b.shape[-2:]))
    rows, columns = domain.reduce_axes(a, (-2,)), domain.reduce_axes(b, (-1,))
    if rows is not None and columns is not None:
        columns = columns.mT
        domain.unite(rows, columns)
        domain.distinguish(rows, _number_matrices(rows))
        return torch.full(shape, FIXED)
    for fixed, free, axis in ((a, b, -2), (b, a, -1)):
        if not (domain.find_all(fixed) > FIXED).any():
            kept = domain.reduce_axes(free, (axis,))
            if kept is not None:
                domain.distinguish(kept, _number_matrices(kept))
                return kept.expand(shape)
    return None


def _number_matrices(ids: Tensor) -> Tensor:
    """For each element the number of the matrix that it lies in."""
    matrices = ids.shape[:-2]
    return torch.arange(matrices.numel()).view(*matrices, 1, 1).expand(ids.shape)


LAYER_RULES: Mapping[str, ChannelRule] = {
    **dict.fromkeys(operations.CONVOLUTIONS, _propagate_convolution),
    **dict.fromkeys(("matmul", "bmm", "mm"), _propagate_matrix_product),
    "addmm": _propagate_added_product,
    "linear": _propagate_linear,
    "batch_norm": _propagate_batch_norm,
    "layer_norm": _propagate_layer_norm,
    "group_norm": _propagate_group_norm,
    "embedding": _propagate_embedding,
    "scaled_dot_product_attention": _propagate_attention,
}
