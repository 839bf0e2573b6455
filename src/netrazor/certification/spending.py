"""Which examples are spent: the first ones in an order of positions that was declared before any was seen."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netrazor.certification.sample_record import SampleRecord, Spending
from netrazor.errors import InvalidArgument

Positions = NDArray[np.int64]

_PART = 2**16
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
    """`split_positions` for a sample that is not recorded yet: the first ``spent`` of ``n`` in the declared order.

    No more than the hashes are held beside the result: no two are equal, so that one of them tells the parts apart.
    """
    if spending != "hashed positions":
        order = spending_order(spending, n)
        return np.sort(order[:spent]), np.sort(order[spent:])
    is_spent = np.zeros(n, dtype=np.bool_)
    if spent:
        hashes = np.empty(n, dtype=np.uint64)
        for part in _parts(n):
            hashes[part] = hash_positions(np.arange(part.start, part.stop))
        hashes.partition(spent - 1)
        last = hashes[spent - 1]
        del hashes
        for part in _parts(n):
            is_spent[part] = hash_positions(np.arange(part.start, part.stop)) <= last
    return np.flatnonzero(is_spent), np.flatnonzero(~is_spent)


def any_spent(sample: SampleRecord, positions: Positions) -> bool:
    """Whether one of ``positions`` is that of a spent example; a look at all hashes, of which a part is held."""
    if not len(positions) or not sample.spent:
        return False
    if sample.spending != "hashed positions":
        return bool(np.isin(positions, split_positions(sample)[0]).any())
    first, before = hash_positions(positions).min(), 0
    for part in _parts(sample.n):
        before += int(np.count_nonzero(hash_positions(np.arange(part.start, part.stop)) < first))
    return before < sample.spent


def _parts(n: int) -> Iterator[slice]:
    """0 .. n - 1 in parts that a processor's cache holds."""
    return (slice(start, min(start + _PART, n)) for start in range(0, n, _PART))
