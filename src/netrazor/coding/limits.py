"""How much memory and time a reader gives to a message, checked before either is spent.

Memory: at most about 24 bytes for each element, and 250 for each decision, beside what the interpreter takes; by
default that is some 500 MB for a short message, and 1.5 kB more for each byte of a long one. Time: about 15
microseconds for each decision and 0.1 for each element.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from netrazor.errors import MessageTooLarge

ENCODER_DECISIONS = 2**19  # that an encoder spends at most on masks and values: seconds for a small network
MAX_NAMES_BYTES, LONGEST_NAME = 2**16, 1000  # of all names, of one
_NAMES_ANYHOW, _NAMES_PER_BYTE = 2**12, 16  # bytes of names for any message, and for each byte of it
_TABLES = 9  # a codebook, and at most eight tables of as many entries
_MOST_ENTRIES = 2**16


@dataclass(frozen=True)
class Limits:
    """Limits of `decode`, safe for messages of unknown origin as they are."""

    elements: int = 2**24
    """Elements of all arrays together, for any message."""
    arrays: int = 2**12
    """Number of arrays."""
    decisions: int = 2**20
    """Decisions that are coded one by one, and entries of codebooks and tables, over all arrays."""
    elements_per_byte: int = 64
    """Further elements for each byte of the message."""

    @classmethod
    def for_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Limits":
        """Limits within which every message of such arrays can be read that `encode` writes."""
        decisions = ENCODER_DECISIONS
        for array in arrays.values():
            parts = 3 if array.dtype.kind == "f" else 1  # of floats there may be codes, scales and levels
            decisions += parts * (256 * array.itemsize + _TABLES * min(array.size, _MOST_ENTRIES))
        return cls(sum(array.size for array in arrays.values()), len(arrays), decisions)

    def elements_in(self, length: int) -> int:
        """Elements allowed in a message of ``length`` bytes."""
        return self.elements + self.elements_per_byte * length

    def names_in(self, length: int) -> int:
        """Bytes of names allowed in a message of ``length`` bytes; each takes eight decisions."""
        return min(MAX_NAMES_BYTES, self.decisions // 8, _NAMES_ANYHOW + _NAMES_PER_BYTE * length)


def check_limit(name: str, needed: int, allowed: int) -> None:
    """Refuse what is over a limit.

    Raises:
        MessageTooLarge: ``needed`` is more than ``allowed``.
    """
    if needed > allowed:
        raise MessageTooLarge(
            f"{name}: at most {allowed} allowed, the message needs {needed}; "
            f"if it can be trusted, pass limits=Limits({name}={needed})"
        )
