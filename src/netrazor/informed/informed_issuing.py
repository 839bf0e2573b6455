"""From a prior made on the even examples to a certificate on the odd ones, with the difference that pays best."""

import hashlib
import os
import platform
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from netrazor import __version__, bounds
from netrazor.certification import (
    ArchitectureRecord,
    DatasetRecord,
    EvaluationRecord,
    Provenance,
    seal,
    to_json,
)
from netrazor.certification.charging import charge
from netrazor.certification.informed_record import InformedCertificate
from netrazor.coding.message import read
from netrazor.compress.last_layer import last_layer
from netrazor.counting.error_count import BATCH_SIZE, count_errors
from netrazor.data import ImageDataset
from netrazor.errors import ConfigurationError
from netrazor.files import write_together
from netrazor.informed import informed_checking as checking
from netrazor.informed.difference import STEPS, Steps, apart, decode, encode, halves, none_of, prior_of
from netrazor.networks import coded_state, index_of, source_digest
from netrazor.networks.network_message import OWN
from netrazor.networks.network_message import encode as encode_network
from netrazor.pipeline.certified_run import CERTIFICATE, MESSAGE

PRIOR = "prior.nrz"
SIZES = (-16, -8, -4, -2, -1, 1, 2, 4, 8, 16)  # steps that a weight is tried to be moved by


def issue_informed(
    prior: nn.Module,
    dataset: ImageDataset,
    *,
    architecture: str,
    delta: float = 0.05,
    seed: int = 0,
    configuration: dict[str, Any] | None = None,
) -> tuple[bytes, bytes, InformedCertificate]:
    """The prior's message, the difference's message, and the certificate on the examples at odd places.

    Claim: with probability at least 1 - delta over the draw of the examples at odd places, the network decoded
    from both messages errs on at most ``risk_bound`` of new examples, if the certificate's assumptions hold:
    Theorem 4.1 under a prior over differences that is centred on a network which these examples had no part in.

    Args:
        prior: a network of the declared ``architecture``, made from the examples at even places alone.
        dataset: the whole training set.
        configuration: how the prior was made.
    """
    index = index_of(architecture)
    if index == 0:
        raise ConfigurationError("architecture: a declared one needed, got 'custom'; declare it first")
    even, odd = halves(dataset)
    prior_blob = encode_network(prior, architecture)
    origin = prior_of(prior_blob)
    blob = encode(best_steps(origin, odd, index, delta), index)
    decoded = decode(origin, read(blob, OWN))
    ledger = charge(blob, OWN)
    draft = InformedCertificate(
        claim="",
        hold_out_claim="",
        risk_bound=1.0,
        hold_out_bound=1.0,
        errors=count_errors(decoded, odd).errors,
        hold_out_errors=count_errors(origin, odd).errors,
        n=len(odd),
        prior_examples=len(even),
        effective_bits=ledger.charged_bits,
        message_bytes=len(blob),
        message_sha256=hashlib.sha256(blob).hexdigest(),
        prior_bytes=len(prior_blob),
        prior_sha256=hashlib.sha256(prior_blob).hexdigest(),
        delta=delta,
        dataset=DatasetRecord(
            name=dataset.name, split=dataset.split, fingerprint=dataset.fingerprint, classes=dataset.classes
        ),
        architecture=ArchitectureRecord(name=architecture, index=index, source_sha256=source_digest(origin)),
        evaluation=EvaluationRecord(
            batch_size=BATCH_SIZE, runtime=f"torch {torch.__version__} on {platform.machine()}"
        ),
        ledger=ledger,
        provenance=Provenance(netrazor=__version__, seed=seed, configuration=configuration or {}),
    )
    risk_bound, hold_out_bound = checking.bounds_of(draft)
    bounded = draft.model_copy(update={"risk_bound": risk_bound, "hold_out_bound": hold_out_bound})
    claim, hold_out_claim = checking.claims(bounded)
    told = bounded.model_copy(update={"claim": claim, "hold_out_claim": hold_out_claim})
    return prior_blob, blob, seal(told)


def write_informed(
    out: str | os.PathLike[str], prior: bytes, blob: bytes, certificate: InformedCertificate
) -> None:
    """The three files of a certificate, together."""
    write_together(out, {PRIOR: prior, MESSAGE: blob, CERTIFICATE: to_json(certificate)})


def best_steps(prior: nn.Module, odd: ImageDataset, architecture: int, delta: float) -> Steps:
    """Steps on the last layer's weights, made one by one while the bound falls; often none pays its bits."""
    steps = none_of(prior)
    best = _bound(prior, steps, odd, architecture, delta)
    while True:
        tried = _with_best_move(prior, steps, odd)
        bound = _bound(prior, tried, odd, architecture, delta)
        if bound >= best:
            return steps
        steps, best = tried, bound


def _bound(prior: nn.Module, steps: Steps, odd: ImageDataset, architecture: int, delta: float) -> float:
    bits = charge(encode(steps, architecture), OWN).charged_bits
    return float(bounds.occam(count_errors(apart(prior, steps), odd).errors, len(odd), bits, delta))


@torch.no_grad()
def _with_best_move(prior: nn.Module, steps: Steps, odd: ImageDataset) -> Steps:
    """The change of one more weight of the last layer that leaves the fewest errors."""
    network = apart(prior, steps)
    layer, features, labels = last_layer(network, odd)
    name = next(name for name, p in network.named_parameters() if p is layer.weight)
    step = float(np.abs(coded_state(prior)[name]).max()) / STEPS
    scores = features @ layer.weight.T
    scores = scores if layer.bias is None else scores + layer.bias
    least, found = len(labels) + 1, (0, 0, 0)
    for label in range(scores.shape[1]):
        for size in SIZES:
            errors = _errors_of_moves(scores, features, labels, label, size * step)
            if int(errors.min()) < least:
                least, found = int(errors.min()), (label, int(errors.argmin()), size)
    label, column, size = found
    moved = {key: array.copy() for key, array in steps.items()}
    moved[name][label, column] = np.clip(int(moved[name][label, column]) + size, -127, 127)
    return moved


def _errors_of_moves(scores: Tensor, features: Tensor, labels: Tensor, label: int, change: float) -> Tensor:
    """Errors if the weight of ``label`` on one feature changes, for each feature."""
    others = scores.clone()
    others[:, label] = -torch.inf
    rival, best = others.max(1)
    own, kept = labels == label, best == labels
    above = scores[:, label, None] + change * features > rival[:, None]
    return len(labels) - (above[own].sum(0) + (~above[kept & ~own]).sum(0))
