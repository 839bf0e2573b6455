"""A checkpoint is whole or not there, and belongs to one run."""

import errno
import pickle
from pathlib import Path

import pytest
import torch

from netrazor.errors import CheckpointMismatch, OutputError
from netrazor.train import Checkpoint


def test_a_state_comes_back(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "c.pt", "run").save({"step": 3, "weights": {"a": torch.arange(3.0)}})
    state = Checkpoint(tmp_path / "c.pt", "run").load()
    assert state is not None
    assert state["step"] == 3
    assert torch.equal(state["weights"]["a"], torch.arange(3.0))


def test_none_where_there_is_none(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path / "c.pt", "run").load() is None


def test_another_run_is_refused(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "c.pt", "one").save({})
    with pytest.raises(CheckpointMismatch, match="another run: run is two, the checkpoint's one; delete it"):
        Checkpoint(tmp_path / "c.pt", "two").load()


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04 half an archive"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.pt").write_bytes(content)
    with pytest.raises(CheckpointMismatch, match=r"cannot be read .* delete it to start again"):
        Checkpoint(tmp_path / "c.pt", "run").load()


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"run": "run", "state": Evil()}, tmp_path / "c.pt", pickle_module=pickle)
    with pytest.raises(CheckpointMismatch):
        Checkpoint(tmp_path / "c.pt", "run").load()
    assert not (tmp_path / "ran").exists()


def test_a_full_disk_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint(tmp_path / "c.pt", "run")
    checkpoint.save({"step": 1})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("netrazor.files.os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        checkpoint.save({"step": 2})
    assert checkpoint.load() == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


def test_due_after_its_seconds(tmp_path: Path) -> None:
    assert Checkpoint(tmp_path / "c.pt", "run", seconds=0).due()
    assert not Checkpoint(tmp_path / "c.pt", "run", seconds=60).due()


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "c.pt", "run")
    checkpoint.save({})
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.load() is None


@pytest.mark.parametrize(
    "content", [{"run": "a", "state": 3}, {"run": "a"}, [1], {"run": "a", "state": [1, 2]}]
)
def test_edited_files_are_refused_by_name(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "checkpoint")
    with pytest.raises(CheckpointMismatch, match="cannot be read"):
        Checkpoint(tmp_path / "checkpoint", "a").load()
