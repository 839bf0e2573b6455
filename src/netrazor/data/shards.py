"""Shards: tar files of images and labels, as webdataset writes them, read where they lie."""

import io
import os
import posixpath
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netrazor.data.squares import SUFFIXES, Squares
from netrazor.errors import BadDataset

LABEL = ".cls"  # the file beside each image that holds its class, a number from 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the bytes of one image lie."""

    shard: Path
    offset: int
    size: int

    def __str__(self) -> str:
        return f"{self.shard} at byte {self.offset}"


class ImageShards(Squares):
    """Images in the ``.tar`` files of a folder, float32 in [0, 1], in the order of the shards and in them.

    Each image (``0001.jpg``) has a file of the same name with its class (``0001.cls``: a number from 0) in its shard;
    other files are left alone. Shards are plain tar files: opening reads their tables once, and items are read where
    they lie, so that a random order costs no more than that of the files.

    Args:
        root: the folder.
        size: side of the square that images are scaled and cut to, in pixels.
        channels: 3 (RGB) or 1 (grey).
        classes: how many there are, where a shard of a test set may not show all.
        split: what the certificate calls it.
        decoders: threads that decode.

    Raises:
        BadDataset: no shards, one that is compressed or damaged, an image without a class or a class without an
            image.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        size: int,
        *,
        channels: int = 3,
        classes: int | None = None,
        split: str = "train",
        decoders: int | None = None,
    ) -> None:
        shards = shards_in(root)
        if not shards:
            raise BadDataset(f"shards {root}: a folder of .tar files needed, found none; give their folder")
        places = [example for shard in shards for example in _examples(shard)]
        seen = max((label for _, label in places), default=-1) + 1
        super().__init__(places, size, channels=channels, decoders=decoders)
        self.classes = seen if classes is None else classes
        self.root, self.name, self.split = Path(root), Path(root).name, split

    def _open(self, place: object) -> io.BytesIO:
        assert isinstance(place, _Place)
        with place.shard.open("rb") as file:
            file.seek(place.offset)
            return io.BytesIO(file.read(place.size))


def shards_in(root: str | os.PathLike[str]) -> list[Path]:
    """The ``.tar`` files of a folder, in the order of their names."""
    return sorted(Path(root).glob("*.tar"))


def _examples(shard: Path) -> Iterator[tuple[_Place, int]]:
    """Place and class of each image of a shard."""
    examples: dict[str, dict[str, tarfile.TarInfo]] = {}
    try:
        with tarfile.open(shard, mode="r:") as members:
            for member in members:
                stem, suffix = posixpath.splitext(member.name)
                if member.isfile() and suffix.lower() in SUFFIXES | {LABEL}:
                    examples.setdefault(stem, {})["class" if suffix == LABEL else "image"] = member
            for stem, files in examples.items():
                if len(files) < 2:
                    raise BadDataset(
                        f"shard {shard}: {stem!r} must have an image and its class ({LABEL}), got the "
                        f"{next(iter(files))} only; write the shard again"
                    )
                label = members.extractfile(files["class"])
                assert label is not None  # it is a file
                number = label.read().decode("ascii", errors="replace").strip()
                if not number.isdecimal():
                    raise BadDataset(
                        f"shard {shard}: {stem}{LABEL} must hold a class, a number from 0, got {number[:20]!r}"
                    )
                yield _Place(shard, files["image"].offset_data, files["image"].size), int(number)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadDataset(
            f"shard {shard}: must be a plain tar file, got {error}; unpack it, or get it again"
        ) from error
