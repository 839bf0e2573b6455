"""Interchangeable hidden units of any network, found by following labels through its graph.

Every activation carries, in place of its number, the label of the unit that it belongs to. An operation that
moves numbers moves labels; a sum of two activations makes their units one (a residual stream); a matrix gives
the units that it reads a place on one of its axes, and the units that it makes a place on the other. Two
units may change places when they have the same number of places everywhere and stand in the same relation to
everything that stays (`_Labels.distinguish`). What is not understood is fixed, and so is everything that it
touches.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx

from netrazor.compress import operations
from netrazor.compress.graph import Argument, Call, Graph, interpret, map_arguments

FIXED = 0  # the label of what stays in its place
_PADDED = -1  # the label of zeros that padding adds, which are the same for every unit


@dataclass(frozen=True)
class Place:
    """One axis of a piece of state, and the positions on it of each unit of a group: units x positions each."""

    leaf: fx.Node
    axis: int
    positions: np.ndarray
    reads: bool = False
    """Whether a weight reads the units along this axis, rather than makes, shifts or scales them."""


@dataclass(frozen=True)
class UnitGroup:
    """Units that may be put in any order, with all their places."""

    places: tuple[Place, ...]

    def __len__(self) -> int:
        return len(self.places[0].positions)


def unit_groups(graph: Graph) -> list[UnitGroup]:
    """The groups of interchangeable units of ``graph``, in the order in which the network computes them.

    Reordering the units of a group, which moves whole slices of the state along the axes of its places, leaves
    the function as it is up to rounding.
    """
    labels = _Labels()
    interpret(graph, labels)
    return labels.groups()


class _Labels:
    """The algebra of labels: disjoint sets of labels, each the label of one unit."""

    def __init__(self) -> None:
        self.parent = [FIXED]
        self.axes: dict[fx.Node, dict[int, np.ndarray]] = defaultdict(dict)
        self.elements: dict[fx.Node, Tensor] = {}
        self.reading: set[tuple[fx.Node, int]] = set()
        self.marks: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.calls = itertools.count()

    # Labels of state, constants and inputs.

    def leaf(self, node: fx.Node, tensor: Tensor) -> _Leaf:
        return _Leaf(node, tensor)

    def constant(self, tensor: Tensor) -> Tensor:
        return torch.full(tensor.shape, FIXED)

    input = constant

    def output(self, values: list[Any]) -> None:
        for value in values:
            self.fix(self.of(value))

    def of(self, value: Tensor | _Leaf) -> Tensor:
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

    def axis(self, leaf: _Leaf, axis: int) -> Tensor:
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
            labels = _RULES[call.name](self, call) if call.name in _RULES else None
        except operations.MISFITS:
            labels = None
        if labels is not None:
            return labels
        for _, argument in call.tensors():
            self.freeze(argument.value)
        return _map_tensors(call.result, lambda tensor: torch.full(tensor.shape, FIXED))

    def freeze(self, value: Tensor | _Leaf) -> None:
        """Fix all units of ``value``; nothing of a piece of state that is not understood may move."""
        if isinstance(value, Tensor):
            self.fix(value)
        else:
            for axis in range(value.tensor.dim()):
                self.fix(self.axis(value, axis))

    def groups(self) -> list[UnitGroup]:
        self._reduce_elements()
        places: dict[int, list[tuple[fx.Node, int, np.ndarray]]] = defaultdict(list)
        for node, axes in self.axes.items():
            for axis, labels in sorted(axes.items()):
                roots = self.roots(torch.from_numpy(labels)).numpy()
                for root in np.unique(roots[roots > FIXED]).tolist():
                    places[root].append((node, axis, np.flatnonzero(roots == root)))
        marks: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for label, said in self.marks.items():
            marks[self.find(label)].extend(said)
        alike: dict[Any, list[int]] = defaultdict(list)
        for root, held in places.items():
            kind = tuple((node, axis, len(positions)) for node, axis, positions in held)
            alike[kind, tuple(sorted(marks[root]))].append(root)
        return [self._group([places[root] for root in roots]) for roots in alike.values() if len(roots) > 1]

    def _group(self, units: Sequence[Sequence[tuple[fx.Node, int, np.ndarray]]]) -> UnitGroup:
        ordered = sorted(units, key=lambda held: int(held[0][2][0]))
        places = []
        for held in zip(*ordered, strict=True):
            node, axis, _ = held[0]
            positions = np.stack([positions for _, _, positions in held])
            places.append(Place(node, axis, positions, (node, axis) in self.reading))
        return UnitGroup(tuple(places))

    def _reduce_elements(self) -> None:
        """State used like an activation: its labels as those of one axis, or nothing of it moves."""
        for node, labels in self.elements.items():
            roots = self.roots(labels)
            if not (roots > FIXED).any():
                continue
            for axis in range(roots.dim()):
                along = roots.movedim(axis, 0).reshape(roots.shape[axis], -1)
                if (along == along[:, :1]).all():
                    leaf = _Leaf(node, torch.empty(roots.shape, device="meta"))
                    self.unite(self.axis(leaf, axis), along[:, 0])
                    for other in set(self.axes[node]) - {axis}:
                        self.fix(self.axis(leaf, other))
                    break
            else:
                self.fix(roots)
                self.freeze(_Leaf(node, torch.empty(roots.shape, device="meta")))


@dataclass(frozen=True)
class _Leaf:
    """A piece of state that no operation has touched yet, but for the transposition of a matrix."""

    node: fx.Node
    tensor: Tensor
    transposed: bool = False


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


def _constant_along(space: _Labels, labels: Tensor, dims: tuple[int, ...]) -> Tensor | None:
    """Labels without the axes ``dims`` (kept at size 1), or None where they differ along them."""
    roots = space.roots(labels)
    kept = roots.amax(dims, keepdim=True)
    padded = roots == _PADDED
    if not bool(((roots == kept) | padded).all()):
        return None
    if padded.any():
        space.distinguish(kept.expand_as(roots), padded)
    return kept


def _channels(space: _Labels, labels: Tensor, axis: int) -> Tensor | None:
    """The labels along ``axis`` alone, or None where they differ elsewhere."""
    others = tuple(dim for dim in range(labels.dim()) if dim != axis % labels.dim())
    kept = _constant_along(space, labels, others)
    return None if kept is None else kept.reshape(-1)


def _spread(channels: Tensor, axis: int, shape: torch.Size) -> Tensor:
    """Labels along ``axis``, repeated over ``shape``."""
    view = [1] * len(shape)
    view[axis] = -1
    return channels.view(view).expand(shape)


def _contract(space: _Labels, call: Call, axis: int, reads: int, makes: int) -> Tensor | None:
    """A layer: its weight reads units along ``axis`` of its input and makes new ones."""
    layer = (call["weight"], call["bias"])
    return _layer(space, call["input"], *layer, axis, reads, makes, call.result.shape)


def _layer(
    space: _Labels,
    given: Argument,
    weight: Argument,
    bias: Argument | None,
    axis: int,
    reads: int,
    makes: int,
    shape: torch.Size,
) -> Tensor | None:
    read = _channels(space, space.of(given.value), axis)
    if read is None or not isinstance(weight.value, _Leaf):
        return None
    space.reading.add((weight.value.node, 1 - reads if weight.value.transposed else reads))
    space.unite(space.axis(weight.value, reads), read)
    made = space.axis(weight.value, makes)
    if bias is not None:
        _unite_axis(space, bias.value, made)
    return _spread(made, axis, shape)


def _unite_axis(space: _Labels, value: Tensor | _Leaf, channels: Tensor) -> None:
    """Give a vector of state (a bias, a scale) the units of the channels that it goes with."""
    if isinstance(value, _Leaf) and value.tensor.dim() == 1:
        space.unite(space.axis(value, 0), channels)
    else:
        space.fix(channels)
        space.freeze(value)


def _linear(space: _Labels, call: Call) -> Tensor | None:
    return _contract(space, call, -1, reads=1, makes=0)


def _convolution(space: _Labels, call: Call) -> Tensor | None:
    spatial = operations.CONVOLUTIONS[call.name]
    if call["input"].tensor.dim() != spatial + 2:
        return None
    groups = call["groups"] or 1
    transposed = "transpose" in call.name
    if groups == 1:
        return _contract(space, call, 1, reads=0, makes=1) if transposed else _contract(space, call, 1, 1, 0)
    channels = _channels(space, space.of(call["input"].value), 1)
    weight = call["weight"].value
    depthwise = groups == call["input"].tensor.shape[1] == call.result.shape[1]
    if channels is None or not depthwise or not isinstance(weight, _Leaf):
        return None
    space.unite(space.axis(weight, 0), channels)
    if call["bias"] is not None:
        _unite_axis(space, call["bias"].value, channels)
    return _spread(channels, 1, call.result.shape)


def _batch_norm(space: _Labels, call: Call) -> Tensor | None:
    channels = _channels(space, space.of(call["input"].value), 1)
    if channels is None or call["running_mean"] is None or call["training"]:
        return None
    for name in ("weight", "bias", "running_mean", "running_var"):
        if call[name] is not None:
            _unite_axis(space, call[name].value, channels)
    return space.of(call["input"].value)


def _layer_norm(space: _Labels, call: Call) -> Tensor | None:
    if len(call["normalized_shape"]) != 1:
        return None
    channels = _channels(space, space.of(call["input"].value), -1)
    if channels is None:
        return None
    for name in ("weight", "bias"):
        if call[name] is not None:
            _unite_axis(space, call[name].value, channels)
    return space.of(call["input"].value)


def _group_norm(space: _Labels, call: Call) -> Tensor | None:
    channels = _channels(space, space.of(call["input"].value), 1)
    if channels is None:
        return None
    for name in ("weight", "bias"):
        if call[name] is not None:
            _unite_axis(space, call[name].value, channels)
    group = torch.arange(len(channels)) // (len(channels) // call["num_groups"])
    space.distinguish(channels, group)
    return space.of(call["input"].value)


def _pointwise(space: _Labels, call: Call) -> Tensor | None:
    """A function of each number by itself, or of the corresponding numbers of several."""
    shape = call.result.shape
    operands = [argument.value for _, argument in call.tensors()]
    operands = [torch.broadcast_to(space.of(value), shape) for value in operands]
    units = [space.roots(labels) > FIXED for labels in operands]
    for first, second in itertools.combinations(range(len(operands)), 2):
        if bool(units[first].all()) and bool(units[second].all()):
            space.unite(operands[first], operands[second])
        else:
            both = units[first] & units[second]
            space.unite(operands[first][both], operands[second][both])
            _meet(space, operands[first], units[first] & ~both, operands[second])
            _meet(space, operands[second], units[second] & ~both, operands[first])
    total = operands[0]
    for labels, is_unit in zip(operands[1:], units[1:], strict=True):
        total = torch.where(is_unit, labels, total) if is_unit.any() else total
    return total


def _meet(space: _Labels, labels: Tensor, units: Tensor, fixed: Tensor) -> None:
    """Units that meet different elements of something fixed stay apart; padding is the same for all."""
    if units.any():
        base = [1 if step == 0 else size for step, size in zip(fixed.stride(), fixed.shape, strict=True)]
        numbers = torch.arange(int(np.prod(base))).view(base).expand(fixed.shape)
        numbers = torch.where(fixed == _PADDED, torch.full_like(numbers, -1), numbers)
        space.distinguish(labels[units], numbers[units])


def _sloped(space: _Labels, call: Call) -> Tensor | None:
    slopes = call["weight"]
    if slopes.tensor.numel() > 1:
        channels = _channels(space, space.of(call["self"].value), 1)
        if channels is None:
            return None
        _unite_axis(space, slopes.value, channels)
    return space.of(call["self"].value)


def _moved(space: _Labels, call: Call) -> Any:
    data = operations.MOVES[call.name]
    others = [argument.value for name, argument in call.tensors() if name != data]
    if not all(isinstance(value, _Leaf) and not value.tensor.dtype.is_floating_point for value in others):
        return None  # where to may depend on the input
    whole = call[data].value if isinstance(call[data], Argument) else None
    if isinstance(whole, _Leaf) and call.name in ("t", "numpy_T", "transpose") and whole.tensor.dim() == 2:
        return replace(whole, transposed=not whole.transposed)
    padding = {}
    if call.name in operations.PADS:
        if call["value"] or call["mode"] not in (None, "constant"):
            return None
        padding = {"value": _PADDED}
    labels = map_arguments(call[data], lambda argument: space.of(argument.value))
    return call.run({data: labels} | padding)


def _channelwise(space: _Labels, call: Call) -> Tensor | None:
    labels = space.of(call[operations.first(call)].value)
    kept = _constant_along(space, labels, tuple(range(-operations.CHANNELWISE[call.name], 0)))
    return None if kept is None or not isinstance(call.result, Tensor) else kept.expand(call.result.shape)


def _reduced(space: _Labels, call: Call) -> Tensor | None:
    labels = space.of(call["self"].value)
    dims = call["dim"] if call["dim"] is not None else range(labels.dim())
    kept = _constant_along(space, labels, (dims,) if isinstance(dims, int) else tuple(dims))
    return None if kept is None else kept.reshape(call.result.shape)


def _embedded(space: _Labels, call: Call) -> Tensor | None:
    weight = call["weight"].value
    if not isinstance(weight, _Leaf):
        return None
    space.fix(space.axis(weight, 0))
    return space.axis(weight, 1).expand(call.result.shape)


def _softmax(space: _Labels, call: Call) -> Tensor | None:
    labels = space.roots(space.of(call["self"].value))
    return None if (labels > FIXED).any() else labels


def _matrix_product(space: _Labels, call: Call) -> Tensor | None:
    right = "mat2" if call["mat2"] is not None else "other"
    if isinstance(call[right].value, _Leaf) and call[right].tensor.dim() == 2:
        return _layer(space, call["self"], call[right], None, -1, 0, 1, call.result.shape)
    a, b = space.of(call["self"].value), space.of(call[right].value)
    return _product(space, a, b, call.result.shape) if min(a.dim(), b.dim()) >= 2 else None


def _added_product(space: _Labels, call: Call) -> Tensor | None:
    return _layer(space, call["mat1"], call["mat2"], call["self"], -1, 0, 1, call.result.shape)


def _attention(space: _Labels, call: Call) -> Tensor | None:
    mask = call["attn_mask"]
    if call["enable_gqa"] or (mask is not None and bool((space.of(mask.value) != FIXED).any())):
        return None
    query, key, value = (space.of(call[name].value) for name in ("query", "key", "value"))
    scores = _product(space, query, key.mT, torch.Size((*query.shape[:-1], key.shape[-2])))
    return None if scores is None else _product(space, scores, value, call.result.shape)


def _product(space: _Labels, a: Tensor, b: Tensor, shape: torch.Size) -> Tensor | None:
    """The product of two activations, ... x n x d times ... x d x m, as in attention.

    Either d holds units in both factors (queries and keys), or one factor holds none (the weights of attention)
    and the other's units lie along the axis that stays (values).
    """
    a = torch.broadcast_to(a, (*shape[:-2], *a.shape[-2:]))
    b = torch.broadcast_to(b, (*shape[:-2], *b.shape[-2:]))
    rows, columns = _constant_along(space, a, (-2,)), _constant_along(space, b, (-1,))
    if rows is not None and columns is not None:
        columns = columns.mT
        space.unite(rows, columns)
        space.distinguish(rows, _leading(rows))
        return torch.full(shape, FIXED)
    for fixed, free, axis in ((a, b, -2), (b, a, -1)):
        if not (space.roots(fixed) > FIXED).any():
            kept = _constant_along(space, free, (axis,))
            if kept is not None:
                space.distinguish(kept, _leading(kept))
                return kept.expand(shape)
    return None


def _leading(labels: Tensor) -> Tensor:
    """The number of the matrix that each element lies in."""
    matrices = labels.shape[:-2]
    return torch.arange(matrices.numel()).view(*matrices, 1, 1).expand(labels.shape)


_RULES: dict[str, Callable[[_Labels, Call], Any]] = {
    **dict.fromkeys(operations.MOVES, _moved),
    **dict.fromkeys(operations.POINTWISE, _pointwise),
    **dict.fromkeys(("mul", "div"), _pointwise),
    **dict.fromkeys(operations.CONVOLUTIONS, _convolution),
    **dict.fromkeys(operations.CHANNELWISE, _channelwise),
    **dict.fromkeys(("mean", "sum", "amax", "amin"), _reduced),
    **dict.fromkeys(("softmax", "log_softmax", "_softmax"), _softmax),
    **dict.fromkeys(("matmul", "bmm", "mm"), _matrix_product),
    "addmm": _added_product,
    "linear": _linear,
    "prelu": _sloped,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "embedding": _embedded,
    "scaled_dot_product_attention": _attention,
}
