"""The models of values and codebooks in docs/format.md."""

import struct
from collections import defaultdict
from math import prod

from reference_masks import back, busy, classes, index_of, slices
from reference_mixing import Mixer, table
from reference_range import Stream, below, number, sorted_set

FLOATS = {"float16": (10, "<e"), "float32": (23, "<f"), "float64": (52, "<d")}  # bits of mantissa


def under_tables(stream: Stream, rows, entries, sizes: Mixer, single: bool):
    """The tables, and for each the places of its symbols; ``rows`` are those of the symbols."""
    height = rows[-1] + 1
    groups = classes(stream, height, 0 if single or height < 2 else 3)
    member = {row: k for k, group in enumerate(groups) for row in group}
    places = [[at for at, row in enumerate(rows) if member[row] == k] for k in range(len(groups))]
    return [(table(stream, sizes, entries), chosen) for chosen in places]


class Mixed:
    """Symbols mixed from contexts; the signs that are known are kept for those that follow."""

    def __init__(self, shape, mask, links, sides, smooth: bool) -> None:
        self.shape, self.mask, self.links, self.sides = shape, mask, links, sides
        self.top = (max(sides) - 1).bit_length()
        self.mixed_bits = 2 if smooth else self.top
        self.signs = [0] * (prod(shape) + 1)
        self.sign = self.distance = None
        self.fine = Mixer()
        width = prod(shape[1:])
        self.row_ones = [
            sum(mask[row * width : (row + 1) * width]) for row in range(shape[0] if shape else 1)
        ]
        self.column_ones = [sum(mask[column::width]) for column in range(width)]

    def symbols(self, stream: Stream) -> list[int]:
        found = []
        for at in (at for at, one in enumerate(self.mask) if one):
            contexts = self.contexts(at)
            if self.sign is None:
                self.sign = Mixer(len(contexts), 0.25, 0.02)
                self.distance = Mixer(len(contexts) + 1, 0.12, 0.02)
            found.append(self.symbol(stream, contexts))
            self.signs[at] = 1 if found[-1] >= self.sides[0] else -1
        return found

    def contexts(self, at: int) -> list:
        shape, index = self.shape, index_of(at, self.shape)
        found = slices(index, shape, self.links, min(1, len(shape) - 1))
        if len(shape) > 1:
            width = prod(shape[1:])
            found += [
                ("row", busy(self.row_ones[at // width])),
                ("column", busy(self.column_ones[at % width])),
            ]
        found.append(("around", *back(at, index, shape, self.signs)))
        if len(shape) > 2:
            found += [("kernel", self.kernel(at, index)), ("template", self.template(at))]
        return found

    def kernel(self, at: int, index) -> int:
        width, row, votes = self.shape[-1], index[-2] if len(self.shape) > 3 else 0, 0
        for down, right, weight in ((0, -1, 2), (-1, 0, 2), (-1, -1, 1), (-1, 1, 1), (0, -2, 1), (-2, 0, 1)):
            if row + down >= 0 and 0 <= index[-1] + right < width:
                votes += weight * self.signs[at + down * width + right]
        return votes

    def template(self, at: int) -> int:
        """Signs at this place and beside it, added up over the kernels of this output."""
        height, width = (1, *self.shape[2:])[-2:] if len(self.shape) == 3 else self.shape[-2:]
        size, volume = height * width, prod(self.shape[1:])
        row, column = divmod(at % size, width)
        kernels = range(at // volume * volume, (at // volume + 1) * volume, size)

        def there(r, c):
            inside = 0 <= r < height and 0 <= c < width
            return sum(self.signs[kernel + r * width + c] for kernel in kernels) if inside else 0

        sides = sum(there(row + r, column + c) for r, c in ((0, -1), (0, 1), (-1, 0), (1, 0)))
        return max(-6, min(6, 2 * there(row, column) + sides))

    def symbol(self, stream: Stream, contexts) -> int:
        negatives, positives = self.sides
        sign = int(negatives == 0)
        if negatives and positives:
            sign = self.sign.bit(stream, contexts)
        entries = self.sides[sign]
        bits = (entries - 1).bit_length()
        distance, node = 0, (1 << self.top) >> bits
        for shift in range(bits - 1, -1, -1):
            bit = 0
            if distance + (1 << shift) < entries:
                bit = self.distance_bit(stream, node, [("sign", sign), *contexts])
            distance |= bit << shift
            node = 2 * node + bit
        return negatives + distance if sign else negatives - 1 - distance

    def distance_bit(self, stream: Stream, node: int, contexts) -> int:
        depth = node.bit_length() - 1
        if depth < self.mixed_bits:
            return self.distance.bit(stream, [(context, node) for context in contexts], node)
        if node not in self.fine.bases:
            self.fine.bases[node] = [2.0 * 4.0 ** (depth - 2)] * 2
        return self.fine.bit(stream, base=node)


class Codebooks:
    """Keys of the non-zero values, ascending."""

    def __init__(self, used: set) -> None:
        self.used = used
        self.earlier: list[tuple[str, list[int]]] = []
        self.choices, self.before = defaultdict(Mixer), {}

    def read(self, stream: Stream, kind: str) -> list[int]:
        known = [keys for other, keys in self.earlier if other == kind]
        if known and self.choices["known"].bit(stream):
            self.used.add("known codebook")
            return known[-1 - below(stream, len(known))]
        affine = kind in FLOATS and self.choices["affine"].bit(stream)
        self.used.add("steps" if affine else "listed codebook")
        keys = self.affine(stream, kind) if affine else self.listed(stream, kind)
        assert 0 < len(keys) <= 2**16
        assert 0 not in keys
        assert keys == sorted(set(keys))
        self.earlier.append((kind, keys))
        return keys

    def repeated(self, stream: Stream, name: str, most: int) -> int:
        if self.before.get(name, most + 1) <= most and self.choices[name].bit(stream):
            return self.before[name]
        self.before[name] = number(stream, most)
        return self.before[name]

    def magnitude(self, stream: Stream, dropped: int, kind: str) -> int:
        if kind not in FLOATS:
            return number(stream, limits(kind)[1] + 1)
        width = FLOATS[kind][0]
        highest = limits(kind)[1] >> width
        exponent = self.before.get("exponent", highest // 2)
        if self.choices["other exponent"].bit(stream):
            up = self.choices["exponent up"].bit(stream)
            room = highest - exponent if up else exponent
            assert room > 0
            exponent += (1 + number(stream, room - 1)) * (1 if up else -1)
        self.before["exponent"] = exponent
        return exponent << width | below(stream, 1 << width - dropped) << dropped

    def affine(self, stream: Stream, kind: str) -> list[int]:
        width, code = FLOATS[kind]
        dropped = self.repeated(stream, "step bits", width)
        key = self.magnitude(stream, dropped, kind)
        assert key
        step = struct.unpack(code, key.to_bytes(struct.calcsize(code), "little"))[0]
        negative, positive = self.multiples(stream), self.multiples(stream)
        multiples = [-m for m in negative[::-1]] + positive
        return [key_of(rounded(rounded(m, code) * step, code), code) for m in multiples]

    def multiples(self, stream: Stream) -> list[int]:
        top = self.repeated(stream, "top", 2**12)
        if self.choices["all"].bit(stream):
            return list(range(1, top + 1))
        size = below(stream, max(top, 1))
        return [*sorted_set(stream, size, 1, top - 1), top]

    def listed(self, stream: Stream, kind: str) -> list[int]:
        lowest, highest = limits(kind)
        offset = int(kind in FLOATS)
        dropped = self.repeated(stream, "list bits", FLOATS[kind][0] if offset else 0)
        negative = self.magnitudes(stream, dropped, -offset - lowest, kind)
        positive = self.magnitudes(stream, dropped, highest, kind)
        return [-offset - m for m in negative[::-1]] + positive

    def magnitudes(self, stream: Stream, dropped: int, most: int, kind: str) -> list[int]:
        size = self.repeated(stream, "entries", 2**16)
        if not size:
            return []
        largest = self.magnitude(stream, dropped, kind)
        top = largest >> dropped
        assert largest <= most
        assert size <= top + 1
        spread = below(stream, (top - size + 1).bit_length() + 1)
        lowest = max(0, top - size + 2 - (1 << spread))
        return [m << dropped for m in [*sorted_set(stream, size - 1, lowest, top - 1), top]]


def rounded(x: float, code: str) -> float:
    return struct.unpack(code, struct.pack(code, x))[0]


def key_of(x: float, code: str) -> int:
    bits = int.from_bytes(struct.pack(code, x), "little")
    sign = 1 << 8 * struct.calcsize(code) - 1
    return bits if bits < sign else -1 - (bits - sign)


def limits(kind: str) -> tuple[int, int]:
    """The least and the greatest key of a type."""
    if kind in FLOATS:
        width, code = FLOATS[kind]
        infinity = (1 << 8 * struct.calcsize(code) - 1 - width) - 1 << width
        return -infinity, infinity - 1
    if kind == "bool":
        return 0, 1
    bits = int(kind.lstrip("uint"))
    if kind == "uint64" or not kind.startswith("u"):
        return -(1 << bits - 1), (1 << bits - 1) - 1
    return 0, (1 << bits) - 1
