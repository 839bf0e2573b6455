"""A slow reader of messages written from docs/format.md, in plain Python: nothing of netrazor, nothing installed.

An array is its type, its shape and its elements as little-endian bytes. ``used`` collects the models that occur.
"""

import math
import struct
from collections import defaultdict
from math import isqrt, prod

from reference_free_orders import Chain, settled
from reference_masks import blocks, busy, mixed_box, totals
from reference_mixing import Mixer, table
from reference_range import Stream, below, number
from reference_values import FLOATS, Codebooks, Mixed, under_tables

WIDTHS = {
    **{"float32": 4, "float64": 8, "float16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1},
    **{"uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1},
}
TYPES = list(WIDTHS)


def decode(data: bytes, used: set) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    assert data[:3] == b"NRZ"
    schema = Stream(data[3:])
    fields = read_schema(schema)
    at = 3 + schema.end()
    content = Chain(data[at:])
    reader = Reader(content.stream, used)
    _, static, has_side_information = reader.header()
    elements = {}
    for name, kind, shape in fields:
        elements[name] = reader.array(name, kind, shape, static)
        if reader.number:
            reader.stream = content.cut(*reader.number)
    at += content.end()
    if static:
        values = Stream(data[at:])
        for name, places, keys, frequencies in reader.later:
            for place, symbol in zip(places, values.symbols(frequencies, len(places)), strict=True):
                elements[name][place] = keys[symbol]
        at += values.end()
    arrays = {name: (kind, shape, as_bytes(elements[name], kind)) for name, kind, shape in fields}
    if has_side_information:
        used.add("side information")
        schema = Stream(data[at:])
        fields = read_schema(schema)
        at += schema.end()
        for name, kind, shape in fields:
            size = prod(shape) * WIDTHS[kind]
            arrays[name] = kind, shape, data[at : at + size]
            at += size
    assert at == len(data)
    return arrays


def as_bytes(keys: list[int], kind: str) -> bytes:
    bits = 8 * WIDTHS[kind]
    if kind in FLOATS:
        keys = [key if key >= 0 else -1 - key + (1 << bits - 1) for key in keys]
    return b"".join((key % (1 << bits)).to_bytes(WIDTHS[kind], "little") for key in keys)


def read_schema(stream: Stream) -> list[tuple[str, str, tuple[int, ...]]]:
    mixer, fields, name, kind = Mixer(4, 0.5, 0.02), [], b"", "float32"
    for _ in range(number(stream, 2**20)):
        name = read_name(stream, mixer, name)
        if not stream.bit(320):
            other = TYPES[below(stream, len(TYPES))]
            assert other != kind
            kind = other
        shape = tuple(number(stream, 2**40) for _ in range(below(stream, 9)))
        fields.append((name.decode(), kind, shape))
    return fields


def read_name(stream: Stream, mixer: Mixer, above: bytes) -> bytes:
    name = b""
    while True:
        node, at = 1, len(name)
        while node < 256:
            contexts = [(1, name[-1:]), (2, name[-2:]), (3, name[-3:]), (4, above[at : at + 1])]
            node = 2 * node + mixer.bit(stream, [(context, node) for context in contexts], node)
        if node == 256:
            return name
        name += bytes([node - 256])


class Reader:
    """The content stream."""

    def __init__(self, stream: Stream, used: set) -> None:
        self.stream, self.used = stream, used
        self.choices = defaultdict(Mixer)
        self.codebooks, self.sizes = Codebooks(used), Mixer()
        self.outputs: list[int] | None = None
        self.later: list = []

    def header(self) -> tuple[int, bool, bool]:
        self.extended = bool(self.stream.bit(0))
        announces = bool(self.extended and self.stream.bit(0))
        self.free_orders, self.float_models = announces, False
        if announces:
            self.float_models = bool(self.stream.bit(-320))
            if self.float_models:
                assert not self.stream.bit(-320), "a later format"
                self.free_orders = bool(self.stream.bit(0))
            self.extended = bool(self.stream.bit(0))
        self.used.add("extended" if self.extended else "not extended")
        architecture = number(self.stream, 2**16)
        static = bool(self.stream.bit(-160))
        assert not (static and announces)
        return architecture, static, bool(self.stream.bit(-160))

    def choose(self, name: str) -> bool:
        chosen = bool(self.choices[name].bit(self.stream))
        if chosen:
            self.used.add(name)
        return chosen

    def array(self, name: str, kind: str, shape, static: bool) -> list[int]:
        """Keys of the elements."""
        elements = [0] * prod(shape)
        self.number = None
        if not elements or self.choose("empty"):
            return elements
        freedom = None
        if self.free_orders and len(shape) > 1 and self.choose("free order"):
            axis = self.stream.bit(-320)
            signed = kind in FLOATS or kind.startswith("int")
            freedom = axis, bool(signed and self.stream.bit(-160))
            self.used.add("free signs" if freedom[1] else "free order without signs")
        if self.float_models and kind in FLOATS and len(elements) > 1 and self.choose("scaled"):
            elements = self.scaled(name, kind, shape)
        else:
            elements = self.elements(name, kind, shape, static)
        if freedom:
            elements, *self.number = settled(elements, shape, *freedom, offset=kind in FLOATS)
            if not self.dense:
                self.count([int(key != 0) for key in elements], shape)
        return elements

    def scaled(self, name: str, kind: str, shape) -> list[int]:
        """Whole numbers times scales."""
        size, (mantissa, _) = prod(shape), FLOATS[kind]
        dropped = below(self.stream, mantissa)
        group = size // shape[0] if self.choose("row scales") else number(self.stream, size)
        assert group >= 2
        assert size % group == 0
        scale_kind = "float64" if kind == "float64" else "float32"
        scales = self.elements(name, scale_kind, (size // group,), False)
        codes = self.elements(name, "int16", shape, False)
        elements = []
        for at, code in enumerate(codes):
            code -= (code >= 2**15) << 16  # as bytes are read
            scale = value_of(scales[at // group], scale_kind)
            if code in (0, -(2**15)):
                elements.append(-1 if code else 0)
                self.used.add("minus zero code" if code else "zero code")
                continue
            bits = bits_of(value_of(bits_of(code * scale, scale_kind), scale_kind, bits=True), kind)
            if dropped:
                half = (1 << dropped - 1) - 1 + (bits >> dropped & 1)
                bits = bits + half >> dropped << dropped
                self.used.add("dropped bits")
            sign = 1 << 8 * WIDTHS[kind] - 1
            assert bits % sign
            assert math.isfinite(value_of(bits, kind, bits=True))
            elements.append(-1 - (bits - sign) if bits >= sign else bits)
        return elements

    def elements(self, name: str, kind: str, shape, static: bool) -> list[int]:
        """Keys of the elements of an array that is not empty, byte by byte or by a codebook."""
        size = prod(shape)
        is_raw = self.choose("raw")
        self.dense = is_raw and not (self.float_models and self.choose("sparse"))
        if self.dense:
            return self.raw(kind, size)
        elements = [0] * size
        view, link_axis, extent = self.view(shape)
        mask, box, links = self.mask(view, link_axis, extent)
        assert any(mask)
        places = [at for at, one in enumerate(mask) if one]
        if is_raw:
            for place, key in zip(places, self.raw(kind, len(places)), strict=True):
                assert key
                elements[place] = key
            self.count(mask, shape)
            return elements
        keys = self.codebooks.read(self.stream, kind)
        rows = [at // prod(view[1:]) for at in places]
        sides = (sum(key < 0 for key in keys), sum(key > 0 for key in keys))
        if static:
            frequencies = under_tables(self.stream, rows, len(keys), self.sizes, True)[0][0]
            self.later.append((name, places, keys, frequencies))
        else:
            for place, symbol in zip(places, self.values(mask, view, box, links, rows, sides), strict=True):
                elements[place] = keys[symbol]
        self.count(mask, shape)
        return elements

    def count(self, mask: list[int], shape) -> None:
        """Note the ones of each output, to which later arrays are linked."""
        if len(shape) > 1:
            width = prod(shape[1:])
            self.outputs = [sum(mask[row * width : (row + 1) * width]) for row in range(shape[0])]

    def raw(self, kind: str, size: int) -> list[int]:
        sizes, width = Mixer(), WIDTHS[kind]
        planes = [self.stream.symbols(table(self.stream, sizes, 256), size) for _ in range(width)]
        elements = zip(*planes, strict=True)
        bits = [sum(byte << 8 * place for place, byte in enumerate(element)) for element in elements]
        if self.float_models and kind in FLOATS:
            bits = [bit >> 1 | (bit & 1) << 8 * width - 1 for bit in bits]
        sign = 1 << 8 * width - 1
        return [-1 - (bit - sign) if bit >= sign and kind in FLOATS else bit for bit in bits]

    def view(self, shape):
        """The axes that an array is seen along, the linked one, and how far the outputs reach that feed it."""
        if self.outputs is None or not shape:
            return shape, None, 0
        axis, outputs = min(1, len(shape) - 1), len(self.outputs)
        share, rest = divmod(shape[axis], outputs)
        if rest or share == 0 or (share > 1 and len(shape) != 2):
            return shape, None, 0
        extent = max(at for at, ones in enumerate(self.outputs) if ones) + 1
        if share == 1:
            return shape, axis, extent
        side = isqrt(share)
        return (shape[0], outputs, *((side, side) if side * side == share else (share,))), axis, extent

    def mask(self, view, link_axis, extent):
        """The mask, the box of its ones, and how busy the outputs are that feed the box."""
        if self.choose("blocks"):
            mask = blocks(self.stream, view)
            ones = [at for at, one in enumerate(mask) if one]
            box = tuple(
                max(at // prod(view[axis + 1 :]) % view[axis] for at in ones) + 1 for axis in range(len(view))
            )
            return mask, box, self.links(link_axis, box)
        box = self.box(view, link_axis, extent)
        links = self.links(link_axis, box)
        if self.choose("full"):
            inside = [1] * prod(box)
        elif self.extended and len(box) > 1 and self.choose("totals"):
            inside = totals(self.stream, box, links)
        else:
            self.used.add("mixed")
            inside = mixed_box(self.stream, box, links, self.choose)
        mask = [0] * prod(view)
        for at, one in zip(inside_places(view, box), inside, strict=True):
            mask[at] = one
        return mask, box, links

    def box(self, view, link_axis, extent):
        found = []
        for axis, length in enumerate(view):
            linked = axis == link_axis
            expected = extent if linked else length
            if length > 1 and not self.choose("linked box" if linked else "box"):
                expected = 1 + below(self.stream, length)
            found.append(expected)
        return tuple(found)

    def links(self, link_axis, box):
        return None if link_axis is None else [busy(ones) for ones in self.outputs[: box[link_axis]]]

    def values(self, mask, view, box, links, rows, sides) -> list[int]:
        if self.choose("mixed values"):
            smooth = self.extended and max(sides) > 4 and self.choose("smooth values")
            inside = [mask[at] for at in inside_places(view, box)]
            return Mixed(box, inside, links, sides, smooth).symbols(self.stream)
        found = [0] * len(rows)
        tables = under_tables(self.stream, rows, sum(sides), self.sizes, False)
        self.used.add("tables" if len(tables) == 1 else "tables by class")
        for frequencies, places in tables:
            for place, symbol in zip(places, self.stream.symbols(frequencies, len(places)), strict=True):
                found[place] = symbol
        return found


def bits_of(value: float, kind: str) -> int:
    """The bits of a float of this kind that is the nearest one to ``value``."""
    letter = {"float16": "e", "float32": "f", "float64": "d"}[kind]
    return int.from_bytes(struct.pack("<" + letter, value), "little")


def value_of(key: int, kind: str, *, bits: bool = False) -> float:
    """The value of a float of this kind by its key, or its bits."""
    letter = {"float16": "e", "float32": "f", "float64": "d"}[kind]
    if key < 0 and not bits:
        key = -1 - key + (1 << 8 * WIDTHS[kind] - 1)
    return struct.unpack("<" + letter, key.to_bytes(WIDTHS[kind], "little"))[0]


def inside_places(view, box) -> list[int]:
    """The elements of an array that lie in the box at its corner."""
    places = [0]
    for axis, extent in enumerate(box):
        step = prod(view[axis + 1 :])
        places = [place + step * k for place in places for k in range(extent)]
    return places
