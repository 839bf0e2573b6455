"""Which elements of a network's state lie on a path, and which activations vary with the input.

Both are interpretations of the graph with liveness of 0 and 1 in place of numbers. What the output needs, going
backwards, is the gradient of that interpretation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx

from netrazor.simplify.interpretation import Call, interpret
from netrazor.simplify.liveness import Liveness, LivenessDomain, may_be_nonzero
from netrazor.simplify.liveness_rules import RULES
from netrazor.simplify.traced_graph import Graph


@torch.inference_mode(False)
@torch.enable_grad()
def find_live_elements(graph: Graph) -> dict[fx.Node, Tensor]:
    """For each floating-point tensor of the state, booleans: true where a path leads to the output.

    An element is dead where it is zero, where what it multiplies is zero whatever the input, or where its result
    reaches no output. Setting all dead elements to zero leaves the function as it is.
    """
    domain = _PathLiveness()
    interpret(graph, domain)
    state = {node: live for node, live in domain.state.items() if live.requires_grad}
    total = sum(output.sum() for output in domain.outputs)
    if not state or not isinstance(total, Tensor) or not total.requires_grad:
        return {node: torch.zeros_like(live, dtype=torch.bool) for node, live in state.items()}
    needed = torch.autograd.grad(total, list(state.values()), allow_unused=True)
    return {
        node: torch.zeros_like(live, dtype=torch.bool) if grad is None else (grad > 0) & (live > 0)
        for (node, live), grad in zip(state.items(), needed, strict=True)
    }


class _PathLiveness(LivenessDomain):
    """Live is what may differ from zero; gradients flow back to the state."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.state: dict[fx.Node, Tensor] = {}
        self.outputs: list[Tensor] = []

    def abstract_state(self, node: fx.Node, tensor: Tensor) -> Liveness:
        live = may_be_nonzero(tensor).requires_grad_(tensor.dtype.is_floating_point)
        self.state[node] = live
        return Liveness.of_nonzeros(live)

    def receive_outputs(self, values: list[Liveness]) -> None:
        self.outputs = [value.live for value in values]

    def normalize(self, liveness: Liveness) -> Liveness:
        return Liveness.of_nonzeros(_apply_sign(liveness.live))


class InputDependence(LivenessDomain):
    """Live is what may vary with the input; everything else is a constant of the network.

    ``visit`` is called with every operation before its result is given a value.
    """

    constants_are_live = False

    def __init__(self, visit: Callable[[Call], None]) -> None:
        super().__init__(RULES)
        self.visit = visit

    def abstract_state(self, node: fx.Node, tensor: Tensor) -> Liveness:
        nonzero = may_be_nonzero(tensor)
        return Liveness(torch.zeros_like(nonzero), nonzero)

    def apply(self, call: Call) -> Any:
        self.visit(call)
        return super().apply(call)

    def normalize(self, liveness: Liveness) -> Liveness:
        return Liveness((liveness.live > 0).float(), torch.ones_like(liveness.live))


def _apply_sign(live: Tensor) -> Tensor:
    signs: Tensor = _Sign.apply(live)  # type: ignore[no-untyped-call]
    return signs


class _Sign(torch.autograd.Function):
    """0 or 1 in place of a number of paths, forwards and backwards, so that no number of paths overflows."""

    @staticmethod
    def forward(ctx: Any, live: Tensor) -> Tensor:
        return (live > 0).to(live.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return (grad > 0).to(grad.dtype)
