"""The data set in memory: items and whole tensors are the same numbers."""

import pytest
import torch

from netrazor.data import ImageDataset
from netrazor.errors import BadDataset

EVERY_BYTE = torch.arange(256, dtype=torch.uint8).reshape(4, 1, 8, 8)
LABELS = torch.tensor([0, 1, 2, 1])


def test_items_are_float32_in_the_unit_interval() -> None:
    dataset = ImageDataset(EVERY_BYTE, LABELS, classes=3)
    image, label = dataset[3]
    assert (len(dataset), image.shape, image.dtype, label, type(label)) == (
        4,
        (1, 8, 8),
        torch.float32,
        1,
        int,
    )
    assert dataset[0][0].min() == 0
    assert image.max() == 1


def test_tensors_are_the_stacked_items_bit_for_bit() -> None:
    dataset = ImageDataset(EVERY_BYTE, LABELS, classes=3)
    images, labels = dataset.tensors()
    assert torch.equal(images, torch.stack([image for image, _ in dataset]))
    assert labels.tolist() == [label for _, label in dataset]
    assert torch.equal(dataset.images, EVERY_BYTE)


def test_a_loader_of_torch_takes_it() -> None:
    loader = torch.utils.data.DataLoader(ImageDataset(EVERY_BYTE, LABELS, classes=3), batch_size=3)
    batches = list(loader)
    assert [images.shape for images, _ in batches] == [(3, 1, 8, 8), (1, 1, 8, 8)]
    assert batches[0][1].dtype == torch.int64


@pytest.mark.parametrize(
    ("images", "labels", "says"),
    [
        (EVERY_BYTE.float(), LABELS, "images: must be uint8"),
        (EVERY_BYTE[:, 0], LABELS, "N x C x H x W"),
        (EVERY_BYTE, LABELS.float(), "labels: must be int64"),
        (EVERY_BYTE, LABELS[:3], r"shape \(4,\), one for each image"),
        (EVERY_BYTE, LABELS + 1, r"labels: must be in 0 .. 2, got 1 .. 3"),
        (EVERY_BYTE, LABELS - 1, r"labels: must be in 0 .. 2, got -1 .. 1"),
    ],
)
def test_wrong_parts_are_refused(images: torch.Tensor, labels: torch.Tensor, says: str) -> None:
    with pytest.raises(BadDataset, match=says):
        ImageDataset(images, labels, classes=3)
