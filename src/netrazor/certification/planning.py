"""What each kind of certificate could give at a size and an error, computed before anything is trained.

Nothing here looks at an example, so a kind chosen by it is chosen in advance and costs no delta.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from netrazor import bounds
from netrazor.certification.risk_rounding import risk_up
from netrazor.certification.yardsticks import HOLD_OUT_SHARE, majority_bound
from netrazor.errors import InvalidArgument

LENGTHS = (500, 1_000, 3_000, 10_000, 30_000, 100_000)  # bits of a message
SHARES = (100, 50, 20, 10)  # a hundredth of the examples is picked, a fiftieth, ...
STOPS = 16  # that picking declares unless told otherwise; each has its share of delta
LEAST, MOST = 10, 10**9  # examples

PlannedKind = Literal["message", "picked", "hold-out", "guessing"]


@dataclass(frozen=True)
class PlannedBound:
    """One way to a certificate.

    Attributes:
        kind: of certificate.
        counted: number of examples on which errors are counted.
        errors: expected on them, rounded up; for "picked" on those that were not picked.
        paid: what the bound pays for besides, in words.
        bits: length of the message; None for other kinds.
        picks: number of picked examples; None for other kinds.
        bound: of the error on new examples.
    """

    kind: PlannedKind
    counted: int
    errors: int
    paid: str
    bound: float
    bits: int | None = None
    picks: int | None = None


@dataclass(frozen=True)
class Plan:
    """Every kind at one size and error, each at the whole ``delta``.

    Attributes:
        rows: in the order message, picked, hold-out, guessing.
        equal_bits: the longest message that is no looser than the hold-out; None where none is.
    """

    n: int
    error: float
    classes: int
    delta: float
    rows: tuple[PlannedBound, ...]
    equal_bits: int | None

    @property
    def tightest(self) -> PlannedBound:
        """The row with the least bound, the first of equals; not the message that was made equal to the hold-out."""
        real = (
            row for row in self.rows if row.bits is None or row.bits != self.equal_bits or row.bits in LENGTHS
        )
        return min(real, key=lambda row: row.bound)

    @property
    def guessing(self) -> PlannedBound:
        """What needs no training."""
        return self.rows[-1]


def plan_certificates(n: int, error: float, classes: int, delta: float = 0.05) -> Plan:
    """What each kind could give for ``n`` examples and a classifier that errs on a share ``error`` of them.

    Args:
        n: number of examples there are.
        error: expected share of errors on examples that the classifier was not fitted to; a message and picks are
            set beside each other, and beside the hold-out, at this same share.
        classes: number of classes, taken as equally frequent.
        delta: failure probability.

    Raises:
        InvalidArgument: an argument outside its domain.
    """
    _check(n, error, classes, delta)
    hold_out = _hold_out(n, error, delta)
    equal = _equal_bits(_errors(n, error), n, delta, hold_out.bound)
    lengths = LENGTHS if equal is None else (*LENGTHS, equal)
    rows = (*_messages(n, error, delta, sorted(set(lengths))), *_picked(n, error, delta), hold_out)
    return Plan(n, error, classes, delta, (*rows, _guessing(n, classes, delta)), equal)


def _messages(n: int, error: float, delta: float, lengths: Sequence[int]) -> Iterator[PlannedBound]:
    errors = _errors(n, error)
    for bits, bound in zip(
        lengths, np.atleast_1d(bounds.occam(errors, n, np.array(lengths), delta)), strict=True
    ):
        yield PlannedBound("message", n, errors, f"{bits:,} bits", risk_up(float(bound)), bits=bits)


def _picked(n: int, error: float, delta: float) -> Iterator[PlannedBound]:
    for picks in sorted({max(1, n // share) for share in SHARES}):
        errors = _errors(n - picks, error)
        bound = bounds.preferent_compression(picks + errors, n, delta / STOPS)
        yield PlannedBound("picked", n, errors, f"{picks:,} picks", risk_up(float(bound)), picks=picks)


def _hold_out(n: int, error: float, delta: float) -> PlannedBound:
    held_out = n // HOLD_OUT_SHARE
    errors = _errors(held_out, error)
    bound = risk_up(float(bounds.clopper_pearson(errors, held_out, delta)))
    return PlannedBound("hold-out", held_out, errors, f"{n - held_out:,} spent", bound)


def _guessing(n: int, classes: int, delta: float) -> PlannedBound:
    errors = n - -(-n // classes)
    bound = majority_bound(errors, n, classes, delta)
    return PlannedBound("guessing", n, errors, "which label is the most frequent", bound)


def _errors(n: int, error: float) -> int:
    return min(n, math.ceil(Fraction(repr(float(error))) * n))


def _equal_bits(errors: int, n: int, delta: float, bound: float) -> int | None:
    """The largest whole number of bits at which a message with ``errors`` errors is no looser than ``bound``."""

    def fits(bits: int) -> bool:
        return risk_up(float(bounds.occam(errors, n, bits, delta))) <= bound

    if not fits(0):
        return None
    short, long = 0, 1
    while fits(long) and long < MOST:
        short, long = long, 2 * long
    while long - short > 1:
        middle = (short + long) // 2
        short, long = (middle, long) if fits(middle) else (short, middle)
    return short


def _check(n: int, error: float, classes: int, delta: float) -> None:
    if not LEAST <= n <= MOST:
        raise InvalidArgument(
            f"n: a whole number from {LEAST} to {MOST} allowed, got {n}; count the examples"
        )
    if not 0 <= error <= 1:
        raise InvalidArgument(f"error: a share in [0, 1] allowed, got {error}; write 0.03 for 3 %")
    if not 2 <= classes <= n:
        raise InvalidArgument(
            f"classes: a whole number from 2 to n = {n} allowed, got {classes}; count the classes"
        )
    if not 1e-100 <= delta < 1:
        raise InvalidArgument(
            f"delta: a probability from 1e-100 to below 1 allowed, got {delta}; 0.05 is usual"
        )
