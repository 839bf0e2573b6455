"""Replaying a certificate: decode the message, count the errors again, add everything up again."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import bounds, checking, coding, networks
from netrazor.certificate import Certificate, parse
from netrazor.charging import noise_of
from netrazor.checking import Finding, Verdict
from netrazor.coding import Limits
from netrazor.data import fingerprint
from netrazor.errors import CertificateError, ConfigurationError, NetrazorError
from netrazor.evaluate import count_errors
from netrazor.perturb import error_rates
from netrazor.pipeline.certify import CERTIFICATE, MESSAGE
from netrazor.pipeline.issuing import decode_into
from netrazor.train import Reporter, Silent
from netrazor.units import percent_up

MAX_FILE_BYTES = 2**31
RECOUNT_SEED = 977  # the draws of a verification are its own


def load(path: str | os.PathLike[str], *, model: nn.Module | None = None) -> nn.Module:
    """The decoded classifier, in evaluation mode; where the certificate has noise, without it.

    Args:
        path: a message, or a directory with one.
        model: a network of the architecture that was coded, for messages of a user's own architecture; it is
            not changed.

    Raises:
        MessageError: the file is no message.
        ConfigurationError: the architecture is the user's own and ``model`` was not given.
        CheckpointMismatch: the message holds another architecture's weights.
    """
    blob = _message(path)
    if model is None:
        name = networks.name_of(coding.architecture(blob))
        if name == "custom":
            raise ConfigurationError(
                "model: the message is of a user's own architecture; pass model= with a network of that "
                "architecture"
            )
        model = networks.build(name)
    return decode_into(model, blob)


def verify(
    path: str | os.PathLike[str],
    dataset: Dataset[tuple[Tensor, int]] | None = None,
    *,
    model: nn.Module | None = None,
    limits: Limits | None = None,
    reporter: Reporter | None = None,
) -> Verdict:
    """Whether the certificate in a directory holds together, and, with the data set, whether its counts are true.

    Without ``dataset`` the verdict is at most CONSISTENT, NOT RECOUNTED. With it the message is decoded, the errors
    are counted again on every example, and the noisy risk is drawn again with draws of its own: the certificate
    is accepted if their mean is no more than its upper confidence bound. A count that is higher on this runtime
    than the recorded one makes the certificate invalid here; the note says both counts and the bound that the
    new one gives.

    Args:
        path: a directory with ``certificate.json`` and ``network.nrz``.
        dataset: the training set that was certified.
        model: a network of the architecture, for a user's own.
        limits: of the reader of messages.
        reporter: told of the progress.
    """
    certificate: Certificate | None = None
    try:
        certificate = parse(_read(Path(path) / CERTIFICATE))
        blob = _message(path)
        findings = checking.check(certificate, blob, limits=limits)
        if findings or dataset is None:
            return Verdict("INVALID" if findings else "CONSISTENT, NOT RECOUNTED", findings, certificate)
        findings, notes = _recount(certificate, blob, dataset, model, reporter or Silent())
        return Verdict("INVALID" if findings else "VALID", findings, certificate, notes)
    except ConfigurationError:
        raise  # wrong use, which says nothing about the certificate
    except NetrazorError as error:
        code = {"DatasetMismatch": "dataset", "CertificateError": "certificate"}.get(type(error).__name__)
        return Verdict("INVALID", (Finding(code or "message", str(error)),), certificate)


def to_json(verdict: Verdict) -> str:
    """A verdict for programs."""
    content = {"status": verdict.status, "findings": [asdict(f) for f in verdict.findings]}
    if verdict.certificate is not None:
        content |= {"claim": verdict.certificate.claim, "risk_bound": verdict.certificate.risk_bound}
    return json.dumps({**content, "notes": list(verdict.notes)}, indent=2) + "\n"


def _recount(
    certificate: Certificate,
    blob: bytes,
    dataset: Dataset[tuple[Tensor, int]],
    model: nn.Module | None,
    reporter: Reporter,
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What does not hold on the data, and what a reader should know."""
    found = fingerprint(dataset)
    if found != certificate.dataset.fingerprint:
        named = f"{certificate.dataset.name} ({certificate.dataset.split})"
        return (
            Finding(
                "dataset",
                f"the certificate is about {named}, fingerprint {certificate.dataset.fingerprint[:16]}..., got a "
                f"data set with fingerprint {found[:16]}...; verify with the data set that was certified",
            ),
        ), ()
    decoded = load_checked(certificate, blob, model)
    evaluation = certificate.evaluation
    count = count_errors(
        decoded, dataset, batch_size=evaluation.batch_size, top=evaluation.top, reporter=reporter
    )
    notes = [f"counted again: {count.errors} errors on {count.n} examples"]
    findings = []
    if count.n != certificate.n:
        findings.append(Finding("n", f"n is {certificate.n}; the data set has {count.n} examples"))
    elif count.errors != certificate.errors:
        findings += _differing(certificate, count.errors, notes)
    if certificate.noise is not None and not findings:
        findings += _redraw(certificate, blob, decoded, dataset, reporter, notes)
    return tuple(findings), tuple(notes)


