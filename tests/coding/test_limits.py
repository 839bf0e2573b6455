"""Limits are safe by themselves: what a message may ask for, and what every message of given arrays needs."""

import tracemalloc

import numpy as np
import pytest
from coding_samples import busy, dead, fine, network, odd, same
from hypothesis import given, settings
from hypothesis import strategies as st
from test_roundtrip import arrays

from netrazor import coding
from netrazor.coding.coder import Symbols
from netrazor.coding.message import MAGIC
from netrazor.coding.message_writer import encode
from netrazor.coding.range_coder import Writer
from netrazor.coding.schema import DTYPES, Field, code_schema
from netrazor.errors import MessageError, MessageTooLarge

BYTES_AN_ELEMENT, BYTES_A_DECISION = 24, 250  # as the docstring of the module says
FEW_DECISIONS = coding.Limits(elements=2**16, arrays=8, decisions=2**11, elements_per_byte=0)


def peak_of_decoding(blob: bytes, limits: coding.Limits | None = None) -> int:
    """Bytes that decoding allocates at most at a time."""
    tracemalloc.start()
    try:
        coding.decode(blob, limits=limits)
    except MessageError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def two_values(shape: tuple[int, ...]) -> np.ndarray:
    array = np.ones(shape)
    array.reshape(-1)[::97] = 2
    return array


@pytest.mark.parametrize("shape", [(2**40,), (2**20, 2**20), (1, 2**40)])
def test_a_few_bytes_cannot_ask_for_terabytes(shape: tuple[int, ...]) -> None:
    schema = Writer()
    code_schema(schema, [Field("w", DTYPES[1], shape)], coding.Limits(elements=2**62), 0)
    blob = MAGIC + schema.sealed()[0]
    assert len(blob) < 24
    with pytest.raises(MessageError):
        coding.decode(blob)
    assert peak_of_decoding(blob) < 2**20


@pytest.mark.parametrize(
    "array",
    [
        np.ones(2**20),
        np.ones((2**20, 1)),
        np.ones((1, 2**20)),
        two_values((2**10, 2**10)),
        two_values((2**17, 8)),
    ],
    ids=["vector", "column", "row", "square", "tall"],
)
@pytest.mark.parametrize("values", ["auto", "static"])
def test_elements_take_the_memory_that_is_stated(array: np.ndarray, values: str) -> None:
    blob = encode({"w": array}, values=values)
    assert len(blob) < 2**14
    assert peak_of_decoding(blob) < BYTES_AN_ELEMENT * array.size + 2**23


@pytest.mark.parametrize("shape", [(2, 2, 2**10), (64, 64), (2**12,), (2,) * 8])
def test_decisions_take_the_memory_that_is_stated(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(-1, 2, shape).astype(np.int8)
    blob = encode({"w": array})
    assert (
        peak_of_decoding(blob) < BYTES_A_DECISION * 4 * array.size + 2**20
    )  # a mask, and values of two bits


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_stay_within_time_and_memory(blob: bytes, extended: bool) -> None:
    schema = Writer()
    code_schema(schema, [Field("w", DTYPES[0], (16, 64)), Field("v", DTYPES[3], (16,))], FEW_DECISIONS, 0)
    message = MAGIC + schema.sealed()[0] + (b"\x80" if extended else b"") + blob
    assert peak_of_decoding(message, FEW_DECISIONS) < 2**22


@settings(max_examples=20, deadline=None)
@given(st.lists(arrays(), max_size=3), st.sampled_from(["auto", "static"]))
def test_arrays_are_read_back_within_limits_made_for_them(given_arrays: list, values: str) -> None:
    named = {str(place): array for place, array in enumerate(given_arrays)}
    limits = coding.Limits.for_arrays(named)
    assert same(named, coding.decode(encode(named, values=values), limits=limits))


@pytest.mark.parametrize("make", [network, busy, dead, fine, odd])
def test_samples_are_read_back_within_limits_made_for_them(make) -> None:
    named = {name: np.asarray(array) for name, array in make().items()}
    assert same(named, coding.decode(encode(named), limits=coding.Limits.for_arrays(named)))


def test_long_messages_may_hold_more_elements() -> None:
    array = np.random.default_rng(0).integers(0, 256, 2**12).astype(np.uint8)
    blob = encode({"w": array})
    assert coding.decode(blob, limits=coding.Limits(elements=0))["w"].shape == array.shape
    with pytest.raises(MessageTooLarge, match="elements"):
        coding.decode(blob, limits=coding.Limits(elements=0, elements_per_byte=0))


def test_tables_by_class_count_as_decisions() -> None:
    rng = np.random.default_rng(0)
    rows = rng.choice([1, 60], (400, 1))
    array = np.rint(rng.normal(0, 1, (400, 300)) * rows).astype(np.int16)
    blob = encode({"w": array})
    assert coding.ledger(blob).bits_of("table") > 0
    entries: Symbols = np.unique(array)
    with pytest.raises(MessageTooLarge, match="decisions"):
        coding.decode(blob, limits=coding.Limits(decisions=len(entries)))
