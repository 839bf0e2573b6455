"""Write CIFAR-10 as re-encoded JPEGs into the data directory, as the data set ``cifar10-jpeg``.

    python benchmarks/cifar10_from_jpeg.py FOLDER [--directory DATA]

FOLDER holds ``cifar10_train_jpeg.npz`` and ``cifar10_test_jpeg.npz``, each with ``jpeg`` (all files end to
end, uint8), ``offsets`` (n + 1) and ``labels`` (uint8). Pixels differ a little from the published batches, so
figures measured on them say "CIFAR-10 (JPEG)".
"""

import argparse
import io
import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netrazor import data
from netrazor.data.idx import idx_bytes
from netrazor.data.published import lookup
from netrazor.files import write_atomically

NAME = "cifar10-jpeg"


def decoded(archive: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images N x 3 x 32 x 32 and labels N of one archive."""
    with np.load(archive) as arrays:
        jpeg, offsets, labels = arrays["jpeg"].tobytes(), arrays["offsets"], arrays["labels"]
    pictures = [
        np.asarray(Image.open(io.BytesIO(jpeg[start:end]))) for start, end in itertools.pairwise(offsets)
    ]
    return np.stack(pictures).transpose(0, 3, 1, 2), labels


def main() -> None:
    """Convert both splits, then load them back, which checks their digests."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--directory", type=Path, help="data directory (default: as netrazor finds it)")
    arguments = parser.parse_args()
    place = data.data_directory(arguments.directory) / NAME
    for split, files in lookup(NAME).files.items():
        arrays = decoded(arguments.folder / f"cifar10_{split}_jpeg.npz")
        for file, array in zip(files, arrays, strict=True):
            write_atomically(place / file, idx_bytes(array))
        loaded = data.load(NAME, split, directory=arguments.directory)
        print(f"{NAME} {split}: {len(loaded):,} images in {place}, fingerprint {loaded.fingerprint}")


if __name__ == "__main__":
    main()
