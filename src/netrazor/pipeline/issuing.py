"""From a network to its message, from the decoded message to its certificate."""

import copy
import hashlib
import platform
from dataclasses import asdict
from dataclasses import dataclass as plain_dataclass
from decimal import ROUND_DOWN, Decimal
from math import ceil

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import __version__, checking, coding
from netrazor.certificate import (
    ArchitectureRecord,
    Certificate,
    DatasetRecord,
    EvaluationRecord,
    NoiseRecord,
    Provenance,
    seal,
)
from netrazor.charging import LAMBDA, SIGMA, Noise, charge
from netrazor.evaluate import BATCH_SIZE, ErrorCount, count_errors
from netrazor.networks import ARCHITECTURES, coded_state, load_coded_state, source_digest
from netrazor.perturb import (
    NoiseConfig,
    NoiseSearch,
    draws_needed,
    error_rates,
    largest_divisor,
    search_noise,
)
from netrazor.pipeline.recipes import Recipe
from netrazor.train import Reporter

ESTIMATOR = "empirical-bernstein"  # fixed for all certificates, so that no choice is made after the draws


@plain_dataclass(frozen=True)
class Subject:
    """What a certificate is about.

    Attributes:
        architecture: name in the declared list, or "custom".
        dataset: the training set, all of it.
        record: how the certificate names it.
        delta: failure probability of the certificate.
        seed: of the run, and with it of the draws.
    """

    architecture: str
    dataset: Dataset[tuple[Tensor, int]]
    record: DatasetRecord
    delta: float
    seed: int

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.dataset)  # type: ignore[arg-type]


def encode(model: nn.Module, architecture: str, noise: Noise | None = None, *, static: bool = False) -> bytes:
    """The message of a network; with ``noise`` or ``static``, its values in a stream of their own."""
    index = ARCHITECTURES.index(architecture)
    arrays = coded_state(model)
    if noise is None:
        return coding.encode(arrays, architecture=index, values="static" if static else "auto")
    coded, aside = noise.arrays()
    return coding.encode({**arrays, **coded}, architecture=index, values="static", aside=aside)


def decode_into(model: nn.Module, blob: bytes) -> nn.Module:
    """A copy of ``model`` with the weights of the message: the network that is certified.

    Raises:
        MessageError: the bytes are no message.
        CheckpointMismatch: it holds the weights of another architecture.
    """
    decoded = copy.deepcopy(model).eval().to(memory_format=torch.channels_last)  # runs twice as fast
    arrays = {name: a for name, a in coding.decode(blob).items() if name not in (LAMBDA, SIGMA)}
    load_coded_state(decoded, arrays)
    return decoded


def delta_parts(delta: float, noise: NoiseConfig | None) -> dict[str, float]:
    """How delta is spent: halved between the two kinds of certificates where both are tried."""
    if noise is None:
        return {"occam": delta}
    half = Decimal(repr(delta)) / 2
    risk = (half * Decimal(repr(noise.delta_share))).quantize(half.scaleb(-6), rounding=ROUND_DOWN)
    return {"occam": float(half), "noisy risk": float(risk), "PAC-Bayes": float(half - risk)}


@plain_dataclass(frozen=True)
class Issued:
    """A message, its certificate, and what else was tried.

    Attributes:
        blob: the message certified.
        certificate: of the tightest kind.
        decoded: the network decoded from ``blob``.
        others: certificates of the other kinds, each about a message of its own.
        noise: what the search found, where there was one.
    """

    blob: bytes
    certificate: Certificate
    decoded: nn.Module
    others: tuple[Certificate, ...]
    noise: NoiseSearch | None


