"""Values in a stream of their own, under a table sent before: what Theorem 5.1 needs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.codebook import Codebook
from netrazor.coding.keys import Array
from netrazor.coding.ledger import Charges
from netrazor.coding.pattern import Mask
from netrazor.coding.rangecoder import Coder, Symbols


@dataclass(frozen=True)
class StaticValues:
    """The prior over the non-zero values of one array: the same at every position, whatever stands elsewhere."""

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
    table: NDArray[np.int64]
    symbols: Symbols | None

    def code(self, coder: Coder, charges: Charges) -> None:
        """The values, each by the table alone; fills in ``array``."""
        before = coder.spent
        symbols = coder.symbols(self.symbols, self.table, int(np.count_nonzero(self.mask)))
        self.array[self.mask] = self.codebook.values()[symbols]
        charges.add_noisy(self.name, coder.spent - before)

    def values(self) -> StaticValues:
        """Centers, how often they occur, and their probabilities."""
        values = self.codebook.values()
        counts = np.bincount(np.searchsorted(values, self.array[self.mask]), minlength=len(values))
        return StaticValues(
            values.astype(np.float64),
            counts.astype(np.int64),
            self.table / self.table.sum(),
            int(np.count_nonzero(self.mask)),
        )
