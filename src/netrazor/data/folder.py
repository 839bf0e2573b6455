"""Image folders: a directory for each class."""

import os
from pathlib import Path
from typing import IO

from netrazor.data.pictures import open_picture
from netrazor.data.squares import SUFFIXES, Squares
from netrazor.errors import BadDataset


class ImageFolder(Squares):
    """Images below ``root``/class name/, float32 in [0, 1]; classes and files are in the order of their names.

    Args:
        root: the folder.
        size: side of the square that images are scaled and cut to, in pixels.
        channels: 3 (RGB) or 1 (grey).
        classes: names of the classes, where a test set is to have those of its training set.
        split: what the certificate calls it.
        decoders: threads that decode.

    Raises:
        BadDataset: no folder, no classes, no images, or (when it is read) a file that is no image.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        size: int,
        *,
        channels: int = 3,
        classes: tuple[str, ...] | None = None,
        split: str = "train",
        decoders: int | None = None,
    ) -> None:
        self.root, self.split = Path(root), split
        self.name = self.root.name
        found = (
            sorted(entry.name for entry in self.root.iterdir() if entry.is_dir())
            if self.root.is_dir()
            else []
        )
        self.class_names = tuple(found) if classes is None else classes
        self.classes = len(self.class_names)
        if strange := sorted(set(found) - set(self.class_names)):
            raise BadDataset(
                f"folder {root}: classes {', '.join(self.class_names)} allowed, got {strange[0]!r} too"
            )
        files = [
            (path, label) for label, name in enumerate(self.class_names) for path in _images(self.root / name)
        ]
        if not files:
            raise BadDataset(
                f"folder {root}: must hold a folder of images for each class, found {len(found)} folders and no "
                f"images; known are {', '.join(sorted(SUFFIXES))}"
            )
        super().__init__(files, size, channels=channels, decoders=decoders)

    def _open(self, place: object) -> IO[bytes]:
        assert isinstance(place, Path)
        return open_picture(place)


def _images(folder: Path) -> list[Path]:
    return (
        sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        if folder.is_dir()
        else []
    )
