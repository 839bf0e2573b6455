"""Replaying a certificate with a data-dependent prior: decode both messages, count on the odd examples again."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from netrazor.certification.canonical import parse_as
from netrazor.certification.checking import Finding, Status
from netrazor.certification.informed_record import INFORMED_FORMAT, InformedCertificate
from netrazor.coding import Limits
from netrazor.coding.message import read
from netrazor.counting.error_count import count_errors
from netrazor.data import ImageDataset
from netrazor.errors import ConfigurationError, NetrazorError
from netrazor.informed import informed_checking as checking
from netrazor.informed.difference import decode, halves, prior_of
from netrazor.informed.informed_issuing import PRIOR
from netrazor.networks import source_digest
from netrazor.pipeline.certified_run import CERTIFICATE, MESSAGE
from netrazor.runtime import devices


@dataclass(frozen=True)
class InformedVerdict:
    """What verification came to; VALID only after both counts were made again."""

    status: Status
    findings: tuple[Finding, ...] = ()
    certificate: InformedCertificate | None = None
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid, 3 consistent but not recounted."""
        return {"VALID": 0, "INVALID": 1, "CONSISTENT, NOT RECOUNTED": 3}[self.status]


def is_informed(path: str | os.PathLike[str]) -> bool:
    """Whether the certificate in a directory is of this kind, by what it says of itself."""
    try:
        content = json.loads((Path(path) / CERTIFICATE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("format") == INFORMED_FORMAT


def verify_informed(
    path: str | os.PathLike[str], dataset: ImageDataset | None = None, *, device: str = devices.CPU.type
) -> InformedVerdict:
    """Whether the certificate holds together and, with the whole training set, whether its counts are true.

    Errors are counted on ``device``, as `netrazor.verify` takes it.

    Raises:
        ConfigurationError: no such files, no such device.
    """
    count_on = devices.chosen(device)
    certificate = None
    try:
        certificate = parse_as(InformedCertificate, _read(path, CERTIFICATE))
        blob, prior_blob = _read(path, MESSAGE), _read(path, PRIOR)
        message = read(blob, Limits())
        prior = prior_of(prior_blob)
        findings = [*checking.check(certificate, blob, prior_blob, message)]
        if source_digest(prior) != certificate.architecture.source_sha256:
            findings.append(Finding("architecture", "architecture.source_sha256: of another module's source"))
        decoded = decode(prior, message)
        if findings or dataset is None:
            status: Status = "INVALID" if findings else "CONSISTENT, NOT RECOUNTED"
            return InformedVerdict(status, tuple(findings), certificate)
        if dataset.fingerprint != certificate.dataset.fingerprint:
            text = f"dataset.fingerprint: of {certificate.dataset.name} needed, got another data set's"
            return InformedVerdict("INVALID", (Finding("dataset", text),), certificate)
        even, odd = halves(dataset)
        there = (devices.copy_on(network, count_on) for network in (decoded, prior))
        counts = [count_errors(network, odd).errors for network in there]
        return _recounted(certificate, (len(even), len(odd)), (counts[0], counts[1]))
    except ConfigurationError:
        raise
    except NetrazorError as error:
        return InformedVerdict("INVALID", (Finding("message", str(error)),), certificate)


def _recounted(
    certificate: InformedCertificate, sizes: tuple[int, int], counts: tuple[int, int]
) -> InformedVerdict:
    """The verdict on counts made again: more errors than recorded are borne if the bound holds for them too."""
    note = f"counted again: {counts[0]} errors on {sizes[1]} examples, the prior's own network {counts[1]}"
    findings = []
    if sizes != (certificate.prior_examples, certificate.n):
        findings.append(
            Finding("n", f"n is {certificate.n}; the data set has {sizes[1]} examples at odd places")
        )
    else:
        own = certificate.model_copy(update={"errors": counts[0], "hold_out_errors": counts[1]})
        stated = certificate.risk_bound, certificate.hold_out_bound
        if any(a > b for a, b in zip(checking.bounds_of(own), stated, strict=True)):
            findings.append(Finding("recount", f"errors is {certificate.errors}; {note}"))
    return InformedVerdict("INVALID" if findings else "VALID", tuple(findings), certificate, (note,))


def _read(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        return (Path(path) / name).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {Path(path) / name}: {error.strerror}; give the directory of a certificate"
        ) from error
