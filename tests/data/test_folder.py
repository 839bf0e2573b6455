"""Image folders: classes and files in order, the same pixels each time, streamed in batches."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netrazor.counting import in_order
from netrazor.data import ImageFolder, check, fingerprint, open_dataset
from netrazor.errors import BadDataset, InvalidArgument


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for label, name in enumerate(("ant", "bee")):
        (tmp_path / name / "inner").mkdir(parents=True)
        for number, size in enumerate(((8, 8), (10, 14), (13, 9))):
            pixels = rng.integers(0, 256, (*size, 3)).astype(np.uint8)
            place = tmp_path / name / ("inner" if number == 2 else ".")
            Image.fromarray(pixels).save(place / f"{number}.png")
        (tmp_path / name / "notes.txt").write_text(str(label))
    return tmp_path


def test_items_are_squares_in_order(folder: Path) -> None:
    dataset = ImageFolder(folder, 8)
    assert (len(dataset), dataset.classes, dataset.class_names) == (6, 2, ("ant", "bee"))
    assert [dataset[i][1] for i in range(6)] == [0, 0, 0, 1, 1, 1]
    image, _ = dataset[0]
    assert image.shape == (3, 8, 8)
    stored = np.asarray(Image.open(folder / "ant" / "0.png"))
    assert torch.equal(image, torch.from_numpy(stored.copy()).permute(2, 0, 1).float() / 255)
    assert ImageFolder(folder, 4, channels=1)[1][0].shape == (1, 4, 4)


def test_batches_equal_the_stacked_items_whatever_the_pool(folder: Path) -> None:
    one, many = ImageFolder(folder, 6, decoders=1), ImageFolder(folder, 6, decoders=4)
    (inputs, labels), *_ = list(in_order(many, 6))
    assert torch.equal(inputs, torch.stack([one[i][0] for i in range(6)]))
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_batch_of_none_has_the_shape_of_others(folder: Path) -> None:
    images, labels = ImageFolder(folder, 8).batch(torch.zeros(0, dtype=torch.int64))
    assert (images.shape, labels.shape) == ((0, 3, 8, 8), (0,))


def test_it_can_be_certified_on(folder: Path) -> None:
    summary = check(ImageFolder(folder, 8), 2)
    assert (summary.n, summary.label_counts) == (6, (3, 3))
    assert summary.fingerprint == fingerprint(ImageFolder(folder, 8))


def test_a_landscape_is_cut_to_its_middle(tmp_path: Path) -> None:
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, 2:6] = 200
    (tmp_path / "a").mkdir()
    Image.fromarray(pixels).save(tmp_path / "a" / "0.png")
    assert (ImageFolder(tmp_path, 4)[0][0] == 200 / 255).all()


def test_what_is_no_image_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="found 0 folders"):
        ImageFolder(tmp_path / "nothing", 8)
    with pytest.raises(BadDataset, match="got 'bee' too"):
        ImageFolder(folder, 8, classes=("ant",))
    (folder / "ant" / "0.png").write_bytes(b"no image")
    with pytest.raises(BadDataset, match=r"0\.png: must be an image"):
        ImageFolder(folder, 8)[0]


def test_a_reference_is_a_name_or_a_folder(folder: Path) -> None:
    assert open_dataset(str(folder))[0][0].shape == (3, 8, 8)
    assert open_dataset(str(folder), shape=(1, 5, 5))[0][0].shape == (1, 5, 5)
    with pytest.raises(InvalidArgument, match=r"one of mnist, .*, or a folder"):
        open_dataset("mnsit")
    with pytest.raises(InvalidArgument, match="square"):
        open_dataset(str(folder), shape=(3, 8, 9))
