"""What one claim rests on once its examples are counted."""

from dataclasses import dataclass
from typing import TypeAlias

Cells: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ClaimCount:
    """What one claim rests on.

    Attributes:
        errors: examples with a loss above 0; of a table, wrong answers (of labels, those of the worst one).
        n: counted examples.
        cells: (examples, events) of each cell, in the order of `netrazor.certification.claim_tables`.
        losses: (value, examples) of a loss between 0 and 1.
    """

    errors: int
    n: int
    cells: Cells = ()
    losses: tuple[tuple[float, int], ...] = ()
