"""Writing files so that a reader never meets half of one."""

import os
import tempfile
from pathlib import Path

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


def cannot_write(path: Path, error: OSError) -> OutputError:
    """What is raised where the system refuses to write ``path``."""
    return OutputError(
        f"cannot write {path}: {error.strerror or error}; choose a directory that can be written and has space left"
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
