"""Checking one claim of a certificate: that its bounds and its sentence follow from the counts that it records."""

from collections.abc import Iterator

from netrazor.certification.bounding import bound_noisy_risk, bounded_claim
from netrazor.certification.claim_record import MOST_EXAMPLES_DRAWN, ClaimRecord
from netrazor.certification.claim_tables import table_faults
from netrazor.certification.record import Certificate
from netrazor.certification.sentences import claim_sentence
from netrazor.certification.verdict import Finding, compare
from netrazor.errors import NetrazorError


def check_claim(certificate: Certificate, claim: ClaimRecord) -> list[Finding]:
    """Everything in a claim that does not follow from the numbers that it records: bounds, noisy risk, sentence."""
    if claim.errors > claim.n or claim.n != certificate.sample.counted:
        return [
            Finding(
                "risk",
                f"claims: errors on all {certificate.sample.counted} counted examples needed, got others",
            )
        ]
    faults = [Finding("risk", text) for text in table_faults(claim, certificate.sample.classes)]
    if faults:
        return faults
    try:
        findings = _check_noisy_risk(certificate, claim)
        bounded = bounded_claim(certificate, claim)
    except NetrazorError as error:  # numbers outside of what the bounds take
        return [Finding("risk", str(error))]
    findings += _check_bounds(claim, bounded)
    sentence = claim_sentence(certificate, claim)
    return [*findings, *compare(("claim", "claims.sentence", claim.sentence, sentence))]


def _check_bounds(claim: ClaimRecord, bounded: ClaimRecord) -> Iterator[Finding]:
    """No recorded bound says more than the one that follows."""
    if claim.bound < bounded.bound:
        yield Finding("bound", f"claims.bound is {claim.bound!r}; what it rests on gives {bounded.bound!r}")
    for place, (cell, found) in enumerate(zip(claim.cells, bounded.cells, strict=True)):
        if cell.bound < found.bound or (cell.lower or 0.0) > (found.lower or 0.0):
            yield Finding(
                "bound",
                f"claims.cells.{place} is bounded by {cell.bound!r} (from below {cell.lower!r}); what it rests on "
                f"gives {found.bound!r} ({found.lower!r})",
            )
            return


def _check_noisy_risk(certificate: Certificate, claim: ClaimRecord) -> list[Finding]:
    """Every example in equally many draws, and the upper confidence bound that its moments give."""
    noise, noisy, n = certificate.noise, claim.noisy, claim.n
    if noise is None or noisy is None:
        return []
    findings = []
    if n % noise.examples_per_draw or noise.draws * noise.examples_per_draw % n:
        findings.append(Finding("risk", "noise: the draws do not cover every example equally often"))
    if noise.draws * noise.examples_per_draw > MOST_EXAMPLES_DRAWN:
        findings.append(
            Finding("risk", f"noise: at most {MOST_EXAMPLES_DRAWN} examples in all draws allowed")
        )
    upper = bound_noisy_risk(noisy, noise.draws, claim.delta_parts)
    return [*findings, *compare(("risk", "claims.noisy.upper", noisy.upper, upper))]
