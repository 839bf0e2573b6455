"""Which examples are spent and which are counted, by a declared order of positions."""

from typing import Any

from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import Positions, split_positions_of
from netrazor.data.subsets import size_of, take
from netrazor.errors import BadDataset, InvalidArgument

HASHED: Spending = "hashed positions"


def split_spent(dataset: Any, spent: int, spending: Spending = HASHED) -> tuple[Any, Any]:
    """The spent examples, which may train anything, and the counted ones, which must have no part in it.

    Args:
        dataset: the whole training set: map-style, which gives two data sets; or a pair of arrays (inputs, labels),
            which gives two pairs.
        spent: how many are spent; at least one of each kind is needed.
        spending: the declared order of positions of which they are the first.

    Raises:
        InvalidArgument: too few or too many spent, an order that is not declared.
        BadDataset: a pair of different lengths.
    """
    is_pair = (
        isinstance(dataset, tuple) and len(dataset) == 2 and all(hasattr(part, "shape") for part in dataset)
    )
    if is_pair and len(dataset[0]) != len(dataset[1]):
        raise BadDataset(
            f"labels: one for each of {len(dataset[0])} inputs needed, got {len(dataset[1])}; give a pair of one "
            "length"
        )
    n = len(dataset[0]) if is_pair else size_of(dataset)
    first, others = split_spent_positions(n, spent, spending)
    if is_pair:
        return tuple(part[first] for part in dataset), tuple(part[others] for part in dataset)
    return take(dataset, first), take(dataset, others)


def split_spent_positions(n: int, spent: int, spending: Spending = HASHED) -> tuple[Positions, Positions]:
    """The positions of `split_spent`, of ``n`` examples.

    Raises:
        InvalidArgument: as for `split_spent`.
    """
    check_split(n, spent)
    return split_positions_of(spending, n, spent)


def check_split(n: int, spent: int) -> None:
    """Refuse a number of spent examples that leaves none spent or none to count.

    Raises:
        InvalidArgument: it does.
    """
    if not 1 <= spent < n:
        raise InvalidArgument(
            f"spent: a number from 1 to n - 1 = {n - 1} allowed, got {spent}; spend fewer or some"
        )
