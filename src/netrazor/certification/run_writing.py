"""Writing the files of a run into its directory: all at once, by one writer at a time.

A complete directory is written beside the old one and exchanged with it in one step (renameat2 of Linux), so that at
any time, and after any kill, the directory holds the files of one run. Files of others are carried over. Where the
system cannot do that (other systems, a mount point, a parent that cannot be written, directories inside), the old
files are removed before the new ones are renamed into place, certificates first and last: a kill leaves a part of one
run without its certificate, which is no run; never files of two.
"""

import contextlib
import ctypes
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from glob import escape
from pathlib import Path

from filelock import FileLock, Timeout

from netrazor.certification.run_directory import CERTIFICATE, GIVEN_ARRAYS, SIZE_LIMITS
from netrazor.errors import OutputError
from netrazor.files import cannot_write, write_through

LOCK = ".lock"
PATIENCE = (
    10.0  # seconds that a writer waits for another one, who writes for an instant or computes for hours
)

_WRITTEN = tuple(name for name in SIZE_LIMITS if name != GIVEN_ARRAYS)  # that one is put there by people
_TEMPORARY = ".being-replaced"  # how the names of temporary files and directories end
_FROM_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)


def write_run(directory: str | os.PathLike[str], contents: Mapping[str, bytes | str]) -> None:
    """Write the files of a run, by name, into ``directory`` in place of those of a former run.

    Raises:
        OutputError: it cannot be written (what stood there before is untouched), or another process is writing.
    """
    place = Path(directory)
    with only_writer(place):
        place = place.resolve()
        try:
            _clear_up(place)
            if _is_here(place) or not _swap(place, contents):
                _replace(place, contents)
        except OSError as error:
            raise cannot_write(place, error) from error


@contextlib.contextmanager
def only_writer(directory: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other processes from writing runs into ``directory``, which is made; may be nested.

    Raises:
        OutputError: another process does, or the directory cannot be made.
    """
    place = Path(directory)
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(place.resolve() / LOCK), timeout=PATIENCE, is_singleton=True)
        lock.acquire()
    except Timeout as error:
        raise OutputError(
            f"cannot write {place}: another process is writing a run there; wait for it, or choose another directory"
        ) from error
    except OSError as error:
        raise cannot_write(place, error) from error
    try:
        yield
    finally:
        lock.release()


def _is_here(place: Path) -> bool:
    """Whether ``place`` is the working directory: its shell would be left in the old one."""
    try:
        return place == Path.cwd()
    except OSError:  # it was removed
        return False


def _swap(place: Path, contents: Mapping[str, bytes | str]) -> bool:
    """Exchange the directory for a complete one written beside it; False where that cannot be done."""
    try:
        fresh = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=_TEMPORARY, dir=place.parent))
    except OSError:
        return False
    try:
        os.chmod(fresh, stat.S_IMODE(place.stat().st_mode))
        for name, content in contents.items():
            write_through(fresh / name, content)
        return _carry_over(place, fresh) and _exchange(fresh, place)
    finally:
        _take_apart(fresh, place)


def _carry_over(old: Path, fresh: Path) -> bool:
    """Link what is no file of a run, the lock among it; False where there is something that cannot be linked."""
    try:
        for entry in os.scandir(old):
            if entry.name not in _WRITTEN:
                os.link(entry.path, fresh / entry.name, follow_symlinks=False)
    except OSError:
        return False
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two directories in one step; False where the system or the file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    rename.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return bool(rename(_FROM_HERE, os.fsencode(one), _FROM_HERE, os.fsencode(other), _EXCHANGE) == 0)


def _take_apart(spare: Path, place: Path) -> None:
    """Remove a spare directory; what somebody put there while it was in place is moved to ``place``."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(spare)):
            if entry.name in _WRITTEN or os.path.lexists(place / entry.name):
                os.unlink(entry.path)
            else:
                os.rename(entry.path, place / entry.name)
        spare.rmdir()


def _replace(place: Path, contents: Mapping[str, bytes | str]) -> None:
    """Remove the old files, the certificate first; then rename the new ones into place, the certificate last."""
    written: dict[str, Path] = {}
    try:
        for name, content in contents.items():
            handle, path = tempfile.mkstemp(prefix=f".{name}.", suffix=_TEMPORARY, dir=place)
            os.close(handle)
            written[name] = Path(path)
            write_through(written[name], content)
        for name in (CERTIFICATE, *_WRITTEN):
            (place / name).unlink(missing_ok=True)
        for name in sorted(written, key=lambda name: name == CERTIFICATE):
            os.replace(written[name], place / name)
    finally:
        for left in written.values():
            left.unlink(missing_ok=True)


def _clear_up(place: Path) -> None:
    """Remove what a killed writer left; only the one writer calls this, so nobody is using it."""
    for file in place.glob(f".*{_TEMPORARY}"):
        file.unlink()
    for spare in place.parent.glob(f".{escape(place.name)}.*{_TEMPORARY}"):
        _take_apart(spare, place)
