"""Replaying a certificate: decode the message, count the errors again, add everything up again."""

import json
import os
import secrets
from dataclasses import asdict
from pathlib import Path

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import networks
from netrazor.certification import ArchitectureRecord, Certificate, checking, parse
from netrazor.certification.charging import noise_in
from netrazor.certification.checking import Finding, Status, Verdict
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.errors import CertificateError, CheckpointMismatch, ConfigurationError, DataError, NetrazorError
from netrazor.informed.informed_replay import InformedVerdict
from netrazor.networks.network_message import filled
from netrazor.networks.plain import plain_copy
from netrazor.pipeline.certified_run import CERTIFICATE, MESSAGE
from netrazor.runtime import Reporter, Silent, devices, processes
from netrazor.verification.recount import Recount

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
    reporter = reporter if reporter is not None and processes.is_rank_zero() else Silent()
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
        recount = Recount(certificate, devices.copy_on(decoded, count_on), dataset, reporter)
        unknown = processes.on_rank_zero(lambda: secrets.randbits(48))
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
