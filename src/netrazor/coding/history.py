"""What the message has said so far and later arrays may be predicted from. Never a value, only what is charged."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.codebook import CodebookModel
from netrazor.coding.limits import Limits, check_limit
from netrazor.coding.mixing import Mixer
from netrazor.coding.tables import TableModel


@dataclass
class History:
    """Codebooks, tables and choices of the arrays before, and how busy the outputs of the last one are."""

    codebooks: CodebookModel = field(default_factory=CodebookModel)
    tables: TableModel = field(default_factory=TableModel)
    choices: defaultdict[str, Mixer] = field(default_factory=lambda: defaultdict(Mixer))
    outputs: NDArray[np.int64] | None = None
    """Non-zero elements of each output (slice along axis 0) of the last array of two or more dimensions."""
    decisions: int = 0
    """Decisions that were coded one by one so far, or at most so many."""

    def spend(self, decisions: int, limits: Limits) -> None:
        """Announce work before it is done.

        Raises:
            MessageTooLarge: more than ``limits`` allow over all arrays.
        """
        self.decisions += decisions
        check_limit("decisions", self.decisions, limits.decisions)
