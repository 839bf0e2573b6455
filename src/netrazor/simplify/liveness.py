"""Marks in place of numbers: whether a number may differ from zero, or from a constant.

Sums and products of such marks are those of non-negative numbers. What an operation does to marks may overstate,
never understate: an operation that is not known mixes everything with everything. What the known ones do is said
by the rules (`netrazor.simplify.liveness_rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from netrazor.simplify import operations
from netrazor.simplify.graph import Call, map_arguments


@dataclass(frozen=True)
class Mark:
    """``reach``: the mark; ``gain``: whether the number may differ from zero when it multiplies another."""

    reach: Tensor
    gain: Tensor

    def __add__(self, other: Mark) -> Mark:
        if self.is_one and other.is_one:
            return one(self.reach + other.reach)
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
            return one(product(self.reach, other.reach))
        reach = product(self.reach, other.gain) + product(self.gain, other.reach)
        return Mark(reach, product(self.gain, other.gain))

    def map(self, function: Callable[[Tensor], Tensor]) -> Mark:
        """The same linear map, of non-negative coefficients, on both."""
        return one(function(self.reach)) if self.is_one else Mark(function(self.reach), function(self.gain))

    def expand(self, shape: torch.Size) -> Mark:
        """The mean over everything, spread out over ``shape``."""
        return self.map(lambda mark: mark.mean().expand(shape))


def one(mark: Tensor) -> Mark:
    return Mark(mark, mark)


class Marks:
    """What the algebras of marks have in common: how operations act on them."""

    source = 1.0  # the mark of a constant that is not zero

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules

    def apply(self, call: Call) -> Any:
        if isinstance(call.result, Tensor):
            return self.kept(self._fitting_rule(call))
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
        mark = present(tensor)
        return one(mark) if self.source else Mark(0 * mark, mark)

    def _rule(self, call: Call) -> Mark:
        name, shape = call.name, call.result.shape
        if name in operations.MOVES:
            return self._moved(call)
        if name in operations.CONVOLUTIONS or name == "linear":
            return self.contracted(call, "input", "weight", bias="bias")
        if name in self.rules:
            rule = self.rules[name](call, self)
            if rule is not None:
                return rule
        if name in operations.POINTWISE:
            return self._pointwise(call, operations.POINTWISE[name](call))
        return self._mixed(call, shape)

    def contracted(self, call: Call, left: str, right: str, bias: str | None = None) -> Mark:
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
        total = self._nothing(shape) if all(keeps_zero) else self.something(shape)
        for _, argument in call.tensors():
            total = total + argument.value.map(lambda mark: torch.broadcast_to(mark, shape))
        return total

    def _mixed(self, call: Call, shape: torch.Size) -> Mark:
        """Anything may depend on everything."""
        total = self.something(shape)
        for _, argument in call.tensors():
            total = total + argument.value.expand(shape)
        return total

    def _with(self, mark: Mark, others: list[Mark]) -> Mark:
        """``mark``, whose numbers also depend on all of ``others`` where they are not zero anyway."""
        for other in others:
            mark = mark * (self.something(mark.reach.shape) + other.expand(mark.reach.shape))
        return mark

    def something(self, shape: torch.Size) -> Mark:
        ones = torch.ones(shape)
        return one(ones) if self.source else Mark(torch.zeros(shape), ones)

    def _nothing(self, shape: torch.Size) -> Mark:
        return one(torch.zeros(shape))

    def kept(self, mark: Mark) -> Mark:
        raise NotImplementedError


def present(tensor: Tensor) -> Tensor:
    """1 where a number is not zero; whole numbers and booleans may say where, so all of theirs count."""
    if tensor.dtype.is_floating_point:
        return (tensor != 0).float()
    return torch.ones(tensor.shape)


def _along_channels(mark: Tensor, call: Call) -> Tensor:
    """A mark per channel (the bias, say), shaped to be added to the result of ``call``."""
    if call.name == "linear":
        return mark
    return operations.channels_first(mark, operations.CONVOLUTIONS[call.name])


Rule = Callable[[Call, Marks], Mark | None]  # the mark of the result, or None where it is not understood
