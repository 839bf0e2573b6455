"""Which elements of a network's state lie on a path, and which activations depend on the input.

Both are interpretations of the graph in which a number is replaced by a mark, kept to 0 and 1; the way back, from
the output to what it needs, is the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx

from netrazor.simplify.graph import Call, Graph, interpret
from netrazor.simplify.liveness import Mark, Marks, one, present
from netrazor.simplify.liveness_rules import RULES


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


class _Paths(Marks):
    """Marks numbers that may differ from zero; gradients flow back to the state."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.leaves: dict[fx.Node, Tensor] = {}
        self.outputs: list[Tensor] = []

    def leaf(self, node: fx.Node, tensor: Tensor) -> Mark:
        mark = present(tensor).requires_grad_(tensor.dtype.is_floating_point)
        self.leaves[node] = mark
        return one(mark)

    def input(self, tensor: Tensor) -> Mark:
        return one(torch.ones(tensor.shape))

    def output(self, values: list[Mark]) -> None:
        self.outputs = [value.reach for value in values]

    def kept(self, mark: Mark) -> Mark:
        return one(_Sign.apply(mark.reach))


class Varying(Marks):
    """Marks numbers that may vary with the input; what is not marked is a constant of the network.

    ``seen`` is called with every operation before its result is marked.
    """

    source = 0.0

    def __init__(self, seen: Callable[[Call], None]) -> None:
        super().__init__(RULES)
        self.seen = seen

    def leaf(self, node: fx.Node, tensor: Tensor) -> Mark:
        mark = present(tensor)
        return Mark(torch.zeros_like(mark), mark)

    def input(self, tensor: Tensor) -> Mark:
        return one(torch.ones(tensor.shape))

    def output(self, values: list[Mark]) -> None:
        """Nothing is asked of the outputs."""

    def apply(self, call: Call) -> Any:
        self.seen(call)
        return super().apply(call)

    def kept(self, mark: Mark) -> Mark:
        return Mark((mark.reach > 0).float(), torch.ones_like(mark.reach))


class _Sign(torch.autograd.Function):
    """0 or 1 in place of a sum of paths, forward and backward, so that no number of paths overflows."""

    @staticmethod
    def forward(ctx: Any, mark: Tensor) -> Tensor:
        return (mark > 0).to(mark.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return (grad > 0).to(grad.dtype)
