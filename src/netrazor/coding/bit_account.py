"""The account of a message: bits of each array and kind, adding up to its length."""

from dataclasses import dataclass

KINDS = ("framing", "schema", "header", "pattern", "codebook", "table", "values", "side information")


@dataclass(frozen=True)
class Entry:
    """Bits of one kind spent on one array ("" for the message as a whole)."""

    array: str
    kind: str
    bits: int


@dataclass(frozen=True)
class Ledger:
    """All entries of a message; their bits add up to eight times its length in bytes."""

    entries: tuple[Entry, ...]

    @property
    def bits(self) -> int:
        """Length of the message in bits."""
        return sum(entry.bits for entry in self.entries)

    def bits_of(self, *kinds: str) -> int:
        """Bits of these kinds over all arrays."""
        return sum(entry.bits for entry in self.entries if entry.kind in kinds)


class IdealBits:
    """Ideal bits of each array and kind, in the order in which they were coded."""

    def __init__(self) -> None:
        self.content: dict[tuple[str, str], float] = {}
        self.noisy: dict[tuple[str, str], float] = {}

    def add(self, array: str, kind: str, bits: float) -> None:
        """Charge ``bits`` of the content stream."""
        self.content[array, kind] = self.content.get((array, kind), 0.0) + bits

    def save(self, array: str, bits: float) -> None:
        """Take back bits of an array whose order carries bits of others, from what it was charged, pattern first."""
        for kind in ("pattern", "values", "table", "codebook", "header"):
            share = min(bits, self.content.get((array, kind), 0.0))
            if share > 0:
                self.content[array, kind] -= share
                bits -= share

    def total(self) -> float:
        """Ideal bits of everything."""
        return sum(self.content.values()) + sum(self.noisy.values())

    def add_noisy(self, array: str, bits: float) -> None:
        """Charge ``bits`` of the stream of static values."""
        self.noisy[array, "values"] = self.noisy.get((array, "values"), 0.0) + bits


def account(sections: list[tuple[str, int]], charges: IdealBits) -> Ledger:
    """Real bits: each section's own, shared among its parts by their ideal bits, rounded so that the sums hold."""
    entries: dict[tuple[str, str], int] = {}
    for name, bits in sections:
        parts = {"content": charges.content, "values": charges.noisy}.get(name) or {("", name): 1.0}
        for (array, kind), share in _apportion(parts, bits).items():
            entries[array, kind] = entries.get((array, kind), 0) + share
    return Ledger(tuple(Entry(array, kind, bits) for (array, kind), bits in entries.items()))


def _apportion(parts: dict[tuple[str, str], float], bits: int) -> dict[tuple[str, str], int]:
    """Cumulative rounding: what is lost on one entry is made up on the next."""
    total = sum(parts.values()) or 1.0
    shares = {}
    reached, before = 0.0, 0
    for at, (key, ideal) in enumerate(parts.items(), start=1):
        reached += ideal
        now = bits if at == len(parts) else round(bits * reached / total)
        shares[key] = now - before
        before = now
    return shares
