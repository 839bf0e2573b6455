"""The range coder: a writer and a reader of streams that end by themselves.

A stream ends at the first byte after which nothing can be misread, whatever follows it. A reader writes again what it
reads and compares, so that every stream has one form.
"""

from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from netrazor.coding.bit_string import BitString
from netrazor.coding.coder import Counts, Meter, Recorder, Source, Symbols
from netrazor.coding.log_odds import COST_BITS, PROBABILITY, TOP_LEVEL
from netrazor.errors import CorruptMessage

_model = constriction.stream.model
_queue = constriction.stream.queue
_BERNOULLI = [_model.Bernoulli(p, perfect=False) for p in PROBABILITY]
_BERNOULLI_FAMILY = _model.Bernoulli(perfect=False)
_PROBABILITIES = np.array(PROBABILITY)
_FOREIGN = "the message holds bits that no encoder writes; it was altered or cut: get it again"


class Writer(Meter):
    """A range encoder; if it is not ``metered``, the bits of `symbols` are not counted in ``spent``."""

    def __init__(self, *, metered: bool = True) -> None:
        super().__init__()
        self._metered = metered
        self._encoder = _queue.RangeEncoder()

    def bit(self, bit: int | None, level: int) -> int:
        """See Coder."""
        assert bit is not None
        self._encoder.encode(bit, _BERNOULLI[TOP_LEVEL + level])
        self.spent += COST_BITS[TOP_LEVEL + level if bit else TOP_LEVEL - level]
        return bit

    def uniform(self, value: int | None, size: int) -> int:
        """See Coder."""
        if size > 1:
            self._encoder.encode(value, _model.Uniform(size))
        return super().uniform(value, size)

    def symbols(self, values: Symbols | None, counts: Counts, number: int) -> Symbols:
        """See Coder."""
        if len(counts) > 1 and number:
            self._encoder.encode(values, _categorical(counts))
        if values is None or self._metered:
            return super().symbols(values, counts, number)
        return values

    def take(self, bits: NDArray[np.uint8], levels: NDArray[np.int16], source: Source) -> None:
        """See Coder."""
        self._encode(bits, levels.astype(np.intp))
        super().take(bits, levels, source)

    def state(self) -> tuple[int, tuple[int, int]]:
        """Words written, and the interval: its low end and its size."""
        state: tuple[int, tuple[int, int]] = self._encoder.pos()
        return state

    def replay(self, recorded: Recorder) -> None:
        """Code again what was recorded, in one call."""
        self._encode(np.frombuffer(recorded.bits, dtype=np.uint8), np.array(recorded.levels, dtype=np.intp))
        super().replay(recorded)

    def sealed(self) -> tuple[bytes, int]:
        """The stream, and how many zero bits pad its last byte."""
        return self.ended().padded()

    def ended(self) -> BitString:
        """The stream in bits: the shortest that lead into the coder's last interval whatever follows them.

        The streams of one kind of content form a prefix-free code.
        """
        words, end = self.settled()
        return BitString.of(words.astype(">u4").tobytes()) + end

    def settled(self) -> tuple[NDArray[np.uint32], BitString]:
        """The stream of `ended` as whole words, and at most 64 bits behind them."""
        position, (low, size) = self.state()
        sealed = self._encoder.get_compressed()[: position + 2]
        words = np.zeros(position + 2, dtype=np.uint32)
        words[: len(sealed)] = sealed
        head, tail = words[:position], int(words[position]) << 32 | int(words[position + 1])
        bits, end = _shortest_inside(low, size)
        _add_carry(head, (end >> bits) - (tail < low))  # less that of the coder's own end
        return head, BitString(end & (1 << bits) - 1, bits)

    def _encode(self, bits: NDArray[Any], levels: NDArray[np.intp]) -> None:
        probabilities = _PROBABILITIES[TOP_LEVEL + levels]
        self._encoder.encode(bits.astype(np.int32), _BERNOULLI_FAMILY, probabilities)


