"""The real data sets: all of it, and the same for everybody."""

import pytest
import torch

from netrazor import data

FINGERPRINTS = {
    "mnist train": "b9b7cb7f3e17e7140463af463ee8bff76d75b5baacf1584f83d0fc0ea46bf785",
    "mnist test": "9999da7bf1029905bfcbfeac16c07f075fd8001e0d7aa194a060c69290f0bd37",
    "fashion-mnist train": "ea54edb2e63141bc22346b898e3f24cbb9088f378e01665adf37f102b26e56ee",
}


def test_mnist_is_whole(mnist: data.ImageDataset, mnist_test: data.ImageDataset) -> None:
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
