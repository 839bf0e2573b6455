"""The layout of a run's directory, and the size up to which each of its files is read."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from netrazor.certification import graph_text
from netrazor.certification.canonical import parse
from netrazor.certification.record import Certificate
from netrazor.errors import CertificateError, ConfigurationError

CERTIFICATE, MESSAGE, PICKS, GIVEN = "certificate.json", "network.nrz", "picks.nrz", "prior.nrz"
GRAPH = "graph.json"
RESULT, CHECKPOINT = "result.json", "checkpoint.pt"

# Bytes. Far above what certificates of real networks take, and below what would hurt a reader.
SIZE_LIMITS = {
    CERTIFICATE: 16 * 2**20,
    MESSAGE: 512 * 2**20,
    PICKS: 64 * 2**20,
    GIVEN: 512 * 2**20,
    GRAPH: graph_text.MAX_BYTES,
    RESULT: 64 * 2**20,
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
    certificate = parse(read_file(place / CERTIFICATE))
    message = None
    if certificate.message is not None:
        message = _named(place, PICKS if certificate.message.form == "positions" else MESSAGE)
    given = None if certificate.prior.given is None else _named(place, GIVEN)
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
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise CertificateError(f"{path}: a regular file needed, got another kind; replace it")
            content = file.read(limit + 1)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}; give the directory that `netrazor certify` wrote"
        ) from error
    if len(content) > limit:
        raise CertificateError(f"{path}: at most {limit} bytes allowed, got more; get the file again")
    return content


def _named(place: Path, name: str) -> bytes:
    """A file that the certificate names: where it is missing, the certificate is not whole."""
    if not (place / name).exists():
        raise CertificateError(
            f"{place / name}: named by the certificate, but missing; get all files of the run"
        )
    return read_file(place / name)
