"""The data directory: files of published data sets, each checked by the SHA-256 of its content."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pooch

from netrazor.data.published import PublishedFiles
from netrazor.data.sources import UNREADABLE, SourceFailed, unpacked
from netrazor.errors import BadDataset, DatasetUnavailable, OutputError
from netrazor.files import write_atomically

ENVIRONMENT_VARIABLE = "NETRAZOR_DATA"


def data_directory(directory: str | os.PathLike[str] | None = None) -> Path:
    """``directory`` if given, else what NETRAZOR_DATA names, else the platform's cache directory."""
    chosen = directory or os.environ.get(ENVIRONMENT_VARIABLE) or pooch.os_cache("netrazor")
    return Path(chosen).expanduser()


def stored(published: PublishedFiles, file: str, directory: Path) -> bytes | None:
    """The content of ``file`` (or ``file``.gz) from the data directory; None where it is not there.

    Raises:
        BadDataset: it is there, with another content than the published one.
    """
    for folder in published.folders:
        for path in (directory / folder / file, directory / folder / f"{file}.gz"):
            if path.is_file():
                return _checked_file(published, file, path)
    return None


def obtain(published: PublishedFiles, files: Sequence[str], directory: Path) -> dict[str, bytes]:
    """The content of each file, from the first source that delivers all of them as published, and kept.

    Raises:
        DatasetUnavailable: no source did; the message lists what was tried and why it failed.
        OutputError: the data directory cannot be written.
    """
    tried = [f"data directory: no {files[0]} in " + ", ".join(str(directory / f) for f in published.folders)]
    for source in published.sources:
        try:
            contents = source.fetch(files)
            for file, content in contents.items():
                _check(published, file, content)
        except (SourceFailed, BadDataset, *UNREADABLE) as error:
            tried.append(f"{source}: {error}")
            continue
        _keep(contents, directory / published.name)
        return contents
    raise DatasetUnavailable(
        "\n  ".join([f"{published.name}: the files are nowhere to be had. Tried:", *tried])
        + f"\n{published.advice}, or set {ENVIRONMENT_VARIABLE} to a directory that has them"
    )


def _keep(contents: Mapping[str, bytes], folder: Path) -> None:
    try:
        for file, content in contents.items():
            write_atomically(folder / file, content)
    except OutputError as error:
        raise OutputError(f"{error} and name it in {ENVIRONMENT_VARIABLE}") from error


def _checked_file(published: PublishedFiles, file: str, path: Path) -> bytes:
    try:
        content = unpacked(path, file)
    except UNREADABLE as error:
        raise BadDataset(f"{path}: cannot be read ({error}); delete it and load again") from error
    try:
        _check(published, file, content)
    except BadDataset as error:
        raise BadDataset(f"{path}: {error}; delete it and load again") from error
    return content


def _check(published: PublishedFiles, file: str, content: bytes) -> None:
    got = hashlib.sha256(content).hexdigest()
    if got != published.sha256[file]:
        raise BadDataset(
            f"{file}: its content must have SHA-256 {published.sha256[file]}, got {got} "
            f"({len(content):,} bytes)"
        )
