"""Image files: known formats, regular files and bounded sizes only, and no foreign error."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from netrazor.data import ImageFolder, pictures
from netrazor.data.pictures import read_picture
from netrazor.errors import BadDataset

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")


def encoded(kind: str, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (9, 12, 3)).astype(np.uint8)
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_known_formats_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(kind))
    grey, colour = read_picture(path, (1, 4, 5)), read_picture(path, (3, 4, 5))
    assert (grey.shape, colour.shape) == ((1, 4, 5), (3, 4, 5))
    assert 0 <= colour.min() <= colour.max() <= 1
    assert torch.equal(read_picture(path, (1, 4, 5), invert=True), 1 - grey)


@pytest.mark.parametrize("kind", ["EPS", "TGA", "PCX", "PDF"])
def test_other_formats_are_refused(tmp_path: Path, kind: str) -> None:
    """Pillow would start Ghostscript for an EPS, whatever the file is called."""
    (tmp_path / "picture.png").write_bytes(encoded(kind))
    with pytest.raises(BadDataset, match=r"must be an image \(BMP, GIF, JPEG, PNG"):
        read_picture(tmp_path / "picture.png", (3, 4, 4))


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder" / "0").mkdir(parents=True)
    os.mkfifo(tmp_path / "folder" / "0" / "pipe.png")
    with pytest.raises(BadDataset, match="a regular file needed, got another kind"):
        read_picture(tmp_path / "folder" / "0" / "pipe.png", (1, 4, 4))
    with pytest.raises(BadDataset, match="a regular file needed, got another kind"):
        ImageFolder(tmp_path / "folder", 8)[0]


@pytest.mark.parametrize("name", ["missing.png", "a\0b.png", "."])
def test_files_that_cannot_be_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDataset):
        read_picture(tmp_path / name, (1, 4, 4))


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(encoded("PNG"))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 107)
    with pytest.raises(BadDataset, match="at most 107 pixels, got 12 x 9; scale it down"):
        read_picture(path, (3, 4, 4))
    monkeypatch.setattr(pictures, "MAX_BYTES", 20)
    with pytest.raises(BadDataset, match="must have at most 20 bytes, got"):
        read_picture(path, (3, 4, 4))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(BadDataset, match="got 9000 x 9000"):
        read_picture(tmp_path / "bomb.png", (3, 4, 4))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMATS)
def test_altered_files_give_a_picture_or_the_named_error(tmp_path: Path, kind: str) -> None:
    content, generator = encoded(kind), np.random.default_rng(0)
    for _ in range(300):
        altered = bytearray(content)
        for place in generator.integers(0, len(content), generator.integers(1, 8)):
            altered[place] = generator.integers(0, 256)
        (tmp_path / "picture").write_bytes(altered[: generator.integers(1, len(content) + 1)])
        try:
            read_picture(tmp_path / "picture", (3, 4, 4))
        except BadDataset:
            continue
