"""Units of length and information, and printing that never flatters a claim.

Lengths are in bits or bytes, divergences in nats; a name carries its unit. One byte is 8 bits, one KiB 1,024
bytes, one nat 1 / log 2 bits.
"""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

LOG_2 = math.log(2.0)
BITS_PER_BYTE = 8
BYTES_PER_KIB = 1024
_UP = 1 + 2.0**-50  # outweighs the rounding of LOG_2 and of one product or quotient


def nats_from_bits(bits: float) -> float:
    """Nats of so many bits, rounded up: a length charged to an upper bound is never understated."""
    return bits * LOG_2 * _UP


def bits_from_nats(nats: float) -> float:
    """Bits of so many nats, rounded up."""
    return nats / LOG_2 * _UP


def kib_from_bits(bits: float) -> float:
    """KiB of so many bits."""
    return bits / (BITS_PER_BYTE * BYTES_PER_KIB)


def percent_up(risk: float, digits: int = 2) -> str:
    """``risk`` as a percentage with ``digits`` decimals, rounded up: the printed claim is the weaker one."""
    return f"{_rounded(100 * Decimal(risk), digits, ROUND_CEILING)} %"


def percent_down(risk: float, digits: int = 2) -> str:
    """``risk`` as a percentage rounded down, for lower bounds."""
    return f"{_rounded(100 * Decimal(risk), digits, ROUND_FLOOR)} %"


def decimal_up(value: float, digits: int = 4) -> str:
    """``value`` with ``digits`` decimals, rounded up."""
    return str(_rounded(Decimal(value), digits, ROUND_CEILING))


def decimal_down(value: float, digits: int = 4) -> str:
    """``value`` with ``digits`` decimals, rounded down."""
    return str(_rounded(Decimal(value), digits, ROUND_FLOOR))


def figures_up(value: Fraction, figures: int = 4) -> str:
    """``value`` with so many significant figures, rounded up."""
    found = Context(prec=figures, rounding=ROUND_CEILING).divide(
        Decimal(value.numerator), Decimal(value.denominator)
    )
    return f"{found.normalize():f}" if -figures <= found.adjusted() < 16 else f"{found.normalize()}"


def _rounded(value: Decimal, digits: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=rounding)
