"""Writing files so that a reader never meets half of one."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from netrazor.errors import OutputError


def write_atomically(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write ``content`` to a temporary file beside ``path``, flush it to disk, then rename it into place.

    Missing parent directories are made. Text is written as UTF-8.

    Raises:
        OutputError: the directory cannot be made, or the file cannot be written (permissions, full disk);
            what stood at ``path`` before is untouched and no temporary file is left.
    """
    write_together(Path(path).parent, {Path(path).name: content})


def write_together(directory: str | os.PathLike[str], contents: Mapping[str, bytes | str]) -> None:
    """As `write_atomically`, files of one directory that belong together: none is replaced before all are on disk.

    Raises:
        OutputError: as for `write_atomically`.
    """
    target = place = Path(directory)
    temporary: dict[Path, str] = {}
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            target = place / name
            handle, temporary[target] = tempfile.mkstemp(prefix=f".{name}.", dir=place)
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary[target], 0o666 & ~_umask())
        for target, written in temporary.items():
            os.replace(written, target)
    except OSError as error:
        raise OutputError(
            f"cannot write {target}: {error.strerror or error}; "
            "choose a directory that can be written and has space left"
        ) from error
    finally:
        for written in temporary.values():
            if os.path.exists(written):
                os.unlink(written)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
