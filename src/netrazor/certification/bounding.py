"""From counts, bits and parts of delta to the certified bound of each claim."""

from netrazor import bounds
from netrazor.certification.claim_record import ClaimRecord, NoisyRisk
from netrazor.certification.claim_tables import Price, bound_table
from netrazor.certification.delta_shares import NOISY_RISK, PAC_BAYES
from netrazor.certification.message_record import PicksRecord
from netrazor.certification.record import Certificate
from netrazor.certification.risk_rounding import risk_up
from netrazor.errors import CertificateError
from netrazor.units import nats_from_bits

WHY_ERROR_ALONE = (
    "picked examples bound the probability that a new example would change what was picked, which every error does, "
    "and noisy risks are drawn for errors only: ask for the message without noise or for a hold-out"
)


def bounded_claim(certificate: Certificate, claim: ClaimRecord) -> ClaimRecord:
    """``claim`` with its bound, and those of its cells, as they follow from its counts.

    Raises:
        InvalidArgument: numbers outside the domain of the bound.
        CertificateError: as for `bound_claim`; a claim that this kind of certificate cannot make.
    """
    if claim.is_error:
        return claim.model_copy(update={"bound": bound_claim(certificate, claim)})
    if certificate.method not in ("occam", "hold-out") or certificate.considered != (certificate.method,):
        raise CertificateError(
            f"claims: a certificate of method {certificate.method!r} is about the error alone, got a claim of kind "
            f"{claim.statement.kind!r}; {WHY_ERROR_ALONE}"
        )
    price = Price(certificate.effective_bits, claim.delta_parts[certificate.method])
    return bound_table(claim, certificate.sample.classes, price)


def bound_claim(certificate: Certificate, claim: ClaimRecord) -> float:
    """The bound of the error that follows from the claim's own counts and parts of delta, and the certificate's bits.

    "occam": Theorem 4.1 with the exact binomial tail. "hold-out": the same with no bits (Clopper-Pearson).
    "perturbation": Theorem 5.1 with the kl inverse (Maurer 2004) at the upper confidence bound of the noisy risk.
    "picked": preferent compression (Campi and Garatti 2023) to the picked examples and the errors.

    Raises:
        InvalidArgument: numbers outside the domain of the bound.
        CertificateError: a noisy method without a noisy risk, or the other way round.
    """
    bits, parts = certificate.effective_bits, claim.delta_parts
    if (certificate.method == "perturbation") != (claim.noisy is not None):
        raise CertificateError("claims: a noisy risk needed where the method is perturbation, and only there")
    if certificate.method == "perturbation":
        kl_nats = nats_from_bits(bits)
        return risk_up(bounds.maurer(claim.empirical_risk, kl_nats, claim.n, parts[PAC_BAYES]))
    if isinstance(certificate.message, PicksRecord):
        size = certificate.message.picked + claim.errors
        return risk_up(bounds.preferent_compression(size, claim.n, parts["picked"]))
    return risk_up(bounds.occam(claim.errors, claim.n, bits, parts[certificate.method]))


def bound_noisy_risk(noisy: NoisyRisk, draws: int, delta_parts: dict[str, float]) -> float:
    """The upper confidence bound of a noisy risk, from its moments over independent draws (empirical Bernstein)."""
    return risk_up(bounds.empirical_bernstein(noisy.mean, noisy.variance, draws, delta_parts[NOISY_RISK]))
