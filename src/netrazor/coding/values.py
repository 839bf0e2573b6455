"""The values at the non-zero positions, as places in a codebook: a sign, then how far out, as a binary tree."""

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.mixing import Mixer, new_cell
from netrazor.coding.pattern import Mask, neighbour_positions, slice_contexts
from netrazor.coding.rangecoder import Coder, Symbols

_PRIOR = 1.0


def code_values(coder: Coder, symbols: Symbols | None, mask: Mask, negatives: int, positives: int) -> Symbols:
    """Symbols of the non-zero elements of ``mask`` in row-major order: 0 is the lowest entry of the codebook."""
    if negatives + positives == 1:
        return np.zeros(int(mask.sum()), dtype=np.int32)
    tree = _Tree(negatives, positives)
    chosen = np.flatnonzero(mask)
    slices = [context[chosen].tolist() for context in slice_contexts(mask.shape)]
    beside = [positions[chosen].tolist() for positions in neighbour_positions(mask.shape)]
    sides = bytearray(mask.size + 1)
    coded = np.zeros(len(chosen), dtype=np.int32)
    for at, position in enumerate(chosen.tolist()):
        around = 0
        for positions in beside:
            around = 3 * around + sides[positions[at]]
        contexts = [column[at] for column in slices]
        contexts.append(around)
        coded[at] = tree.code(coder, None if symbols is None else int(symbols[at]), contexts)
        sides[position] = 1 if coded[at] < negatives else 2
    return coded


class _Tree:
    """Adaptive decisions of the sign and of the bits of the distance from zero."""

    def __init__(self, negatives: int, positives: int) -> None:
        self._negatives = negatives
        self._positives = positives
        self._cells: dict[tuple[int, int, int], list[float]] = {}
        self._bases: dict[int, list[float]] = {}
        self._mixers: dict[bool, Mixer] = {}

    def code(self, coder: Coder, symbol: int | None, contexts: list[int]) -> int:
        sign = int(self._negatives == 0)
        if self._negatives and self._positives:
            sign = self._decide(
                coder, None if symbol is None else int(symbol >= self._negatives), 0, contexts
            )
        number = self._positives if sign else self._negatives
        distance = None
        if symbol is not None:
            distance = symbol - self._negatives if sign else self._negatives - 1 - symbol
        node, shift, coded = 1, max((number - 1).bit_length(), 0), 0
        longest = (max(self._negatives, self._positives) - 1).bit_length()
        node <<= longest - shift
        while shift:
            shift -= 1
            bit = 0
            if coded + (1 << shift) < number:
                bit = self._decide(
                    coder, None if distance is None else distance >> shift & 1, node, [*contexts, sign]
                )
            coded += bit << shift
            node = 2 * node + bit
        return self._negatives + coded if sign else self._negatives - 1 - coded

    def _decide(self, coder: Coder, bit: int | None, node: int, contexts: list[int]) -> int:
        cells = []
        for kind, context in enumerate(contexts):
            key = (node, kind, context)
            cell = self._cells.get(key)
            if cell is None:
                cell = self._cells[key] = new_cell(_PRIOR)
            cells.append(cell)
        base = self._bases.setdefault(node, [0.4, 0.4])
        mixer = self._mixers.setdefault(node == 0, Mixer(1.0, (0.3,) * len(cells), 0.02))
        return mixer.code(coder, bit, base, cells)
