"""Slices in any order: the message is shorter by the bits that the order carries, and nothing else changes."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from coding_samples import same
from hypothesis import given
from hypothesis import strategies as st
from reference_decoder import decode
from reference_free_orders import settled
from test_reference import agree

from netrazor import coding
from netrazor.coding.bit_string import BitString
from netrazor.coding.content_segments import Segments
from netrazor.coding.free_order import (
    MAX_SLICES,
    Arrangement,
    Freedom,
    arrange,
    canonical_order,
    find_freedoms,
    first_signs,
    free_bits,
    settle,
)
from netrazor.coding.header import Header, code_header
from netrazor.coding.message import read
from netrazor.coding.message_context import MessageContext
from netrazor.coding.ordered_keys import elements_of, keys_of
from netrazor.coding.range_coder import Writer
from netrazor.errors import CorruptMessage, MessageError, UnsupportedMessage

LIMITS = coding.Limits()
MOST_LOST = (
    12  # bits for each array: what is said of its order, the end of its stream, part of a bit of the number
)


@st.composite
def slices(draw: st.DrawFn) -> tuple[np.ndarray, Freedom]:
    """An array with equal slices and empty ones among others, and how it is free."""
    dtype = np.dtype(draw(st.sampled_from(["float32", "float16", "int8", "uint8", "bool"])))
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 2)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = rng.integers(-2, 3, shape) * (rng.random(shape) < draw(st.floats(0.2, 1)))
    array = (values if dtype.kind in "fi" else abs(values)).astype(dtype)
    return array, Freedom(draw(st.integers(0, 1)), dtype.kind in "fi" and draw(st.booleans()))


def canonical(array: np.ndarray, *, signs: bool = False) -> np.ndarray:
    """The rows in canonical order, the empty ones last."""
    if signs:
        array = np.where(first_signs(array)[:, None] < 0, 0 - array, array)
    return array[canonical_order(array)]


def shuffled_layers(
    widths: list[int], density: float, seed: int, *, values: int = 3, step: float = 0.125
) -> dict[str, np.ndarray]:
    """Weights of layers one behind the other, whose hidden units are in canonical order."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        steps = rng.integers(1, values + 1, (outputs, inputs)) * rng.choice([-1, 1], (outputs, inputs))
        weight = np.where(rng.random(steps.shape) < density, steps, 0).astype(np.float32) * np.float32(step)
        if layer < len(widths) - 2:
            weight = canonical(weight)
        arrays[f"{layer}.weight"] = weight
        arrays[f"{layer}.bias"] = (rng.random(outputs) < 0.3).astype(np.float32)
    return arrays


def content_bits(blob: bytes) -> int:
    return coding.ledger(blob).bits - coding.ledger(blob).bits_of("framing", "schema")


