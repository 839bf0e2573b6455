"""Replaying a certificate: decode the message, count the errors again, add everything up again."""

import json
import os
import secrets
from dataclasses import asdict
from pathlib import Path

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import checking, devices, networks, processes
from netrazor.certificate import ArchitectureRecord, Certificate, NoiseRecord, parse
from netrazor.charging import Noise, noise_in
from netrazor.checking import Finding, Status, Verdict
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.data import fingerprint
from netrazor.errors import CertificateError, CheckpointMismatch, ConfigurationError, DataError, NetrazorError
from netrazor.evaluate import count_errors, in_order, scores_of
from netrazor.informed.replay import InformedVerdict
from netrazor.networks.plain import plain_copy
from netrazor.perturb import error_rates, mean_and_variance
from netrazor.pipeline.certify import CERTIFICATE, MESSAGE
from netrazor.pipeline.message import filled
from netrazor.train import Reporter, Silent
from netrazor.units import percent_up

MAX_FILE_BYTES = 2**31


def load(
    path: str | os.PathLike[str], *, model: nn.Module | None = None, limits: Limits | None = None
) -> nn.Module:
    """The decoded classifier, in evaluation mode; where the certificate has noise, without it.

    Args:
        path: a message, or a directory with one.
        model: a network of the architecture that was coded, for messages of a user's own architecture; it is
            not changed.
        limits: of the reader of messages.

    Raises:
        MessageError: the file is no message.
        ConfigurationError: the architecture is the user's own and ``model`` was not given.
        CheckpointMismatch: the message holds another architecture's weights.
    """
    message = read(_message(path), limits or _limits_for(model))
    if model is None:
        name = networks.name_of(message.architecture)
        if name == "custom":
            raise ConfigurationError(
                "model: the message is of a user's own architecture; pass model= with a network of that "
                "architecture"
            )
        model = networks.build(name)
    return filled(plain_copy(model), message)


def architecture_of(path: str | os.PathLike[str]) -> str:
    """The name of the architecture whose weights a message, or the message in a directory, holds.

    Raises:
        MessageError: the file is no message.
    """
    return networks.name_of(read(_message(path), Limits()).architecture)


