"""What models code to: one interface for writing, reading, measuring and recording.

A model is written once, as calls of ``coder.bit(bit, level)``, ``coder.uniform(value, size)`` and
``coder.symbols(values, counts, number)``, each of which returns what was coded. A writer appends what it is given, a
reader ignores it and returns what the message holds, a `Meter` adds up the bits, a `Recorder` keeps the decisions.
So no model knows in which direction it runs, and the encoder and the decoder are the same code.
"""

import math
from array import array
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.log_odds import COST_BITS, TOP_LEVEL

Symbols = NDArray[np.int32]
Counts = NDArray[np.int64]

UNIFORM_LIMIT = 2**16
_CHUNK = 2**15
_COSTS = np.array(COST_BITS)


class Source(NamedTuple):
    """Where a compiled loop finds decisions: a reader's state (above low, range, next word, failure) and words."""

    reads: bool
    state: NDArray[np.uint64]
    words: NDArray[np.uint32]


class Coder(Protocol):
    """What a model needs: each call codes something at the given probabilities and returns it."""

    @property
    def spent(self) -> float:
        """Bits so far, as -log2 of the probabilities."""

    def bit(self, bit: int | None, level: int) -> int:
        """A binary decision; a one has log-odds level / STEPS_PER_NAT."""

    def uniform(self, value: int | None, size: int) -> int:
        """One of ``size`` equally likely values, size up to UNIFORM_LIMIT."""

    def symbols(self, values: Symbols | None, counts: Counts, number: int) -> Symbols:
        """``number`` independent symbols with probabilities proportional to ``counts`` (all positive)."""

    def source(self) -> Source:
        """What a compiled loop reads decisions from; a writer's gives none."""

    def take(self, bits: NDArray[np.uint8], levels: NDArray[np.int16], source: Source) -> None:
        """The decisions of a compiled loop at their levels: to write, or as read from ``source``."""


class Meter:
    """Adds up what a message would cost, and writes nothing."""

    def __init__(self) -> None:
        self.spent = 0.0

    def bit(self, bit: int | None, level: int) -> int:
        """See Coder."""
        assert bit is not None
        self.spent += COST_BITS[TOP_LEVEL + level if bit else TOP_LEVEL - level]
        return bit

    def uniform(self, value: int | None, size: int) -> int:
        """See Coder."""
        assert value is not None
        self.spent += math.log2(size)
        return value

    def symbols(self, values: Symbols | None, counts: Counts, number: int) -> Symbols:
        """See Coder."""
        assert values is not None
        self.spent += float(occurrences(values, len(counts)) @ np.log2(counts.sum() / counts))
        return values

    def source(self) -> Source:
        """See Coder."""
        return Source(False, np.zeros(4, dtype=np.uint64), np.zeros(0, dtype=np.uint32))

    def take(self, bits: NDArray[np.uint8], levels: NDArray[np.int16], source: Source) -> None:
        """See Coder."""
        costs = _COSTS[TOP_LEVEL + np.where(bits, levels, -levels)]
        self.spent = float(np.add.accumulate(np.concatenate([[self.spent], costs]))[-1])  # one after another

    def replay(self, recorded: "Recorder") -> None:
        """Code again what was recorded."""
        self.spent += recorded.spent


class Recorder(Meter):
    """Keeps the decisions of a model that makes nothing else, so that it need not run again to be written."""

    def __init__(self) -> None:
        super().__init__()
        self.bits = bytearray()
        self.levels = array("h")

    def bit(self, bit: int | None, level: int) -> int:
        """See Coder."""
        assert bit is not None
        self.bits.append(bit)
        self.levels.append(level)
        self.spent += COST_BITS[TOP_LEVEL + level if bit else TOP_LEVEL - level]
        return bit

    def take(self, bits: NDArray[np.uint8], levels: NDArray[np.int16], source: Source) -> None:
        """See Coder."""
        self.bits += bits.tobytes()
        self.levels.frombytes(levels.tobytes())
        super().take(bits, levels, source)


def occurrences(values: Symbols, entries: int) -> Counts:
    """How often each of ``entries`` symbols occurs."""
    counts = np.zeros(entries, dtype=np.int64)
    for start in range(0, len(values), _CHUNK):  # bincount makes a copy, of twice the size
        counts += np.bincount(values[start : start + _CHUNK], minlength=entries)
    return counts
