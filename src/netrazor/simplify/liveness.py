"""Liveness in place of numbers: whether a number may differ from zero, or may vary with the input.

Liveness is a non-negative number, positive where the property may hold, so that sums and products of liveness follow
those of the numbers. An operation may overstate what is live, never understate it: one that is not known makes
everything depend on everything. The known ones have rules (`netrazor.simplify.liveness_rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from netrazor.simplify import operations
from netrazor.simplify.interpretation import Argument, Call, map_arguments


@dataclass(frozen=True)
class Liveness:
    """The liveness of the numbers of one tensor.

    Attributes:
        live: positive where the property that the domain asks about may hold.
        nonzero: positive where a number may differ from zero, so that what it multiplies has an effect.
    """

    live: Tensor
    nonzero: Tensor

    @classmethod
    def of_nonzeros(cls, nonzero: Tensor) -> Liveness:
        """Numbers that are live exactly where they may differ from zero."""
        return cls(nonzero, nonzero)

    @property
    def is_single(self) -> bool:
        """Whether both are the same tensor, so that nothing need be computed twice."""
        return self.live is self.nonzero

    def __add__(self, other: Liveness) -> Liveness:
        if self.is_single and other.is_single:
            return Liveness.of_nonzeros(self.live + other.live)
        return Liveness(self.live + other.live, self.nonzero + other.nonzero)

    def __mul__(self, other: Liveness) -> Liveness:
        return self.multiply(other, torch.mul)

    def multiply(self, other: Liveness, product: Callable[[Tensor, Tensor], Tensor]) -> Liveness:
        """A bilinear product: each factor has an effect where the other may differ from zero."""
        if self.is_single and other.is_single:
            return Liveness.of_nonzeros(product(self.live, other.live))
        live = product(self.live, other.nonzero) + product(self.nonzero, other.live)
        return Liveness(live, product(self.nonzero, other.nonzero))

    def map(self, function: Callable[[Tensor], Tensor]) -> Liveness:
        """A linear map with non-negative coefficients, on both tensors."""
        if self.is_single:
            return Liveness.of_nonzeros(function(self.live))
        return Liveness(function(self.live), function(self.nonzero))

    def spread(self, shape: torch.Size) -> Liveness:
        """Every number of a tensor of ``shape`` depends on all of these numbers."""
        return self.map(lambda tensor: tensor.mean().expand(shape))


class LivenessDomain:
    """How operations act on liveness; a subclass says what is live at first.

    Attributes:
        constants_are_live: whether a constant that is not zero is live.
    """

    constants_are_live = True

    def __init__(self, rules: Mapping[str, LivenessRule]) -> None:
        self.rules = rules

    def abstract_state(self, node: fx.Node, tensor: Tensor) -> Liveness:
        raise NotImplementedError

    def abstract_constant(self, tensor: Tensor) -> Liveness:
        nonzero = may_be_nonzero(tensor)
        return Liveness.of_nonzeros(nonzero) if self.constants_are_live else Liveness(0 * nonzero, nonzero)

    def abstract_input(self, tensor: Tensor) -> Liveness:
        return Liveness.of_nonzeros(torch.ones(tensor.shape))

    def receive_outputs(self, values: list[Liveness]) -> None:
        """Take the liveness of the outputs."""

    def normalize(self, liveness: Liveness) -> Liveness:
        """Bring the liveness of a result back to 0 and 1."""
        raise NotImplementedError

    def apply(self, call: Call) -> Any:
        if isinstance(call.result, Tensor):
            return self.normalize(self._apply_rule_or_mix(call))
        if call.name in operations.REARRANGING:
            return self._rearrange(call)
        return [self._mix(call, part.shape) if isinstance(part, Tensor) else None for part in call.result]

    def make_nonzero(self, shape: torch.Size) -> Liveness:
        """A constant tensor of ``shape`` without zeros."""
        ones = torch.ones(shape)
        if self.constants_are_live:
            return Liveness.of_nonzeros(ones)
        return Liveness(torch.zeros(shape), ones)

    def contract(self, call: Call, left: str, right: str, bias: str | None = None) -> Liveness:
        """A bilinear operation, run on the liveness of its factors in place of the numbers."""
        none = {bias: None} if bias else {}
        factor: Liveness = call[left].value
        product = factor.multiply(call[right].value, lambda a, b: call.run({left: a, right: b} | none))
        if bias is None or call[bias] is None:
            return product
        summand: Liveness = call[bias].value.map(lambda tensor: _broadcast_bias(tensor, call))
        return product + summand

    def _apply_rule_or_mix(self, call: Call) -> Liveness:
        shape = call.result.shape
        try:
            liveness = self._apply_rule(call)
        except operations.RULE_ERRORS:
            return self._mix(call, shape)
        return liveness if liveness.live.shape == shape else self._mix(call, shape)

    def _apply_rule(self, call: Call) -> Liveness:
        name = call.name
        if name in operations.REARRANGING:
            moved: Liveness = self._rearrange(call)
            return moved
        if name in operations.CONVOLUTIONS or name == "linear":
            return self.contract(call, "input", "weight", bias="bias")
        if name in self.rules:
            liveness = self.rules[name](call, self)
            if liveness is not None:
                return liveness
        if name in operations.POINTWISE:
            return self._add_pointwise(call, operations.POINTWISE[name](call))
        return self._mix(call, call.result.shape)

    def _rearrange(self, call: Call) -> Any:
        """Run an operation that only rearranges numbers on their liveness; what indexes them counts too."""
        data = operations.REARRANGING[call.name]
        padding = {"value": float(bool(call["value"]))} if call.name in operations.PADDING else {}

        def run_on(select: Callable[[Argument], Tensor]) -> Any:
            return call.run({data: map_arguments(call[data], select)} | padding)

        indices: list[Liveness] = [argument.value for name, argument in call.tensors() if name != data]
        live = run_on(lambda argument: argument.value.live)
        single = all(argument.value.is_single for name, argument in call.tensors() if name == data)
        nonzero = live if single else run_on(lambda argument: argument.value.nonzero)
        if isinstance(call.result, Tensor):
            return self._index_by(Liveness(live, nonzero), indices)
        return [self._index_by(Liveness(*pair), indices) for pair in zip(live, nonzero, strict=True)]

    def _add_pointwise(self, call: Call, keeps_zero: bool) -> Liveness:
        """The sum over the arguments, and a constant where zeros do not give zero."""
        shape = call.result.shape
        total = Liveness.of_nonzeros(torch.zeros(shape)) if keeps_zero else self.make_nonzero(shape)
        for _, argument in call.tensors():
            total = total + argument.value.map(lambda tensor: torch.broadcast_to(tensor, shape))
        return total

    def _mix(self, call: Call, shape: torch.Size) -> Liveness:
        """Every number of the result may depend on every number of the arguments."""
        total = self.make_nonzero(shape)
        for _, argument in call.tensors():
            total = total + argument.value.spread(shape)
        return total

    def _index_by(self, liveness: Liveness, indices: list[Liveness]) -> Liveness:
        """``liveness`` of numbers that were chosen by ``indices``, and depend on all of these where not zero."""
        for index in indices:
            shape = liveness.live.shape
            liveness = liveness * (self.make_nonzero(shape) + index.spread(shape))
        return liveness


def may_be_nonzero(tensor: Tensor) -> Tensor:
    """1 where a number is not zero, float32; integers and booleans may be indices, so all of theirs count."""
    if tensor.dtype.is_floating_point:
        return (tensor != 0).float()
    return torch.ones(tensor.shape)


def _broadcast_bias(tensor: Tensor, call: Call) -> Tensor:
    """A vector over the output channels, shaped to be added to the result of ``call``."""
    if call.name == "linear":
        return tensor
    return operations.broadcast_channels(tensor, operations.CONVOLUTIONS[call.name])


# Gives the liveness of the result, or None where the rule does not cover the call.
LivenessRule = Callable[[Call, LivenessDomain], Liveness | None]
