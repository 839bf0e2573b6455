"""A range decoder in plain integers, written from docs/format.md, without the library that does it in the codec."""

import math

import numpy as np

from netrazor.coding.logistic import PROBABILITY, TOP_LEVEL

WORD, WHOLE = 2**32, 2**64
TOTAL = 2**24


class ReferenceReader:
    """Drop-in for `Reader`: decodes the same calls from the same bytes."""

    spent = 0.0

    def __init__(self, data: bytes) -> None:
        self._words = [int.from_bytes(data[i : i + 4].ljust(4, b"\0"), "big") for i in range(0, len(data), 4)]
        self._low, self._range = 0, WHOLE - 1
        self._point = self._next() * WORD + self._next()

    def bit(self, bit, level):
        probability = PROBABILITY[TOP_LEVEL + level]
        return self._take([0, int((1 - probability) * (TOTAL - 2)) + 1, TOTAL])

    def uniform(self, value, size):
        if size == 1:
            return 0
        width = TOTAL // size
        return self._take([width * i for i in range(size)] + [TOTAL])

    def symbols(self, values, counts, number):
        if len(counts) == 1 or number == 0:
            return np.zeros(number, dtype=np.int32)
        scale = (TOTAL - len(counts)) / float(sum(int(c) for c in counts))
        edges, before = [], 0
        for place, count in enumerate(counts):
            edges.append(math.floor(float(before) * scale) + place)
            before += int(count)
        return np.array([self._take([*edges, TOTAL]) for _ in range(number)], dtype=np.int32)

    def _take(self, edges):
        unit = self._range >> 24
        quantile = (self._point - self._low) % WHOLE // unit
        symbol = next(i for i in range(len(edges) - 1) if quantile < edges[i + 1])
        self._low = (self._low + unit * edges[symbol]) % WHOLE
        self._range = unit * (edges[symbol + 1] - edges[symbol])
        if self._range < WORD:
            self._low = self._low * WORD % WHOLE
            self._range *= WORD
            self._point = self._point * WORD % WHOLE + self._next()
        return symbol

    def _next(self):
        return self._words.pop(0) if self._words else 0
