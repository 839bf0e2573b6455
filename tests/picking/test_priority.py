"""Priorities: a permutation that no data chose, the same for any number of examples."""

import numpy as np

from netrazor.picking import in_order_of_priority

MASK = 2**64 - 1


def split_mix(position: int) -> int:
    """The output of SplitMix64 from state zero, in whole numbers of Python."""
    z = (position + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def test_the_order_is_that_of_the_hash_in_whole_numbers() -> None:
    assert in_order_of_priority(np.arange(500)).tolist() == sorted(range(500), key=split_mix)


def test_a_permutation_that_does_not_depend_on_the_number_of_examples() -> None:
    order = in_order_of_priority(np.arange(1000))
    assert sorted(order) == list(range(1000))
    assert in_order_of_priority(np.arange(500)).tolist() == [p for p in order if p < 500]
    assert in_order_of_priority(np.arange(1000)[::-1].copy()).tolist() == order.tolist()


def test_spread_over_a_folder_sorted_by_class() -> None:
    first = in_order_of_priority(np.arange(60_000))[:6000] // 6000
    assert np.bincount(first, minlength=10).min() > 500, "the first tenth has about 600 of each class"
