"""Any bytes give arrays or a named error, in bounded time and memory."""

import contextlib
import random

import numpy as np
import pytest
from coding_samples import network, odd
from hypothesis import given, settings
from hypothesis import strategies as st

from netrazor import coding
from netrazor.coding import message_writer, schema
from netrazor.errors import (
    CorruptMessage,
    MessageError,
    MessageTooLarge,
    UnsupportedMessage,
    UnsupportedModel,
)

TIGHT = coding.Limits(elements=2**16, arrays=64, decisions=2**14)
MESSAGES = [
    coding.encode(network()),
    coding.encode(network(1), values="static", side_information={"sigma": np.ones(2)}),
    coding.encode(odd()),
]


def decode_safely(blob: bytes) -> None:
    with contextlib.suppress(MessageError):
        coding.decode(blob, limits=TIGHT)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes(blob: bytes) -> None:
    decode_safely(blob)
    decode_safely(b"NRZ" + blob)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MESSAGES), st.integers(0, 2**20), st.integers(0, 7))
def test_one_bit_altered(message: bytes, place: int, bit: int) -> None:
    altered = bytearray(message)
    altered[place % len(altered)] ^= 1 << bit
    decode_safely(bytes(altered))


@pytest.mark.parametrize("message", MESSAGES, ids=["network", "static", "odd"])
def test_cut_or_extended_is_corrupt(message: bytes) -> None:
    for length in range(len(message)):
        with pytest.raises(MessageError):
            coding.decode(message[:length])
    for tail in (b"\0", b"\xff", b"NRZ"):
        with pytest.raises(CorruptMessage):
            coding.decode(message + tail)


def test_no_two_messages_differ_in_their_last_bytes_only() -> None:
    """Given the models chosen, the bytes are the only ones: padding and seal are checked."""
    message = MESSAGES[0]
    read = []
    for last in range(256):
        with contextlib.suppress(MessageError):
            arrays = coding.decode(message[:-1] + bytes([last]))
            read.append(b"".join(array.tobytes() for array in arrays.values()))
    assert len(read) == len(set(read)) < 256


def test_a_later_format_announces_itself_by_the_reserved_bit() -> None:
    assert coding.encode({}) == b"NRZ\0\0"
    with pytest.raises(UnsupportedMessage, match="reserved bit"):
        coding.decode(b"NRZ\0" + 4 * b"\xff")


def test_another_kind_of_file() -> None:
    for blob in (b"", b"PK\x03\x04", b"NR"):
        with pytest.raises(CorruptMessage, match="begins with"):
            coding.decode(blob)


def test_limits_come_before_work() -> None:
    blob = coding.encode({"w": np.zeros((2000, 2000), np.float32)})
    assert len(blob) < 20
    with pytest.raises(MessageTooLarge, match=r"Limits\(elements=4000000\)"):
        coding.decode(blob, limits=coding.Limits(elements=10**6))
    assert coding.decode(blob, limits=coding.Limits(elements=4 * 10**6))["w"].shape == (2000, 2000)
    many = coding.encode({str(i): np.zeros(1, np.int8) for i in range(20)})
    with pytest.raises(MessageTooLarge, match="arrays"):
        coding.decode(many, limits=coding.Limits(arrays=19))
    mixed = coding.encode({"w": np.triu(np.ones((60, 60)))})
    with pytest.raises(MessageTooLarge, match="decisions"):
        coding.decode(mixed, limits=coding.Limits(decisions=2000))
    with pytest.raises(MessageTooLarge, match="names"):
        coding.decode(MESSAGES[0], limits=coding.Limits(decisions=80))


def test_a_short_message_has_short_names() -> None:
    """Else some 100 bytes would be read for seconds: a name takes eight decisions a byte, each almost free."""
    named = {f"{place:03}" + "n" * 997: np.zeros(1, np.float32) for place in range(6)}
    first = dict(list(named.items())[:4])
    assert list(coding.decode(coding.encode(first))) == list(first)
    with pytest.raises(UnsupportedModel, match=r"names of arrays: at most \d+ bytes .* got 6000"):
        coding.encode(named)
    long = coding.encode({**named, "w": np.arange(500.0)})
    assert list(coding.decode(long)) == [*named, "w"]


def test_a_name_without_an_end_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Altered messages often have one, which adapts until each byte is almost free."""
    with pytest.raises(UnsupportedModel, match=r"at most 1000 bytes of a name allowed"):
        coding.encode({"n" * 1001: np.zeros(1, np.float32)})
    monkeypatch.setattr(message_writer, "LONGEST_NAME", 2000)
    monkeypatch.setattr(schema, "LONGEST_NAME", 2000)
    blob = coding.encode({"n" * 1001: np.zeros(1, np.float32)})
    monkeypatch.undo()
    with pytest.raises(MessageTooLarge, match="at most 1000 bytes each"):
        coding.decode(blob)


def test_many_mutations() -> None:
    """A taste of benchmarks/codec_fuzz.py."""
    chance = random.Random(0)
    for _ in range(80):
        message = bytearray(chance.choice(MESSAGES))
        for _ in range(chance.randrange(1, 6)):
            message[chance.randrange(len(message))] = chance.randrange(256)
        decode_safely(bytes(message))
