"""What of a certificate with a data-dependent prior does not follow from its own counts and bytes. No data."""

import hashlib
import math

from netrazor import bounds
from netrazor.certification.canonical import digest
from netrazor.certification.charging import ledger_of
from netrazor.certification.checking import Finding, confidence, risk_up, unequal
from netrazor.certification.informed_record import INFORMED_ASSUMPTIONS, InformedCertificate
from netrazor.coding.message import Message
from netrazor.units import percent_up


def bounds_of(certificate: InformedCertificate) -> tuple[float, float]:
    """The bound of the decoded network (Theorem 4.1) and the hold-out bound of the prior's, both at delta."""
    n, delta = certificate.n, certificate.delta
    informed = bounds.occam(certificate.errors, n, certificate.effective_bits, delta)
    return risk_up(informed), risk_up(bounds.clopper_pearson(certificate.hold_out_errors, n, delta))


def claims(certificate: InformedCertificate) -> tuple[str, str]:
    """The claim, and what the hold-out says by itself, in one sentence each."""
    draw = (
        f"With probability at least {confidence(certificate.delta)} % over the draw of the {certificate.n} examples "
        f"at odd places, given a prior trained on the other {certificate.prior_examples}, "
    )
    return (
        f"{draw}the network decoded from prior and message errs on at most {percent_up(certificate.risk_bound)} of "
        "new examples.",
        f"{draw}the prior's own network errs on at most {percent_up(certificate.hold_out_bound)} of new examples "
        "(the plain hold-out bound of the same split).",
    )


def check(
    certificate: InformedCertificate, blob: bytes, prior: bytes, message: Message
) -> tuple[Finding, ...]:
    """Everything that does not follow; empty if all does."""
    ledger = ledger_of(message)
    findings = unequal(
        ("seal", "the seal", certificate.seal, digest(certificate)),
        ("message-digest", "message_sha256", certificate.message_sha256, hashlib.sha256(blob).hexdigest()),
        ("message-length", "message_bytes", certificate.message_bytes, len(blob)),
        ("prior-digest", "prior_sha256", certificate.prior_sha256, hashlib.sha256(prior).hexdigest()),
        ("prior-length", "prior_bytes", certificate.prior_bytes, len(prior)),
        ("assumptions", "assumptions", certificate.assumptions, INFORMED_ASSUMPTIONS),
        ("ledger", "the ledger", certificate.ledger, ledger),
        ("bits", "effective_bits", certificate.effective_bits, ledger.charged_bits),
        ("architecture", "architecture.index", certificate.architecture.index, message.architecture),
    )
    if max(certificate.errors, certificate.hold_out_errors) > certificate.n:
        return (*findings, Finding("risk", f"errors: at most n = {certificate.n} allowed, got more"))
    expected = bounds_of(certificate)
    for name, got, least in zip(
        ("risk_bound", "hold_out_bound"), _stated(certificate), expected, strict=True
    ):
        if not (math.isfinite(got) and got >= least):
            findings.append(Finding("bound", f"{name} is {got!r}; what it rests on gives {least!r}"))
    told = certificate.claim, certificate.hold_out_claim
    return (*findings, *unequal(("claim", "the claims", told, claims(certificate))))


def _stated(certificate: InformedCertificate) -> tuple[float, float]:
    return certificate.risk_bound, certificate.hold_out_bound
