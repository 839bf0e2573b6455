"""What was chosen after seeing the data: the bits that hold it, and the bits that the bound pays for it."""

import math
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, FailFast, Field

MOST_LINES = 2**15  # eight for each of as many arrays as a reader takes

Bits = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class LedgerLine(BaseModel):
    """One thing: which array (empty for the message as a whole), what of it, and its two prices.

    ``coded_bits`` is its share of the file, ``charged_bits`` what the bound pays. They differ only for what
    carries no information about the data (magic, declared shapes, the posterior's sigma) and, under
    Theorem 5.1, for values, which are charged by their divergence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    array: str
    kind: str
    coded_bits: Annotated[int, Field(ge=0)]
    charged_bits: Bits


class ChargedLedger(BaseModel):
    """All lines of a message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: Annotated[tuple[LedgerLine, ...], Field(max_length=MOST_LINES), FailFast()]

    @property
    def coded_bits(self) -> int:
        """The length of the file."""
        return sum(line.coded_bits for line in self.lines)

    @property
    def charged_bits(self) -> float:
        """What the bound pays; the exact sum, rounded up where a float cannot hold it."""
        exact = sum((Fraction(line.charged_bits) for line in self.lines), Fraction(0))
        rounded = float(exact)
        return rounded if rounded >= exact else math.nextafter(rounded, math.inf)

    def charged_to(self, *kinds: str) -> float:
        """What the bound pays for lines of these kinds."""
        return sum(line.charged_bits for line in self.lines if line.kind in kinds)

    def coded_for(self, array: str) -> int:
        """Bits of the file spent on one array."""
        return sum(line.coded_bits for line in self.lines if line.array == array)

    def charged_for(self, array: str) -> float:
        """What the bound pays for one array."""
        return sum(line.charged_bits for line in self.lines if line.array == array)
