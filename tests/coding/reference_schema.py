"""The types and the schema stream of docs/format.md."""

from reference_mixing import Mixer
from reference_range import Stream, below, number
from reference_values import FLOATS

WIDTHS = {
    **{"float32": 4, "float64": 8, "float16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1},
    **{"uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1},
}
TYPES = list(WIDTHS)


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


def as_bytes(keys: list[int], kind: str) -> bytes:
    bits = 8 * WIDTHS[kind]
    if kind in FLOATS:
        keys = [key if key >= 0 else -1 - key + (1 << bits - 1) for key in keys]
    return b"".join((key % (1 << bits)).to_bytes(WIDTHS[kind], "little") for key in keys)
