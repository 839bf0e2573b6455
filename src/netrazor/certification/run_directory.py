"""The layout of a run's directory, and the size up to which each of its files is read."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from netrazor.certification import graph_text
from netrazor.certification.canonical import MAX_BYTES, parse
from netrazor.certification.record import Certificate
from netrazor.errors import CertificateError, ConfigurationError
from netrazor.files import read_regular

CERTIFICATE, MESSAGE, PICKS, GIVEN = "certificate.json", "network.nrz", "picks.nrz", "prior.nrz"
GRAPH, EXTENSION = "graph.json", "extension.json"
RESULT, CHECKPOINT = "result.json", "checkpoint.pt"
GIVEN_ARRAYS = "given.safetensors"  # optional: given arrays that the certificate names by their digest

_ATTEMPTS = 5

# Bytes. Far above what certificates of real networks take, and below what would hurt a reader.
SIZE_LIMITS = {
    CERTIFICATE: MAX_BYTES,
    MESSAGE: 512 * 2**20,
    PICKS: 64 * 2**20,
    GIVEN: 512 * 2**20,
    GIVEN_ARRAYS: 16 * 2**30,
    GRAPH: graph_text.MAX_BYTES,
    EXTENSION: 2**20,
    RESULT: 4 * 2**20,
}


@dataclass(frozen=True)
class RunFiles:
    """A certificate as parsed, and the bytes that it speaks of (None: no such file)."""

    certificate: Certificate
    message: bytes | None
    given: bytes | None
    graph: bytes | None = None


def read_run(directory: str | os.PathLike[str]) -> RunFiles:
    """The certificate in a run's directory and the files that it names. Nothing is checked but form and size.

    Raises:
        ConfigurationError: no certificate there.
        CertificateError: a malformed certificate, a file that is too large, or one that it names and is missing.
    """
    place = Path(directory)
    for _ in range(_ATTEMPTS):
        text, failure = read_file(place / CERTIFICATE), None
        try:
            files = _read_named(place, parse(text))
        except CertificateError as error:
            failure = error
        if read_file(place / CERTIFICATE) == text:  # else another run was put there meanwhile
            if failure is not None:
                raise failure
            return files
    raise CertificateError(
        f"{place}: changes while it is read; wait until the runs that write there have ended"
    )


def _read_named(place: Path, certificate: Certificate) -> RunFiles:
    message = None
    if certificate.message is not None:
        message = _named(place, PICKS if certificate.message.form == "positions" else MESSAGE)
    given = None if certificate.prior.given_file is None else _named(place, GIVEN)
    graph = None if certificate.prior.graph is None else _named(place, GRAPH)
    return RunFiles(certificate, message, given, graph)


def read_message(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a message: of the file at ``path``, or of the run in the directory ``path``.

    Raises:
        ConfigurationError: no such file.
        CertificateError: too large.
    """
    place = Path(path)
    return read_file(place / MESSAGE if place.is_dir() else place, SIZE_LIMITS[MESSAGE])


def read_file(path: Path, limit: int | None = None) -> bytes:
    """The content of a regular file of at most ``limit`` bytes (the limit of its name, if not said).

    Raises:
        ConfigurationError: it cannot be read.
        CertificateError: it is larger, or no regular file (a pipe or device could be endless).
    """
    limit = SIZE_LIMITS[path.name] if limit is None else limit
    try:
        content = read_regular(path, limit)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EFBIG):
            raise CertificateError(f"{path}: {error.strerror}; get the file again") from error
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}; give the directory that `netrazor certify` wrote"
        ) from error
    return content


def _named(place: Path, name: str) -> bytes:
    """A file that the certificate names: where it is missing, the certificate is not whole."""
    if not (place / name).exists():
        raise CertificateError(
            f"{place / name}: named by the certificate, but missing; get all files of the run"
        )
    return read_file(place / name)
