"""Checking a run's directory without torch and without data."""

import os

from netrazor.certification.checking import check_run
from netrazor.certification.run_directory import read_run
from netrazor.certification.verdict import Finding, Verdict
from netrazor.coding import Limits
from netrazor.errors import CertificateError


def check_consistency(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Verdict:
    """Whether all that the certificate in a directory says follows from its message and its recorded counts.

    The verdict is INVALID or CONSISTENT, NOT RECOUNTED: the counts are believed, and the message is not held against
    the architecture that the certificate names. `netrazor.verify` does both.

    Args:
        path: a directory that `netrazor.certify` wrote.
        limits: of the reader of messages.

    Raises:
        ConfigurationError: there is no certificate.
    """
    try:
        files = read_run(path)
    except CertificateError as error:
        return Verdict("INVALID", (Finding("certificate", str(error)),))
    findings, _ = check_run(files, limits=limits)
    return Verdict("INVALID" if findings else "CONSISTENT, NOT RECOUNTED", findings, files.certificate)
