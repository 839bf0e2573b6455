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
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}; "
            "choose a directory that can be written and has space left"
        ) from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
