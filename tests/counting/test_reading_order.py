"""The order of counting is fixed in advance, the same for all, and mixes the classes."""

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

import tiny
from netrazor.counting import counting_order, in_counting_order, in_order, majority_errors, part_of
from netrazor.errors import BadDataset, InvalidArgument


def test_the_order_is_the_declared_one() -> None:
    assert counting_order(0).tolist() == []
    assert counting_order(12).tolist() == ORDER
    assert sorted(counting_order(1000).tolist()) == list(range(1000))


def test_it_is_by_position_alone() -> None:
    """The order of a part is that of all, without the others."""
    longer = counting_order(1000)
    assert longer[longer < 300].tolist() == counting_order(300).tolist()


def test_it_mixes_what_comes_class_by_class() -> None:
    labels = torch.arange(10_000) // 1000
    for batch in labels[counting_order(10_000)].split(1000):
        assert int(torch.bincount(batch, minlength=10).min()) > 50


@pytest.mark.parametrize("batch_size", [0, -1, 2**16 + 1, 2**31])
def test_batch_sizes_have_limits(batch_size: int) -> None:
    with pytest.raises(InvalidArgument, match=r"batch_size: 1 to 65,536 examples allowed"):
        next(in_counting_order(tiny.images(), batch_size))


def test_items_and_images_in_memory_come_alike() -> None:
    dataset = tiny.images(50)
    items = [dataset[i] for i in range(50)]
    for ordered in (in_order, in_counting_order):
        for (x, y), (u, v) in zip(ordered(dataset, 7), ordered(items, 7), strict=True):
            assert torch.equal(x, u)
            assert torch.equal(y, v)
    assert len(part_of(items, 10)) == len(part_of(dataset, 10)) == 10


@pytest.mark.parametrize("label", [torch.zeros(4, 4, dtype=torch.int64), 1.0, "cat"])
def test_labels_that_are_no_classes(label: object) -> None:
    with pytest.raises(BadDataset, match="labels: one whole number for each example") as raised:
        next(in_order([(torch.zeros(1), label)] * 3, 3))
    assert len(str(raised.value)) < 200


class Labelled(Dataset[tuple[torch.Tensor, int]]):
    """Without its labels in one tensor."""

    def __init__(self, labels: list[int]) -> None:
        self.held = labels

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return torch.zeros(1), self.held[index]


@pytest.mark.parametrize(
    "labels", [[3], [0, 0, 1], [-5, 2**40, 2**40], list(range(9)), [1] * 1500 + [0] * 1501]
)
def test_errors_of_the_constant_classifier(labels: list[int]) -> None:
    expected = len(labels) - max(labels.count(label) for label in set(labels))
    assert majority_errors(Labelled(labels)) == expected


def test_constant_classifier_on_images_in_memory() -> None:
    dataset = tiny.images(50)
    assert majority_errors(dataset) == 50 - int(np.bincount(dataset.labels.numpy()).max())
    assert majority_errors([]) == 0


ORDER = [7, 8, 1, 6, 10, 11, 4, 0, 2, 3, 5, 9]