class Reader:
    """A range decoder over bytes that may go on after its stream; writes again what it reads, to compare.

    If it is not ``metered``, the bits of `symbols` are not counted in ``spent``, which takes a tenth of the time.
    """

    def __init__(self, data: bytes | memoryview, *, metered: bool = True) -> None:
        self._data = data
        whole, rest = divmod(len(data), 4)
        words = np.zeros(whole + (rest > 0) + 2, dtype=np.uint32)
        words[:whole] = np.frombuffer(data, dtype=">u4", count=whole)
        words[whole] = int.from_bytes(data[4 * whole :], "big") << 32 - 8 * rest & 2**32 - 1
        self._words = words
        self._decoder = _queue.RangeDecoder(words)
        self._mirror = Writer(metered=metered)
        self.asked = 0
        """Decisions that its models were about to make in loops, for which compiled ones may be worthwhile."""

    @property
    def spent(self) -> float:
        """See Coder."""
        return self._mirror.spent

    def bit(self, bit: int | None, level: int) -> int:
        """See Coder."""
        return self._mirror.bit(self._decode(_BERNOULLI[TOP_LEVEL + level]), level)

    def uniform(self, value: int | None, size: int) -> int:
        """See Coder."""
        return self._mirror.uniform(int(self._decode(_model.Uniform(size))) if size > 1 else 0, size)

    def symbols(self, values: Symbols | None, counts: Counts, number: int) -> Symbols:
        """See Coder."""
        if len(counts) > 1 and number:
            values = self._decode(_categorical(counts), number)
        else:
            values = np.zeros(number, dtype=np.int32)
        return self._mirror.symbols(values, counts, number)

    def source(self) -> Source:
        """See Coder."""
        position, (low, size) = self._mirror.state()
        head = b"".join(int(word).to_bytes(4, "big") for word in self._words[position : position + 2])
        above = (int.from_bytes(head.ljust(8, b"\0"), "big") - low) % 2**64
        return Source(True, np.array([above, size, position + 2, 0], dtype=np.uint64), self._words)

    def take(self, bits: NDArray[np.uint8], levels: NDArray[np.int16], source: Source) -> None:
        """See Coder."""
        if source.state[-1]:
            raise CorruptMessage(_FOREIGN)
        self._mirror.take(bits, levels, source)
        position, interval = self._mirror.state()
        try:
            self._decoder.seek(position, interval)
        except ValueError:  # past the end
            raise CorruptMessage(_FOREIGN) from None

    def end(self) -> tuple[int, int]:
        """Length of the stream in bytes and its padding in bits.

        Raises:
            CorruptMessage: the bytes read are not the ones that the encoder writes for what was read.
        """
        words, end = self._mirror.settled()
        padding = -end.length % 8
        length = self._compare(words, end + BitString(0, padding))
        return length // 8, padding

    def end_in_bits(self) -> int:
        """Length of the stream in bits, where others follow without padding; raises as `end`."""
        return self._compare(*self._mirror.settled())

    def _compare(self, words: NDArray[np.uint32], end: BitString) -> int:
        """Compare with what the mirror wrote, words and the bits behind them; its length in bits."""
        number = len(words)
        length = 32 * number + end.length
        behind = BitString.of(self._words[number : number + 3].astype(">u4").tobytes())
        is_same = np.array_equal(self._words[:number], words) and behind.head(end.length) == end.number
        if length > 8 * len(self._data) or not is_same:
            raise CorruptMessage(
                "the message is not in canonical form; it was altered, cut or written by another encoder: "
                "get it again"
            )
        return length

    def _decode(self, *what: Any) -> Any:
        try:
            return self._decoder.decode(*what)
        except AssertionError:
            raise CorruptMessage(_FOREIGN) from None


def _shortest_inside(low: int, size: int) -> tuple[int, int]:
    """Fewest bits, and the lowest number of so many, that stay in [low, low + size) whatever 64 bits they begin."""
    bits = 0
    while True:
        unit = 1 << 64 - bits
        end = -(-low // unit)
        if (end + 1) * unit <= low + size:
            return bits, end
        bits += 1


def _add_carry(words: NDArray[np.uint32], carry: int) -> None:
    """Add -1, 0 or 1 to the number that these words are, the highest first."""
    if carry:
        passes_on = words != (2**32 - 1 if carry > 0 else 0)
        place = len(words) - 1 - int(np.argmax(passes_on[::-1]))
        words[place:] += np.uint32(carry % 2**32)


def _categorical(counts: Counts) -> Any:
    return _model.Categorical(counts.astype(np.float64), perfect=False)
