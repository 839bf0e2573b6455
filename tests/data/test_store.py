"""The data directory comes first, sources after it in order, and only published content gets through."""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from netrazor import data
from netrazor.data import published as catalogue
from netrazor.data.__main__ import main
from netrazor.data.idx import idx_bytes
from netrazor.data.published import Published
from netrazor.data.sources import SourceFailed
from netrazor.errors import BadDataset, DatasetUnavailable, InvalidArgument, OutputError

FILES = {
    "train-images": idx_bytes(np.arange(12, dtype=np.uint8).reshape(3, 2, 2)),
    "train-labels": idx_bytes(np.array([0, 1, 1], np.uint8)),
    "test-images": idx_bytes(np.zeros((1, 2, 2), np.uint8)),
    "test-labels": idx_bytes(np.array([1], np.uint8)),
}


@dataclass
class Shelf:
    """A source that holds some files and remembers how often it was asked."""

    files: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def fetch(self, files: Sequence[str]) -> dict[str, bytes]:
        self.asked += files
        if not set(files) <= set(self.files):
            raise SourceFailed("the shelf is empty")
        return {file: self.files[file] for file in files}

    def __str__(self) -> str:
        return "shelf"


def toy(*sources: Shelf) -> Published:
    return Published(
        name="toy",
        class_names=("zero", "one"),
        files={split: (f"{split}-images", f"{split}-labels") for split in ("train", "test")},
        sha256={file: hashlib.sha256(content).hexdigest() for file, content in FILES.items()},
        also_in=("TOY/raw",),
        sources=sources,
        read=catalogue.lookup("mnist").read,
    )


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Puts the data set ``toy`` with the given sources into the catalogue; the data directory is empty."""
    monkeypatch.setenv("NETRAZOR_DATA", str(tmp_path / "data"))

    def offer(*sources: Shelf) -> Path:
        monkeypatch.setitem(catalogue._CATALOGUE, "toy", toy(*sources))
        return tmp_path / "data"

    return offer


def test_fetched_once_and_kept(offer) -> None:
    shelf = Shelf(FILES)
    place = offer(shelf)
    first, second = data.load("toy", "train"), data.load("toy", "test")
    assert sorted(shelf.asked) == sorted(FILES)
    assert {path.name: path.read_bytes() for path in (place / "toy").iterdir()} == FILES
    assert (first.name, first.split, first.classes, first.class_names) == ("toy", "train", 2, ("zero", "one"))
    assert first.images.shape == (3, 1, 2, 2)
    assert first.labels.tolist() == [0, 1, 1]
    assert second.labels.tolist() == [1]


def test_an_argument_goes_before_the_environment(offer, tmp_path: Path) -> None:
    offer(Shelf(FILES))
    data.load("toy", directory=tmp_path / "elsewhere")
    assert not (tmp_path / "data").exists()
    assert (tmp_path / "elsewhere/toy/train-images").exists()


def test_without_either_the_platform_names_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETRAZOR_DATA", raising=False)
    assert data.data_directory().name == "netrazor"
    assert data.data_directory("~/mine") == Path.home() / "mine"


@pytest.mark.parametrize("folder", ["toy", "TOY/raw"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_files_in_the_directory_are_used_gzipped_or_not(offer, folder: str, ending: str) -> None:
    place = offer() / folder
    place.mkdir(parents=True)
    for file, content in FILES.items():
        (place / f"{file}{ending}").write_bytes(gzip.compress(content) if ending else content)
    assert len(data.load("toy")) == 3


@pytest.mark.parametrize(
    ("ending", "content", "says"),
    [
        ("", FILES["train-images"][:-1], "must have SHA-256 .* got .*delete it"),
        ("", b"", "must have SHA-256"),
        (".gz", b"not gzip", "cannot be read"),
        (".gz", gzip.compress(FILES["train-images"])[:-9], "cannot be read"),
        (".gz", gzip.compress(b"other"), "must have SHA-256"),
    ],
    ids=["cut", "empty", "no gzip", "cut gzip", "other gzip"],
)
def test_a_wrong_file_in_the_directory_is_named_and_left(
    offer, ending: str, content: bytes, says: str
) -> None:
    shelf = Shelf(FILES)
    path = offer(shelf) / f"toy/train-images{ending}"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(BadDataset, match=f"{path.name}: .*{says}"):
        data.load("toy")
    assert path.read_bytes() == content
    assert shelf.asked == []


def test_sources_are_tried_in_order_until_one_delivers_the_published_content(offer) -> None:
    empty, wrong, good, later = Shelf({}), Shelf(dict.fromkeys(FILES, b"other")), Shelf(FILES), Shelf(FILES)
    offer(empty, wrong, good, later)
    assert len(data.load("toy")) == 3
    assert [bool(shelf.asked) for shelf in (empty, wrong, good, later)] == [True, True, True, False]


def test_when_nothing_works_everything_tried_is_told(offer) -> None:
    place = offer(Shelf({}), Shelf(dict.fromkeys(FILES, b"other")))
    with pytest.raises(DatasetUnavailable) as caught:
        data.load("toy")
    told = str(caught.value)
    assert f"no train-images in {place}/toy, {place}/TOY/raw" in told
    assert "shelf: the shelf is empty" in told
    assert "shelf: train-images: its content must have SHA-256" in told
    assert "NETRAZOR_DATA" in told
    assert not place.exists()


def test_a_directory_that_cannot_be_written(offer, tmp_path: Path) -> None:
    offer(Shelf(FILES))
    (tmp_path / "data").write_bytes(b"a file stands in the way")
    with pytest.raises(OutputError, match="NETRAZOR_DATA"):
        data.load("toy")


def test_an_interrupt_while_keeping_leaves_no_half_file(offer, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    place = offer(Shelf(FILES))
    with monkeypatch.context() as patch:
        patch.setattr("netrazor.files.os.replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            data.load("toy")
    assert list((place / "toy").iterdir()) == []
    assert len(data.load("toy")) == 3


def test_unknown_names_and_splits_are_told() -> None:
    with pytest.raises(
        InvalidArgument, match="one of mnist, fashion-mnist, cifar10, cifar10-jpeg, got 'mist'"
    ):
        data.load("mist")
    with pytest.raises(InvalidArgument, match="one of train, test, got 'valid'"):
        data.load("mnist", "valid")


def test_every_entry_has_a_digest_for_each_file() -> None:
    for name in data.names():
        entry = catalogue.lookup(name)
        assert {file for files in entry.files.values() for file in files} == set(entry.sha256)
        assert all(len(digest) == 64 for digest in entry.sha256.values())
        assert replace(entry) == entry


def test_the_command_fetches_and_tells_its_use(offer, capsys: pytest.CaptureFixture[str]) -> None:
    place = offer(Shelf(FILES))
    assert main(["fetch", "toy"]) == 0
    assert "toy: 4 files" in capsys.readouterr().out
    assert (place / "toy/train-images").exists()
    assert main(["fetch", "toys"]) == 2
    assert "got 'toys'" in capsys.readouterr().err
    assert main([]) == main(["fetch"]) == main(["get", "toy"]) == 2
