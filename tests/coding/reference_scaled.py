"""The floats of scaled arrays in docs/format.md: whole numbers or levels times scales, rounded."""

import math
import struct

from reference_schema import WIDTHS


def products(codes, scales, levels, scale_kind: str, kind: str, dropped: int, used: set) -> list[int]:
    """Keys of the elements; ``scales`` and ``levels`` are keys too, ``codes`` as bytes are read."""
    group, sign = len(codes) // len(scales), 1 << 8 * WIDTHS[kind] - 1
    elements = []
    for at, code in enumerate(codes):
        code -= (code >= 2**15) << 16
        if code in (0, -(2**15)):
            elements.append(-1 if code else 0)
            used.add("minus zero code" if code else "zero code")
            continue
        factor = code
        if levels:
            assert 0 < code <= len(levels)
            factor = value_of(levels[code - 1], scale_kind)
        product = bits_of(factor * value_of(scales[at // group], scale_kind), scale_kind)
        bits = bits_of(value_of(product, scale_kind, bits=True), kind)
        if dropped:
            half = (1 << dropped - 1) - 1 + (bits >> dropped & 1)
            bits = bits + half >> dropped << dropped
            used.add("dropped bits")
        assert bits % sign
        assert math.isfinite(value_of(bits, kind, bits=True))
        elements.append(-1 - (bits - sign) if bits >= sign else bits)
    return elements


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
