"""What each operation does to the liveness of its arguments.

A rule that does not cover its call returns None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from netrazor.simplify import operations
from netrazor.simplify.interpretation import Argument, Call
from netrazor.simplify.liveness import Liveness, LivenessDomain, LivenessRule


def _get(call: Call, name: str) -> Liveness:
    """The liveness of the argument of that name."""
    liveness: Liveness = call[name].value
    return liveness


def _scale_and_shift(call: Call, normalized: Liveness, shape: Callable[[Tensor], Tensor]) -> Liveness:
    """Multiply by the weight of a norm and add its bias, both brought to the right ``shape``."""
    if call["weight"] is not None:
        normalized = normalized * _get(call, "weight").map(shape)
    if call["bias"] is not None:
        normalized = normalized + _get(call, "bias").map(shape)
    return normalized


def _propagate_batch_norm(call: Call, domain: LivenessDomain) -> Liveness | None:
    if call["running_mean"] is None or call["training"]:
        return None

    def shape(tensor: Tensor) -> Tensor:
        return tensor.view(1, -1, *[1] * (call["input"].tensor.dim() - 2))

    centred = _get(call, "input") + _get(call, "running_mean").map(shape)
    variance = _get(call, "running_var").map(shape)
    scaled = centred * (domain.make_nonzero(variance.live.shape) + variance)
    return _scale_and_shift(call, scaled, shape)


def _propagate_layer_norm(call: Call, domain: LivenessDomain) -> Liveness:
    dims = tuple(range(-len(call["normalized_shape"]), 0))
    mixed = _get(call, "input").map(lambda tensor: tensor.mean(dims, keepdim=True).expand_as(tensor))
    return _scale_and_shift(call, mixed, lambda tensor: tensor)


def _propagate_group_norm(call: Call, domain: LivenessDomain) -> Liveness:
    x = _get(call, "input")
    spatial = call.result.dim() - 2

    def mix(tensor: Tensor) -> Tensor:
        grouped = tensor.reshape(len(x.live), call["num_groups"], -1)
        return grouped.mean(-1, keepdim=True).expand_as(grouped).reshape(tensor.shape)

    return _scale_and_shift(call, x.map(mix), lambda vector: operations.broadcast_channels(vector, spatial))


def _propagate_softmax(call: Call, domain: LivenessDomain) -> Liveness:
    mixed = _get(call, "self").map(lambda tensor: tensor.mean(call["dim"], keepdim=True).expand_as(tensor))
    return mixed + domain.make_nonzero(call.result.shape)


def _propagate_attention(call: Call, domain: LivenessDomain) -> Liveness | None:
    if call["enable_gqa"]:
        return None
    query, key, value = (_get(call, name) for name in ("query", "key", "value"))
    scores = query.multiply(key, lambda a, b: a @ b.mT)
    weights = scores + domain.make_nonzero(scores.live.shape)
    if call["attn_mask"] is not None:
        weights = weights + _get(call, "attn_mask").spread(scores.live.shape)
    weights = weights.map(lambda tensor: tensor.mean(-1, keepdim=True).expand_as(tensor))
    return weights.multiply(value, torch.matmul)


def _propagate_channelwise(call: Call, domain: LivenessDomain) -> Liveness:
    """Pooling and resizing: every number may depend on all of its channel."""
    dims = tuple(range(-operations.CHANNELWISE[call.name], 0))
    return _get(call, operations.name_first_tensor(call)).map(
        lambda tensor: tensor.mean(dims, keepdim=True).expand(call.result.shape)
    )


def _propagate_reduction(call: Call, domain: LivenessDomain) -> Liveness:
    def reduce(tensor: Tensor) -> Tensor:
        reduced: Tensor = call.run({"self": tensor})
        return reduced

    return _get(call, "self").map(reduce)


def _propagate_embedding(call: Call, domain: LivenessDomain) -> Liveness:
    rows = _get(call, "weight").map(lambda tensor: tensor.mean(0).expand(call.result.shape))
    return rows * _get(call, "indices").map(lambda tensor: tensor.unsqueeze(-1))


def _propagate_product(call: Call, domain: LivenessDomain) -> Liveness | None:
    if not isinstance(call["other"], Argument):
        return _get(call, "self")
    return _get(call, "self") * _get(call, "other")


def _propagate_quotient(call: Call, domain: LivenessDomain) -> Liveness:
    x = _get(call, "self")
    if not isinstance(call["other"], Argument):
        return x
    other = _get(call, "other")
    return x * (other + domain.make_nonzero(other.live.shape))


def _propagate_matrix_product(call: Call, domain: LivenessDomain) -> Liveness:
    return domain.contract(call, "self", "mat2" if call["mat2"] is not None else "other")


def _propagate_added_product(call: Call, domain: LivenessDomain) -> Liveness | None:
    left, right = operations.ADDED_PRODUCTS[call.name]
    product = _get(call, left).multiply(_get(call, right), torch.matmul)
    return product + _get(call, "self").map(lambda tensor: torch.broadcast_to(tensor, call.result.shape))


def _propagate_prelu(call: Call, domain: LivenessDomain) -> Liveness:
    """Zeros give zeros; the slopes have an effect where the input does."""

    def shape(slopes: Tensor) -> Tensor:
        if slopes.numel() == 1:
            return slopes.reshape(())
        return operations.broadcast_channels(slopes, call.result.dim() - 2)

    slopes = _get(call, "weight").map(shape)
    return _get(call, "self") * (slopes + domain.make_nonzero(slopes.live.shape))


RULES: Mapping[str, LivenessRule] = {
    "batch_norm": _propagate_batch_norm,
    "layer_norm": _propagate_layer_norm,
    "group_norm": _propagate_group_norm,
    "softmax": _propagate_softmax,
    "log_softmax": _propagate_softmax,
    "_softmax": _propagate_softmax,
    "scaled_dot_product_attention": _propagate_attention,
    "embedding": _propagate_embedding,
    "mul": _propagate_product,
    "div": _propagate_quotient,
    "matmul": _propagate_matrix_product,
    "bmm": _propagate_matrix_product,
    "mm": _propagate_matrix_product,
    "addmm": _propagate_added_product,
    "baddbmm": _propagate_added_product,
    "prelu": _propagate_prelu,
    **dict.fromkeys(operations.CHANNELWISE, _propagate_channelwise),
    **dict.fromkeys(("mean", "sum"), _propagate_reduction),
}
