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
    content = b"netrazor-dataset-1 2 float32 1x1x2\n" + inner[0].digest() + inner[1].digest()
    pairs = list(zip(IMAGES, LABELS, strict=True))
    assert fingerprint(pairs) == hashlib.sha256(content).hexdigest()


def test_a_stream_and_whole_arrays_agree() -> None:
    images = torch.arange(60, dtype=torch.uint8).reshape(5, 3, 2, 2)
    labels = torch.tensor([0, 1, 2, 3, 4])
    whole = ImageDataset(images, labels, classes=5).fingerprint
    assert fingerprint(list(zip(images, labels.tolist(), strict=True))) == whole
    assert fingerprint(list(zip(images.numpy(), labels, strict=True))) == whole
    assert fingerprint(ImageDataset(images, labels, classes=9, name="other", split="test")) == whole


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
        ([("picture.png", 1)], "tensor or array of real numbers, got str"),
        ([(np.array(["a"]), 1)], "real numbers"),
        ([(IMAGES[0], 1.0)], "one integer, got 1.0"),
        ([(IMAGES[0], True)], "one integer, got True"),
        ([(IMAGES[0], torch.tensor([1, 2]))], "one integer"),
        ([(IMAGES[0], 1), (IMAGES[0, 0], 1)], "image 1: all images must have one type and shape"),
    ],
)
def test_what_is_no_data_set_is_refused(dataset: object, says: str) -> None:
    with pytest.raises(BadDataset, match=says):
        fingerprint(dataset)
