"""Values in a stream of their own, under a table sent before: what Theorem 5.1 needs."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.bit_account import IdealBits
from netrazor.coding.codebook import Codebook, fill
from netrazor.coding.coder import Coder, Counts, Symbols, occurrences
from netrazor.coding.element_contexts import Mask
from netrazor.coding.ordered_keys import Array


@dataclass(frozen=True)
class StaticValues:
    """The prior over the non-zero values of one array: the same at every position, whatever the other values are."""

    centers: NDArray[np.float64]
    """The codebook, ascending, without zero; shape (k,)."""
    counts: NDArray[np.int64]
    """How often each center occurs; shape (k,)."""
    probabilities: NDArray[np.float64]
    """p_u of the theorem: the table sent, rounded frequencies, divided by its sum; shape (k,)."""
    nonzeros: int
    """Number of non-zero elements."""


@dataclass
class StaticArray:
    """An array whose values are still to be coded."""

    name: str
    array: Array
    mask: Mask
    codebook: Codebook
    table: Counts
    symbols: Symbols | None
    _counts: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def code(self, coder: Coder, charges: IdealBits) -> None:
        """The values, each by the table alone; fills in ``array``."""
        before = coder.spent
        symbols = coder.symbols(self.symbols, self.table, int(np.count_nonzero(self.mask)))
        fill(self.array, self.mask, self.codebook, symbols)
        self._counts = occurrences(symbols, len(self.table))
        charges.add_noisy(self.name, coder.spent - before)

    def values(self) -> StaticValues:
        """Centers, how often they occur, and their probabilities; of an array that was coded."""
        return StaticValues(
            self.codebook.values().astype(np.float64),
            self._counts,
            self.table / self.table.sum(),
            int(self._counts.sum()),
        )
