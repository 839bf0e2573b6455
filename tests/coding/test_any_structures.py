"""Masks of any tiles and groups, and messages that say ``structures`` whatever they hold, are read alike."""

import numpy as np
import pytest
import reference_decoder
import reference_structures
from hypothesis import given, settings
from hypothesis import strategies as st
from structure_samples import quantiles, signed, tiled
from test_structures import PARTS, models_of, read_alike

from netrazor import coding
from netrazor.coding.array_view import ArrayView
from netrazor.coding.free_order import canonical_order
from netrazor.coding.group_mask import Groups, code_group_mask
from netrazor.coding.header import Header
from netrazor.coding.message import MAGIC
from netrazor.coding.message_context import MessageContext, TrialKey, Trials
from netrazor.coding.message_progress import ProgressCounter
from netrazor.coding.message_writer import _schema_stream, _shortest_of_models
from netrazor.coding.range_coder import Reader, Writer
from netrazor.coding.schema import Field
from netrazor.coding.support import code_support
from netrazor.coding.tile_mask import code_tile_mask, tiles_of

LIMITS = coding.Limits()
STRUCTURED = Header(True, 0, False, False, float_models=True, structures=True)


def structured(arrays: dict[str, np.ndarray], scaled: frozenset[str] = frozenset()) -> bytes:
    """A message whose header says ``structures``, however long it is."""
    fields = [Field(name, array.dtype, array.shape) for name, array in arrays.items()]
    content = _shortest_of_models(STRUCTURED, fields, arrays, ProgressCounter(None, 0), scaled)
    return MAGIC + _schema_stream(fields, arrays) + content.data


@st.composite
def cut_masks(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, ...]]:
    """A mask with ones, made of tiles with zeros inside, and the tile."""
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
    tile = tuple(draw(st.integers(1, length)) for length in shape)
    used, density = draw(st.sampled_from([0.2, 0.6, 1.0])), draw(st.sampled_from([0.3, 1.0]))
    mask = tiled(shape, tile, used, density, draw(st.integers(0, 2**32))).array != 0
    mask.reshape(-1)[draw(st.integers(0, mask.size - 1))] = True
    return mask, tile


@settings(max_examples=40, deadline=None)
@given(cut_masks())
def test_any_tiles_are_read_alike(cut: tuple[np.ndarray, tuple[int, ...]]) -> None:
    mask, tile = cut
    writer = Writer()
    _code_tiles(writer, mask, tile, mask.shape)
    data, _ = writer.sealed()
    assert (_code_tiles(Reader(memoryview(data)), None, tile, mask.shape) == mask).all()
    reader = reference_decoder.Reader(reference_decoder.Stream(data), set())
    reader.extended = True
    found = reference_structures.tiles(
        reader.stream, mask.shape, lambda along: reader.usual_mask(along, None, 0)[0]
    )
    assert found == mask.reshape(-1).tolist()
    assert reader.stream.end() == len(data)


def _code_tiles(
    coder: Writer | Reader, mask: np.ndarray | None, tile: tuple[int, ...], shape: tuple[int, ...]
) -> np.ndarray:
    context = MessageContext(coder, LIMITS, True, budget=2**20, trials=None if mask is None else Trials())

    def code_used(used: np.ndarray | None, along: tuple[int, ...]) -> np.ndarray:
        return code_support(context, TrialKey("w"), used, ArrayView(along)).mask

    return code_tile_mask(coder, mask, shape, None if mask is None else tiles_of(mask, tile), code_used)


@settings(max_examples=40, deadline=None)
@given(cut_masks(), st.integers(0, 3), st.integers(2, 16))
def test_any_groups_are_read_alike(cut: tuple[np.ndarray, tuple[int, ...]], axis: int, places: int) -> None:
    axis = min(axis, cut[0].ndim)
    mask = np.repeat(cut[0], places, axis=min(axis, cut[0].ndim - 1))
    writer = Writer()
    code_group_mask(writer, mask, mask.shape, Groups(axis, places))
    data, _ = writer.sealed()
    assert (code_group_mask(Reader(memoryview(data)), None, mask.shape, None) == mask).all()
    stream = reference_decoder.Stream(data)
    assert reference_structures.groups(stream, mask.shape) == mask.reshape(-1).tolist()
    assert stream.end() == len(data)


@settings(max_examples=25, deadline=None)
@given(st.lists(cut_masks(), min_size=1, max_size=3), st.booleans(), st.integers(0, 2**32))
def test_any_message_that_says_structures(cuts: list, canonical: bool, seed: int) -> None:
    """Rows in canonical order may stand in any other one, whatever their tiles are then."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for place, (mask, _) in enumerate(cuts):
        array = signed(mask, rng).astype(rng.choice(["float32", "int8"]))
        arrays[str(place)] = array[canonical_order(array)] if canonical and array.ndim > 1 else array
    blob = structured(arrays)
    assert read_alike(blob, arrays).structures
    models_of(blob)


@settings(max_examples=8, deadline=None)
@given(
    st.integers(1, 6),
    st.sampled_from([8, 16, 32]),
    st.sampled_from(["float32", "float16", "bfloat16"]),
    st.integers(0, 2**32),
)
def test_any_levels_are_read_alike(rows: int, group: int, kind: str, seed: int) -> None:
    array = quantiles(rows, 32, group, kind, seed=seed).array
    blob = structured({"w": array}, frozenset({"w"}))
    assert read_alike(blob, {"w": array}).structures
    assert models_of(blob) <= PARTS


@pytest.mark.parametrize("tile", [(1, 4), (4, 8)])
def test_rows_with_tiles_may_stand_in_any_order(tile: tuple[int, int]) -> None:
    rows = tiled((48, 64), tile, 0.3).array
    rows = rows[canonical_order(rows)]
    arrays = {"first": rows, "second": tiled((40, 48), (2, 2), 0.3, seed=1).array}
    blob = structured(arrays)
    message = read_alike(blob, arrays)
    assert message.structures
    assert message.free_orders
    models_of(blob)