def issue(model: nn.Module, recipe: Recipe, subject: Subject, reporter: Reporter) -> Issued:
    """The tightest valid certificate of a network that has been cut down.

    The network is encoded, decoded, and its errors counted on every example. Where the recipe looks for
    noise, a second message with static values and noise is written too; delta is split between the two kinds.
    """
    plain = encode(model, subject.architecture)
    decoded = decode_into(model, plain)
    count = count_errors(decoded, subject.dataset, reporter=reporter)
    candidates = [(_certificate(plain, model, recipe, subject, count, None), plain)]
    search = None
    if recipe.noise is not None:
        search, blob = _with_noise(decoded, recipe.noise, subject, count, reporter)
        record = _noise_record(decoded, search.noise, recipe.noise, subject, reporter)
        candidates.append((_certificate(blob, model, recipe, subject, count, record), blob))
    candidates.sort(key=lambda pair: pair[0].risk_bound)
    (certificate, blob), *others = candidates
    return Issued(blob, certificate, decoded, tuple(other for other, _ in others), search)


def _with_noise(
    decoded: nn.Module, config: NoiseConfig, subject: Subject, count: ErrorCount, reporter: Reporter
) -> tuple[NoiseSearch, bytes]:
    """The noise that pays best, frozen, and the message that describes it."""
    static = encode(decoded, subject.architecture, static=True)
    priors = coding.static_values(static)
    search = search_noise(
        decoded,
        priors,
        subject.dataset,
        config,
        fixed_bits=charge(static).charged_bits - charge(static).charged_to("values"),
        n=subject.n,
        delta=delta_parts(subject.delta, config)["PAC-Bayes"],
        seed=subject.seed,
        reporter=reporter,
    )
    return search, encode(decoded, subject.architecture, search.noise)


def _noise_record(
    decoded: nn.Module, noise: Noise, config: NoiseConfig, subject: Subject, reporter: Reporter
) -> NoiseRecord:
    """The noisy risk from draws that nothing was chosen by."""
    delta = delta_parts(subject.delta, config)["noisy risk"]
    group = largest_divisor(subject.n, config.examples_per_draw)
    pilot = error_rates(
        decoded,
        noise.sigma,
        subject.dataset,
        examples_per_draw=group,
        seed=2 * subject.seed,
        reporter=reporter,
    )
    draws = draws_needed(float(pilot.var()), config.slack, delta)
    seed = 2 * subject.seed + 1
    rates = error_rates(
        decoded,
        noise.sigma,
        subject.dataset,
        examples_per_draw=group,
        passes=ceil(draws * group / subject.n),
        seed=seed,
        reporter=reporter,
    )
    record = NoiseRecord(
        draws=len(rates),
        examples_per_draw=group,
        mean=float(rates.mean()),
        variance=float(rates.var()),
        estimator=ESTIMATOR,
        risk_upper=1.0,
        seed=seed,
    )
    return record.model_copy(update={"risk_upper": checking.noisy_risk_upper(record, delta)})


def _certificate(
    blob: bytes,
    model: nn.Module,
    recipe: Recipe,
    subject: Subject,
    count: ErrorCount,
    noise: NoiseRecord | None,
) -> Certificate:
    ledger = charge(blob)
    parts = delta_parts(subject.delta, recipe.noise)
    considered = ("occam",) if recipe.noise is None else ("occam", "perturbation")
    draft = Certificate(
        claim="",
        method="occam" if noise is None else "perturbation",
        considered=considered,
        risk_bound=1.0,
        empirical_risk=count.risk if noise is None else noise.risk_upper,
        errors=count.errors,
        effective_bits=ledger.charged_bits,
        message_bytes=len(blob),
        message_sha256=hashlib.sha256(blob).hexdigest(),
        n=count.n,
        delta=subject.delta,
        delta_parts=parts,
        dataset=subject.record,
        architecture=ArchitectureRecord(
            name=subject.architecture,
            index=ARCHITECTURES.index(subject.architecture),
            source_sha256=source_digest(model),
        ),
        evaluation=EvaluationRecord(batch_size=BATCH_SIZE, runtime=_runtime()),
        noise=noise,
        ledger=ledger,
        provenance=Provenance(netrazor=__version__, seed=subject.seed, configuration=asdict(recipe)),
    )
    bounded = draft.model_copy(update={"risk_bound": checking.risk_bound(draft)})
    return seal(bounded.model_copy(update={"claim": checking.claim(bounded)}))


def _runtime() -> str:
    return f"torch {torch.__version__} on {platform.machine()}, python {platform.python_version()}"
