"""Each thing that must hold of a data set, broken once."""

import pytest
import torch

from netrazor.data import DatasetSummary, ImageDataset, check, fingerprint
from netrazor.errors import BadDataset

IMAGES = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(1))
PAIRS = [(image, index % 3) for index, image in enumerate(IMAGES)]


class Jittered(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """Adds new noise each time an item is read, as random augmentation does."""

    def __len__(self) -> int:
        return len(PAIRS)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image, label = PAIRS[index]
        return image + torch.randn_like(image), label


class Relabelled(Jittered):
    """Gives another label each time."""

    reads = 0

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        self.reads += 1
        return PAIRS[index][0], self.reads % 3


def test_a_good_data_set_is_summed_up() -> None:
    summary = check(PAIRS, classes=4)
    assert summary == DatasetSummary(
        n=6, shape=(1, 4, 4), label_counts=(2, 2, 2, 0), duplicates=0, fingerprint=fingerprint(PAIRS)
    )


def test_images_held_in_memory_are_summed_up_alike() -> None:
    images = torch.arange(48, dtype=torch.uint8).reshape(3, 1, 4, 4)
    dataset = ImageDataset(images, torch.tensor([1, 0, 1]), classes=2)
    assert check(dataset, classes=2) == check(list(zip(images / 255, [1, 0, 1], strict=True)), classes=2)
    assert check(dataset, classes=2).fingerprint == dataset.fingerprint


def test_duplicates_are_reported_whatever_their_label() -> None:
    assert check([*PAIRS, (IMAGES[0], 0), (IMAGES[0], 2)], classes=3).duplicates == 2


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), -float("inf")])
def test_values_must_be_finite(broken: float) -> None:
    with pytest.raises(BadDataset, match="image 6: must be finite"):
        check([*PAIRS, (torch.full((1, 4, 4), broken), 0)], classes=3)


@pytest.mark.parametrize("label", [-1, 3, 255])
def test_labels_must_be_in_range(label: int) -> None:
    with pytest.raises(BadDataset, match=rf"label 6: must be in 0 .. 2, got {label}"):
        check([*PAIRS, (IMAGES[0], label)], classes=3)


def test_there_must_be_an_example() -> None:
    images, labels = torch.empty(0, 1, 4, 4, dtype=torch.uint8), torch.empty(0, dtype=torch.int64)
    for empty in ([], ImageDataset(images, labels, classes=3)):
        with pytest.raises(BadDataset, match="at least one example"):
            check(empty, classes=3)


@pytest.mark.parametrize("dataset", [Jittered(), Relabelled()])
@pytest.mark.parametrize("rereads", [1, 1000, None])
def test_an_item_must_be_the_same_twice(dataset: Jittered, rereads: int | None) -> None:
    with pytest.raises(BadDataset, match="random augmentation"):
        check(dataset, classes=3, rereads=rereads)
