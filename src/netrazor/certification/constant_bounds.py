"""What always the same answer loses at most, from what a certificate records of it, and whether that can be."""

from collections.abc import Iterator

from netrazor import bounds
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.constant_record import constant_bits, has_constant
from netrazor.certification.risk_rounding import risk_up
from netrazor.certification.target_claims import LabelErrors, PixelErrors


def constant_bound(claim: ClaimRecord, classes: int, delta: float) -> float | None:
    """What always the recorded answer loses at most, with probability at least 1 - ``delta``; None without one.

    By Theorem 4.1 where every loss is 0 or 1, else by betting, at `constant_bits`.
    """
    record = claim.constant
    if record is None:
        return None
    bits = constant_bits(claim.statement, record, classes)
    if {value for value, _ in record.losses} <= {0.0, 1.0}:
        return risk_up(float(bounds.occam(record.errors, claim.n, bits, delta)))
    values, counts = zip(*record.losses, strict=True)
    return risk_up(float(bounds.bounded_loss(values, counts, bits, delta)))


def constant_faults(claim: ClaimRecord, classes: int) -> Iterator[str]:
    """What of a constant answer cannot be, in words; whether its losses can is said by `loss_faults`."""
    record, statement = claim.constant, claim.statement
    needed = has_constant(statement, classes)
    if record is None or not needed:
        if needed != (record is not None):
            wanted, got = ("one", "none") if needed else ("none", "one")
            yield f"claims.constant: {wanted} needed beside a claim of kind {statement.kind!r}, got {got}"
        return
    expected = 1 if isinstance(statement, PixelErrors) else classes
    if len(record.answer) != expected:
        yield f"claims.constant.answer: {expected} numbers needed, got {len(record.answer)}"
    largest = {"pixel-errors": classes - 1, "hamming-loss": 1, "label-errors": 1}.get(statement.kind)
    if largest is not None and not all(0 <= answer <= largest for answer in record.answer):
        yield f"claims.constant.answer: numbers from 0 to {largest} needed, got others"
    if isinstance(statement, LabelErrors) and (record.losses or record.errors > claim.n):
        yield "claims.constant: no losses, and errors up to n, needed for claims of each label, got others"
