"""What each operation does to the marks of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from netrazor.simplify import operations
from netrazor.simplify.graph import Argument, Call
from netrazor.simplify.liveness import Mark, Marks, Rule


def _affine(call: Call, normalized: Mark, shaped: Callable[[Tensor], Tensor]) -> Mark:
    if call["weight"] is not None:
        normalized = normalized * call["weight"].value.map(shaped)
    if call["bias"] is not None:
        normalized = normalized + call["bias"].value.map(shaped)
    return normalized


def _batch_norm(call: Call, marks: Marks) -> Mark | None:
    if call["running_mean"] is None or call["training"]:
        return None

    def shaped(mark: Tensor) -> Tensor:
        return mark.view(1, -1, *[1] * (call["input"].tensor.dim() - 2))

    centred = call["input"].value + call["running_mean"].value.map(shaped)
    variance = call["running_var"].value.map(shaped)
    scaled = centred * (marks.something(variance.reach.shape) + variance)
    return _affine(call, scaled, shaped)


def _layer_norm(call: Call, marks: Marks) -> Mark:
    dims = tuple(range(-len(call["normalized_shape"]), 0))
    mixed = call["input"].value.map(lambda mark: mark.mean(dims, keepdim=True).expand_as(mark))
    return _affine(call, mixed, lambda mark: mark)


def _group_norm(call: Call, marks: Marks) -> Mark:
    x = call["input"].value
    examples = len(x.reach)
    groups = call["num_groups"]

    def mixed(mark: Tensor) -> Tensor:
        grouped = mark.reshape(examples, groups, -1)
        return grouped.mean(-1, keepdim=True).expand_as(grouped).reshape(mark.shape)

    return _affine(call, x.map(mixed), lambda mark: operations.channels_first(mark, call.result.dim() - 2))


def _softmax(call: Call, marks: Marks) -> Mark:
    mixed = call["self"].value.map(lambda mark: mark.mean(call["dim"], keepdim=True).expand_as(mark))
    return mixed + marks.something(call.result.shape)


def _attention(call: Call, marks: Marks) -> Mark | None:
    if call["enable_gqa"]:
        return None
    query, key, value = (call[name].value for name in ("query", "key", "value"))
    scores = query.bilinear(key, lambda a, b: a @ b.mT)
    weights = scores + marks.something(scores.reach.shape)
    if call["attn_mask"] is not None:
        weights = weights + call["attn_mask"].value.expand(scores.reach.shape)
    weights = weights.map(lambda mark: mark.mean(-1, keepdim=True).expand_as(mark))
    return weights.bilinear(value, torch.matmul)


def _channelwise(call: Call, marks: Marks) -> Mark:
    """Pooling and resizing: anything may depend on everything in its channel."""
    dims = tuple(range(-operations.CHANNELWISE[call.name], 0))
    return call[operations.first(call)].value.map(
        lambda mark: mark.mean(dims, keepdim=True).expand(call.result.shape)
    )


def _reduced(call: Call, marks: Marks) -> Mark:
    return call["self"].value.map(lambda mark: call.run({"self": mark}))


def _embedded(call: Call, marks: Marks) -> Mark:
    rows = call["weight"].value.map(lambda mark: mark.mean(0).expand(call.result.shape))
    return rows * call["indices"].value.map(lambda mark: mark.unsqueeze(-1))


def _product(call: Call, marks: Marks) -> Mark | None:
    if not isinstance(call["other"], Argument):
        return call["self"].value
    return call["self"].value * call["other"].value


def _quotient(call: Call, marks: Marks) -> Mark:
    x = call["self"].value
    if not isinstance(call["other"], Argument):
        return x
    other = call["other"].value
    return x * (other + marks.something(other.reach.shape))


def _matrix_product(call: Call, marks: Marks) -> Mark:
    return marks.contracted(call, "self", "mat2" if call["mat2"] is not None else "other")


def _added_product(call: Call, marks: Marks) -> Mark | None:
    left, right = operations.ADDED_PRODUCTS[call.name]
    product = call[left].value.bilinear(call[right].value, torch.matmul)
    return product + call["self"].value.map(lambda mark: torch.broadcast_to(mark, call.result.shape))


def _sloped(call: Call, marks: Marks) -> Mark:
    """PReLU: as pointwise, and the slopes count where the input does."""
    x, slope = call["self"].value, call["weight"].value
    shaped = slope.map(
        lambda mark: (
            operations.channels_first(mark, call.result.dim() - 2) if mark.numel() > 1 else mark.reshape(())
        )
    )
    return x * (shaped + marks.something(shaped.reach.shape))


RULES: Mapping[str, Rule] = {
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "_softmax": _softmax,
    "scaled_dot_product_attention": _attention,
    "embedding": _embedded,
    "mul": _product,
    "div": _quotient,
    "matmul": _matrix_product,
    "bmm": _matrix_product,
    "mm": _matrix_product,
    "addmm": _added_product,
    "baddbmm": _added_product,
    "prelu": _sloped,
    **dict.fromkeys(operations.CHANNELWISE, _channelwise),
    **dict.fromkeys(("mean", "sum"), _reduced),
}
