"""Other coders on the same integers, run in an environment of their own: NNC (nncodec), brotli, zstandard.

Reads an .npz of int32 arrays from the first argument; prints bytes and seconds of each coder as JSON.
For NNC the best of its settings is taken for each array: row skipping, parameter optimization, both layouts.
Nothing but the payload is counted: no headers, shapes, steps or names. With "speed" as second argument only NNC is
run, as it is by default: by its coder alone, and by its own interface if that can be imported.
"""

import contextlib
import json
import os
import sys
import time
from itertools import product

import brotli
import numpy as np
import zstandard
from nncodec.extensions import deepCABAC
from nncodec.nnc_core.hdsp.hdsp_tool import HDSP_OPTS_OFF

UNARY_LENGTH = 11  # its default


def nnc_encode(array, row_skip, optimize):
    encoder = deepCABAC.Encoder()
    encoder.initCtxModels(UNARY_LENGTH, optimize)
    dead = (~array.any(axis=tuple(range(1, array.ndim)))).astype(np.int32) if array.ndim > 1 else array * 0
    encoder.encodeLayer(array, 0, 0, 1, 0, row_skip, dead, *HDSP_OPTS_OFF(), 0, 0)
    return encoder.finish()


def nnc_decode(stream, array):
    found = np.zeros_like(array)
    decoder = deepCABAC.Decoder()
    decoder.setStream(stream)
    decoder.initCtxModels(UNARY_LENGTH)
    decoder.decodeLayer(found, 0, 0, 1, 0, *HDSP_OPTS_OFF(), 0, 0)
    decoder.finish()
    return found


def nnc(array, thorough):
    layouts = [np.ascontiguousarray(array.reshape(array.shape[0], -1))]
    if array.ndim > 1 and thorough:
        layouts.append(np.ascontiguousarray(layouts[0].T))
    best = None
    for layout, row_skip, optimize in product(layouts, (0, 1), (0, 1) if thorough else (1,)):
        start = time.process_time()
        stream = nnc_encode(layout, row_skip, optimize)
        middle = time.process_time()
        found = nnc_decode(stream, layout)
        end = time.process_time()
        assert (found == layout).all()
        if best is None or len(stream) < best[0]:
            best = (len(stream), middle - start, end - middle)
    return best


def timed(compress, decompress, data):
    start = time.process_time()
    packed = compress(data)
    middle = time.process_time()
    assert decompress(packed) == data
    return len(packed), middle - start, time.process_time() - middle


def nnc_speed(arrays):
    parts = []
    for array in arrays:
        layout = np.ascontiguousarray(array.reshape(array.shape[0], -1))
        start = time.process_time()
        stream = nnc_encode(layout, 0, 1)
        middle = time.process_time()
        assert (nnc_decode(stream, layout) == layout).all()
        parts.append((len(stream), middle - start, time.process_time() - middle))
    return parts


def nnc_interface_speed(arrays):
    from nncodec import nnc as interface

    named = {f"layer{number}.weight": array for number, array in enumerate(arrays)}
    start = time.process_time()
    stream = interface.compress(named, use_dq=False, return_bitstream=True, bitstream_path=os.devnull)
    middle = time.process_time()
    found = interface.decompress(stream)
    end = time.process_time()
    assert all((found[name] == array).all() for name, array in named.items())
    return [(len(stream), middle - start, end - middle)]


def speed(arrays):
    found = {"nnc_coder": nnc_speed(arrays)}
    with contextlib.suppress(ImportError), contextlib.redirect_stdout(sys.stderr):
        found["nnc_interface"] = nnc_interface_speed(arrays)
    return found


def main():
    arrays = list(np.load(sys.argv[1]).values())
    if sys.argv[2:] == ["speed"]:
        report(speed(arrays))
        return
    thorough = sum(array.size for array in arrays) < 2**20
    found = {"nnc": [nnc(array, thorough) for array in arrays]}
    for kind in ("int", "float") if thorough else ("int",):
        data = b"".join(
            array.astype(np.int8 if kind == "int" else np.float32).tobytes() for array in arrays if array.size
        )
        found[f"zstd -19, {kind}"] = [
            timed(zstandard.ZstdCompressor(level=19).compress, zstandard.ZstdDecompressor().decompress, data)
        ]
        if thorough:
            found[f"brotli -11, {kind}"] = [timed(brotli.compress, brotli.decompress, data)]
    report(found)


def report(found):
    print(
        json.dumps(
            {
                name: {
                    "bytes": sum(p[0] for p in parts),
                    "encode_s": sum(p[1] for p in parts),
                    "decode_s": sum(p[2] for p in parts),
                }
                for name, parts in found.items()
            }
        )
    )


if __name__ == "__main__":
    main()
