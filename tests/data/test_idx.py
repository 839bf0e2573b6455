"""The three tests of a codec: golden bytes, round trip, any bytes are safe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from netrazor.data.idx import idx_bytes, read_idx
from netrazor.errors import BadDataset

GOLDEN = bytes.fromhex("00000802 00000002 00000003 010203 0405ff")
shapes = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)


def test_golden_bytes() -> None:
    array = np.array([[1, 2, 3], [4, 5, 255]], np.uint8)
    assert idx_bytes(array) == GOLDEN
    assert np.array_equal(read_idx(GOLDEN), array)


@given(arrays.arrays(np.uint8, shapes))
def test_round_trip(array: np.ndarray) -> None:
    again = read_idx(idx_bytes(array))
    assert again.shape == array.shape
    assert np.array_equal(again, array)
    assert again.flags.writeable


@given(st.binary(max_size=40) | st.binary(max_size=36).map(lambda tail: b"\0\0\x08" + tail))
def test_any_bytes_give_an_array_or_the_named_error(content: bytes) -> None:
    try:
        array = read_idx(content)
    except BadDataset:
        return
    assert idx_bytes(array) == content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must begin with"),
        (GOLDEN.replace(b"\x08", b"\x0d", 1), "must begin with"),
        (b"\0\0\x08\0\x07", "1 to 4 axes allowed, got 0"),
        (b"\0\0\x08\x41" + bytes(4 * 65), "1 to 4 axes allowed, got 65"),
        (GOLDEN[:9], "header of 12 bytes"),
        (GOLDEN[:-1], "needs 6 values, got 5"),
        (GOLDEN + b"\0", "needs 6 values, got 7"),
    ],
)
def test_each_fault_is_told(content: bytes, says: str) -> None:
    with pytest.raises(BadDataset, match=says):
        read_idx(content)
