"""Whatever happens while a run is written, its directory holds files of one run, and nothing of others is lost."""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import netrazor.certification.run_writing as writing
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, MESSAGE, RESULT
from netrazor.certification.run_writing import only_writer, write_run
from netrazor.errors import OutputError

FIRST = {MESSAGE: b"first", GIVEN: b"first", CERTIFICATE: "first"}
SECOND = {MESSAGE: b"second", RESULT: b"second", CERTIFICATE: "second"}

cannot_exchange = pytest.mark.parametrize("exchanges", [True, False])


@pytest.fixture(autouse=True)
def _ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test says so, the system cannot exchange directories."""
    if "exchanges" in request.fixturenames and not request.getfixturevalue("exchanges"):
        monkeypatch.setattr(writing, "_exchange", lambda one, other: False)


def everything_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def as_bytes(contents: dict[str, bytes | str]) -> dict[str, bytes]:
    return {name: c.encode() if isinstance(c, str) else c for name, c in contents.items()}


def visible(directory: Path) -> dict[str, bytes]:
    return {name: content for name, content in everything_in(directory).items() if name != writing.LOCK}


@cannot_exchange
def test_a_run_takes_the_place_of_another_and_of_nothing_else(tmp_path: Path, exchanges: bool) -> None:
    place = tmp_path / "a" / "run"
    write_run(place, FIRST)
    (place / "notes.txt").write_bytes(b"mine")
    (place / "link").symlink_to("notes.txt")
    place.chmod(0o750)
    write_run(place, SECOND)
    assert visible(place) == {**as_bytes(SECOND), "notes.txt": b"mine", "link": b"mine"}
    assert (place / "link").is_symlink()
    assert place.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in place.parent.iterdir()] == ["run"]


def test_directories_inside_stay(tmp_path: Path) -> None:
    write_run(tmp_path / "run", FIRST)
    (tmp_path / "run" / "plots").mkdir()
    (tmp_path / "run" / "plots" / "one.svg").write_bytes(b"plot")
    write_run(tmp_path / "run", SECOND)
    assert visible(tmp_path / "run") == as_bytes(SECOND)
    assert everything_in(tmp_path / "run" / "plots") == {"one.svg": b"plot"}


def test_the_directory_that_one_stands_in_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_run(".", FIRST)
    before = tmp_path.stat().st_ino
    write_run(".", SECOND)
    assert visible(tmp_path) == as_bytes(SECOND)
    assert tmp_path.stat().st_ino == before


def test_a_working_directory_that_was_removed_is_none_that_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, gone = tmp_path / "run", tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for contents in (FIRST, SECOND):
        write_run(place, contents)
        assert visible(place) == as_bytes(contents)


@pytest.mark.parametrize("missing", ["room beside it", "the exchange of directories"])
def test_without_what_an_exchange_takes_the_files_are_replaced_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    place = tmp_path / "run"
    write_run(place, FIRST)
    before = place.stat().st_ino
    if missing == "room beside it":

        def not_allowed(**options: object) -> str:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(writing.tempfile, "mkdtemp", not_allowed)
    else:
        monkeypatch.setattr(writing, "sys", SimpleNamespace(platform="darwin"))
    write_run(place, SECOND)
    assert visible(place) == as_bytes(SECOND)
    assert place.stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_link_to_a_directory_stays_one(tmp_path: Path) -> None:
    write_run(tmp_path / "run", FIRST)
    (tmp_path / "latest").symlink_to("run")
    write_run(tmp_path / "latest", SECOND)
    assert (tmp_path / "latest").is_symlink()
    assert visible(tmp_path / "run") == as_bytes(SECOND)


@cannot_exchange
@pytest.mark.parametrize("failing", ["fsync", "chmod"])
def test_a_full_disk_leaves_the_old_run_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool, failing: str
) -> None:
    place = tmp_path / "run"
    write_run(place, FIRST)

    def disk_full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(f"netrazor.files.os.{failing}", disk_full)
    with pytest.raises(OutputError, match=r"cannot write .*run: No space left on device; choose"):
        write_run(place, SECOND)
    assert visible(place) == as_bytes(FIRST)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@cannot_exchange
def test_what_a_killed_writer_left_is_cleared_up(tmp_path: Path, exchanges: bool) -> None:
    place = tmp_path / "run"
    write_run(place, FIRST)
    spare = tmp_path / f".run.12345678{writing._TEMPORARY}"
    spare.mkdir()
    (spare / MESSAGE).write_bytes(b"half")
    (spare / "added meanwhile").write_bytes(b"mine")
    (place / f".{MESSAGE}.12345678{writing._TEMPORARY}").write_bytes(b"half")
    write_run(place, SECOND)
    assert visible(place) == {**as_bytes(SECOND), "added meanwhile": b"mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_only_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.05)
    script = (
        "import sys; from netrazor.certification.run_writing import only_writer\n"
        "with only_writer(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match="another process is writing a run there"):
            write_run(tmp_path / "run", FIRST)
        assert visible(tmp_path / "run") == {}
        other.send_signal(signal.SIGKILL)
    with only_writer(tmp_path / "run"):  # what is killed holds nothing; and it may be nested
        write_run(tmp_path / "run", FIRST)
        write_run(tmp_path / "run", SECOND)
    assert visible(tmp_path / "run") == as_bytes(SECOND)


def test_another_writer_waits_though_the_directory_is_exchanged(tmp_path: Path) -> None:
    """The lock is the same file before and after."""
    place, order = tmp_path / "run", []

    def write() -> None:
        with only_writer(place):
            order.append("second")
            write_run(place, SECOND)

    with only_writer(place):
        write_run(place, FIRST)
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(0.3)
        order.append("first")
        assert visible(place) == as_bytes(FIRST)
    thread.join()
    assert order == ["first", "second"]
    assert visible(place) == as_bytes(SECOND)


def test_a_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OutputError, match="choose a directory that can be written"):
        write_run(tmp_path / "taken", FIRST)


@cannot_exchange
def test_at_no_moment_are_there_files_of_two_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    """Looked at after each step of a writer; where directories cannot be exchanged, there may be no run meanwhile."""
    place, seen = tmp_path / "run", []
    write_run(place, FIRST)

    def followed_by_a_look(name: str) -> None:
        step = getattr(os, name)

        def stepping(*arguments: object, **options: object) -> object:
            done = step(*arguments, **options)
            seen.append({name: content for name, content in visible(place).items() if name[0] != "."})
            return done

        monkeypatch.setattr(os, name, stepping)

    for name in ("replace", "rename", "unlink", "link", "fsync"):
        followed_by_a_look(name)
    write_run(place, SECOND)
    runs = [as_bytes(FIRST), as_bytes(SECOND)]
    assert seen[0] == runs[0]
    assert seen[-1] == runs[1]
    assert all(found in runs or (not exchanges and CERTIFICATE not in found) for found in seen)
