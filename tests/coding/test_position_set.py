"""A set of positions as bytes: back again, close to the shortest, and safe to read."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netrazor.coding.position_set import MOST_POSITIONS, decode_positions, encode_positions
from netrazor.errors import CorruptMessage, InvalidArgument, MessageError, MessageTooLarge


@st.composite
def sets(draw: st.DrawFn) -> tuple[list[int], int]:
    n = draw(st.integers(0, 3000))
    return draw(st.lists(st.integers(0, n - 1), unique=True) if n else st.just([])), n


@given(sets())
def test_round_trip_in_increasing_order(case: tuple[list[int], int]) -> None:
    positions, n = case
    assert decode_positions(encode_positions(positions, n), n).tolist() == sorted(positions)


@settings(max_examples=300)
@given(st.binary(max_size=40), st.integers(0, 400))
def test_any_bytes_give_a_set_or_a_message_error(blob: bytes, n: int) -> None:
    try:
        positions = decode_positions(blob, n)
    except MessageError:
        return
    assert encode_positions(positions, n) == blob, "one blob for each set"


@pytest.mark.parametrize(("k", "n"), [(1, 10**6), (17, 569), (500, 60_000), (8000, 50_000), (59_999, 60_000)])
def test_length_is_close_to_the_number_of_sets(k: int, n: int) -> None:
    positions = np.random.default_rng(k).permutation(n)[:k]
    ideal = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)
    number_bits = 8 * max(1, math.ceil(k.bit_length() / 7))
    spread = 0.5 * math.log2(2 * math.pi * min(k, n - k)) + 1
    assert ideal + number_bits <= 8 * len(encode_positions(positions, n)) <= ideal + number_bits + spread + 16


@settings(max_examples=60)
@given(st.data())
def test_altered_cut_or_extended_blobs_are_not_another_spelling(data: st.DataObject) -> None:
    n = 200
    blob = encode_positions(data.draw(st.lists(st.integers(0, n - 1), unique=True, min_size=1)), n)
    for other in (blob + b"\0", blob[:-1], bytes([blob[0] ^ 1]) + blob[1:]):
        try:
            assert encode_positions(decode_positions(other, n), n) == other
        except CorruptMessage:
            continue


@pytest.mark.parametrize("blob", [b"", b"\x80", b"\x80\x00", b"\xff\xff\xff\xff\x01", b"\x05", b"\x00\x00"])
def test_named_errors_for_what_no_writer_writes(blob: bytes) -> None:
    with pytest.raises(CorruptMessage):
        decode_positions(blob, 4)


def test_limits_come_before_work() -> None:
    with pytest.raises(MessageTooLarge):
        decode_positions(b"\x01", MOST_POSITIONS + 1)
    with pytest.raises(MessageTooLarge, match="at most 3"):
        decode_positions(encode_positions(range(4), 10), 10, at_most=3)


@pytest.mark.parametrize("positions", [[1, 1], [-1], [10], [0.5], [[1]]])
def test_what_is_not_a_set_below_n_is_refused(positions: list[int]) -> None:
    with pytest.raises(InvalidArgument, match="positions"):
        encode_positions(positions, 10)
    with pytest.raises(InvalidArgument, match="n:"):
        encode_positions([], -1)
