"""The free orders of docs/format.md in whole numbers: the arrangement of slices, and the chain of streams."""

from math import factorial, prod

from reference_range import Stream


def settled(keys: list[int], shape, axis: int, signs: bool, offset: bool) -> tuple[list[int], int, int]:
    """The elements in canonical order and sign, and the number of the order they had, with its bits.

    ``offset``: a negative float of magnitude m has the key -1 - m.
    """
    inner = prod(shape[axis + 1 :])
    places = [[] for _ in range(shape[axis])]
    for at in range(len(keys)):
        places[at // inner % shape[axis]].append(at)
    places = [slice_ for slice_ in places if any(keys[at] for at in slice_)]
    assert len(places) <= 2**12
    slices, flips = [], []
    for slice_ in places:
        values = [keys[at] for at in slice_]
        flip = signs and next(value for value in values if value) < 0
        if flip:
            assert not offset or -1 not in values
            values = [value and (-1 - value if offset else -value) for value in values]
        slices.append((-sum(map(bool, values)), values))
        flips.append(flip)
    kinds = []
    for one in sorted(slices):
        if not kinds or kinds[-1] != one:
            kinds.append(one)
    counts = [slices.count(kind) for kind in kinds]
    orders = factorial(len(slices)) // prod(map(factorial, counts))
    bits = (orders << len(slices) * signs).bit_length() - 1
    found, left = 0, list(counts)
    for place, one in enumerate(slices):
        rank = kinds.index(one)
        for lower in range(rank):  # all orders with a lower slice here
            if left[lower]:
                rest = [count - (kind == lower) for kind, count in enumerate(left)]
                found += factorial(len(slices) - place - 1) // prod(map(factorial, rest))
        left[rank] -= 1
    if signs:
        for flip in flips:
            found = 2 * found + flip
    assert found < 1 << bits
    changed = list(keys)
    for slice_, (_, values) in zip(places, sorted(slices), strict=True):
        for at, value in zip(slice_, values, strict=True):
            changed[at] = value
    return changed, found, bits


class Chain:
    """Streams one after another in the bits of ``data``, kept as text of zeros and ones."""

    def __init__(self, data: bytes) -> None:
        self._message = self._bits = "".join(f"{byte:08b}" for byte in data)
        self._given = self._taken = 0
        self.stream = self._open()

    def _open(self) -> Stream:
        filled = self._bits + "0" * (-len(self._bits) % 8)
        return Stream(bytes(int(filled[at : at + 8], 2) for at in range(0, len(filled), 8)))

    def _close(self) -> None:
        used = self.stream.end_in_bits()
        self._taken += max(used - self._given, 0)
        self._given = max(self._given - used, 0)
        self._bits = self._bits[used:]

    def cut(self, found: int, bits: int) -> Stream:
        self._close()
        self._bits = (f"{found:0{bits}b}" if bits else "") + self._bits
        self._given += bits
        self.stream = self._open()
        return self.stream

    def end(self) -> int:
        self._close()
        padding = -self._taken % 8
        assert "1" not in self._bits[: self._given + padding]
        return (self._taken + padding) // 8
