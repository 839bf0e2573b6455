"""Where the non-zero elements of an array are."""

from dataclasses import dataclass

import numpy as np

from netrazor.coding.contexts import Places
from netrazor.coding.pattern import Mask


@dataclass(frozen=True)
class Where:
    """The mask of an array, the part of it inside its box, and how busy the outputs are that feed the box."""

    mask: Mask
    inside: Mask
    links: Places | None

    def rows(self) -> Places:
        """The slice along axis 0 of each non-zero element."""
        counts = np.count_nonzero(self.mask.reshape(len(self.mask) if self.mask.ndim else 1, -1), axis=1)
        return np.repeat(np.arange(len(counts)), counts)
