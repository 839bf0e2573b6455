"""The stream of batches: every example once in an epoch, the same for a seed, taken up at any step."""

import pytest
import torch
from torch.utils.data import Dataset

from netrazor.data import ImageDataset
from netrazor.errors import BadDataset
from netrazor.train import Batches


def numbered(n: int) -> ImageDataset:
    """Images and labels that say which example they are."""
    numbers = torch.arange(n)
    return ImageDataset(numbers.to(torch.uint8).reshape(n, 1, 1, 1), numbers, classes=n)


def labels_of(batches: Batches, start: int, stop: int) -> list[list[int]]:
    return [labels.tolist() for _, _, labels in batches.steps(start, stop)]


def test_an_epoch_takes_each_example_once_in_an_order_of_its_own() -> None:
    batches = labels_of(Batches(numbered(12), 4, seed=3), 0, 6)
    first, second = ([label for batch in epoch for label in batch] for epoch in (batches[:3], batches[3:]))
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second


def test_the_short_last_batch_is_left_out() -> None:
    assert [len(labels) for labels in labels_of(Batches(numbered(11), 4, seed=0), 0, 5)] == [4] * 5


@pytest.mark.parametrize("start", range(8))
def test_it_can_be_taken_up_at_any_step(start: int) -> None:
    whole = labels_of(Batches(numbered(11), 4, seed=5), 0, 8)
    resumed = Batches(numbered(11), 4, seed=5)
    assert labels_of(resumed, start, 8) == whole[start:]
    assert [step for step, *_ in resumed.steps(start, 8)] == list(range(start, 8))


def test_seeds_differ_and_repeat() -> None:
    one, again, other = (labels_of(Batches(numbered(50), 5, seed=s), 0, 10) for s in (1, 1, 2))
    assert one == again != other


def test_a_data_set_smaller_than_a_batch_is_one_batch() -> None:
    assert [sorted(labels) for labels in labels_of(Batches(numbered(3), 8, seed=0), 0, 2)] == [[0, 1, 2]] * 2


def test_any_map_style_data_set_gives_the_same_batches_and_leaves_the_global_stream_alone() -> None:
    class Plain(Dataset):
        def __len__(self) -> int:
            return 11

        def __getitem__(self, index: int) -> tuple:
            return numbered(11)[index]

    torch.manual_seed(0)
    before = torch.get_rng_state()
    plain, whole = Batches(Plain(), 4, seed=5), Batches(numbered(11), 4, seed=5)
    for (_, x, y), (_, inputs, labels) in zip(plain.steps(1, 7), whole.steps(1, 7), strict=True):
        assert torch.equal(x, inputs)
        assert torch.equal(y, labels)
        assert y.dtype == torch.int64
    assert torch.equal(torch.get_rng_state(), before)


def test_an_empty_data_set_is_refused() -> None:
    with pytest.raises(BadDataset, match="at least one example"):
        Batches(numbered(0), 4, seed=0)
