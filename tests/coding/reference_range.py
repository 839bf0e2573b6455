"""The range decoder, the symbols and the numbers of docs/format.md in whole numbers: standard library only."""

import math
from decimal import Decimal, localcontext

WORD, TOTAL, TOP_LEVEL = 32, 2**24, 2047


def _exact(function) -> float:
    with localcontext(prec=30):
        return float(function())


def _chance(level: int) -> float:
    share = _exact(
        lambda: (Decimal(2**24) / (1 + (Decimal(-abs(level)) / 160).exp())).to_integral_value() / 2**24
    )
    return share if level >= 0 else 1 - share


CHANCE = {level: _chance(level) for level in range(-TOP_LEVEL, TOP_LEVEL + 1)}
_MANTISSAS = [_exact(lambda j=j: (Decimal(2 * j + 1) / 1024).ln()) for j in range(512)]
_LOG_2 = _exact(lambda: Decimal(2).ln())


def log(x: float) -> float:
    mantissa, exponent = math.frexp(x)
    return _MANTISSAS[int(512 * mantissa)] + exponent * _LOG_2


def level_of(log_odds: float) -> int:
    return max(-TOP_LEVEL, min(TOP_LEVEL, round(160 * log_odds)))


class Stream:
    """One range coder's output, at the head of ``data``; low is kept whole, so that the end can be checked."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._words = 2
        self._low, self._range = 0, 2**64 - 1
        self._above = self._word(0) << WORD | self._word(1)  # how far the message lies above low

    def _word(self, at: int) -> int:
        return int.from_bytes(self._data[4 * at : 4 * at + 4].ljust(4, b"\0"), "big")

    def _narrow(self, lower: int, upper: int) -> None:
        unit = self._range >> 24
        self._low += unit * lower
        self._above -= unit * lower
        self._range = unit * (upper - lower)
        if self._range < 2**WORD:
            self._low <<= WORD
            self._range <<= WORD
            self._above = self._above << WORD | self._word(self._words)
            self._words += 1

    def _place(self) -> int:
        place = self._above // (self._range >> 24)
        assert place < TOTAL, "bits that no encoder writes"
        return place

    def bit(self, level: int) -> int:
        edge = int((1 - CHANCE[level]) * (TOTAL - 2)) + 1
        bit = int(self._place() >= edge)
        self._narrow(*((edge, TOTAL) if bit else (0, edge)))
        return bit

    def uniform(self, size: int) -> int:
        if size == 1:
            return 0
        width = TOTAL // size
        value = min(self._place() // width, size - 1)
        self._narrow(value * width, TOTAL if value == size - 1 else (value + 1) * width)
        return value

    def symbols(self, table: list[int], number: int) -> list[int]:
        if len(table) == 1:
            return [0] * number
        scale = float(TOTAL - len(table)) / float(sum(table))
        edges, before = [], 0
        for place, count in enumerate(table):
            edges.append(math.floor(before * scale) + place)
            before += count
        return [self._symbol([*edges, TOTAL]) for _ in range(number)]

    def _symbol(self, edges: list[int]) -> int:
        place = self._place()
        symbol = next(k for k in range(len(edges) - 1) if place < edges[k + 1])
        self._narrow(edges[symbol], edges[symbol + 1])
        return symbol

    def end(self) -> int:
        """Length in bytes; the fewest bits that lead into the last interval whatever follows, then zeros."""
        length, found = self._fewest()
        padding = -length % 8
        stream = (found << padding).to_bytes((length + padding) // 8, "big")
        assert self._data[: len(stream)] == stream, "not in canonical form"
        return len(stream)

    def end_in_bits(self) -> int:
        """Length in bits, where others follow at once."""
        length, found = self._fewest()
        data = self._data[: -(-length // 8)]
        assert int.from_bytes(data, "big") >> 8 * len(data) - length == found, "not in canonical form"
        return length

    def _fewest(self) -> tuple[int, int]:
        for bits in range(65):
            unit = 1 << 64 - bits
            found = -(-self._low // unit)
            if (found + 1) * unit <= self._low + self._range:
                break
        return WORD * (self._words - 2) + bits, found


def below(stream: Stream, size: int) -> int:
    if size <= 2**16:
        return stream.uniform(size)
    high = below(stream, -(-size // 2**16))
    value = high << 16 | stream.uniform(2**16)
    assert value < size
    return value


def number(stream: Stream, most: int) -> int:
    length = 1
    while length < (most + 1).bit_length() and stream.bit(0):
        length += 1
    value = (1 << length - 1) + below(stream, 1 << length - 1) - 1
    assert value <= most
    return value


def sorted_set(stream: Stream, size: int, low: int, high: int) -> list[int]:
    if size in (0, high - low + 1):
        return list(range(low, low + size))
    half = size // 2
    middle = low + half + below(stream, high - low + 2 - size)
    lower = sorted_set(stream, half, low, middle - 1)
    return [*lower, middle, *sorted_set(stream, size - half - 1, middle + 1, high)]
