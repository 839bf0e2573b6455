"""Shards: tar files of images and labels, as webdataset writes them, read where they lie."""

import io
import os
import posixpath
import tarfile
from dataclasses import dataclass
from pathlib import Path

from netrazor.data.pictures import MAX_BYTES
from netrazor.data.squares import SUFFIXES, Squares
from netrazor.errors import BadDataset
from netrazor.files import open_regular

LABEL = ".cls"  # the file beside each image that holds its class, a number from 0
MAX_DIGITS = 7  # of a class


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
        with open_regular(place.shard) as file:
            file.seek(place.offset)
            return io.BytesIO(file.read(place.size))


def shards_in(root: str | os.PathLike[str]) -> list[Path]:
    """The ``.tar`` files of a folder, in the order of their names."""
    return sorted(Path(root).glob("*.tar"))


def _examples(shard: Path) -> list[tuple[_Place, int]]:
    """Place and class of each image of a shard."""
    try:
        with open_regular(shard) as file, tarfile.open(fileobj=file, mode="r:") as members:
            found = _paired(shard, members)
            return [
                (_Place(shard, image.offset_data, image.size), _class_in(shard, members, label))
                for image, label in found
            ]
    except BadDataset:
        raise
    except Exception as error:  # damaged archives raise anything, too deep a recursion among it
        raise BadDataset(
            f"shard {shard}: must be a plain tar file, got {str(error)[:200]} ({type(error).__name__}); unpack it, "
            "or get it again"
        ) from error


def _paired(shard: Path, members: tarfile.TarFile) -> list[tuple[tarfile.TarInfo, tarfile.TarInfo]]:
    """The images of a shard in order, each with the file that holds its class."""
    images: dict[str, tarfile.TarInfo] = {}
    labels: dict[str, tarfile.TarInfo] = {}
    end = 0
    for member in members:
        if member.size < 0 or member.offset < end:  # else such a table could be read for ever
            raise BadDataset(f"shard {shard}: members that follow each other needed; write the shard again")
        end = member.offset_data
        stem, suffix = posixpath.splitext(member.name)
        kind = labels if suffix == LABEL else images if suffix.lower() in SUFFIXES else None
        if kind is None or not member.isfile():
            continue
        if member.issparse() or member.size > (MAX_DIGITS + 2 if kind is labels else MAX_BYTES):
            raise BadDataset(
                f"shard {shard}: {member.name[:100]!r} must be a plain member of at most {MAX_BYTES:,} bytes, or "
                f"{MAX_DIGITS} digits for a class, got {member.size:,} bytes"
                f"{' (sparse)' if member.issparse() else ''}; write the shard again"
            )
        if stem in kind:
            raise BadDataset(
                f"shard {shard}: {stem[:100]!r} must come once, got it twice; write the shard again"
            )
        kind[stem] = member
    if alone := next(iter(images.keys() ^ labels.keys()), None):
        raise BadDataset(
            f"shard {shard}: {alone[:100]!r} must have an image and its class ({LABEL}), got the "
            f"{'image' if alone in images else 'class'} only; write the shard again"
        )
    return [(image, labels[stem]) for stem, image in images.items()]


def _class_in(shard: Path, members: tarfile.TarFile, member: tarfile.TarInfo) -> int:
    file = members.extractfile(member)
    content = b"" if file is None else file.read().strip()
    if not content.isdigit() or len(content) > MAX_DIGITS:
        raise BadDataset(
            f"shard {shard}: {member.name[:100]} must hold a class, a number from 0 of at most {MAX_DIGITS} digits, "
            f"got {content.decode('ascii', errors='replace')[:20]!r}"
        )
    return int(content)
