"""The archive of pickled batches: read whole, and unable to run anything."""

import io
import itertools
import pickle
import tarfile

import numpy as np
import pytest

from netrazor.data.cifar import read_cifar10
from netrazor.errors import BadDataset

TRAIN = [f"data_batch_{number}" for number in range(1, 6)]


def batch(first: int, count: int = 2) -> bytes:
    """A batch as it was published: keys are bytes, a row is one image, channel by channel."""
    rows = (np.arange(3072) + first) % 256 * np.ones((count, 1), int)
    return pickle.dumps({b"data": rows.astype(np.uint8), b"labels": [first] * count}, protocol=3)


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def test_splits_are_read_in_the_order_of_their_batches() -> None:
    content = archive(
        {"test_batch": batch(9), **{name: batch(i) for i, name in reversed([*enumerate(TRAIN)])}}
    )
    images, labels = read_cifar10([content], "train")
    assert (images.shape, images.dtype) == ((10, 3, 32, 32), np.uint8)
    assert labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert np.array_equal(images[4].ravel(), (np.arange(3072) + 2) % 256)
    assert read_cifar10([content], "test")[1].tolist() == [9, 9]


def test_a_batch_as_python_2_pickled_it() -> None:
    """Spelt out opcode by opcode: one image of 3,072 bytes and the label 7, strings without an encoding."""
    row = bytes(range(256)) * 12
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
        b"(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\n(U\x02u1K\x00K\x01tR"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T\x00\x0c\x00\x00" + row + b"tb"
    )
    content = b"\x80\x02}(U\x04data" + array + b"U\x06labels]K\x07au."
    images, labels = read_cifar10([archive({"test_batch": content})], "test")
    assert images.tobytes() == row
    assert labels.tolist() == [7]


class Harmful:
    """Asks for a call while it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("harm",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        archive({}),
        archive({"test_batch": batch(1)})[:-60],
        archive({"test_batch": b"no pickle"}),
        archive({"test_batch": pickle.dumps([1, 2])}),
        archive({"test_batch": pickle.dumps({b"data": np.zeros(3, np.uint8)})}),
        archive({"test_batch": pickle.dumps({b"data": np.zeros(3, np.uint8), b"labels": [1]})}),
        archive({"test_batch": pickle.dumps({b"data": Harmful(), b"labels": [1]})}),
    ],
    ids=itertools.count(),  # the contents hold times, and differ from process to process
)
def test_anything_else_is_a_named_error(content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadDataset, match="CIFAR-10: must be the published archive"):
        read_cifar10([content], "test")
    assert "harm" not in capsys.readouterr().out
