"""Every start of a job has a name of its own, whatever earlier ones left in the store."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from torch.distributed import HashStore

from netrazor.runtime.processes import agree_on_start


def start(store: HashStore, count: int, order: list[int]) -> set[str]:
    """The names that ``count`` processes come to, which begin in this order."""
    with ThreadPoolExecutor(count) as pool:
        return {*pool.map(lambda rank: agree_on_start(store, rank, count), order, timeout=60)}


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_all_come_to_one_name_which_is_new_each_time(order: list[int]) -> None:
    store, names = HashStore(), []
    for _ in range(4):
        (name,) = start(store, 3, order)
        names.append(name)
    assert len(set(names)) == 4


def test_a_start_that_was_broken_off_leaves_nothing_that_is_taken_for_a_later_one() -> None:
    store = HashStore()
    (first,) = start(store, 2, [0, 1])
    store.set("start proposed", "died")  # the first process of the next start came no further
    store.set("start answered by 1", "died too")
    (name,) = start(store, 2, [1, 0])
    assert name not in (first, "died")