def load_checked(certificate: Certificate, blob: bytes, model: nn.Module | None) -> nn.Module:
    """The decoded network, its source checked against the certificate's digest.

    Raises:
        CertificateError: the module's source is not the one certified.
    """
    if model is None:
        model = networks.build(networks.name_of(certificate.architecture.index))
    source = networks.source_digest(model)
    if source != certificate.architecture.source_sha256:
        raise CertificateError(
            f"architecture.source_sha256 is {certificate.architecture.source_sha256[:16]}..., the module's source "
            f"has {source[:16]}...; verify with the version of netrazor or of your module that was certified"
        )
    return decode_into(model, blob)


def _differing(certificate: Certificate, errors: int, notes: list[str]) -> list[Finding]:
    """Another count than the recorded one: too few recorded errors invalidate, too many do not."""
    recounted = replace_count(certificate, errors)
    notes.append(
        f"the certificate records {certificate.errors} errors, made on {certificate.evaluation.runtime}; with "
        f"the count of this runtime the bound is {percent_up(recounted)}"
    )
    if errors < certificate.errors or recounted <= certificate.risk_bound:
        return []
    return [
        Finding(
            "recount", f"errors is {certificate.errors}; the decoded network makes {errors} on this runtime"
        )
    ]


def replace_count(certificate: Certificate, errors: int) -> float:
    """The bound of the certificate if the decoded network made ``errors`` errors."""
    if certificate.method == "perturbation":
        return certificate.risk_bound  # rests on the noisy draws, which are drawn again
    bits, part = certificate.effective_bits, certificate.delta_parts["occam"]
    return float(bounds.occam(errors, certificate.n, bits, part))


def _redraw(
    certificate: Certificate,
    blob: bytes,
    decoded: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    reporter: Reporter,
    notes: list[str],
) -> list[Finding]:
    """The noisy risk from draws of the verifier's own, against the certificate's upper confidence bound."""
    noise, record = noise_of(blob), certificate.noise
    assert noise is not None  # checked before: method, record and message agree
    assert record is not None
    rates = error_rates(
        decoded,
        noise.sigma,
        dataset,
        examples_per_draw=record.examples_per_draw,
        passes=record.draws * record.examples_per_draw // certificate.n,
        seed=RECOUNT_SEED,
        top=certificate.evaluation.top,
        reporter=reporter,
    )
    mean = float(rates.mean())
    notes.append(
        f"drawn again: noisy risk {percent_up(mean, 3)} over {len(rates)} draws of the verifier's own"
    )
    if mean <= record.risk_upper:
        return []
    return [
        Finding("noisy-risk", f"noise.risk_upper is {record.risk_upper}; fresh draws have a mean of {mean}")
    ]


def _message(path: str | os.PathLike[str]) -> bytes:
    place = Path(path)
    return _read(place / MESSAGE if place.is_dir() else place)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise CertificateError(
                f"{path}: at most {MAX_FILE_BYTES} bytes allowed, got {path.stat().st_size}"
            )
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}; give the directory that `netrazor certify` wrote"
        ) from error
