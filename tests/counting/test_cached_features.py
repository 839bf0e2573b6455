"""Features computed once: in memory or in a file that goes away, the same as computed again, and guarded."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

import tiny
from netrazor.counting import in_order
from netrazor.counting.cached_features import cached_features
from netrazor.data import ImageDataset
from netrazor.errors import BadDataset
from netrazor.runtime import SILENT, devices

N = 2100  # three batches, the last of them smaller


def doubled(inputs: Tensor) -> Tensor:
    return 2 * inputs.flatten(1)


@pytest.mark.parametrize("in_memory", [0, 2**30])
def test_features_are_in_the_order_of_the_data_set(
    in_memory: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    images = tiny.images(N)
    with cached_features(doubled, images, devices.CPU, SILENT, in_memory=in_memory) as features:
        assert bool(list(tmp_path.rglob("features"))) == (in_memory == 0)
        expected = torch.cat([doubled(inputs) for inputs, _ in in_order(images, 500)])
        assert torch.equal(torch.cat([rows for rows, _ in in_order(features, 500)]), expected)
        assert torch.equal(features.labels, images.labels)
        row, label = features[7]
        assert torch.equal(row, expected[7])
        assert label == int(images.labels[7])
        features.check_unchanged()
        features.features[3, 5] += 1
        with pytest.raises(BadDataset, match="changed while"):
            features.check_unchanged()
    assert not list(tmp_path.iterdir())


def test_the_file_goes_away_after_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def run() -> None:
        with cached_features(doubled, tiny.images(20), devices.CPU, SILENT, in_memory=0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not list(tmp_path.iterdir())


def test_an_example_without_finite_features_is_named() -> None:
    images = tiny.images(N)
    images.images[1234] = 0

    def inverse(inputs: Tensor) -> Tensor:
        return 1 / inputs.flatten(1).sum(1, keepdim=True)

    with (
        pytest.raises(BadDataset, match="number 1234 "),
        cached_features(inverse, images, devices.CPU, SILENT),
    ):
        pass


def test_an_empty_data_set_has_none() -> None:
    empty = ImageDataset(torch.zeros(0, 1, 8, 8, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64), 4)
    with (
        pytest.raises(BadDataset, match="at least one"),
        cached_features(doubled, empty, devices.CPU, SILENT),
    ):
        pass
