"""From a network to its message, from the decoded message to its certificate."""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass as plain_dataclass
from math import ceil
from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import __version__
from netrazor.certification import (
    ArchitectureRecord,
    Certificate,
    ChargedLedger,
    DatasetRecord,
    EvaluationRecord,
    NoiseRecord,
    Provenance,
    checking,
    seal,
)
from netrazor.certification.charging import Noise, ledger_of, noise_in
from netrazor.coding.message import read
from netrazor.counting.error_count import BATCH_SIZE, ErrorCount, count_errors
from netrazor.networks import index_of, source_digest
from netrazor.networks.network_message import OWN, encode, network_of
from netrazor.perturb import (
    NoiseConfig,
    NoiseSearch,
    draw_seed,
    draws_needed,
    error_rates,
    largest_divisor,
    mean_and_variance,
    search_noise,
)
from netrazor.pipeline.recipes import Recipe
from netrazor.pipeline.trainables import rules_for
from netrazor.runtime import Reporter, devices, processes

PILOT_DRAWS = 100  # at least, to estimate how much the error rates vary


@plain_dataclass(frozen=True)
class Subject:
    """What a certificate is about.

    Attributes:
        architecture: name in the declared list, or "custom".
        dataset: the training set, all of it.
        record: how the certificate names it.
        delta: failure probability of the certificate.
        seed: of the run, and with it of the draws.
        top: an answer is right if the label is among so many best scores.
        search_on: the device on which noise is searched for.
        count_on: the device on which the errors and the noisy risk that the certificate states are counted.
    """

    architecture: str
    dataset: Dataset[tuple[Tensor, int]]
    record: DatasetRecord
    delta: float
    seed: int
    top: int = 1
    search_on: torch.device = devices.CPU
    count_on: torch.device = devices.CPU

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.dataset)  # type: ignore[arg-type]


def considered(noise: NoiseConfig | None) -> tuple[Literal["occam", "perturbation"], ...]:
    """The kinds of certificates that are tried, among which delta is divided."""
    return ("occam",) if noise is None else ("occam", "perturbation")


@plain_dataclass(frozen=True)
class Issued:
    """A message, its certificate, and what else was tried.

    Attributes:
        blob: the message certified.
        certificate: of the tightest kind.
        decoded: the network decoded from ``blob``, without noise.
        others: certificates of the other kinds, each about a message of its own.
        noise: what the search found, where there was one.
    """

    blob: bytes
    certificate: Certificate
    decoded: nn.Module
    others: tuple[Certificate, ...]
    noise: NoiseSearch | None


def issue(
    model: nn.Module, recipe: Recipe, subject: Subject, reporter: Reporter, plain: bytes | None = None
) -> Issued:
    """The tightest valid certificate of a network that has been cut down.

    The network is encoded, decoded, and its errors counted on every example. Where the recipe looks for
    noise, a second message with static values and noise is written too; delta is split between the two kinds.
    ``plain`` is the message without noise, where it was written before (for another number of answers).
    """
    if plain is None:
        plain = written(model, subject.architecture)
    candidates = [_occam(plain, model, recipe, subject, reporter)]
    search = None
    if recipe.noise is not None:
        shares = rules_for(recipe, model).noise()
        search, noisy = _with_noise(candidates[0].decoded, recipe.noise, subject, reporter, shares)
        candidates.append(_perturbation(noisy, model, recipe, recipe.noise, subject, reporter))
    best, *others = sorted(candidates, key=lambda candidate: candidate.certificate.risk_bound)
    return Issued(best.blob, best.certificate, best.decoded, tuple(o.certificate for o in others), search)


def written(model: nn.Module, architecture: str) -> bytes:
    """The message of a network without noise."""
    return processes.on_rank_zero(lambda: encode(model, architecture))


@plain_dataclass(frozen=True)
class _Candidate:
    """A message, the network decoded from it, and its certificate."""

    blob: bytes
    decoded: nn.Module
    certificate: Certificate


def _occam(blob: bytes, model: nn.Module, recipe: Recipe, subject: Subject, reporter: Reporter) -> _Candidate:
    """Theorem 4.1: the errors of the network that was decoded."""
    message = read(blob, OWN)
    decoded, ledger = network_of(model, message), ledger_of(message)
    del message  # a whole network in size
    count = _count(decoded, subject, reporter)
    return _Candidate(blob, decoded, _certificate(blob, ledger, model, recipe, subject, count, None))


def _count(decoded: nn.Module, subject: Subject, reporter: Reporter) -> ErrorCount:
    counted = devices.copy_on(decoded, subject.count_on)
    return count_errors(counted, subject.dataset, top=subject.top, reporter=reporter)


