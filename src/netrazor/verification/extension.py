"""Extending a certificate to another network by their answers to inputs without labels, and checking that again."""

import hashlib
import os
import platform
import re
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import Finding, Verdict, read_run, to_json
from netrazor.certification.extension_record import (
    ExtensionRecord,
    check_extension,
    conclude_extension,
    parse_extension,
    refuse_other_certificates,
)
from netrazor.certification.run_directory import (
    CERTIFICATE,
    EXTENSION,
    GIVEN,
    GRAPH,
    MESSAGE,
    RunFiles,
    read_file,
)
from netrazor.certification.run_writing import write_run
from netrazor.counting import BATCH_SIZE, asked_for, check_scores, in_counting_order, shuffled_order
from netrazor.counting.disagreement import as_inputs, count_disagreements
from netrazor.data import fingerprint
from netrazor.data.fingerprint import Fingerprinter
from netrazor.data.items import item_batches
from netrazor.data.subsets import size_of, take
from netrazor.errors import BadDataset, InvalidArgument, UnsupportedModel
from netrazor.networks import source_digest
from netrazor.networks.walk import tensors
from netrazor.verification.rebuilding import load
from netrazor.verification.secret_order import most_near_ties, secret_seed


@dataclass(frozen=True)
class Extended:
    """The other network, the inputs without labels, and the short network's architecture where it is a user's own."""

    large: nn.Module | None = None
    unlabelled: Any = None
    model: nn.Module | None = None


def extend(
    path: str | os.PathLike[str],
    large: nn.Module,
    unlabelled: Any,
    *,
    model: nn.Module | None = None,
    delta: float = 0.05,
    out: str | os.PathLike[str] | None = None,
    training: Any = None,
) -> ExtensionRecord:
    """Bound the error of ``large``, a network of any size, by a certificate of a short one and their disagreement.

    Claim: with probability at least 1 - delta - (the certificate's delta), ``large`` errs on at most
    ``record.risk_bound`` of new examples, if the assumptions of certificate and extension hold: above all, that no
    input of ``unlabelled`` had a part in either network. ``large`` may have been trained on the certified examples.

    Args:
        path: the directory of a certificate of a network without noise.
        large: inputs to N x classes scores; quantized, compiled or exported, as it is.
        unlabelled: inputs, a tensor or array N x ...; or a map-style data set, whose labels are not looked at.
        model: the short network's architecture, for a user's own.
        delta: failure probability of the bound on disagreement; more and more is claimed with each further extension.
        out: directory for the files of the certificate and ``extension.json``, which `netrazor.verify` checks.
        training: the certified training set, where it is at hand: no input may be one of its.

    Raises:
        BadDataset: no inputs, or inputs that are those of the training set.
        CertificateError: a certificate of another kind, or one that cannot be read.
        InvalidArgument: delta is none.
        UnsupportedModel: a forward pass that fails, another number of classes, or an answer that depends on more than
            its example.
    """
    if not 1e-100 <= delta < 1:
        raise InvalidArgument(
            f"delta: a probability from 1e-100 to below 1 allowed, got {delta!r}; 0.05 is usual"
        )
    files = read_run(path)
    refuse_other_certificates(files.certificate)
    inputs = as_inputs(unlabelled)
    found = inputs_fingerprint(inputs)
    if fingerprint(inputs) == files.certificate.sample.fingerprint or (
        training is not None and found == inputs_fingerprint(as_inputs(training))
    ):
        raise BadDataset(
            "unlabelled: inputs that had no part in either network needed, got the certified training set itself; "
            "give others"
        )
    disagreements = _count(load(path, model), large, inputs)
    record = conclude_extension(
        ExtensionRecord(
            certificate_seal=files.certificate.seal,
            network=word_of(type(large).__name__),
            source_sha256=source_digest(large),
            tensors_sha256=tensors_digest(large),
            inputs=str(getattr(inputs, "name", type(inputs).__name__)),
            inputs_fingerprint=found,
            n=size_of(inputs),
            disagreements=disagreements,
            delta=delta,
            batch_size=BATCH_SIZE,
            runtime=f"torch {torch.__version__} on {platform.machine()}, python {platform.python_version()}",
        ),
        files.certificate,
    )
    if out is not None:
        _write(Path(out), files, record)
    return record


