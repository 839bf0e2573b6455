"""The fingerprint follows its written definition and sees every change."""

import hashlib
import struct

import numpy as np
import pytest
import torch

from netrazor.data import ImageDataset, fingerprint
from netrazor.errors import BadDataset

IMAGES = torch.tensor([0.0, 0.5, 1.0, 0.25], dtype=torch.float32).reshape(2, 1, 1, 2)
LABELS = [7, 3]


def test_follows_the_definition() -> None:
    inner = (
        hashlib.sha256(struct.pack("<4f", 0.0, 0.5, 1.0, 0.25)),
        hashlib.sha256(struct.pack("<2q", 7, 3)),
    )
    content = b"netrazor-dataset-2 2 float32 1x1x2\n" + inner[0].digest() + inner[1].digest()
    pairs = list(zip(IMAGES, LABELS, strict=True))
    assert fingerprint(pairs) == hashlib.sha256(content).hexdigest()


def test_a_stream_and_whole_arrays_agree() -> None:
    images = torch.arange(60, dtype=torch.uint8).reshape(5, 3, 2, 2)
    labels = torch.tensor([0, 1, 2, 3, 4])
    entire = ImageDataset(images, labels, classes=5)
    assert fingerprint(list(zip(images / 255, labels.tolist(), strict=True))) == entire.fingerprint
    assert fingerprint(list(zip((images / 255).numpy(), labels, strict=True))) == entire.fingerprint
    assert fingerprint([entire[i] for i in range(5)]) == entire.fingerprint
    assert (
        fingerprint(ImageDataset(images, labels, classes=9, name="other", split="test")) == entire.fingerprint
    )


def test_scaling_is_part_of_the_data_set() -> None:
    """A network given 0 .. 255 answers other questions than one given 0 .. 1."""
    images = torch.arange(60, dtype=torch.uint8).reshape(5, 3, 2, 2)
    labels = torch.tensor([0, 1, 2, 3, 4])
    as_bytes = list(zip(images, labels.tolist(), strict=True))
    assert fingerprint(as_bytes) != ImageDataset(images, labels, classes=5).fingerprint


def test_labels_changed_in_place_are_noticed() -> None:
    dataset = ImageDataset(torch.zeros(3, 1, 2, 2, dtype=torch.uint8), torch.tensor([0, 1, 2]), classes=3)
    before = dataset.fingerprint
    dataset.labels.numpy()[0] = 2
    assert dataset.fingerprint != before


def test_what_a_data_set_says_of_itself_is_not_believed() -> None:
    class Claiming(list[tuple[torch.Tensor, int]]):
        fingerprint = "0" * 64

    pairs = list(zip(IMAGES, LABELS, strict=True))
    assert fingerprint(Claiming(pairs)) == fingerprint(pairs)


class Relabelled(ImageDataset):
    """Its items say one thing, and its stored labels another."""

    def batch(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = super().batch(indices)
        return images, torch.zeros_like(labels)


def test_what_is_counted_is_what_is_fingerprinted() -> None:
    images, labels = torch.zeros(3, 1, 2, 2, dtype=torch.uint8), torch.tensor([0, 1, 2])
    counted = ImageDataset(images, torch.zeros(3, dtype=torch.int64), classes=3)
    assert Relabelled(images, labels, 3).fingerprint == counted.fingerprint


@pytest.mark.parametrize(
    "altered",
    [
        list(zip(IMAGES.flip(0), LABELS, strict=True)),
        list(zip(IMAGES, [7, 4], strict=True)),
        list(zip(IMAGES + 1e-6, LABELS, strict=True)),
        list(zip(IMAGES.double(), LABELS, strict=True)),
        list(zip(IMAGES.transpose(2, 3), LABELS, strict=True)),
        [(IMAGES[0], 7)],
    ],
    ids=["order", "label", "pixel", "type", "shape", "length"],
)
def test_any_change_is_seen(altered: list[tuple[torch.Tensor, int]]) -> None:
    assert fingerprint(altered) != fingerprint(list(zip(IMAGES, LABELS, strict=True)))


@pytest.mark.parametrize(
    ("dataset", "says"),
    [
        (iter([]), "map-style"),
        ([IMAGES[0]], "pair"),
        ([("picture.png", 1)], "tensor or array of real numbers, got 'picture.png'"),
        ([(np.array(["a"]), 1)], "real numbers"),
        ([(IMAGES[0], 1.0)], "one integer, got 1.0"),
        ([(IMAGES[0], True)], "one integer, got True"),
        ([(IMAGES[0], torch.tensor([1, 2]))], "one integer"),
        ([(IMAGES[0], 2**70)], "one integer"),
        ([(IMAGES[0].bfloat16(), 1)], "real numbers, got Tensor of torch.bfloat16"),
        ([(IMAGES[0].to_sparse(), 1)], "dense"),
        ([(IMAGES[0], 1), (IMAGES[0, 0], 1)], "image 1: all images must have one type and shape"),
    ],
)
def test_what_is_no_data_set_is_refused(dataset: object, says: str) -> None:
    with pytest.raises(BadDataset, match=says):
        fingerprint(dataset)


def test_errors_do_not_print_whole_tensors() -> None:
    for label in (torch.zeros(512, 512, dtype=torch.int64), np.zeros((512, 512)), "x" * 9999):
        with pytest.raises(BadDataset) as raised:
            fingerprint([(IMAGES[0], label)])
        assert len(str(raised.value)) < 300
