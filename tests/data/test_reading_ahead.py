"""Images decoded ahead by processes: the batches of one process, bit for bit, and its errors."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netrazor.counting import in_counting_order
from netrazor.data import ImageFolder
from netrazor.data import reading_ahead as ahead
from netrazor.data.subsets import take
from netrazor.errors import BadDataset
from netrazor.train import Batches


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    rng = np.random.default_rng(0)
    for name in ("ant", "bee"):
        (tmp_path / name).mkdir()
        for number in range(12):
            pixels = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number:02}.png")
    return ImageFolder(tmp_path, 8)


def batches(steps: int) -> list[torch.Tensor]:
    return [torch.arange(4 * step, 4 * step + 4) % 24 for step in range(steps)]


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_every_number_of_processes_gives_the_same_in_order(folder: ImageFolder, processes: int) -> None:
    asked = batches(9)
    found = list(ahead.read_ahead(folder, iter(asked), processes=processes))
    assert len(found) == len(asked)
    for (images, labels), chosen in zip(found, asked, strict=True):
        expected = folder.batch(chosen)
        assert torch.equal(images, expected[0])
        assert torch.equal(labels, expected[1])


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_for_few_batches_no_process_is_started(
    folder: ImageFolder, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "DataLoader", None)
    assert len(list(ahead.read_ahead(folder, batches(steps), processes=2))) == steps


def test_training_and_counting_read_so(folder: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    loader = ahead.DataLoader
    monkeypatch.setattr(ahead, "reading_processes", lambda: 1)
    monkeypatch.setattr(ahead, "DataLoader", lambda *a, **k: started.append(1) or loader(*a, **k))
    stream = torch.get_rng_state()
    steps = list(Batches(folder, 5, seed=3).steps(2, 12))
    counted = list(in_counting_order(folder, 3))
    assert len(started) == 2
    assert torch.equal(torch.get_rng_state(), stream)
    monkeypatch.setattr(ahead, "reading_processes", lambda: 0)
    again = [*Batches(folder, 5, seed=3).steps(2, 12)]
    assert [step for step, *_ in steps] == list(range(2, 12))
    assert all(torch.equal(a[1], b[1]) and torch.equal(a[2], b[2]) for a, b in zip(steps, again, strict=True))
    unread = in_counting_order(folder, 3)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(counted, unread, strict=True))


def test_a_file_that_is_no_image_is_named_as_ever(folder: ImageFolder) -> None:
    (folder.root / "bee" / "07.png").write_bytes(b"no image")
    with pytest.raises(BadDataset, match=r"07\.png: must be an image") as caught:
        list(ahead.read_ahead(folder, batches(9), processes=1))
    assert "Traceback" not in str(caught.value)


def test_as_many_processes_as_cores_shared_with_the_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert ahead.reading_processes() == 8
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert ahead.reading_processes() == 2
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "40")
    assert ahead.reading_processes() == 1


def test_a_part_of_a_folder_is_read_like_the_folder(folder: ImageFolder) -> None:
    part = take(folder, np.array([20, 3, 5]))
    assert isinstance(part, ImageFolder)
    images, labels = part.batch(torch.tensor([0, 2]))
    expected = folder.batch(torch.tensor([20, 5]))
    assert torch.equal(images, expected[0])
    assert torch.equal(labels, expected[1])
    assert (len(part), part.name, len(folder)) == (3, folder.name, 24)
