"""Compiled models write and read the same bytes as the loops in Python."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from coding_samples import busy, dead, fine, network, same
from hypothesis import given, settings
from hypothesis import strategies as st

from netrazor import coding
from netrazor.coding import compiled
from netrazor.coding.coder import Meter
from netrazor.coding.element_contexts import Grid
from netrazor.coding.margin_totals import _code_places, code_by_totals
from netrazor.coding.mixed_mask import code_pattern
from netrazor.coding.mixed_values import code_mixed_values
from netrazor.coding.range_coder import Reader, Writer
from netrazor.errors import CorruptMessage, MessageError

pytest.importorskip("numba", reason="the extra 'fast' is not installed")

SAMPLES = {"busy": busy(), "dead": dead(), "fine": fine(), "network": network()}


@contextmanager
def only(fast: bool) -> Iterator[None]:
    """All decisions compiled, or none."""
    with pytest.MonkeyPatch.context() as patch:
        least = 0 if fast else 2**62
        for kind in ("WORTHWHILE_READ", "WORTHWHILE", "WORTHWHILE_LOADED"):
            patch.setattr(compiled, kind, least)
        yield


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bytes_are_the_same(name: str) -> None:
    arrays = SAMPLES[name]
    with only(fast=False):
        slow = coding.encode(arrays)
    with only(fast=True):
        assert coding.encode(arrays) == slow
        assert same(arrays, coding.decode(slow))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2**32))
def test_altered_messages_are_read_alike(name: str, seed: int) -> None:
    message = _message(name)
    rng = np.random.default_rng(seed)
    altered = bytearray(message)
    altered[rng.integers(len(message) // 4, len(message))] ^= 1 << int(rng.integers(8))
    assert outcome(bytes(altered), fast=True) == outcome(bytes(altered), fast=False)


@pytest.fixture(scope="module")
def uncompiled() -> ModuleType:
    """The models as the Python that they are written in: the same source, which numba leaves as it is."""
    numba = importlib.import_module("numba")
    place = Path(compiled.__file__).with_name("compiled_models.py")
    spec = importlib.util.spec_from_file_location("netrazor.coding.uncompiled_models", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "DISABLE_JIT", True)
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["busy", "fine", "dead"])
def test_their_source_is_python_that_does_the_same(name: str, uncompiled: ModuleType) -> None:
    message = _message(name)
    with only(fast=True), pytest.MonkeyPatch.context() as patch, np.errstate(over="ignore"):
        patch.setattr(compiled, "load_models", cache(lambda: uncompiled))
        assert coding.encode(SAMPLES[name]) == message
        assert same(SAMPLES[name], coding.decode(message))


BEYOND = b"\xff" * 64
"""Above all numbers that stand for a decision: a range is cut into equal parts, and a little is left over."""


@pytest.fixture(params=["loops", "compiled", "as Python"])
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Decisions in Python's loops, compiled, or by the source of the compiled ones."""
    with (
        only(fast=request.param != "loops"),
        pytest.MonkeyPatch.context() as patch,
        np.errstate(over="ignore"),
    ):
        if request.param == "as Python":
            models = request.getfixturevalue("uncompiled")
            patch.setattr(compiled, "load_models", cache(lambda: models))
        yield


@pytest.mark.usefixtures("_way")
def test_numbers_that_stand_for_no_decision_end_every_loop() -> None:
    two, all_of = np.array([2, 2, 2]), np.ones((4, 5), np.bool_)
    for loop in (
        lambda coder: code_pattern(coder, None, Grid((4, 5), np.arange(20))),
        lambda coder: code_by_totals(coder, None, (4, 5), None, lambda most: None),
        lambda coder: _code_places(coder, None, (3, 3), two, two),
        lambda coder: code_mixed_values(coder, None, all_of, None, (2, 2), False),
    ):
        with pytest.raises(CorruptMessage, match="holds bits that no encoder writes"):
            loop(Reader(BEYOND))


@pytest.mark.usefixtures("_way")
def test_totals_of_no_mask_end_the_loop_over_its_places() -> None:
    rows, columns = np.array([3, 1, 1, 1]), np.array([3, 3, 0])
    with pytest.raises(CorruptMessage, match="totals of rows and columns fit no mask"):
        _code_places(Reader(b"\0" * 64), None, (4, 3), rows, columns)


def _read_pattern(reader: Reader) -> None:
    code_pattern(reader, None, Grid((20, 20), np.arange(400)))
    reader.end()


@pytest.mark.usefixtures("_way")
def test_a_stream_that_ends_before_its_decisions_do() -> None:
    with pytest.raises(CorruptMessage):  # 400 random decisions take as many bits
        _read_pattern(Reader(np.random.default_rng(0).bytes(16)))


@pytest.mark.usefixtures("_way")
def test_one_element_and_values_of_one_sign() -> None:
    symbols, mask = np.array([2, 0, 1, 2], np.int32), np.ones((2, 2), np.bool_)
    writer = Writer()
    code_pattern(writer, np.ones(1, np.bool_), Grid((1,), np.arange(1)))
    code_mixed_values(writer, symbols, mask, None, (0, 3), False)
    stream = writer.sealed()[0]
    assert stream.hex() == "c2c0"
    reader = Reader(stream)
    assert code_pattern(reader, None, Grid((1,), np.arange(1))).tolist() == [True]
    assert code_mixed_values(reader, None, mask, None, (0, 3), False).tolist() == symbols.tolist()
    assert reader.end()[0] == len(stream)


def test_few_decisions_do_not_need_numba() -> None:
    assert compiled.WORTHWHILE_READ > compiled.WORTHWHILE > compiled.WORTHWHILE_LOADED > 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "numba", None)
        patch.delitem(sys.modules, "netrazor.coding.compiled_models", raising=False)
        assert compiled.load_models.__wrapped__() is None


def test_a_reader_waits_for_more_of_them_than_an_encoder() -> None:
    """It makes them once, and an encoder in many trials; what counts is all that it has been asked for."""
    models = ModuleType("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "load_models", cache(lambda: models))
        for encoder in (Meter(), Meter()):
            assert compiled.models_for(encoder, compiled.WORTHWHILE - 1, 1) is None
        assert compiled.models_for(encoder, compiled.WORTHWHILE, 1) is models
        assert compiled.models_for(Meter(), compiled.WORTHWHILE_LOADED, 1) is models
        compiled.load_models.cache_clear()
        reader = Reader(b"\0" * 16)
        for _ in range(compiled.WORTHWHILE_READ // compiled.WORTHWHILE - 1):
            assert compiled.models_for(reader, compiled.WORTHWHILE, 1) is None
        assert compiled.models_for(Reader(b"\0" * 16), compiled.WORTHWHILE, 1) is None
        assert compiled.models_for(reader, compiled.WORTHWHILE, 1) is models
        assert compiled.models_for(reader, compiled.WORTHWHILE_LOADED - 1, 1) is None


def _message(name: str) -> bytes:
    with only(fast=False):
        return coding.encode(SAMPLES[name])


def outcome(message: bytes, *, fast: bool) -> object:
    with only(fast=fast):
        try:
            arrays = coding.decode(message, limits=coding.Limits(decisions=2**14))
        except MessageError:
            return "refused"  # by whichever check comes first behind the end of the bytes
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()}
