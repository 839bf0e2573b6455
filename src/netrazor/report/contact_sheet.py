"""The picked images themselves, small and side by side, as one picture within the page."""

import base64
import io
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from netrazor.certification import SampleRecord
from netrazor.data import fingerprint
from netrazor.data.subsets import size_of
from netrazor.errors import ConfigurationError

MOST_IMAGES = 200
COLUMNS = 20
LARGEST_SIDE = 64  # pixels of one image; larger ones are thinned out
_GAP = 1  # pixels between two images

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class ContactSheet:
    """Images on a grid.

    Attributes:
        name: of its file.
        title: one line above it.
        caption: what is to be seen.
        png: the picture.
    """

    template: ClassVar[str] = "contact_sheet.html"
    name: str
    title: str
    caption: str
    png: bytes

    @property
    def address(self) -> str:
        """The picture as an address that needs nothing else."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"

    def files(self) -> dict[str, bytes]:
        """The picture, by file name."""
        return {f"{self.name}.png": self.png}


def contact_sheet(name: str, picks: NDArray[np.int64], sample: SampleRecord, dataset: Any) -> ContactSheet:
    """At most `MOST_IMAGES` of the picked examples of an image data set, sorted by label.

    Raises:
        ConfigurationError: another data set than the certificate's, or examples that are no images.
    """
    if size_of(dataset) != sample.n or fingerprint(dataset) != sample.fingerprint:
        raise ConfigurationError(
            f"data: the certificate is about {sample.name} ({sample.split}), fingerprint {sample.fingerprint[:16]}, "
            "got another data set; give the one that was certified, or none"
        )
    shown = picks[np.unique(np.linspace(0, len(picks) - 1, min(len(picks), MOST_IMAGES)).round().astype(int))]
    items = sorted(
        ((int(label), image) for image, label in (dataset[int(at)] for at in shown)), key=lambda x: x[0]
    )
    tiles = [_tile(np.asarray(image)) for _, image in items]
    share = "all" if len(shown) == len(picks) else f"{len(shown)} of the {len(picks):,}, evenly spread,"
    caption = f"What the learner picked: {share} sorted by label, of {sample.counted:,} counted examples."
    return ContactSheet(name, "The picked examples", caption, _png(_grid(tiles)))


def _tile(image: NDArray[Any]) -> Pixels:
    """One image, C x H x W in [0, 1] or 0 .. 255, as H x W x 3 bytes."""
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ConfigurationError(
            f"data: images of 1 or 3 channels needed to show them, got shape {image.shape}; leave --data out"
        )
    step = -(-max(image.shape[1:]) // LARGEST_SIDE)
    pixels = image[:, ::step, ::step].transpose(1, 2, 0)
    if pixels.dtype.kind == "f":
        pixels = (255 * np.clip(pixels, 0, 1)).round()
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3)).astype(np.uint8)


def _grid(tiles: list[Pixels]) -> Pixels:
    height, width = (max(tile.shape[axis] for tile in tiles) + _GAP for axis in (0, 1))
    columns = min(COLUMNS, len(tiles))
    sheet = np.full((math.ceil(len(tiles) / columns) * height, columns * width, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet


def _png(pixels: Pixels) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()
