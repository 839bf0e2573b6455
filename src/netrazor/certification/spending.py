"""Which examples are spent: the first ones in an order of positions that was declared before any was seen."""

import numpy as np
from numpy.typing import NDArray

from netrazor.certification.sample_record import SampleRecord, Spending
from netrazor.errors import InvalidArgument

Positions = NDArray[np.int64]

_STRIDE = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def spending_order(spending: Spending, n: int) -> Positions:
    """All positions 0 .. n - 1 in the declared order.

    "none": as they are. "even positions": 0, 2, 4, ..., then 1, 3, 5, ... "hashed positions": by the 64-bit hash of
    the position (SplitMix64), a fixed order that looks random, since data sets are often sorted by class.

    Raises:
        InvalidArgument: an order that is not declared.
    """
    positions = np.arange(n, dtype=np.int64)
    if spending == "none":
        return positions
    if spending == "even positions":
        return np.concatenate([positions[::2], positions[1::2]])
    if spending == "hashed positions":
        return np.argsort(hash_positions(positions), kind="stable").astype(np.int64)
    raise InvalidArgument(
        f"spending: 'none', 'even positions' or 'hashed positions' allowed, got {spending!r}; choose one"
    )


def hash_positions(positions: Positions, seed: int = 0) -> NDArray[np.uint64]:
    """SplitMix64 of each position: the same on every machine, chosen by no data."""
    with np.errstate(over="ignore"):
        mixed = (positions.astype(np.uint64) + np.uint64(1)) * _STRIDE + np.uint64(seed)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIXERS[0]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIXERS[1]
        hashes: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return hashes


def split_positions(sample: SampleRecord) -> tuple[Positions, Positions]:
    """Positions of the spent and of the counted examples, each in ascending order."""
    return split_positions_of(sample.spending, sample.n, sample.spent)


def split_positions_of(spending: Spending, n: int, spent: int) -> tuple[Positions, Positions]:
    """`split_positions` for a sample that is not recorded yet: the first ``spent`` of ``n`` in the declared order."""
    order = spending_order(spending, n)
    return np.sort(order[:spent]), np.sort(order[spent:])
