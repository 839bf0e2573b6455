"""The one door: rebuild the classifier, count its errors again, check that every number follows."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import Certificate, Finding, RunFiles, Verdict, check_run, noise_in, read_run
from netrazor.certification.verdict import Status
from netrazor.data.plain_examples import in_plain_form
from netrazor.data.tables import as_dataset
from netrazor.data.targets import as_examples
from netrazor.errors import CertificateError, CheckpointMismatch, ConfigurationError, DataError, NetrazorError
from netrazor.networks import as_network
from netrazor.networks.plain_call import plainly_called
from netrazor.picking.learnable import Learnable, as_learner
from netrazor.runtime import SILENT, Reporter, devices, processes
from netrazor.verification.extension import Extended, has_extension, verify_extension
from netrazor.verification.rebuilding import given_file, limits_for, rebuild, rebuild_given
from netrazor.verification.recounting import Recount
from netrazor.verification.replaying import Replay, replay
from netrazor.verification.secret_order import secret_seed

Examples = Dataset[tuple[Tensor, int]]


@dataclass(frozen=True)
class VerifyConfiguration:
    """How a certificate is verified; no field can make a false one valid.

    Attributes:
        fast: of picked examples, learn the recorded ones only: at most CONSISTENT, NOT RECOUNTED.
        seed: of the draws of noise; None: one that nobody knew before, as no certificate can be made to please it.
        device: what counts, by its name; the certificate says what counted for it.
        reporter: told of the progress.
    """

    fast: bool = False
    seed: int | None = None
    device: str = devices.CPU.type
    reporter: Reporter = SILENT


def verify(
    path: str | os.PathLike[str],
    dataset: Examples | None = None,
    model: nn.Module | Learnable | None = None,
    *,
    columns: Mapping[str, Any] | None = None,
    extended: Extended | None = None,
    given: str | os.PathLike[str] | None = None,
    configuration: VerifyConfiguration | None = None,
) -> Verdict:
    """Whether the certificate in a directory holds together, and, with the data set, whether its counts are true.

    Without ``dataset`` the verdict is at most CONSISTENT, NOT RECOUNTED. With it the classifier is rebuilt, the
    errors are counted again on every counted example, and noisy risks are drawn again with draws of the verifier's
    own: the certificate is accepted if their mean is no more than its upper confidence bound. A count that is
    higher on this runtime than the recorded one makes the certificate invalid here if the bound does not hold for
    it; the note says both counts and the bound that the new one gives.

    Args:
        path: a directory that `netrazor.certify` wrote.
        dataset: the training set that was certified, spent examples included; of a table, (inputs, labels), or
            (inputs, targets).
        model: for a user's own that is no graph, a network of the architecture, or the estimator; or what learned,
            as for `netrazor.certify_picked`; where arrays are given, the network that has them.
        given: a file of the given arrays, in place of ``model``'s; by default ``given.safetensors`` of the run.
        columns: for claims about groups, a value for each example, by the column's name.
        extended: where the directory holds an extension, its network and its inputs without labels.
        configuration: on which device, with which draws, and how fast.

    Raises:
        ConfigurationError: wrong use, which says nothing about the certificate: no files, no ``model``, no such
            device, something ``extended`` where there is no extension.
        DataError: ``dataset`` is none.
    """
    _check_there_is_something_extended(path, extended)
    own, issued = model if isinstance(model, nn.Module) else None, _certificate_in(path)
    dataset = as_dataset(dataset) if issued is None else as_examples(dataset, issued.claims[0].statement)
    model = model if model is None or issued is None else _network_of(issued, model)
    check = partial(
        _verify_plain,
        path,
        columns=columns or {},
        given=given,
        configuration=configuration or VerifyConfiguration(),
    )
    if isinstance(model, nn.Module) and dataset is not None:
        with plainly_called(model, dataset) as examples:
            verdict = check(examples, model)
    else:
        verdict = check(dataset if dataset is None or model is not None else in_plain_form(dataset)[0], model)
    if not has_extension(path):
        return verdict
    try:
        return verify_extension(path, verdict, replace(extended or Extended(), model=own))
    except CertificateError as error:
        return replace(verdict, status="INVALID", findings=(Finding("extension", str(error)),))


def _check_there_is_something_extended(path: str | os.PathLike[str], extended: Extended | None) -> None:
    """Refuse the network or inputs of an extension that is not there: a verdict would say nothing of them."""
    named = extended is not None and (extended.large is not None or extended.unlabelled is not None)
    if named and not has_extension(path):
        raise ConfigurationError(
            f"extended: a directory with an extension needed, got {os.fspath(path)}, which has none; extend the "
            "certificate first, or leave the network and its inputs out"
        )


def _verify_plain(
    path: str | os.PathLike[str],
    dataset: Examples | None,
    model: nn.Module | Learnable | None,
    *,
    columns: Mapping[str, Any],
    given: str | os.PathLike[str] | None,
    configuration: VerifyConfiguration,
) -> Verdict:
    """`verify` with a network from one tensor to scores, on pairs of a tensor and a class."""
    processes.join()
    reporter = configuration.reporter if processes.is_rank_zero() else SILENT
    count_on, seed = devices.chosen(configuration.device), configuration.seed
    network_given = model if isinstance(model, nn.Module) else None
    certificate: Certificate | None = None
    try:
        files = read_run(path)
        certificate = files.certificate
        findings, message = check_run(files, limits=limits_for(network_given))
        if findings:
            return Verdict("INVALID", findings, certificate)
        if certificate.prior.learner is not None:
            return _verify_learner(files, dataset, model, fast=configuration.fast, reporter=reporter)
        arrays_in = given_file(path, given)
        needs_model = certificate.architecture.index == 0 and files.graph is None
        needs_model |= certificate.prior.given_arrays is not None and arrays_in is None
        if dataset is None and model is None and needs_model:
            return Verdict("CONSISTENT, NOT RECOUNTED", (), certificate)
        network = rebuild(files, message, network_given, arrays_in)
        if dataset is None:
            return Verdict("CONSISTENT, NOT RECOUNTED", (), certificate)
        by_itself = rebuild_given(files, network_given)
        by_itself = None if by_itself is None else devices.copy_on(by_itself, count_on)
        recount = Recount(
            certificate, devices.copy_on(network, count_on), by_itself, dataset, reporter, columns
        )
        noise = None if message is None else noise_in(message)
        recount.run(noise, secret_seed() if seed is None else seed)
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


def _certificate_in(path: str | os.PathLike[str]) -> Certificate | None:
    """The certificate of a run, if it can be read; what is wrong with another, the verdict says."""
    try:
        return read_run(path).certificate
    except NetrazorError:
        return None


def _network_of(certificate: Certificate, model: Any) -> Any:
    """What of ``model`` a verifier uses: beside a graph, its given arrays alone; an estimator's network."""
    prior = certificate.prior
    if prior.graph is not None and prior.given_arrays is None:
        return None
    return model if prior.learner is not None else as_network(model)


def _verify_learner(
    files: RunFiles,
    dataset: Examples | None,
    learner: Learnable | None,
    *,
    fast: bool,
    reporter: Reporter,
) -> Verdict:
    if dataset is None:
        return Verdict("CONSISTENT, NOT RECOUNTED", (), files.certificate)
    return replay(Replay(files, dataset, None if learner is None else as_learner(learner), fast, reporter))
