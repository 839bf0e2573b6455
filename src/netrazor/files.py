"""Writing files so that a reader never meets half of one, and reading those of strangers."""

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import IO

from netrazor.errors import OutputError


def write_atomically(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write ``content`` to a temporary file beside ``path``, flush it to disk, then rename it into place.

    Missing parent directories are made. Text is written as UTF-8.

    Raises:
        OutputError: the directory cannot be made, or the file cannot be written (permissions, full disk);
            what stood at ``path`` before is untouched and no temporary file is left.
    """
    target, temporary = Path(path), ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        write_through(Path(temporary), content)
        os.replace(temporary, target)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def write_through(path: Path, content: bytes | str) -> None:
    """Write a file of one's own, flushed to disk, with the usual permissions."""
    with path.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(path, 0o666 & ~_umask())


def open_regular(path: str | os.PathLike[str]) -> IO[bytes]:
    """A regular file, opened for reading without waiting for the writer of a pipe.

    Raises:
        OSError: it cannot be opened, or is another kind of file, which could be endless.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "a regular file needed, got another kind")
    return os.fdopen(descriptor, "rb")


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes:
    """The content of a regular file of at most ``limit`` bytes.

    Raises:
        OSError: as for `open_regular`; it is larger.
    """
    with open_regular(path) as file:
        length = os.fstat(file.fileno()).st_size
        # Memory is taken for what there is, not for the limit.
        content = b"" if length > limit else file.read(length + 1)
        if len(content) > length:  # it has grown, or says that it is empty
            content += file.read(limit - length)
    if max(length, len(content)) > limit:
        raise OSError(errno.EFBIG, f"at most {limit} bytes allowed, got more")
    return content


def cannot_write(path: Path, error: OSError) -> OutputError:
    """What is raised where the system refuses to write ``path``."""
    return OutputError(
        f"cannot write {path}: {error.strerror or error}; choose a directory that can be written and has space left"
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
