"""Which elements of a network's state lie on a path, and which activations depend on the input.

Both are interpretations of the graph in which a number is replaced by whether it may differ from zero (or
from a constant). Sums and products of such marks are those of non-negative numbers, kept to 0 and 1; the way
back, from the output to what it needs, is the gradient. What an operation does to marks may overstate, never
understate: an operation that is not known mixes everything with everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from netrazor.compress import operations
from netrazor.compress.graph import Argument, Call, Graph, interpret, map_arguments


@dataclass(frozen=True)
class Mark:
    """``reach``: the mark; ``gain``: whether the number may differ from zero when it multiplies another."""

    reach: Tensor
    gain: Tensor

    def __add__(self, other: Mark) -> Mark:
        if self.is_one and other.is_one:
            return _one(self.reach + other.reach)
        return Mark(self.reach + other.reach, self.gain + other.gain)

    def __mul__(self, other: Mark) -> Mark:
        return self.bilinear(other, torch.mul)

    @property
    def is_one(self) -> bool:
        """Whether both are the same tensor, so that nothing is computed twice."""
        return self.reach is self.gain

    def bilinear(self, other: Mark, product: Callable[[Tensor, Tensor], Tensor]) -> Mark:
        """A product of numbers depends on each factor where the other may differ from zero."""
        if self.is_one and other.is_one:
            return _one(product(self.reach, other.reach))
        reach = product(self.reach, other.gain) + product(self.gain, other.reach)
        return Mark(reach, product(self.gain, other.gain))

    def map(self, function: Callable[[Tensor], Tensor]) -> Mark:
        """The same linear map, of non-negative coefficients, on both."""
        return _one(function(self.reach)) if self.is_one else Mark(function(self.reach), function(self.gain))

    def expand(self, shape: torch.Size) -> Mark:
        """The mean over everything, spread out over ``shape``."""
        return self.map(lambda mark: mark.mean().expand(shape))


def _one(mark: Tensor) -> Mark:
    return Mark(mark, mark)


@torch.inference_mode(False)
@torch.enable_grad()
def live_elements(graph: Graph) -> dict[fx.Node, Tensor]:
    """For each floating-point leaf of ``graph``, a boolean tensor: true where a path leads to the output.

    An element is dead where it is zero, where what it multiplies is zero whatever the input, or where the
    result reaches no output. Setting all dead elements to zero leaves the function as it is.
    """
    algebra = _Paths()
    interpret(graph, algebra)
    leaves = {node: mark for node, mark in algebra.leaves.items() if mark.requires_grad}
    total = sum(output.sum() for output in algebra.outputs)
    if not leaves or not isinstance(total, Tensor) or not total.requires_grad:
        return {node: torch.zeros_like(mark, dtype=torch.bool) for node, mark in leaves.items()}
    needed = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return {
        node: torch.zeros_like(mark, dtype=torch.bool) if grad is None else (grad > 0) & (mark > 0)
        for (node, mark), grad in zip(leaves.items(), needed, strict=True)
    }


class _Marks:
    """What the two algebras have in common: the rules of the operations."""

    source = 1.0  # the mark of a constant that is not zero

    def apply(self, call: Call) -> Any:
        if isinstance(call.result, Tensor):
            return self._kept(self._fitting_rule(call))
        if call.name in operations.MOVES:
            return self._moved(call)
        return [self._mixed(call, part.shape) if isinstance(part, Tensor) else None for part in call.result]

    def _fitting_rule(self, call: Call) -> Mark:
        try:
            mark = self._rule(call)
        except operations.MISFITS:
            return self._mixed(call, call.result.shape)
        return mark if mark.reach.shape == call.result.shape else self._mixed(call, call.result.shape)

    def constant(self, tensor: Tensor) -> Mark:
        present = _present(tensor)
        return _one(present) if self.source else Mark(0 * present, present)

    def _rule(self, call: Call) -> Mark:
        name, shape = call.name, call.result.shape
        if name in operations.MOVES:
            return self._moved(call)
        if name in operations.CONVOLUTIONS or name == "linear":
            return self._contracted(call, "input", "weight", bias="bias")
        if name in _RULES:
            rule = _RULES[name](call, self)
            if rule is not None:
                return rule
        if name in operations.POINTWISE:
            return self._pointwise(call, operations.POINTWISE[name](call))
        return self._mixed(call, shape)

    def _contracted(self, call: Call, left: str, right: str, bias: str | None = None) -> Mark:
        """A bilinear operation, run on the marks in place of the numbers."""
        none = {bias: None} if bias else {}
        product = call[left].value.bilinear(
            call[right].value, lambda a, b: call.run({left: a, right: b} | none)
        )
        if bias is None or call[bias] is None:
            return product
        return product + call[bias].value.map(lambda mark: _along_channels(mark, call))

    def _moved(self, call: Call) -> Any:
        """An operation that only moves numbers, run on the marks; what says where to is needed too."""
        data = operations.MOVES[call.name]
        padding = {"value": float(bool(call["value"]))} if call.name in operations.PADS else {}

        def moved(part: str) -> Any:
            marks = map_arguments(call[data], lambda argument: getattr(argument.value, part))
            return call.run({data: marks} | padding)

        others = [argument.value for name, argument in call.tensors() if name != data]
        if all(argument.value.is_one for name, argument in call.tensors() if name == data):
            reach = gain = moved("reach")
        else:
            reach, gain = moved("reach"), moved("gain")
        if isinstance(call.result, Tensor):
            return self._with(Mark(reach, gain), others)
        return [self._with(Mark(*pair), others) for pair in zip(reach, gain, strict=True)]

    def _pointwise(self, call: Call, *keeps_zero: bool) -> Mark:
        """A sum over the arguments, plus a constant unless zeros give zero."""
        shape = call.result.shape
        total = self._nothing(shape) if all(keeps_zero) else self._something(shape)
        for _, argument in call.tensors():
            total = total + argument.value.map(lambda mark: torch.broadcast_to(mark, shape))
        return total

    def _mixed(self, call: Call, shape: torch.Size) -> Mark:
        """Anything may depend on everything."""
        total = self._something(shape)
        for _, argument in call.tensors():
            total = total + argument.value.expand(shape)
        return total

    def _with(self, mark: Mark, others: list[Mark]) -> Mark:
        """``mark``, whose numbers also depend on all of ``others`` where they are not zero anyway."""
        for other in others:
            mark = mark * (self._something(mark.reach.shape) + other.expand(mark.reach.shape))
        return mark

    def _something(self, shape: torch.Size) -> Mark:
        ones = torch.ones(shape)
        return _one(ones) if self.source else Mark(torch.zeros(shape), ones)

    def _nothing(self, shape: torch.Size) -> Mark:
        return _one(torch.zeros(shape))

    def _kept(self, mark: Mark) -> Mark:
        raise NotImplementedError


class _Paths(_Marks):
    """Marks numbers that may differ from zero; gradients flow back to the state."""

    def __init__(self) -> None:
        self.leaves: dict[fx.Node, Tensor] = {}
        self.outputs: list[Tensor] = []

    def leaf(self, node: fx.Node, tensor: Tensor) -> Mark:
        mark = _present(tensor).requires_grad_(tensor.dtype.is_floating_point)
        self.leaves[node] = mark
        return _one(mark)

    def input(self, tensor: Tensor) -> Mark:
        return _one(torch.ones(tensor.shape))

    def output(self, values: list[Mark]) -> None:
        self.outputs = [value.reach for value in values]

    def _kept(self, mark: Mark) -> Mark:
        return _one(_Sign.apply(mark.reach))


class Varying(_Marks):
    """Marks numbers that may vary with the input; what is not marked is a constant of the network.

    ``seen`` is called with every operation before its result is marked.
    """

    source = 0.0

    def __init__(self, seen: Callable[[Call], None]) -> None:
        self.seen = seen

    def leaf(self, node: fx.Node, tensor: Tensor) -> Mark:
        present = _present(tensor)
        return Mark(torch.zeros_like(present), present)

    def input(self, tensor: Tensor) -> Mark:
        return _one(torch.ones(tensor.shape))

    def output(self, values: list[Mark]) -> None:
        """Nothing is asked of the outputs."""

    def apply(self, call: Call) -> Any:
        self.seen(call)
        return super().apply(call)

    def _kept(self, mark: Mark) -> Mark:
        return Mark((mark.reach > 0).float(), torch.ones_like(mark.reach))


class _Sign(torch.autograd.Function):
    """0 or 1 in place of a sum of paths, forward and backward, so that no number of paths overflows."""

    @staticmethod
    def forward(ctx: Any, mark: Tensor) -> Tensor:
        return (mark > 0).to(mark.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return (grad > 0).to(grad.dtype)


def _present(tensor: Tensor) -> Tensor:
    """1 where a number is not zero; whole numbers and booleans may say where, so all of theirs count."""
    if tensor.dtype.is_floating_point:
        return (tensor != 0).float()
    return torch.ones(tensor.shape)


def _along_channels(mark: Tensor, call: Call) -> Tensor:
    """A mark per channel (the bias, say), shaped to be added to the result of ``call``."""
    if call.name == "linear":
        return mark
    return operations.channels_first(mark, operations.CONVOLUTIONS[call.name])


def _affine(call: Call, normalized: Mark, shaped: Callable[[Tensor], Tensor]) -> Mark:
    if call["weight"] is not None:
        normalized = normalized * call["weight"].value.map(shaped)
    if call["bias"] is not None:
        normalized = normalized + call["bias"].value.map(shaped)
    return normalized


def _batch_norm(call: Call, marks: _Marks) -> Mark | None:
    if call["running_mean"] is None or call["training"]:
        return None

    def shaped(mark: Tensor) -> Tensor:
        return mark.view(1, -1, *[1] * (call["input"].tensor.dim() - 2))

    centred = call["input"].value + call["running_mean"].value.map(shaped)
    variance = call["running_var"].value.map(shaped)
    scaled = centred * (marks._something(variance.reach.shape) + variance)
    return _affine(call, scaled, shaped)


def _layer_norm(call: Call, marks: _Marks) -> Mark:
    dims = tuple(range(-len(call["normalized_shape"]), 0))
    mixed = call["input"].value.map(lambda mark: mark.mean(dims, keepdim=True).expand_as(mark))
    return _affine(call, mixed, lambda mark: mark)


def _group_norm(call: Call, marks: _Marks) -> Mark:
    x = call["input"].value
    examples = len(x.reach)
    groups = call["num_groups"]

    def mixed(mark: Tensor) -> Tensor:
        grouped = mark.reshape(examples, groups, -1)
        return grouped.mean(-1, keepdim=True).expand_as(grouped).reshape(mark.shape)

    return _affine(call, x.map(mixed), lambda mark: operations.channels_first(mark, call.result.dim() - 2))


def _softmax(call: Call, marks: _Marks) -> Mark:
    mixed = call["self"].value.map(lambda mark: mark.mean(call["dim"], keepdim=True).expand_as(mark))
    return mixed + marks._something(call.result.shape)


def _attention(call: Call, marks: _Marks) -> Mark | None:
    if call["enable_gqa"]:
        return None
    query, key, value = (call[name].value for name in ("query", "key", "value"))
    scores = query.bilinear(key, lambda a, b: a @ b.mT)
    weights = scores + marks._something(scores.reach.shape)
    if call["attn_mask"] is not None:
        weights = weights + call["attn_mask"].value.expand(scores.reach.shape)
    weights = weights.map(lambda mark: mark.mean(-1, keepdim=True).expand_as(mark))
    return weights.bilinear(value, torch.matmul)


def _channelwise(call: Call, marks: _Marks) -> Mark:
    """Pooling and resizing: anything may depend on everything in its channel."""
    dims = tuple(range(-operations.CHANNELWISE[call.name], 0))
    return call[operations.first(call)].value.map(
        lambda mark: mark.mean(dims, keepdim=True).expand(call.result.shape)
    )


def _reduced(call: Call, marks: _Marks) -> Mark:
    return call["self"].value.map(lambda mark: call.run({"self": mark}))


def _embedded(call: Call, marks: _Marks) -> Mark:
    rows = call["weight"].value.map(lambda mark: mark.mean(0).expand(call.result.shape))
    return rows * call["indices"].value.map(lambda mark: mark.unsqueeze(-1))


def _product(call: Call, marks: _Marks) -> Mark | None:
    if not isinstance(call["other"], Argument):
        return call["self"].value
    return call["self"].value * call["other"].value


def _quotient(call: Call, marks: _Marks) -> Mark:
    x = call["self"].value
    if not isinstance(call["other"], Argument):
        return x
    other = call["other"].value
    return x * (other + marks._something(other.reach.shape))


def _matrix_product(call: Call, marks: _Marks) -> Mark:
    return marks._contracted(call, "self", "mat2" if call["mat2"] is not None else "other")


def _added_product(call: Call, marks: _Marks) -> Mark | None:
    left, right = operations.ADDED_PRODUCTS[call.name]
    product = call[left].value.bilinear(call[right].value, torch.matmul)
    return product + call["self"].value.map(lambda mark: torch.broadcast_to(mark, call.result.shape))


def _sloped(call: Call, marks: _Marks) -> Mark:
    """PReLU: as pointwise, and the slopes count where the input does."""
    x, slope = call["self"].value, call["weight"].value
    shaped = slope.map(
        lambda mark: (
            operations.channels_first(mark, call.result.dim() - 2) if mark.numel() > 1 else mark.reshape(())
        )
    )
    return x * (shaped + marks._something(shaped.reach.shape))


_RULES: dict[str, Callable[[Call, _Marks], Mark | None]] = {
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
