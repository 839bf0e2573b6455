"""Marks by the gaps between them: the same places come back, at the bits of a decision for each place."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netrazor.coding import block_mask
from netrazor.coding.coder import Meter
from netrazor.coding.gap_code import code_places, gap_table
from netrazor.coding.range_coder import Reader, Writer
from netrazor.errors import CorruptMessage


def gaps_of(places: list[int]) -> np.ndarray:
    return (np.diff(np.array(places), prepend=-1) - 1).astype(np.int32)


@given(st.sets(st.integers(0, 39_999), min_size=1, max_size=60))
@example({0})
@example({39_999})
@example({0, 39_999})
@example(set(range(30_000, 30_060)))
def test_places_come_back(places: set[int]) -> None:
    marked = sorted(places)
    writer = Writer()
    written = np.concatenate(list(code_places(writer, gaps_of(marked), len(marked), 40_000)))
    stream, padding = writer.sealed()
    reader = Reader(stream)
    read = np.concatenate(list(code_places(reader, None, len(marked), 40_000)))
    assert written.tolist() == read.tolist() == marked
    assert reader.end() == (len(stream), padding)
    assert reader.spent == writer.spent


@pytest.mark.parametrize(("marks", "size"), [(1, 2**20), (40, 70_000), (30_000, 65_536), (32_768, 65_536)])
def test_it_costs_what_decisions_cost(marks: int, size: int) -> None:
    places = np.sort(np.random.default_rng(marks).choice(size, marks, replace=False))
    meter = Meter()
    list(code_places(meter, gaps_of(places.tolist()), marks, size))
    share, before_last = marks / size, int(places[-1]) + 1 - marks
    decisions = -marks * np.log2(share) - before_last * np.log2(
        1 - share
    )  # none is needed behind the last mark
    assert meter.spent == pytest.approx(decisions, rel=1e-4, abs=0.1)


def test_tables_are_whole_numbers_fixed_for_ever() -> None:
    assert gap_table(1, 2).tolist() == [1 + 2**power for power in (31, 30, 29, 28, 27, 26, 25, 24, 24)]
    assert len(gap_table(1, 2**30)) == 2**12 + 1
    assert gap_table(3, 10).tolist()[:3] == [1288490189, 901943133, 631360193]


def test_a_mark_behind_the_last_place_is_refused() -> None:
    behind = np.array([60, 60], dtype=np.int32)
    with pytest.raises(CorruptMessage, match="marks place 121 of 100"):
        list(code_places(Writer(), behind, 2, 100))


def test_gaps_longer_than_the_table_take_several_symbols() -> None:
    longest = len(gap_table(2, 2**22)) - 1
    meter, chances = Meter(), gap_table(2, 2**22) / gap_table(2, 2**22).sum()
    list(code_places(meter, np.array([3 * longest, 5], dtype=np.int32), 2, 2**22))
    expected = -3 * np.log2(chances[longest]) - np.log2(chances[0]) - np.log2(chances[5])
    assert meter.spent == pytest.approx(expected)


@pytest.mark.parametrize("elements", [1, 2**11, 2**21])
def test_gaps_go_on_over_windows_without_a_mark(elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_mask, "_CHUNK", elements)
    mask = np.zeros((300, 250), np.bool_)
    mask[[3, 3, 90, 299], [7, 9, 200, 249]] = True
    places = [3 * 250 + 7, 3 * 250 + 9, 90 * 250 + 200, 300 * 250 - 1]
    for rarer in (True, False):
        windows = list(block_mask._windows(None, None, 300, 250))
        found = block_mask._gaps(mask if rarer else ~mask, windows, rarer)
        assert found.tolist() == gaps_of(places).tolist()
