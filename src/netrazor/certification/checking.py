"""Checking a certificate against the bytes it speaks of and the counts it records. No torch, no data.

Every number of the claim is computed again from what the certificate rests on; a finding says which one does
not follow. What this cannot see is whether the recorded error count is true: that takes the data set.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

from netrazor import bounds
from netrazor.certification.canonical import digest
from netrazor.certification.charging import ledger_of, noise_in
from netrazor.certification.record import ASSUMPTIONS, Certificate, NoiseRecord
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.errors import MessageError, NetrazorError
from netrazor.units import nats_from_bits, percent_up

Status = Literal["VALID", "CONSISTENT, NOT RECOUNTED", "INVALID"]

# Fixed for all certificates, since a choice made after the draws or the counts would have to be paid for:
# the confidence bound of the noisy risk, and the part of a noisy certificate's delta that it spends.
ESTIMATOR: Literal["empirical-bernstein"] = "empirical-bernstein"
NOISY_RISK_SHARE = Decimal("0.2")

_RISK_STEPS = 10**9  # certified risks are whole multiples of its inverse, rounded up
_LEAST_EXCESS = 1e-12  # of the rounding, by which another machine's logarithms may differ unseen


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: a stable code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What verification came to.

    Attributes:
        status: VALID only after the errors were counted again on the certified examples; without them a
            certificate can at most be consistent.
        findings: what does not hold.
        certificate: as read, None where it cannot be.
        notes: what a reader should know besides.
    """

    status: Status
    findings: tuple[Finding, ...] = ()
    certificate: Certificate | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid, 3 consistent but not recounted."""
        return {"VALID": 0, "INVALID": 1, "CONSISTENT, NOT RECOUNTED": 3}[self.status]


def delta_parts(delta: float, considered: Iterable[str]) -> dict[str, float]:
    """How delta is spent: evenly on the methods among which the tightest is chosen.

    Each number is rounded down in the decimal figures that it prints as, so that their sum is at most delta.
    """
    methods = list(considered)
    share = Decimal(repr(delta)) / len(methods)
    risk = (share * NOISY_RISK_SHARE).quantize(share.scaleb(-6), rounding=ROUND_FLOOR)
    parts = {}
    if "occam" in methods:
        parts["occam"] = _float_down(share)
    if "perturbation" in methods:
        parts |= {"noisy risk": _float_down(risk), "PAC-Bayes": _float_down(share - risk)}
    return parts


def _float_down(number: Decimal) -> float:
    rounded = float(number)
    return rounded if Decimal(repr(rounded)) <= number else math.nextafter(rounded, 0.0)


def risk_bound(certificate: Certificate) -> float:
    """The bound that follows from the certificate's own counts, bits and parts of delta.

    "occam": Theorem 4.1 with the exact binomial tail. "perturbation": Theorem 5.1 with the kl inverse (Maurer
    2004) at the upper confidence bound of the noisy risk.

    Raises:
        InvalidArgument: numbers outside the domain of the bound.
    """
    parts, bits = certificate.delta_parts, certificate.effective_bits
    if certificate.method == "occam":
        return risk_up(bounds.occam(certificate.errors, certificate.n, bits, parts["occam"]))
    kl_nats = nats_from_bits(bits)
    return risk_up(bounds.maurer(certificate.empirical_risk, kl_nats, certificate.n, parts["PAC-Bayes"]))


def noisy_risk_upper(noise: NoiseRecord, delta: float) -> float:
    """The upper confidence bound of the noisy empirical risk, from the recorded draws."""
    if noise.estimator == "kl-chernoff":
        return risk_up(bounds.kl_chernoff(noise.mean, noise.draws, delta))
    return risk_up(bounds.empirical_bernstein(noise.mean, noise.variance, noise.draws, delta))


def risk_up(value: float) -> float:
    """``value`` rounded up far enough that machines whose logarithms differ in the last place agree on it."""
    return min(1.0, math.ceil((float(value) + _LEAST_EXCESS) * _RISK_STEPS) / _RISK_STEPS)


def claim(certificate: Certificate) -> str:
    """The claim in one sentence; the percentage is rounded up, the confidence down."""
    classifier = {
        "occam": "the network decoded from the message",
        "perturbation": "the network decoded from the message, with its noise drawn anew for each answer,",
    }[certificate.method]
    answers = "" if certificate.evaluation.top == 1 else f" (top {certificate.evaluation.top})"
    return (
        f"With probability at least {confidence(certificate.delta)} % over the draw of the {certificate.n} training "
        f"examples, {classifier} errs{answers} on at most {percent_up(certificate.risk_bound)} of new examples."
    )


def confidence(delta: float) -> str:
    """1 - delta in per cent, rounded down."""
    percent = (100 * (1 - Decimal(repr(delta)))).quantize(Decimal("1e-6"), ROUND_FLOOR)
    return f"{percent.normalize():f}"


def check(certificate: Certificate, blob: bytes, *, limits: Limits | None = None) -> tuple[Finding, ...]:
    """Everything that does not follow; empty if all does.

    Args:
        certificate: as parsed.
        blob: the bytes of the message.
        limits: of the reader, for networks of more than the usual size.
    """
    return check_and_read(certificate, blob, limits=limits)[0]


def check_and_read(
    certificate: Certificate, blob: bytes, *, limits: Limits | None = None
) -> tuple[tuple[Finding, ...], Message | None]:
    """`check`, and the message that was read for it (None where it cannot be): reading takes most of the time."""
    findings = [*_check_files(certificate, blob), *_check_terms(certificate)]
    message = None
    try:
        message = read(blob, limits or Limits())
        findings += _check_message(certificate, message)
    except NetrazorError as error:
        findings.append(Finding("message" if isinstance(error, MessageError) else "noise", str(error)))
    if not findings:
        findings += _check_numbers(certificate)
    return tuple(findings), message


def _check_files(certificate: Certificate, blob: bytes) -> list[Finding]:
    return unequal(
        ("seal", "the seal", certificate.seal, digest(certificate)),
        ("message-digest", "message_sha256", certificate.message_sha256, hashlib.sha256(blob).hexdigest()),
        ("message-length", "message_bytes", certificate.message_bytes, len(blob)),
    )


def _check_terms(certificate: Certificate) -> list[Finding]:
    """What no certificate may choose for itself."""
    considered = certificate.considered
    if certificate.method not in considered or len(set(considered)) < len(considered):
        return [
            Finding(
                "delta", "considered: the method, and each method once, needed, or no delta was spent on it"
            )
        ]
    expected = delta_parts(certificate.delta, considered)
    return unequal(
        ("delta", "delta_parts", certificate.delta_parts, expected),
        ("assumptions", "assumptions", certificate.assumptions, ASSUMPTIONS),
    )


def _check_message(certificate: Certificate, message: Message) -> list[Finding]:
    ledger = ledger_of(message)
    findings = unequal(
        ("ledger", "the ledger", certificate.ledger, ledger),
        ("bits", "effective_bits", certificate.effective_bits, ledger.charged_bits),
        ("architecture", "architecture.index", certificate.architecture.index, message.architecture),
    )
    described = noise_in(message) is not None
    if described != (certificate.noise is not None) or described != (certificate.method == "perturbation"):
        findings.append(
            Finding("noise", "method, noise record and message do not speak of the same classifier")
        )
    return findings


def _check_numbers(certificate: Certificate) -> list[Finding]:
    try:
        findings = _check_risk(certificate)
        bound = risk_bound(certificate)
    except NetrazorError as error:  # counts and risks outside of what the bounds take
        return [Finding("risk", str(error))]
    if certificate.risk_bound < bound:
        findings.append(
            Finding("bound", f"risk_bound is {certificate.risk_bound!r}; what it rests on gives {bound!r}")
        )
    return findings + unequal(("claim", "claim", certificate.claim, claim(certificate)))


def _check_risk(certificate: Certificate) -> list[Finding]:
    noise, n = certificate.noise, certificate.n
    if noise is None:
        return unequal(("risk", "empirical_risk", certificate.empirical_risk, certificate.errors / n))
    findings = unequal(("risk", "noise.estimator", noise.estimator, ESTIMATOR))
    if n % noise.examples_per_draw or noise.draws * noise.examples_per_draw % n:
        findings.append(Finding("risk", "noise: the draws do not cover every example equally often"))
    upper = noisy_risk_upper(noise, certificate.delta_parts["noisy risk"])
    return findings + unequal(
        ("risk", "noise.risk_upper", noise.risk_upper, upper),
        ("risk", "empirical_risk", certificate.empirical_risk, noise.risk_upper),
    )


def unequal(*items: tuple[str, str, object, object]) -> list[Finding]:
    """A finding for each (code, name, got, expected) whose last two differ."""
    return [
        Finding(code, f"{name} is {_short(got)}; what it rests on gives {_short(expected)}")
        for code, name, got, expected in items
        if got != expected
    ]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
