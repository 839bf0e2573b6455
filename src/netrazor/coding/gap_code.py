"""Places of few marks among many by the gaps between them: one symbol a mark instead of one decision a place.

If each place is marked with the same chance p, the places from one mark to the next are skipped with probability
(1 - p)^r p, whatever came before. So gaps are coded under one table of that geometric distribution, cut off after
some places, where a symbol of its own says that all of them are skipped and the gap goes on. This costs the same bits
as a decision for each place, in p times as many symbols.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Coder, Counts, Symbols
from netrazor.errors import CorruptMessage

Places = NDArray[np.int64]

_LONGEST = 2**12  # places that one symbol skips
_RARE = 2**-8  # a table goes on until a longer gap is less likely than this
_TOTAL = 2.0**32
_CHUNK = 2**16  # symbols coded in one call


def gap_table(marks: int, size: int) -> Counts:
    """Frequencies of gaps of 0, 1, ... skipped places, and at the end of a longer one; 0 < marks < size.

    Each is a product of floats rounded in one order, so that every machine finds the same whole number.
    """
    skipped = np.multiply.accumulate(np.full(_LONGEST, (size - marks) / size))
    skipped = skipped[: 1 + int(np.count_nonzero(skipped > _RARE))]
    reached = np.concatenate([[1.0], skipped[:-1]])
    shares = np.concatenate([reached * (marks / size), skipped[-1:]])
    return 1 + np.floor(_TOTAL * shares).astype(np.int64)


def code_places(coder: Coder, gaps: Symbols | None, marks: int, size: int) -> Iterator[Places]:
    """The places of ``marks`` marks among ``size``, ascending, some at a time.

    Args:
        coder: what they are coded to.
        gaps: to encode, how many places are skipped before each mark.
        marks: how many there are; more than none, and fewer than all.
        size: places in all.

    Raises:
        CorruptMessage: a mark behind the last place.
    """
    table = gap_table(marks, size)
    longest = len(table) - 1
    stream = None if gaps is None else _symbols_of(gaps, longest)
    place, left, done = -1, marks, 0
    while left:
        some = min(left, _CHUNK)
        symbols = coder.symbols(None if stream is None else stream[done : done + some], table, some)
        is_mark = symbols < longest
        reached = np.cumsum(symbols + is_mark, dtype=np.int64)
        reached += place
        place, done = int(reached[-1]), done + some
        if place >= size:
            raise CorruptMessage(f"a mask marks place {place} of {size}; get the message again")
        found = reached[is_mark]
        left -= len(found)
        yield found


def _symbols_of(gaps: Symbols, longest: int) -> Symbols:
    """Before each gap's rest as many symbols for ``longest`` skipped places as it is long."""
    times, rest = np.divmod(gaps, longest)
    symbols: Symbols = np.full(len(gaps) + int(times.sum()), longest, dtype=np.int32)
    symbols[np.cumsum(times, dtype=np.int64) + np.arange(len(gaps))] = rest
    return symbols
