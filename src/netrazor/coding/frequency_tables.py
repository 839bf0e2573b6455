"""Tables of symbol frequencies, sent before the symbols that are coded with them."""

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Coder, Symbols
from netrazor.coding.context_mixing import Mixer
from netrazor.coding.integer_codes import code_below

Counts = NDArray[np.int64]

PRECISIONS = 5
"""Bits kept behind the leading one of a frequency: 0 to 3; and 4 for the flat table, which sends none."""
FLAT = 4
_LONGEST = 36


class TableModel:
    """Frequencies as floats of few bits; their sizes in bits are predicted from the entry before."""

    def __init__(self) -> None:
        self._shape = Mixer()

    def learnt(self) -> object:
        """What later tables are predicted from, to be compared."""
        return self._shape.learnt()

    def code(self, coder: Coder, counts: Counts | None, entries: int, precision: int | None) -> Counts:
        """A table of ``entries`` positive frequencies; ``counts`` are rounded to ``precision``."""
        if entries == 1:
            return np.ones(1, dtype=np.int64)
        precision = code_below(coder, precision, PRECISIONS)
        table = np.ones(entries, dtype=np.int64)
        if precision == FLAT:
            return table
        before = 0
        for entry in range(entries):
            count = None if counts is None else _rounded(int(counts[entry]), precision)
            before, table[entry] = self._code_count(coder, count, before, precision)
        return table

    def _code_count(self, coder: Coder, count: int | None, before: int, precision: int) -> tuple[int, int]:
        size = self._code_size(coder, None if count is None else count.bit_length(), before)
        kept = min(size - 1, precision)
        drop = size - 1 - kept
        low = code_below(coder, None if count is None else (count >> drop) - (1 << kept), 1 << kept)
        return size, (1 << kept | low) << drop

    def _code_size(self, coder: Coder, size: int | None, before: int) -> int:
        """As the size before, or larger or smaller by so many bits; the first entry comes after a size of none."""
        if before and not self._flag(coder, None if size is None else int(size != before), 0):
            return before
        up = int(before < _LONGEST)
        if 1 < before < _LONGEST:
            up = self._flag(coder, None if size is None else int(size > before), 2)
        limit = _LONGEST - before if up else before - 1
        steps = 1
        kind = 3 if before else 4
        while steps < limit and self._flag(
            coder, None if size is None else int(abs(size - before) > steps), kind
        ):
            steps += 1
        return before + steps if up else before - steps

    def _flag(self, coder: Coder, flag: int | None, kind: int) -> int:
        return self._shape.code(coder, flag, base=kind)


def histogram(symbols: Symbols, entries: int) -> Counts:
    """How often each entry occurs, at least once."""
    return np.maximum(np.bincount(symbols, minlength=entries), 1)


def _rounded(count: int, precision: int) -> int:
    """The nearest number of ``precision`` bits behind its leading one."""
    drop = max(count.bit_length() - 1 - precision, 0)
    return (count + (1 << drop >> 1)) >> drop << drop
