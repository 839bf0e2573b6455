"""Declared stops: increasing, within the sample, and each with its share of delta."""

import math

import pytest

from netrazor.errors import InvalidArgument
from netrazor.picking.stops import check_stops, geometric_stops, share_of_delta


def test_geometric_from_first_to_last() -> None:
    stops = geometric_stops(50, 1600, 6)
    assert stops == (50, 100, 200, 400, 800, 1600)
    assert geometric_stops(3, 5, 10) == (3, 4, 5)
    assert geometric_stops(7, 7, 1) == (7,)


def test_shares_add_up_to_delta() -> None:
    stops = geometric_stops(10, 1000, 8)
    assert math.isclose(share_of_delta(0.05, stops, 3) * len(stops) * 3, 0.05)


@pytest.mark.parametrize(
    ("stops", "words"),
    [
        ([], "at least one"),
        ([1.5], "whole number"),
        ([True], "whole number"),
        ([3, 3], "increase"),
        ([5, 4], "increase"),
        ([-1, 4], "negative"),
        ([11, 12], "the first asks for 11 picks, and 10 examples are counted"),
        ([5, 12], "the last asks for 12"),
    ],
)
def test_lists_that_picking_cannot_follow(stops: list[int], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        check_stops(stops, 10)


@pytest.mark.parametrize("case", [(0, 5, 3), (6, 5, 3), (1, 5, 0)])
def test_geometric_lists_that_are_none(case: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidArgument, match="1 <= first <= last"):
        geometric_stops(*case)
