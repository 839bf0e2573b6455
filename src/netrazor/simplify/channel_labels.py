"""Labels in place of numbers: every activation carries the label of the unit that it belongs to.

An operation that moves numbers moves labels; one that brings two units together makes their labels one, so labels
form disjoint sets. What each operation does is said by the rules (`netrazor.simplify.channel_rules`); what no rule
understands is fixed, and so is everything that it touches.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx

from netrazor.simplify import operations
from netrazor.simplify.graph import Call

FIXED = 0  # the label of what stays in its place
PADDED = -1  # the label of zeros that padding adds, which are the same for every unit


@dataclass(frozen=True)
class Leaf:
    """A piece of state that no operation has touched yet, but for the transposition of a matrix."""

    node: fx.Node
    tensor: Tensor
    transposed: bool = False


class Labels:
    """The algebra of labels: disjoint sets of labels, each the label of one unit.

    Attributes:
        axes: labels of the positions along the axes of pieces of state.
        elements: labels of each element of the state that is used like an activation.
        reading: the axes along which a weight reads units.
        marks: what sets the units apart, by label: the number of a call, and what it said of the unit.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules
        self.parent = [FIXED]
        self.axes: dict[fx.Node, dict[int, np.ndarray]] = defaultdict(dict)
        self.elements: dict[fx.Node, Tensor] = {}
        self.reading: set[tuple[fx.Node, int]] = set()
        self.marks: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.calls = itertools.count()

    # Labels of state, constants and inputs.

    def leaf(self, node: fx.Node, tensor: Tensor) -> Leaf:
        return Leaf(node, tensor)

    def constant(self, tensor: Tensor) -> Tensor:
        return torch.full(tensor.shape, FIXED)

    input = constant

    def output(self, values: list[Any]) -> None:
        for value in values:
            self.fix(self.of(value))

    def of(self, value: Tensor | Leaf) -> Tensor:
        """The labels of an activation; state that is used like one gets a label for each element."""
        if isinstance(value, Tensor):
            return value
        if value.node not in self.elements:
            single = value.tensor.numel() <= 1 or not value.tensor.dtype.is_floating_point
            shape = value.tensor.shape
            labels = torch.full(shape, FIXED) if single else self.fresh(value.tensor.numel()).view(shape)
            self.elements[value.node] = labels
        labels = self.elements[value.node]
        return labels.mT if value.transposed else labels

    def axis(self, leaf: Leaf, axis: int) -> Tensor:
        """The labels of the positions along one axis of a piece of state."""
        axis = 1 - axis if leaf.transposed else axis
        axes = self.axes[leaf.node]
        if axis not in axes:
            axes[axis] = self.fresh(leaf.tensor.shape[axis]).numpy()
        return torch.from_numpy(axes[axis])

    def fresh(self, number: int) -> Tensor:
        start = len(self.parent)
        self.parent.extend(range(start, start + number))
        return torch.arange(start, start + number)

    # Disjoint sets.

    def find(self, label: int) -> int:
        while self.parent[label] != label:
            self.parent[label] = self.parent[self.parent[label]]
            label = self.parent[label]
        return label

    def roots(self, labels: Tensor) -> Tensor:
        """The representative of each label."""
        (compact,) = _compact(labels)
        distinct, inverse = torch.unique(compact, return_inverse=True)
        found = [label if label < 0 else self.find(label) for label in distinct.tolist()]
        return torch.tensor(found, dtype=torch.int64)[inverse].view(compact.shape).expand(labels.shape)

    def unite(self, first: Tensor, second: Tensor) -> None:
        """Make the units of corresponding labels one; what is united with something fixed is fixed."""
        pairs = torch.stack([labels.reshape(-1) for labels in _compact(first, second)])
        for a, b in torch.unique(pairs, dim=1).T.tolist():
            roots = sorted((self.find(max(a, FIXED)), self.find(max(b, FIXED))))
            self.parent[roots[1]] = roots[0]

    def fix(self, labels: Tensor) -> None:
        self.unite(labels, torch.full_like(labels, FIXED))

    def distinguish(self, labels: Tensor, by: Tensor) -> None:
        """Units stay apart unless ``by`` (of the same shape) says the same of each in the order of its labels."""
        call = next(self.calls)
        labels, by = self.roots(labels).reshape(-1), by.reshape(-1)
        order = torch.argsort(labels, stable=True)
        units, sizes = torch.unique_consecutive(labels[order], return_counts=True)
        for unit, said in zip(units.tolist(), torch.split(by[order], sizes.tolist()), strict=True):
            if unit > FIXED:
                self.marks[unit].append((call, hash(said.numpy().tobytes())))

    # Operations.

    def apply(self, call: Call) -> Any:
        try:
            labels = self.rules[call.name](self, call) if call.name in self.rules else None
        except operations.MISFITS:
            labels = None
        if labels is not None:
            return labels
        for _, argument in call.tensors():
            self.freeze(argument.value)
        return _map_tensors(call.result, lambda tensor: torch.full(tensor.shape, FIXED))

    def freeze(self, value: Tensor | Leaf) -> None:
        """Fix all units of ``value``; nothing of a piece of state that is not understood may move."""
        if isinstance(value, Tensor):
            self.fix(value)
        else:
            for axis in range(value.tensor.dim()):
                self.fix(self.axis(value, axis))


def _compact(*labels: Tensor) -> list[Tensor]:
    """Labels of one shape without the repetitions that all of them have along whole axes."""
    for axis, size in enumerate(labels[0].shape):
        if size > 1 and all(tensor.stride(axis) == 0 for tensor in labels):
            labels = tuple(tensor.narrow(axis, 0, 1) for tensor in labels)
    return list(labels)


def _map_tensors(result: Any, function: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(result, (list, tuple)):
        return [_map_tensors(item, function) for item in result]
    return function(result) if isinstance(result, Tensor) else None


Rule = Callable[[Labels, Call], Any]  # the labels of the result, or None where it is not understood
