"""Values mixed from contexts: the sign of each non-zero element, then its distance from zero in codebook entries."""

from math import prod

import numpy as np

from netrazor.coding.coder import Coder, Symbols
from netrazor.coding.compiled import elements_of, models_for, run
from netrazor.coding.context_mixing import Mixer
from netrazor.coding.context_template import ContextTemplate
from netrazor.coding.element_contexts import (
    COUNT_CLASSES,
    Activity,
    Grid,
    Indices,
    Mask,
    contexts,
    count_classes,
    numbered,
    predecessors,
)

MAX_MIXED_ENTRIES = 256

Sides = tuple[int, int]
"""How many entries of a codebook are below zero, and above."""

_MIXED_DEPTH = 2  # bits of the distance that a smooth model mixes from contexts
_FINE_PRIOR = 2.0

_SIGN_WEIGHT = 0.25
_DISTANCE_WEIGHT = 0.12
_RATE = 0.02


def code_mixed_values(
    coder: Coder,
    symbols: Symbols | None,
    mask: Mask,
    activity: Activity | None,
    sides: Sides,
    smooth: bool,
) -> Symbols:
    """Symbols of the non-zero elements of ``mask`` in row-major order: 0 is the lowest entry of the codebook.

    If ``smooth``, entries next to each other are taken to be about as frequent.
    """
    grid = Grid(mask.shape, np.flatnonzero(mask), activity, min(1, mask.ndim - 1))
    number = len(grid.positions)
    coded = np.zeros(number, dtype=np.int32)
    if sum(sides) == 1:
        return coded
    columns, sizes = contexts(grid)
    for column in _activity_contexts(mask, grid):
        columns.append(column)
        sizes.append(COUNT_CLASSES)
    template = ContextTemplate(grid)
    offsets = np.cumsum([sum(sizes), *template.sizes])[:-1].tolist()
    nodes, mixed_nodes = _numbers_of_nodes(sides, smooth)
    cells = (sum(sizes) + sum(template.sizes) + 2) * nodes
    if (models := models_for(coder, number * sum(sides).bit_length(), cells)) is not None:
        asked = len(columns) + len(offsets)
        fine = models.mixer_state(0, 0.0, 0.0, 0, nodes)
        for node, visits in _fine_visits(nodes, mixed_nodes):
            fine.bases[node] = visits
        if symbols is not None:
            coded[:] = symbols
        mixed = models.ValueModel(
            models.mixer_state(asked, _SIGN_WEIGHT, _RATE, cells, 1),
            models.mixer_state(asked + 1, _DISTANCE_WEIGHT, _RATE, cells, nodes),
            fine,
            *sides,
            nodes,
            mixed_nodes,
        )
        arguments = (mixed, elements_of(models, grid, columns, sizes), template.compiled(models, offsets[1:]))
        run(models, coder, models.values, number * (1 + nodes.bit_length()), *arguments, coded)
        return coded
    model = _ValueModel(sides, len(columns) + len(offsets), smooth)
    visited = zip(numbered(columns, sizes, number), predecessors(grid), strict=True)
    for at, (found, back) in enumerate(visited):
        around = template.contexts(at, back)
        found += [offset + context for offset, context in zip(offsets, around, strict=True)]
        symbol = model.code(coder, None if symbols is None else int(symbols[at]), found)
        template.put(at, 1 if symbol >= sides[0] else -1)
        coded[at] = symbol
    return coded


def can_be_smooth(sides: Sides) -> bool:
    """Whether there are more bits to a distance than a smooth model mixes from contexts."""
    return max(sides) > 1 << _MIXED_DEPTH


def _activity_contexts(mask: Mask, grid: Grid) -> list[Indices]:
    """Classes of how many non-zero elements the row, and the column, of each element has."""
    if mask.ndim < 2:
        return []
    flat = mask.reshape(mask.shape[0], -1)
    rows, columns = np.divmod(grid.positions, prod(mask.shape[1:]))
    return [
        count_classes(flat.sum(axis=1))[rows].astype(np.intp),
        count_classes(flat.sum(axis=0))[columns].astype(np.intp),
    ]


def _numbers_of_nodes(sides: Sides, smooth: bool) -> tuple[int, int]:
    """Of the tree of distances: all of its nodes, and those that are mixed from contexts."""
    nodes = 1 << (max(sides) - 1).bit_length()
    return nodes, min(nodes, 1 << _MIXED_DEPTH) if smooth else nodes


def _fine_visits(nodes: int, mixed_nodes: int) -> list[tuple[int, float]]:
    """The other nodes, and how many zeros and ones each is taken to have seen."""
    return [
        (node, _FINE_PRIOR * 4.0 ** (node.bit_length() - 1 - _MIXED_DEPTH))
        for node in range(mixed_nodes, nodes)
    ]


class _ValueModel:
    """A decision on the sign, then the bits of the distance from zero, highest first, each with its own contexts.

    A smooth model asks the contexts for the first of these bits only; the others start the closer to one half, the
    smaller the difference that they make.
    """

    def __init__(self, sides: Sides, contexts: int, smooth: bool) -> None:
        self._sides = sides
        self._nodes, self._mixed_nodes = _numbers_of_nodes(sides, smooth)
        self._sign = Mixer(contexts, _SIGN_WEIGHT, _RATE)
        self._distance = Mixer(contexts + 1, _DISTANCE_WEIGHT, _RATE)
        self._fine = Mixer()
        for node, visits in _fine_visits(self._nodes, self._mixed_nodes):
            self._fine.expect_half(node, visits)

    def code(self, coder: Coder, symbol: int | None, contexts: list[int]) -> int:
        """Code the symbol of an element in these contexts."""
        negatives, positives = self._sides
        sign = int(negatives == 0)
        if negatives and positives:
            sign = self._sign.code(coder, None if symbol is None else int(symbol >= negatives), contexts)
        distance = None
        if symbol is not None:
            distance = symbol - negatives if sign else negatives - 1 - symbol
        distance = self._code_distance(coder, distance, sign, [-1 - sign, *contexts])
        return negatives + distance if sign else negatives - 1 - distance

    def _code_distance(self, coder: Coder, distance: int | None, sign: int, contexts: list[int]) -> int:
        entries = self._sides[sign]
        shift = (entries - 1).bit_length()
        node = self._nodes >> shift
        coded = 0
        while shift:
            shift -= 1
            bit = 0
            if coded + (1 << shift) < entries:
                chosen = None if distance is None else distance >> shift & 1
                if node < self._mixed_nodes:
                    cells = [context * self._nodes + node for context in contexts]
                    bit = self._distance.code(coder, chosen, cells, node)
                else:
                    bit = self._fine.code(coder, chosen, base=node)
            coded |= bit << shift
            node = 2 * node + bit
        return coded