def without_free_orders(arrays: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> bytes:
    with monkeypatch.context() as patch:
        patch.setattr("netrazor.coding.message_writer.find_freedoms", lambda array: [])
        return coding.encode(arrays)


@given(slices())
def test_settling_gives_the_number_that_arranged(given_slices: tuple[np.ndarray, Freedom]) -> None:
    array, freedom = given_slices
    try:
        ordered, found = settle(array, freedom)
    except CorruptMessage:
        return  # an arrangement beyond the last whole number of bits
    assert same({"w": arrange(ordered, freedom, found.number)}, {"w": array})
    assert settle(ordered, freedom)[1] == Arrangement(0, found.bits)
    for number in {0, 1, (1 << found.bits) - 1} if found.bits else {0}:
        again = settle(arrange(ordered, freedom, number), freedom)
        assert same({"w": again[0]}, {"w": ordered})
        assert again[1] == Arrangement(number, found.bits)


@given(slices())
def test_settling_agrees_with_the_reference(given_slices: tuple[np.ndarray, Freedom]) -> None:
    array, freedom = given_slices
    keys = keys_of(array).ravel().tolist()
    try:
        ordered, found = settle(array, freedom)
    except CorruptMessage:
        with pytest.raises(AssertionError):
            settled(keys, array.shape, freedom.axis, freedom.signs, array.dtype.kind == "f")
        return
    expected, number, bits = settled(keys, array.shape, freedom.axis, freedom.signs, array.dtype.kind == "f")
    assert elements_of(np.array(expected), array.dtype).tobytes() == ordered.tobytes()
    assert (number, bits) == (found.number, found.bits)


def test_the_bits_of_an_order_are_log2_of_how_many_there_are() -> None:
    array = np.eye(12, dtype=np.float32)
    assert free_bits(array, Freedom(0, signs=False)) == int(math.log2(math.factorial(12)))
    assert free_bits(array, Freedom(1, signs=True)) == 12 + int(math.log2(math.factorial(12)))
    assert free_bits(np.ones((12, 3), np.int8), Freedom(0, signs=False)) == 0


@pytest.mark.parametrize(
    ("widths", "density", "values", "step"),
    [([40, 12, 10], 0.2, 3, 0.125), ([30, 20, 16, 24, 10], 0.3, 3, 0.125), ([24, 16, 6], 0.9, 10**6, 0.3)],
    ids=["one layer", "three layers", "float weights"],
)
def test_a_message_is_shorter_by_nearly_all_bits_of_the_orders(
    widths: list[int], density: float, values: int, step: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter = ordered = free = 0
    for seed in range(3):
        arrays = shuffled_layers(widths, density, seed, values=values, step=step)
        blob = coding.encode(arrays)
        assert read(blob, LIMITS).free_orders
        assert same(arrays, coding.decode(blob))
        assert coding.ledger(blob).bits == 8 * len(blob)
        assert all(entry.bits >= 0 for entry in coding.ledger(blob).entries)
        agree(blob, set())
        shorter += content_bits(blob)
        # against rows in any other order, in which nothing else can be left out
        rng = np.random.default_rng(seed)
        ordered += content_bits(
            coding.encode({name: rng.permutation(array) for name, array in arrays.items()})
        )
        free += sum(math.log2(math.factorial(units)) for units in widths[1:-1])
    assert shorter < ordered - free + 3 * (len(widths) - 2) * MOST_LOST


@pytest.mark.parametrize("attempts", [0, 4])
def test_where_no_order_is_found_in_so_many_attempts_the_slices_stay_in_theirs(
    attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the order that is written the models must be in the state that was assumed when it was chosen."""
    arrays = shuffled_layers([20, 8, 6, 5], 0.3, 0)
    assert read(coding.encode(arrays), LIMITS).free_orders
    ordered = without_free_orders(arrays, monkeypatch)
    monkeypatch.setattr("netrazor.coding.content_writer._ATTEMPTS", attempts)
    monkeypatch.setattr(MessageContext, "learnt", lambda self: object())  # never as assumed
    assert coding.encode(arrays) == ordered


def test_bits_of_an_order_are_not_taken_from_a_rest_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = shuffled_layers([20, 8, 5], 0.3, 0)
    ordered = without_free_orders(arrays, monkeypatch)
    monkeypatch.setattr("netrazor.coding.content_writer._LONGEST_REST", 20)
    assert coding.encode(arrays) == ordered


def test_signs_are_left_out_too() -> None:
    rng = np.random.default_rng(0)
    weight = rng.choice([0, 0, 0, 0.5, -0.5, 1, -1], (16, 40)).astype(np.float32)
    ordered = canonical(weight, signs=True)
    arrays = {"w": ordered, "v": rng.choice([0, 0, 1, -1], (10, 16)).astype(np.float32)}
    used: set[str] = set()
    blob = coding.encode(arrays)
    assert same(arrays, coding.decode(blob))
    decode(blob, used)
    assert "free signs" in used
    assert (
        content_bits(coding.encode({**arrays, "w": weight}))
        > content_bits(blob) + free_bits(ordered, Freedom(0, signs=True)) - MOST_LOST
    )


def test_columns_may_be_free_where_rows_are_not() -> None:
    arrays = shuffled_layers([40, 12, 10], 0.2, 0)
    columns = np.random.default_rng(0).permutation(arrays["0.weight"].T)
    arrays["0.weight"] = canonical(columns.T).T.copy()
    blob = coding.encode(arrays)
    assert find_freedoms(arrays["0.weight"])[0].axis == 1
    assert read(blob, LIMITS).free_orders
    assert same(arrays, coding.decode(blob))


def test_what_has_no_order_to_leave_out_is_written_as_before() -> None:
    rng = np.random.default_rng(1)
    for arrays in (
        {"w": rng.choice([0, 1, 2], (3, 5)).astype(np.float32)[::-1]},
        {"w": np.ones((4, 4), np.int8)},
        {"w": np.arange(9)},
    ):
        assert not read(coding.encode(arrays), LIMITS).free_orders


def test_static_values_do_not_go_with_free_orders() -> None:
    arrays = shuffled_layers([40, 12, 10], 0.2, 0)
    assert not read(coding.encode(arrays, values="static"), LIMITS).free_orders
    writer = Writer()
    with pytest.raises(CorruptMessage, match="exclude each other"):
        code_header(writer, Header(False, 0, True, False, free_orders=True))


def test_the_reserved_bit_stands_behind_the_flag_of_structures() -> None:
    content = Writer()
    for bit, level in ((1, 0), (1, 0), (1, -320), (1, -320), (1, -320)):
        content.bit(bit, level)
    empty = coding.encode({})
    with pytest.raises(UnsupportedMessage, match="later format"):
        coding.decode(empty[:4] + content.sealed()[0] + bytes(4))


@pytest.mark.parametrize(
    "array", [np.array([[1, -128], [1, 1]], np.int8), np.array([[1, -0.0], [1, 1]], "f4")]
)
def test_values_without_a_negative_have_no_free_sign(array: np.ndarray) -> None:
    assert find_freedoms(array) == [Freedom(0, signs=False)]
    with pytest.raises(CorruptMessage, match="no negative"):
        settle(array * np.array([[-1, 1], [1, 1]], array.dtype), Freedom(0, signs=True))


def test_an_order_that_no_bits_give_is_refused() -> None:
    rows, freedom = canonical(np.diag([1, 2, 3]).astype(np.int8)), Freedom(0, signs=False)
    for order in ([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0]):  # of six orders two bits give four
        assert settle(rows[order], freedom)[1].bits == 2
    for order in ([2, 0, 1], [2, 1, 0]):
        with pytest.raises(CorruptMessage, match="stands for no bits"):
            settle(rows[order], freedom)


def test_too_many_slices_are_refused() -> None:
    array = np.ones((MAX_SLICES + 1, 1), np.int8)
    assert find_freedoms(array) == []
    with pytest.raises(CorruptMessage, match="at most 4096"):
        settle(array, Freedom(0, signs=False))


def test_bits_left_over_must_be_zeros() -> None:
    stream = Writer()
    stream.bit(1, 0)
    data = stream.ended().padded()[0]
    for number, refused in ((0, False), (1, True)):
        segments = Segments(memoryview(data), metered=True)
        assert segments.reader.bit(None, 0) == 1
        segments.cut(Arrangement(number, 40))
        if refused:
            with pytest.raises(CorruptMessage, match="not zeros"):
                segments.end()
        else:
            assert segments.end() == (1, 8 - stream.ended().length)


@given(st.lists(st.integers(0, 1)), st.lists(st.integers(0, 1)), st.integers(0, 20))
def test_bit_strings_are_lists_of_bits(first: list[int], second: list[int], cut: int) -> None:
    def of(bits: list[int]) -> BitString:
        return BitString(int("0" + "".join(map(str, bits)), 2), len(bits))

    assert of(first) + of(second) == of(first + second)
    assert of(first).without_head(cut) == of(first[cut:])
    assert BitString(of(first).head(cut), cut) == of((first + [0] * cut)[:cut])
    data, padding = of(first).padded()
    assert BitString.of(data) == of(first + [0] * padding)


def test_altered_messages_give_a_value_or_a_named_error() -> None:
    arrays = shuffled_layers([20, 9, 12, 5], 0.3, 2)
    blob = coding.encode(arrays)
    assert read(blob, LIMITS).free_orders
    rng = np.random.default_rng(0)
    start = 3 + -(-coding.ledger(blob).bits_of("schema") // 8)
    for _ in range(300):
        altered = bytearray(blob)
        altered[rng.integers(start, len(blob))] ^= 1 << int(rng.integers(8))
        try:
            found = coding.decode(bytes(altered), limits=coding.Limits(decisions=2**12))
        except MessageError:
            continue
        assert list(found) == list(arrays)


def test_the_records_use_it() -> None:
    records = Path(__file__).parents[2] / "certificates"
    for name in ("mnist", "fashion-mnist", "cifar10-jpeg", "lenet5-mnist-tight"):
        assert read((records / name / "network.nrz").read_bytes(), LIMITS).free_orders
