"""Shards: images and classes in tar files, the same as in a folder, read where they lie."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netrazor.counting import in_order
from netrazor.data import ImageFolder, ImageShards, check, open_dataset
from netrazor.errors import BadDataset


def picture(number: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def write_shard(path: Path, files: dict[str, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as shard:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    for shard in range(2):
        files = {}
        for number in range(3 * shard, 3 * shard + 3):
            files |= {f"a.b/{number:04}.cls": b"%d\n" % (number % 2), f"a.b/{number:04}.json": b"{}"}
            files |= {f"a.b/{number:04}.png": picture(number)}
        write_shard(tmp_path / f"train-{shard}.tar", files)
    return tmp_path


def test_shards_hold_what_a_folder_holds(shards: Path, tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / "folder" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / str(number % 2) / f"{number}.png").write_bytes(picture(number))
    folder, dataset = ImageFolder(tmp_path / "folder", 8), ImageShards(shards, 8)
    assert (len(dataset), dataset.classes) == (6, 2)
    assert [dataset[i][1] for i in range(6)] == [0, 1, 0, 1, 0, 1]
    order = [0, 3, 1, 4, 2, 5]  # of the folder's files, which come class by class
    assert all(torch.equal(dataset[i][0], folder[place][0]) for i, place in enumerate(order))
    (inputs, labels), *_ = in_order(dataset, 6)
    assert torch.equal(inputs, torch.stack([dataset[i][0] for i in range(6)]))
    assert labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert check(dataset, 2).n == 6


def test_a_folder_of_shards_opens_by_its_name(shards: Path) -> None:
    opened = open_dataset(str(shards))
    assert isinstance(opened, ImageShards)
    assert opened[0][0].shape == (3, 9, 9)
    assert open_dataset(str(shards), shape=(1, 4, 4))[0][0].shape == (1, 4, 4)


@pytest.mark.parametrize(
    ("files", "mode", "message"),
    [
        ({"0.png": picture(0)}, "w", "'0' must have an image and its class .* got the image only"),
        ({"0.cls": b"1"}, "w", "got the class only"),
        ({"0.png": picture(0), "0.cls": b"cat"}, "w", "a number from 0 of at most 7 digits, got 'cat'"),
        ({"0.png": picture(0), "0.cls": b"-1"}, "w", "a number from 0"),
        ({"0.png": picture(0), "0.cls": b"1" * 5000}, "w", "must be a plain member"),
        ({"0.png": picture(0), "0.jpg": picture(1), "0.cls": b"1"}, "w", "must come once"),
        ({"0.png": picture(0), "0.cls": b"0"}, "w:gz", "must be a plain tar file"),
    ],
)
def test_bad_shards(tmp_path: Path, files: dict[str, bytes], mode: str, message: str) -> None:
    write_shard(tmp_path / "0.tar", files, mode)
    with pytest.raises(BadDataset, match=message):
        ImageShards(tmp_path, 8)


def test_no_shards_and_no_image(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="found none"):
        ImageShards(tmp_path, 8)
    write_shard(tmp_path / "0.tar", {"0.png": b"text", "0.cls": b"0"})
    with pytest.raises(BadDataset, match=r"0\.tar at byte \d+: must be an image"):
        ImageShards(tmp_path, 8)[0]


def sparse_member(size: int) -> bytes:
    """A member of GNU's old sparse format that says it is so many zeros."""
    member = tarfile.TarInfo("0.png")
    member.type, member.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]
    return bytes(header) + bytes(512)


@pytest.mark.parametrize("size", [2**40, 600])
def test_sparse_members_are_refused(tmp_path: Path, size: int) -> None:
    label = io.BytesIO()
    with tarfile.open(fileobj=label, mode="w") as shard:
        member = tarfile.TarInfo("0.cls")
        member.size = 1
        shard.addfile(member, io.BytesIO(b"0"))
    (tmp_path / "0.tar").write_bytes(sparse_member(size) + label.getvalue())
    with pytest.raises(BadDataset, match=r"plain member.*\(sparse\)"):
        ImageShards(tmp_path, 8)


def test_altered_shards_give_a_data_set_or_the_named_error(shards: Path) -> None:
    path = shards / "train-0.tar"
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(200):
        altered = bytearray(content)
        for place in generator.integers(0, len(content), 3):
            altered[place] = generator.integers(0, 256)
        path.write_bytes(altered[: generator.integers(1, len(content) + 1)])
        try:
            dataset = ImageShards(shards, 8)
            dataset.batch(torch.arange(len(dataset)))
        except BadDataset:
            continue
