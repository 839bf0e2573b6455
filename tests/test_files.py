"""Whatever happens while a file is written, a reader meets the old one or the new one, whole."""

import errno
import os
import resource
import stat
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from netrazor.errors import OutputError
from netrazor.files import read_regular, write_atomically

needs_an_ordinary_user = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere"
)


def test_writes_bytes_and_text_and_makes_directories(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a/b/bytes", b"\0\xff")
    write_atomically(tmp_path / "a/text", "λ ≤ 1\n")
    assert (tmp_path / "a/b/bytes").read_bytes() == b"\0\xff"
    assert (tmp_path / "a/text").read_text(encoding="utf-8") == "λ ≤ 1\n"


def test_replaces_what_stood_there(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", b"old")
    write_atomically(tmp_path / "file", b"new")
    assert everything_in(tmp_path) == {"file": b"new"}


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def disk_full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(f"netrazor.files.os.{failing}", disk_full)
    with pytest.raises(OutputError, match=r"cannot write .*file: No space left on device; choose"):
        write_atomically(tmp_path / "file", b"new")
    assert everything_in(tmp_path) == {"file": b"old"}


def test_a_write_that_the_system_cuts_short(tmp_path: Path) -> None:
    """The real thing: a limit on the size of files, which a write runs into half-way."""
    (tmp_path / "file").write_bytes(b"old")
    script = (
        "import sys; from netrazor.errors import OutputError; from netrazor.files import write_atomically\n"
        "try: write_atomically(sys.argv[1], bytes(1 << 20))\n"
        "except OutputError: sys.exit(7)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path / "file")],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        timeout=60,
    )
    assert done.returncode == 7
    assert everything_in(tmp_path) == {"file": b"old"}


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_an_interrupt_passes_through_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"netrazor.files.os.{failing}", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"new")
    assert everything_in(tmp_path) == {}


def test_a_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OutputError, match="choose a directory that can be written"):
        write_atomically(tmp_path / "taken/file", b"new")


def test_a_target_that_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError):
        write_atomically(tmp_path / "taken", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@needs_an_ordinary_user
def test_a_directory_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            write_atomically(tmp_path / "file", b"new")
    finally:
        tmp_path.chmod(0o700)


def everything_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_memory_is_taken_for_what_a_file_holds(tmp_path: Path) -> None:
    """Not for what it might hold at most."""
    (tmp_path / "short").write_bytes(b"short")
    tracemalloc.start()
    try:
        assert read_regular(tmp_path / "short", 2**29) == b"short"
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 99])
def test_no_more_than_the_limit_is_read(tmp_path: Path, length: int) -> None:
    (tmp_path / "file").write_bytes(bytes(length))
    if length <= 10:
        assert read_regular(tmp_path / "file", 10) == bytes(length)
    else:
        with pytest.raises(OSError, match="at most 10 bytes allowed, got more"):
            read_regular(tmp_path / "file", 10)


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of Linux that say that they are empty."""
    (tmp_path / "file").write_bytes(b"all of it")
    size = os.fstat

    def shorter(descriptor: int) -> os.stat_result:
        return os.stat_result((*size(descriptor)[:6], 3, *size(descriptor)[7:10]))

    monkeypatch.setattr("netrazor.files.os.fstat", shorter)
    assert read_regular(tmp_path / "file", 9) == b"all of it"
    with pytest.raises(OSError, match="at most 8 bytes allowed"):
        read_regular(tmp_path / "file", 8)
