"""Checking a certificate against the bytes it speaks of and the counts it records. No torch, no data.

Every number of the claim is computed again from what the certificate rests on; a finding says which one does
not follow. What this cannot see is whether the recorded error count is true: that takes the data set.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from netrazor import bounds
from netrazor.certificate import Certificate, NoiseRecord
from netrazor.certificate.canonical import digest
from netrazor.charging import charge, noise_of
from netrazor.coding import Limits
from netrazor.coding import architecture as architecture_of
from netrazor.errors import NetrazorError
from netrazor.units import nats_from_bits, percent_up

Status = Literal["VALID", "CONSISTENT, NOT RECOUNTED", "INVALID"]

# Which parts of delta each method spends.
DELTA_PARTS: dict[str, tuple[str, ...]] = {
    "occam": ("occam",),
    "perturbation": ("noisy risk", "PAC-Bayes"),
}


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


def risk_bound(certificate: Certificate) -> float:
    """The bound that follows from the certificate's own counts, bits and parts of delta.

    "occam": Theorem 4.1 with the exact binomial tail. "perturbation": Theorem 5.1 with the kl inverse (Maurer
    2004) at the upper confidence bound of the noisy risk.

    Raises:
        InvalidArgument: numbers outside the domain of the bound.
    """
    parts, bits = certificate.delta_parts, certificate.effective_bits
    if certificate.method == "occam":
        return float(bounds.occam(certificate.errors, certificate.n, bits, parts["occam"]))
    kl_nats = nats_from_bits(bits)
    return float(bounds.maurer(certificate.empirical_risk, kl_nats, certificate.n, parts["PAC-Bayes"]))


def noisy_risk_upper(noise: NoiseRecord, delta: float) -> float:
    """The upper confidence bound of the noisy empirical risk, from the recorded draws."""
    if noise.estimator == "kl-chernoff":
        return float(bounds.kl_chernoff(noise.mean, noise.draws, delta))
    return float(bounds.empirical_bernstein(noise.mean, noise.variance, noise.draws, delta))


def claim(certificate: Certificate) -> str:
    """The claim in one sentence; the percentage is rounded up, the confidence down."""
    classifier = {
        "occam": "the network decoded from the message",
        "perturbation": "the network decoded from the message, with its noise drawn anew for each answer,",
    }[certificate.method]
    answers = "" if certificate.evaluation.top == 1 else f" (top {certificate.evaluation.top})"
    confidence = f"{100 * (1 - certificate.delta):g} %"
    return (
        f"With probability at least {confidence} over the draw of the {certificate.n} training examples, "
        f"{classifier} errs{answers} on at most {percent_up(certificate.risk_bound)} of new examples."
    )


def check(certificate: Certificate, blob: bytes, *, limits: Limits | None = None) -> tuple[Finding, ...]:
    """Everything that does not follow; empty if all does.

    Args:
        certificate: as parsed.
        blob: the bytes of the message.
        limits: of the reader, for networks of more than the usual size.
    """
    findings = [*_check_files(certificate, blob), *_check_budget(certificate)]
    try:
        findings += _check_message(certificate, blob, limits)
        if not findings:
            findings += _check_numbers(certificate)
    except NetrazorError as error:
        findings.append(Finding("message", str(error)))
    return tuple(findings)


def _check_files(certificate: Certificate, blob: bytes) -> list[Finding]:
    return _unequal(
        ("seal", "the seal", certificate.seal, digest(certificate)),
        ("message-digest", "message_sha256", certificate.message_sha256, hashlib.sha256(blob).hexdigest()),
        ("message-length", "message_bytes", certificate.message_bytes, len(blob)),
    )


def _check_budget(certificate: Certificate) -> list[Finding]:
    findings = []
    if certificate.method not in certificate.considered:
        findings.append(
            Finding("delta", "the method is not among those considered, so no delta was spent on it")
        )
    needed = {part for method in certificate.considered for part in DELTA_PARTS[method]}
    if needed != set(certificate.delta_parts):
        findings.append(
            Finding("delta", f"delta_parts must be {sorted(needed)}, got {sorted(certificate.delta_parts)}")
        )
        return findings
    try:
        bounds.DeltaBudget(certificate.delta, certificate.delta_parts)
    except NetrazorError as error:
        findings.append(Finding("delta", str(error)))
    return findings


def _check_message(certificate: Certificate, blob: bytes, limits: Limits | None) -> list[Finding]:
    ledger = charge(blob, limits)
    findings = _unequal(
        ("ledger", "the ledger", certificate.ledger, ledger),
        ("bits", "effective_bits", certificate.effective_bits, ledger.charged_bits),
        ("architecture", "architecture.index", certificate.architecture.index, architecture_of(blob)),
    )
    described = noise_of(blob, limits) is not None
    if described != (certificate.noise is not None) or described != (certificate.method == "perturbation"):
        findings.append(
            Finding("noise", "method, noise record and message do not speak of the same classifier")
        )
    return findings


def _check_numbers(certificate: Certificate) -> list[Finding]:
    if certificate.noise is None:
        risk = certificate.errors / certificate.n
        findings = _unequal(("risk", "empirical_risk", certificate.empirical_risk, risk))
    else:
        upper = noisy_risk_upper(certificate.noise, certificate.delta_parts["noisy risk"])
        findings = _unequal(
            ("risk", "noise.risk_upper", certificate.noise.risk_upper, upper),
            ("risk", "empirical_risk", certificate.empirical_risk, certificate.noise.risk_upper),
        )
        if certificate.noise.draws * certificate.noise.examples_per_draw % certificate.n:
            findings.append(Finding("risk", "the draws do not cover every example equally often"))
    bound = risk_bound(certificate)
    if certificate.risk_bound < bound:
        findings.append(
            Finding("bound", f"risk_bound is {certificate.risk_bound!r}; what it rests on gives {bound!r}")
        )
    return findings + _unequal(("claim", "claim", certificate.claim, claim(certificate)))


def _unequal(*items: tuple[str, str, object, object]) -> list[Finding]:
    return [
        Finding(code, f"{name} is {_short(got)}; what it rests on gives {_short(expected)}")
        for code, name, got, expected in items
        if got != expected
    ]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
