"""What goes in comes out, to the bit, and every bit is accounted for."""

import numpy as np
import pytest
from coding_samples import network, odd, same
from hypothesis import given, settings
from hypothesis import strategies as st

from netrazor import coding
from netrazor.errors import InvalidArgument, NonFiniteWeights, UnsupportedModel

TYPES = [
    "float32",
    "float64",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint64",
    "uint32",
    "uint16",
    "uint8",
]


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """An array of few distinct values, many of them zero."""
    dtype = np.dtype(draw(st.sampled_from(TYPES)))
    shape = tuple(draw(st.lists(st.integers(0, 6), max_size=4)))
    values = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    chosen = rng.choice([0, *values], shape)
    if dtype.kind in "if":
        chosen = chosen * rng.choice([-1, 1], shape)
    return np.asarray(chosen, dtype) * dtype.type(0.37 if dtype.kind == "f" else 1)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8), arrays(), max_size=4
    )
)
def test_round_trip(given_arrays: dict) -> None:
    for values in ("auto", "static"):
        blob = coding.encode(given_arrays, values=values)
        assert same(given_arrays, coding.decode(blob))
        assert coding.ledger(blob).bits == 8 * len(blob)


@pytest.mark.parametrize("values", ["auto", "static"])
def test_edges_of_types_and_shapes(values: str) -> None:
    assert same(odd(), coding.decode(coding.encode(odd(), values=values)))


@pytest.mark.parametrize("values", ["auto", "static"])
@pytest.mark.parametrize(
    "array",
    [
        np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32),
        np.random.default_rng(1).choice([0, 0.1, 0.25, -0.7], (1, 9000)).astype(np.float32),
        np.random.default_rng(2).choice([0, 0, 0, 1], (9000, 1)).astype(np.int8),
        np.random.default_rng(3).choice([0, 0, 1, -1], (3, 4, 2, 3, 2, 2)).astype(np.float32),
        np.full((30, 40), 0.5, np.float32),
        np.asfortranarray(np.random.default_rng(4).choice([0, 1.5], (20, 30))),
    ],
    ids=["dense", "one row", "one column", "six axes", "constant", "fortran order"],
)
def test_other_shapes(array: np.ndarray, values: str) -> None:
    assert same({"w": array}, coding.decode(coding.encode({"w": array}, values=values)))


def test_large_arrays_go_by_blocks() -> None:
    rng = np.random.default_rng(5)
    mask = rng.random((1500, 300)) < rng.gamma(1, 0.05, (1500, 1))
    array = np.where(mask, rng.integers(1, 8, mask.shape), 0).astype(np.float32)
    blob = coding.encode({"w": array})
    assert same({"w": array}, coding.decode(blob))
    density = mask.mean()
    flat_bits = mask.size * (-density * np.log2(density) - (1 - density) * np.log2(1 - density))
    assert coding.ledger(blob).bits_of("pattern") < 0.93 * flat_bits


def test_blocks_of_three_row_classes_and_as_many_column_classes() -> None:
    rng = np.random.default_rng(6)
    rates = rng.choice([0.02, 0.4, 0.95], (600, 1)) * rng.choice([0.1, 0.5, 1], 500)
    array = (rng.random((600, 500)) < rates).astype(np.int8)
    array = np.concatenate([array, array[::-1]])  # more elements than are coded one by one
    assert array.size > 2**19
    assert same({"w": array}, coding.decode(coding.encode({"w": array})))


def test_big_endian_is_decoded_as_native() -> None:
    array = np.array([0, 1.5, -2], ">f4")
    assert same({"w": array.astype("=f4")}, coding.decode(coding.encode({"w": array})))


def test_encoding_is_deterministic() -> None:
    assert coding.encode(network()) == coding.encode(network())


def test_progress_goes_up_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    blob = coding.encode(network(), progress=lambda *step: told.append(step))
    written = len(told)
    coding.decode(blob, progress=lambda *step: told.append(step))
    for steps in (told[:written], told[written:]):
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1] > 0
    assert told[-1][1] == sum(array.size for array in network().values())


def test_architecture_and_side_information() -> None:
    blob = coding.encode(network(), architecture=7, side_information={"sigma": np.ones(5)})
    assert coding.architecture(blob) == 7
    assert list(coding.decode(blob)) == [*network(), "sigma"]
    assert coding.ledger(blob).bits_of("side information") >= 8 * 40


def test_what_cannot_be_coded_is_refused() -> None:
    for value in (np.nan, np.inf, -np.inf):
        with pytest.raises(NonFiniteWeights, match="w"):
            coding.encode({"w": np.array([value, 0.0])})
    with pytest.raises(UnsupportedModel, match="complex"):
        coding.encode({"w": np.zeros(2, complex)})
    with pytest.raises(UnsupportedModel, match="zero byte"):
        coding.encode({"a\0b": np.zeros(2)})
    with pytest.raises(UnsupportedModel, match="at most 8 dimensions"):
        coding.encode({"w": np.zeros((1,) * 9)})
    with pytest.raises(InvalidArgument, match="architecture"):
        coding.encode({}, architecture=-1)
    with pytest.raises(InvalidArgument, match="static"):
        coding.encode({}, values="dynamic")
    with pytest.raises(InvalidArgument, match="side_information"):
        coding.encode({"w": np.zeros(2)}, side_information={"w": np.zeros(2)})