def _with_noise(
    decoded: nn.Module,
    config: NoiseConfig,
    subject: Subject,
    reporter: Reporter,
    shares: Mapping[str, tuple[float, ...]],
) -> tuple[NoiseSearch, bytes]:
    """The noise that pays best, frozen, and the message that describes it."""
    static = read(processes.on_rank_zero(lambda: encode(decoded, subject.architecture, static=True)), OWN)
    ledger = ledger_of(static)
    search = search_noise(
        devices.copy_on(decoded, subject.search_on),
        static.static,
        subject.dataset,
        config,
        fixed_bits=ledger.charged_bits - ledger.charged_to("values"),
        n=subject.n,
        delta=checking.delta_parts(subject.delta, considered(config))["PAC-Bayes"],
        seed=subject.seed,
        shares=shares,
        top=subject.top,
        reporter=reporter,
    )
    return search, processes.on_rank_zero(lambda: encode(decoded, subject.architecture, search.noise))


def _perturbation(
    blob: bytes, model: nn.Module, recipe: Recipe, config: NoiseConfig, subject: Subject, reporter: Reporter
) -> _Candidate:
    """Theorem 5.1: the risk of the decoded network under the noise that its message describes."""
    message = read(blob, OWN)
    decoded, ledger, noise = network_of(model, message), ledger_of(message), noise_in(message)
    del message
    assert noise is not None  # it was just written
    count = _count(decoded, subject, reporter)
    record = _noise_record(decoded, noise, config, subject, reporter)
    return _Candidate(blob, decoded, _certificate(blob, ledger, model, recipe, subject, count, record))


def _noise_record(
    decoded: nn.Module, noise: Noise, config: NoiseConfig, subject: Subject, reporter: Reporter
) -> NoiseRecord:
    """The noisy risk from draws that nothing was chosen by."""
    delta = checking.delta_parts(subject.delta, considered(config))["noisy risk"]
    group = largest_divisor(subject.n, config.examples_per_draw)
    counted = devices.copy_on(decoded, subject.count_on)

    def draw(purpose: str, passes: int) -> Tensor:
        seed = draw_seed(subject.seed, purpose)
        return error_rates(counted, noise.sigma, subject.dataset, examples_per_draw=group, passes=passes,
                           seed=seed, top=subject.top, reporter=reporter)  # fmt: skip

    pilot = draw("pilot", ceil(PILOT_DRAWS * group / subject.n))
    draws = draws_needed(float(pilot.var()), config.slack, delta)
    rates = draw("certificate", ceil(draws * group / subject.n))
    mean, variance = mean_and_variance(rates, group)
    record = NoiseRecord(
        draws=len(rates),
        examples_per_draw=group,
        mean=mean,
        variance=variance,
        estimator=checking.ESTIMATOR,
        risk_upper=1.0,
        seed=draw_seed(subject.seed, "certificate"),
    )
    return record.model_copy(update={"risk_upper": checking.noisy_risk_upper(record, delta)})


def _certificate(
    blob: bytes,
    ledger: ChargedLedger,
    model: nn.Module,
    recipe: Recipe,
    subject: Subject,
    count: ErrorCount,
    noise: NoiseRecord | None,
) -> Certificate:
    draft = Certificate(
        claim="",
        method="occam" if noise is None else "perturbation",
        considered=considered(recipe.noise),
        risk_bound=1.0,
        empirical_risk=count.risk if noise is None else noise.risk_upper,
        errors=count.errors,
        effective_bits=ledger.charged_bits,
        message_bytes=len(blob),
        message_sha256=hashlib.sha256(blob).hexdigest(),
        n=count.n,
        delta=subject.delta,
        delta_parts=checking.delta_parts(subject.delta, considered(recipe.noise)),
        dataset=subject.record,
        architecture=ArchitectureRecord(
            name=subject.architecture,
            index=index_of(subject.architecture),
            source_sha256=source_digest(model),
        ),
        evaluation=EvaluationRecord(
            batch_size=BATCH_SIZE, top=subject.top, runtime=_runtime(model, subject.count_on)
        ),
        noise=noise,
        ledger=ledger,
        provenance=Provenance(netrazor=__version__, seed=subject.seed, configuration=asdict(recipe)),
    )
    bounded = draft.model_copy(update={"risk_bound": checking.risk_bound(draft)})
    return seal(bounded.model_copy(update={"claim": checking.claim(bounded)}))


def _runtime(model: nn.Module, device: torch.device) -> str:
    """What the errors were counted with, on which device if not the CPU, and in which precision."""
    precisions = sorted({str(p.dtype).removeprefix("torch.") for p in model.parameters()})
    machine = platform.machine() if device == devices.CPU else devices.described(device)
    software = f"torch {torch.__version__} on {machine}, python {platform.python_version()}"
    return f"{software}, {' and '.join(precisions)}"
