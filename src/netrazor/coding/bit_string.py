"""Strings of bits that end anywhere within a byte: what the streams of a message are joined from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BitString:
    """The ``length`` bits of ``number``, the highest first."""

    number: int = 0
    length: int = 0

    @classmethod
    def of(cls, data: bytes | memoryview) -> "BitString":
        """The bits of some bytes."""
        return cls(int.from_bytes(data, "big"), 8 * len(data))

    def __add__(self, other: "BitString") -> "BitString":
        return BitString(self.number << other.length | other.number, self.length + other.length)

    def head(self, length: int) -> int:
        """The first ``length`` bits as a number; where there are fewer, zeros follow."""
        missing = length - self.length
        return self.number << missing if missing > 0 else self.number >> -missing

    def without_head(self, length: int) -> "BitString":
        """What follows the first ``length`` bits."""
        left = max(self.length - length, 0)
        return BitString(self.number & (1 << left) - 1, left)

    def padded(self) -> tuple[bytes, int]:
        """The bits as bytes, the last of them filled up with zeros; how many zeros these are."""
        padding = -self.length % 8
        return (self.number << padding).to_bytes((self.length + padding) // 8, "big"), padding
