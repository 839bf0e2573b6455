"""Version 1 is frozen: these bytes must be written, and read to the same bits, for ever."""

import numpy as np
import pytest
from coding_reference import ReferenceReader
from coding_samples import network, odd, same

from netrazor import coding
from netrazor.coding import message

SIGMA = {"sigma": np.array([0.5, 0.25], np.float32)}

GOLDEN = {
    "empty": ({}, {}, "4e525a0000"),
    "network": (
        network(),
        {},
        "4e525acb1dab795a36e04b602a983d72d995e2ef1956b247673632c5a6b8264490016349f986318443b7692f24882c071f"
        "30b0ab2623222d011d61a376c511b95f0902f8b879c4ad474687d95161b4ee323db8",
    ),
    "static": (
        network(),
        {"values": "static", "architecture": 3, "aside": SIGMA},
        "4e525acb1dab795a36e04b602a983d72d995e2ef1956b247673632c5a6b826449063b8f09552aaa298802c98d61e4cee72"
        "8d3037db03d2a0377935ae88fe4814e51e75cc0530920c8bbaeb0feadf7c44dd28a08e6aa2b791e6240000003f0000803e",
    ),
    "odd": (
        odd(),
        {},
        "4e525ae600684a3626d4b809c6d52414e56b7333e795d6b4e5a9a29a40aa67c132c236852dec61b7251a3a8c25eb0fcc64"
        "5227b0d8b71ff4e284b3c48948be043cc530b304d17116563ecf748a318ffffffffc6c00000000000007442f42d7faffff"
        "ffe3e000000000000000d231f639c82be557449dc06be9329efe1ae8e6fc2e320892a7682a7b5767fa6bc983d2b88c0c37"
        "99999999a966",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_encoder_writes_the_golden_bytes(name: str) -> None:
    arrays, options, golden = GOLDEN[name]
    assert coding.encode(arrays, **options).hex() == golden


@pytest.mark.parametrize("name", GOLDEN)
def test_the_decoder_reads_them_to_the_bit(name: str) -> None:
    arrays, options, golden = GOLDEN[name]
    assert same({**arrays, **options.get("aside", {})}, coding.decode(bytes.fromhex(golden)))


@pytest.mark.parametrize("name", GOLDEN)
def test_plain_integers_decode_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coder's arithmetic as docs/format.md states it, without the library that does it here."""

    class Both(ReferenceReader):
        def __init__(self, data: memoryview) -> None:
            super().__init__(bytes(data))
            self._other = Reader(data)

        def bit(self, bit, level):
            return _agree(super().bit(bit, level), self._other.bit(bit, level))

        def uniform(self, value, size):
            return _agree(super().uniform(value, size), self._other.uniform(value, size))

        def symbols(self, values, counts, number):
            return _agree(
                super().symbols(values, counts, number), self._other.symbols(values, counts, number)
            )

        def end(self):
            return self._other.end()

    arrays, options, golden = GOLDEN[name]
    Reader = message.Reader  # noqa: N806
    monkeypatch.setattr(message, "Reader", Both)
    assert same({**arrays, **options.get("aside", {})}, coding.decode(bytes.fromhex(golden)))


def _agree(first, second):
    assert np.array_equal(first, second)
    return first