def verify(
    path: str | os.PathLike[str],
    dataset: Dataset[tuple[Tensor, int]] | None = None,
    *,
    model: nn.Module | None = None,
    limits: Limits | None = None,
    seed: int | None = None,
    device: str = devices.CPU.type,
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
        seed: of the draws of noise; None: one that nobody knew before, as no certificate can be made to please it.
        device: what counts, as `netrazor.pipeline.run` takes it; the certificate says what counted for it.
        reporter: told of the progress.

    Raises:
        ConfigurationError: wrong use, which says nothing about the certificate: no files, no ``model``, no such
            device.
        DataError: ``dataset`` is none.
    """
    processes.join()
    reporter = reporter if reporter is not None and processes.is_first() else Silent()
    count_on = devices.chosen(device)
    certificate: Certificate | None = None
    try:
        certificate = parse(_read(Path(path) / CERTIFICATE))
        blob = _message(path)
        findings, message = checking.check_and_read(certificate, blob, limits=limits or _limits_for(model))
        if findings or message is None:
            return Verdict("INVALID", findings, certificate)
        if dataset is None and model is None and certificate.architecture.index == 0:
            return Verdict("CONSISTENT, NOT RECOUNTED", (), certificate)
        decoded = load_checked(certificate.architecture, message, model)
        if dataset is None:
            return Verdict("CONSISTENT, NOT RECOUNTED", (), certificate)
        recount = _Recount(certificate, devices.copy_on(decoded, count_on), dataset, reporter)
        unknown = processes.from_first(lambda: secrets.randbits(48))
        recount.run(noise_in(message), unknown if seed is None else seed)
        status: Status = "INVALID" if recount.findings else "VALID"
        return Verdict(status, tuple(recount.findings), certificate, tuple(recount.notes))
    except (ConfigurationError, DataError):
        raise
    except CheckpointMismatch as error:
        return Verdict("INVALID", (Finding("architecture", str(error)),), certificate)
    except CertificateError as error:
        return Verdict("INVALID", (Finding("certificate", str(error)),), certificate)
    except NetrazorError as error:
        return Verdict("INVALID", (Finding("message", str(error)),), certificate)


def certificate_in(path: str | os.PathLike[str]) -> Certificate | None:
    """The certificate in a directory, unchecked; None where it cannot be parsed, for which `verify` has a finding.

    Raises:
        ConfigurationError: there is no such file.
    """
    try:
        return parse(_read(Path(path) / CERTIFICATE))
    except CertificateError:
        return None


def to_json(verdict: Verdict | InformedVerdict) -> str:
    """A verdict for programs."""
    content = {"status": verdict.status, "findings": [asdict(f) for f in verdict.findings]}
    if verdict.certificate is not None:
        content |= {"claim": verdict.certificate.claim, "risk_bound": verdict.certificate.risk_bound}
    return json.dumps({**content, "notes": list(verdict.notes)}, indent=2) + "\n"


def load_checked(record: ArchitectureRecord, message: Message, model: nn.Module | None) -> nn.Module:
    """The decoded network, checked to be the one that the certificate names.

    A declared architecture is built anew, whatever ``model`` is: its shapes cost nothing, so they must be its own.

    Raises:
        ConfigurationError: a user's own architecture, and no ``model``.
        CheckpointMismatch: another name, source or shape than the certificate and its message say.
    """
    name = networks.name_of(record.index)
    if name != record.name:
        raise CheckpointMismatch(f"architecture.name is {record.name!r}; index {record.index} is {name!r}")
    if record.index > 0:
        model = networks.build(name)
    elif model is None:
        raise ConfigurationError(
            "model: needed to count again, the architecture is the user's own; pass model="
        )
    model = plain_copy(model)
    source = networks.source_digest(model)
    if source != record.source_sha256:
        raise CheckpointMismatch(
            f"architecture.source_sha256 is {record.source_sha256[:16]}..., the module's source has "
            f"{source[:16]}...; verify with the version of netrazor or of your module that was certified"
        )
    return filled(model, message)


class _Recount:
    """What of a certificate does not hold on the data, and what a reader should know besides."""

    def __init__(
        self,
        certificate: Certificate,
        decoded: nn.Module,
        dataset: Dataset[tuple[Tensor, int]],
        reporter: Reporter,
    ) -> None:
        self.certificate = certificate
        self.decoded = decoded
        self.dataset = dataset
        self.reporter = reporter
        self.findings: list[Finding] = []
        self.notes: list[str] = []

    def run(self, noise: Noise | None, seed: int) -> None:
        """Each check in turn, until one fails."""
        self._recognize()
        if not self.findings:
            self._count()
        if not self.findings and noise is not None and self.certificate.noise is not None:
            self._redraw(noise, self.certificate.noise, seed)

    def _find(self, code: str, text: str) -> None:
        self.findings.append(Finding(code, text))

    def _recognize(self) -> None:
        """Is it the data set that was certified?"""
        record, found = self.certificate.dataset, fingerprint(self.dataset)
        if found != record.fingerprint:
            self._find(
                "dataset",
                f"the certificate is about {record.name} ({record.split}), fingerprint {record.fingerprint[:16]}..., "
                f"got a data set with fingerprint {found[:16]}...; verify with the data set that was certified",
            )
            return
        example = next(in_order(self.dataset, 1))[0].to(devices.device_of(self.decoded))
        classes = scores_of(self.decoded, example).shape[1]
        if classes != record.classes:
            self._find("dataset", f"dataset.classes is {record.classes}; the network has {classes}")

    def _count(self) -> None:
        """Another count than the recorded one: too few recorded errors invalidate, too many do not."""
        certificate, evaluation = self.certificate, self.certificate.evaluation
        count = count_errors(
            self.decoded,
            self.dataset,
            batch_size=evaluation.batch_size,
            top=evaluation.top,
            reporter=self.reporter,
        )
        self.notes.append(f"counted again: {count.errors} errors on {count.n} examples")
        if count.n != certificate.n:
            self._find("n", f"n is {certificate.n}; the data set has {count.n} examples")
        elif count.errors != certificate.errors:
            bound = bound_with(certificate, count.errors)
            self.notes.append(
                f"the certificate records {certificate.errors} errors, counted with {evaluation.runtime}; with "
                f"the count of this runtime the bound is {percent_up(bound)}"
            )
            if count.errors > certificate.errors and bound > certificate.risk_bound:
                self._find(
                    "recount",
                    f"errors is {certificate.errors}; the decoded network makes {count.errors} on this runtime; "
                    "where evaluation.runtime names another device, count there",
                )

    def _redraw(self, noise: Noise, record: NoiseRecord, seed: int) -> None:
        """The noisy risk from draws of the verifier's own, against the recorded upper confidence bound."""
        rates = error_rates(
            self.decoded,
            noise.sigma,
            self.dataset,
            examples_per_draw=record.examples_per_draw,
            passes=record.draws * record.examples_per_draw // self.certificate.n,
            seed=seed,
            top=self.certificate.evaluation.top,
            reporter=self.reporter,
        )
        mean, _ = mean_and_variance(rates, record.examples_per_draw)
        self.notes.append(
            f"drawn again: noisy risk {percent_up(mean, 3)} over {len(rates)} draws of the verifier's own "
            f"(seed {seed})"
        )
        if mean > record.risk_upper:
            self._find(
                "noisy-risk", f"noise.risk_upper is {record.risk_upper}; fresh draws have a mean of {mean}"
            )


def bound_with(certificate: Certificate, errors: int) -> float:
    """The bound of the certificate if the decoded network made ``errors`` errors."""
    if certificate.method == "perturbation":
        return certificate.risk_bound  # rests on the noisy draws, which are drawn again
    return checking.risk_bound(certificate.model_copy(update={"errors": errors}))


def _limits_for(model: nn.Module | None) -> Limits:
    """The usual limits, raised to what the network at hand holds anyway."""
    usual = Limits()
    if model is None:
        return usual
    held = [*model.parameters(), *model.buffers()]
    elements = sum(tensor.numel() for tensor in held)
    return Limits(max(usual.elements, 2 * elements), max(usual.arrays, 2 * len(held)), usual.decisions)


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
