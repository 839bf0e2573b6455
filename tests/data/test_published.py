"""The real data sets: all of it, and the same for everybody."""

import pytest
import torch

from netrazor import data

FINGERPRINTS = {
    "mnist train": "c74cb547804b329456edf3d7b95813ec066fb58d15b06e27f5f4c75668a05871",
    "mnist test": "3a34768e461311abb25910b0222188881e2eb79f43d08b0e5e788ee442f00abc",
    "fashion-mnist train": "a26d25074f4eb148ad948d7c9d5a67cc1a6ba5fd58c944456ca7d0ed79ebb60e",
}


def test_mnist_is_complete(mnist: data.ImageDataset, mnist_test: data.ImageDataset) -> None:
    images, labels = mnist.tensors()
    assert (images.shape, images.dtype) == ((60_000, 1, 28, 28), torch.float32)
    assert (images.min(), images.max()) == (0, 1)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert torch.equal(mnist[59_999][0], images[59_999])
    assert len(mnist_test) == 10_000


def test_mnist_passes_the_checks(mnist: data.ImageDataset) -> None:
    summary = data.check(mnist, classes=10)
    assert summary.label_counts == (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    assert summary.duplicates == 0
    assert summary.fingerprint == mnist.fingerprint


@pytest.mark.parametrize("fixture", ["mnist", "mnist_test", "fashion_mnist"])
@pytest.mark.mnist
def test_fingerprints_are_the_recorded_ones(fixture: str, request: pytest.FixtureRequest) -> None:
    dataset = request.getfixturevalue(fixture)
    assert dataset.fingerprint == FINGERPRINTS[f"{dataset.name} {dataset.split}"]
