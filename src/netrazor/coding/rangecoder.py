"""The coders: one interface that models drive, and three ends of it.

A model is written once, as calls of ``coder.bit(bit, level)``, ``coder.uniform(value, size)`` and
``coder.symbols(values, counts)``, each of which returns what was coded. A `Writer` appends what it is given, a
`Reader` ignores it and returns what stands in the message, a `Meter` only adds up the bits. So no model knows
in which direction it runs, and writer and reader cannot drift apart.
"""

import math
from typing import Any, Protocol

import constriction
import numpy as np
from numpy.typing import NDArray

from netrazor.coding.logistic import COST_BITS, PROBABILITY, TOP_LEVEL
from netrazor.errors import CorruptMessage

model = constriction.stream.model
queue = constriction.stream.queue

Symbols = NDArray[np.int32]

UNIFORM_LIMIT = 2**16
_BERNOULLI = [model.Bernoulli(p, perfect=False) for p in PROBABILITY]


class Coder(Protocol):
    """What a model needs: each call codes something at the given probabilities and returns it."""

    @property
    def spent(self) -> float:
        """Bits so far, as -log2 of the probabilities."""

    def bit(self, bit: int | None, level: int) -> int:
        """A binary decision; a one has log-odds level / STEPS_PER_NAT."""

    def uniform(self, value: int | None, size: int) -> int:
        """One of ``size`` equally likely values, size up to UNIFORM_LIMIT."""

    def symbols(self, values: Symbols | None, counts: NDArray[np.int64], number: int) -> Symbols:
        """``number`` independent symbols with probabilities proportional to ``counts`` (all positive)."""


class Meter:
    """Adds up what a message would cost, and writes nothing."""

    def __init__(self) -> None:
        self._spent = 0.0

    @property
    def spent(self) -> float:
        """See Coder."""
        return self._spent

    def bit(self, bit: int | None, level: int) -> int:
        """See Coder."""
        assert bit is not None
        self._spent += COST_BITS[TOP_LEVEL + level if bit else TOP_LEVEL - level]
        return bit

    def uniform(self, value: int | None, size: int) -> int:
        """See Coder."""
        assert value is not None
        self._spent += math.log2(size)
        return value

    def symbols(self, values: Symbols | None, counts: NDArray[np.int64], number: int) -> Symbols:
        """See Coder."""
        assert values is not None
        self._spent += _symbols_cost(values, counts)
        return values


class Writer(Meter):
    """A range encoder that ends at the first byte after which nothing can be misread."""

    def __init__(self) -> None:
        super().__init__()
        self._encoder = queue.RangeEncoder()

    def bit(self, bit: int | None, level: int) -> int:
        """See Coder."""
        self._encoder.encode(bit, _BERNOULLI[TOP_LEVEL + level])
        return super().bit(bit, level)

    def uniform(self, value: int | None, size: int) -> int:
        """See Coder."""
        if size > 1:
            self._encoder.encode(value, model.Uniform(size))
        return super().uniform(value, size)

    def symbols(self, values: Symbols | None, counts: NDArray[np.int64], number: int) -> Symbols:
        """See Coder."""
        if len(counts) > 1 and number:
            self._encoder.encode(values, _categorical(counts))
        return super().symbols(values, counts, number)

    def sealed(self) -> tuple[bytes, int]:
        """The stream, and how many zero bits pad its last byte.

        The bits before the padding are the shortest that lead into the coder's last interval whatever follows
        them: the streams of one kind of content form a prefix-free code.
        """
        position, (low, size) = self._encoder.pos()
        words = self._encoder.get_compressed()
        number = (
            int.from_bytes(words.astype(">u4").tobytes(), "big") << 96 >> 32 * (len(words) + 1 - position)
        )
        head, tail = number >> 64, number & (2**64 - 1)
        head -= tail < low  # the coder's own end carried over into the words before
        for bits in range(65):
            unit = 1 << 64 - bits
            end = -(-low // unit)
            if (end + 1) * unit <= low + size:
                break
        padding = -(32 * position + bits) % 8
        stream = ((head << bits) + end) << padding
        return stream.to_bytes((32 * position + bits + padding) // 8, "big"), padding


class Reader:
    """A range decoder over bytes that may go on after its stream; writes again what it reads, to compare."""

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = data
        words = np.frombuffer(bytes(data) + bytes(8 + -len(data) % 4), dtype=">u4").astype(np.uint32)
        self._decoder = queue.RangeDecoder(words)
        self._mirror = Writer()

    @property
    def spent(self) -> float:
        """See Coder."""
        return self._mirror.spent

    def bit(self, bit: int | None, level: int) -> int:
        """See Coder."""
        return self._mirror.bit(self._decode(_BERNOULLI[TOP_LEVEL + level]), level)

    def uniform(self, value: int | None, size: int) -> int:
        """See Coder."""
        return self._mirror.uniform(int(self._decode(model.Uniform(size))) if size > 1 else 0, size)

    def symbols(self, values: Symbols | None, counts: NDArray[np.int64], number: int) -> Symbols:
        """See Coder."""
        if len(counts) > 1 and number:
            values = self._decode(_categorical(counts), number)
        else:
            values = np.zeros(number, dtype=np.int32)
        return self._mirror.symbols(values, counts, number)

    def _decode(self, *what: Any) -> Any:
        try:
            return self._decoder.decode(*what)
        except AssertionError:
            raise CorruptMessage(
                "the message holds bits that no encoder writes; it was altered or cut: get it again"
            ) from None

    def end(self) -> tuple[int, int]:
        """Length of the stream in bytes and its padding in bits.

        Raises:
            CorruptMessage: the bytes read are not the ones that the encoder writes for what was read.
        """
        stream, padding = self._mirror.sealed()
        if bytes(self._data[: len(stream)]) != stream:
            raise CorruptMessage(
                "the message is not in canonical form; it was altered, cut or written by another encoder: "
                "get it again"
            )
        return len(stream), padding


def _categorical(counts: NDArray[np.int64]) -> Any:
    return model.Categorical(counts.astype(np.float64), perfect=False)


def _symbols_cost(values: Symbols, counts: NDArray[np.int64]) -> float:
    if len(counts) == 2:
        ones = int(np.count_nonzero(values))
        seen = np.array([len(values) - ones, ones])
    else:
        seen = np.bincount(values, minlength=len(counts))
    return float(seen @ np.log2(counts.sum() / counts))
