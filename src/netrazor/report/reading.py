"""Reading what runs have left behind. Nothing is computed from data sets, and no network is executed."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from netrazor.certification import Certificate, Finding, PicksRecord, RunFiles, check_run, read_run
from netrazor.certification.run_directory import CERTIFICATE, RESULT
from netrazor.certification.run_result import PickedResult, Result, read_picked_result, read_result
from netrazor.coding.message import Message
from netrazor.coding.position_set import decode_positions
from netrazor.errors import ConfigurationError
from netrazor.files import read_regular
from netrazor.report.comparison_file import ComparisonFile
from netrazor.reproduction.randomize.randomize_study import SUMMARY
from netrazor.reproduction.randomize.summary import Summary


@dataclass(frozen=True)
class CertifiedRun:
    """The files of one certified run.

    Attributes:
        name: of its directory.
        certificate: as parsed.
        message: as read from its bytes; None where nothing was sent or where they cannot be read.
        result: measurements of the run, None where it left none.
        picked: what each stop of picking came to, None where nothing was picked.
        picks: positions of the picked examples, None where nothing was picked or they cannot be read.
        findings: what of the certificate does not follow from itself and the message; empty if all does.
    """

    name: str
    certificate: Certificate
    message: Message | None
    result: Result | None
    findings: tuple[Finding, ...]
    picked: PickedResult | None = None
    picks: NDArray[np.int64] | None = None


_MOST_BYTES = 2**24  # of a summary or a comparison

Source = CertifiedRun | Summary | ComparisonFile


def read(path: Path) -> Source:
    """A certified run's directory, a randomization study's (or its summary file), or a comparison's result file.

    Raises:
        ConfigurationError: none of them is there, or a file is not what its name says.
        CertificateError: the certificate is malformed.
    """
    if path.is_dir() and (path / CERTIFICATE).exists():
        files = read_run(path)
        findings, message = check_run(files)
        name, measured = _readable(path.resolve().name), (path / RESULT).exists()
        if isinstance(files.certificate.message, PicksRecord):
            picked = read_picked_result(path / RESULT) if measured else None
            picks = None if findings else _picks(files)
            return CertifiedRun(name, files.certificate, None, None, findings, picked, picks)
        result = read_result(path / RESULT) if measured else None
        return CertifiedRun(name, files.certificate, message, result, findings)
    file = path / SUMMARY if path.is_dir() else path
    if not file.is_file():
        raise ConfigurationError(
            f"{path}: must hold {CERTIFICATE} (of `netrazor certify`) or {SUMMARY} (of `netrazor randomize`), got "
            "neither; give the directory of a run that has ended"
        )
    content = _bytes(file)
    kind = ComparisonFile if b'"table_1"' in content else Summary
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise ConfigurationError(
            f"{file}: must be the summary of `netrazor randomize` or the result of `netrazor compare`, got something "
            f"else ({error.error_count()} errors); make it again"
        ) from error


def _picks(files: RunFiles) -> NDArray[np.int64]:
    assert files.message is not None  # checked before
    return decode_positions(files.message, files.certificate.sample.n)


def _readable(name: str) -> str:
    """The name of a directory, without the bytes that are no text."""
    return os.fsencode(name).decode(errors="replace")


def _bytes(path: Path) -> bytes:
    try:
        return read_regular(path, _MOST_BYTES)
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}; give the directory of a whole run"
        ) from error
