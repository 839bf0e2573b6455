"""A slow reader of messages written from docs/format.md, in plain Python: nothing of netrazor, nothing installed.

An array is its type, its shape and its elements as little-endian bytes. ``used`` collects the models that occur.
"""

from collections import defaultdict
from math import isqrt, prod

from reference_free_orders import Chain, settled
from reference_masks import blocks, busy, inside_places, mixed_box, totals
from reference_mixing import Mixer, table
from reference_range import Stream, below, number
from reference_scaled import products
from reference_schema import WIDTHS, as_bytes, read_schema
from reference_structures import groups, tiles
from reference_values import FLOATS, Codebooks, Mixed, under_tables


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
        self.free_orders, self.float_models, self.structures = announces, False, False
        if announces:
            self.float_models = bool(self.stream.bit(-320))
            if self.float_models:
                self.structures = bool(self.stream.bit(-320))
                assert not (self.structures and self.stream.bit(-320)), "a later format"
                self.free_orders = bool(self.stream.bit(0))
            self.extended = bool(self.stream.bit(0))
        self.used.add("extended" if self.extended else "not extended")
        if self.structures:
            self.used.add("structures")
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
        """Whole numbers, or levels that they number, times scales."""
        size, (mantissa, _) = prod(shape), FLOATS[kind]
        dropped = below(self.stream, mantissa)
        group = size // shape[0] if self.choose("row scales") else number(self.stream, size)
        assert group >= 2
        assert size % group == 0
        wanted = 1 + below(self.stream, 2**10) if self.structures and self.choose("levels") else 0
        scale_kind = "float64" if kind == "float64" else "float32"
        scales = self.elements(name, scale_kind, (size // group,), False)
        levels = self.elements(name, scale_kind, (wanted,), False) if wanted else []
        codes = self.elements(name, "int16", shape, False)
        return products(codes, scales, levels, scale_kind, kind, dropped, self.used)

    def elements(self, name: str, kind: str, shape, static: bool) -> list[int]:
        """Keys of the elements of an array that is not empty, byte by byte or by a codebook."""
        size = prod(shape)
        is_raw = self.choose("raw")
        self.dense = is_raw and not (self.float_models and self.choose("sparse"))
        if self.dense:
            return self.raw(kind, size)
        elements = [0] * size
        view, link_axis, extent = self.view(shape)
        mask, box, links = self.mask(shape, view, link_axis, extent)
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

    def mask(self, shape, view, link_axis, extent):
        """The mask, the box of its ones, and how busy the outputs are that feed the box."""
        if self.structures and self.choose("tiles"):
            mask = tiles(self.stream, shape, lambda along: self.usual_mask(along, None, 0)[0])
        elif self.structures and self.choose("groups"):
            mask = groups(self.stream, shape)
        else:
            return self.usual_mask(view, link_axis, extent)
        return self.in_smallest_box(mask, view, link_axis)

    def in_smallest_box(self, mask, view, link_axis):
        ones = [at for at, one in enumerate(mask) if one]
        box = tuple(
            max(at // prod(view[axis + 1 :]) % view[axis] for at in ones) + 1 for axis in range(len(view))
        )
        return mask, box, self.links(link_axis, box)

    def usual_mask(self, view, link_axis, extent):
        if self.choose("blocks"):
            return self.in_smallest_box(blocks(self.stream, view), view, link_axis)
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