def verify_extension(path: str | os.PathLike[str], verdict: Verdict, extended: Extended) -> Verdict:
    """``verdict`` on the certificate in a directory, with what becomes of the extension beside it.

    The verdict is no better than that on the certificate; without the other network and the inputs, at most
    CONSISTENT, NOT RECOUNTED.

    Raises:
        ConfigurationError, DataError: as for `netrazor.verify`.
    """
    if verdict.certificate is None or verdict.status == "INVALID":
        return verdict
    record = parse_extension(read_file(Path(path) / EXTENSION))
    findings = check_extension(record, verdict.certificate)
    if findings:
        return replace(verdict, status="INVALID", findings=findings)
    note = f"extension: {record.sentence}"
    if extended.large is None or extended.unlabelled is None:
        note = f"{note} Its disagreements were not counted again: that takes its network and inputs."
        return replace(verdict, status="CONSISTENT, NOT RECOUNTED", notes=(*verdict.notes, note))
    finding = _recount(path, record, extended, verdict)
    if finding is not None:
        return replace(verdict, status="INVALID", findings=(finding,))
    return replace(verdict, notes=(*verdict.notes, note, "extension: disagreements counted again"))


def word_of(name: str) -> str:
    """``name`` as one word of at most 100 characters."""
    return re.sub(r"\W", "_", name)[:100] or "network"


def has_extension(path: str | os.PathLike[str]) -> bool:
    """Whether a directory holds an extension beside its certificate."""
    return (Path(path) / EXTENSION).exists()


def inputs_fingerprint(inputs: Any) -> str:
    """The fingerprint of a data set whose labels are not looked at: as if all of them were 0."""
    content = Fingerprinter()
    for batch, labels in item_batches(inputs):
        content.add(batch, np.zeros_like(labels))
    return content.hexdigest()


def tensors_digest(network: nn.Module) -> str:
    """SHA-256 of every tensor that a network holds, with its name, type and shape."""
    digest = hashlib.sha256()
    for name, tensor in tensors(network):
        held = tensor.detach().cpu()
        values = held.dequantize() if held.is_quantized else held
        digest.update(f"{name} {held.dtype} {tuple(held.shape)}\n".encode())
        digest.update(values.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _recount(
    path: str | os.PathLike[str], record: ExtensionRecord, extended: Extended, verdict: Verdict
) -> Finding | None:
    assert extended.large is not None
    assert verdict.certificate is not None
    inputs = as_inputs(extended.unlabelled)
    if inputs_fingerprint(inputs) != record.inputs_fingerprint:
        return Finding("extension", "inputs_fingerprint: of other inputs than those given")
    if tensors_digest(extended.large) != record.tensors_sha256:
        return Finding("extension", "tensors_sha256: of another network than the one given")
    if source_digest(extended.large) != record.source_sha256:
        return Finding("extension", "source_sha256: of another source than that of the network given")
    try:
        found = _count_in_secret(load(path, extended.model), extended.large, inputs, record.disagreements)
    except UnsupportedModel as error:
        return Finding("extension", str(error))
    again = conclude_extension(record.model_copy(update={"disagreements": found}), verdict.certificate)
    if again.risk_bound > record.risk_bound:
        return Finding(
            "extension", f"disagreements is {record.disagreements}; on this runtime there are {found}"
        )
    return None


def _count(
    short: nn.Module, large: nn.Module, inputs: Dataset[tuple[Tensor, int]], seed: int | None = None
) -> int:
    """`count_disagreements`, of a large network each of whose answers depends on its example alone."""
    for batch, _ in islice(in_counting_order(inputs, BATCH_SIZE), 1):
        check_scores(large, batch, asked_for(len(batch), seed=seed))
    return count_disagreements(short, large, inputs)


def _count_in_secret(
    short: nn.Module, large: nn.Module, inputs: Dataset[tuple[Tensor, int]], recorded: int
) -> int:
    """`_count` in an order that nobody knew; if by rounding alone it is not what is ``recorded``, in the usual one.

    A large network has room for the short one's answers to all inputs, by their places in the usual order.
    """
    n, seed = size_of(inputs), secret_seed()
    found = _count(short, large, take(inputs, shuffled_order(n, seed)), seed)
    if found == recorded:
        return found
    usual = count_disagreements(short, large, inputs)
    return usual if abs(usual - found) <= most_near_ties(n) else found


def _write(out: Path, files: RunFiles, record: ExtensionRecord) -> None:
    """The certificate's files again, with the extension beside them."""
    content: dict[str, bytes | str] = {CERTIFICATE: to_json(files.certificate), EXTENSION: record.to_json()}
    for name, held in ((MESSAGE, files.message), (GIVEN, files.given), (GRAPH, files.graph)):
        if held is not None:
            content[name] = held
    write_run(out, content)
