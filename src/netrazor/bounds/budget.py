"""delta as a budget with named parts: what is spent on one claim cannot be spent on another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from netrazor.bounds._arguments import PROBABILITY, Domain
from netrazor.errors import InvalidArgument

_CHOICES = Domain("a whole number of at least 1", lambda x: x >= 1, "count what was chosen among")


@dataclass(frozen=True)
class DeltaBudget:
    """The failure probability of a whole certificate and the parts it is spent on.

    The certificate fails only where one of its parts does, so by the union bound it holds with probability at
    least 1 - total when the parts add up to at most total. Each statement that may fail is a part: the
    PAC-Bayes bound, the confidence bound on a noisy risk, each of several bounds or of the entries of a grid
    among which one is chosen after seeing the data.

    Sums are exact, in the decimal figures that the numbers print as: 0.1 + 0.2 is 0.3 here.

    Args:
        total: delta of the certificate, in (0, 1).
        parts: a name and a failure probability for each statement.

    Raises:
        InvalidArgument: a number outside (0, 1), no part, or parts that add up to more than the total.
    """

    total: float
    parts: Mapping[str, float]

    def __post_init__(self) -> None:
        PROBABILITY.check("total", self.total)
        if not self.parts:
            raise InvalidArgument(
                "parts: must hold at least one named part of delta, got none; name each statement"
            )
        for name, share in self.parts.items():
            PROBABILITY.check(f"parts[{name!r}]", share)
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))
        if self._spent() > _decimal(self.total):
            shares = " + ".join(f"{share:g} ({name})" for name, share in self.parts.items())
            raise InvalidArgument(
                f"parts: must add up to at most delta = {self.total:g}, got {shares} = {self._spent()}; "
                "give each statement a smaller share"
            )

    @classmethod
    def whole(cls, name: str, total: float = 0.05) -> "DeltaBudget":
        """A budget spent on one statement."""
        return cls(total, {name: total})

    @classmethod
    def even(cls, names: Iterable[str], total: float = 0.05) -> "DeltaBudget":
        """A budget in equal parts, rounded down."""
        listed = list(names)
        if len(set(listed)) != len(listed):
            raise InvalidArgument(
                f"names: must differ from each other, got {listed}; name each statement once"
            )
        return cls(total, dict.fromkeys(listed, union_share(total, len(listed))) if listed else {})

    def __getitem__(self, name: str) -> float:
        """The failure probability of one statement.

        Raises:
            InvalidArgument: the budget holds no part of that name.
        """
        self.require([name])
        return self.parts[name]

    @property
    def unspent(self) -> float:
        """What no statement uses."""
        return float(_decimal(self.total) - self._spent())

    def require(self, names: Iterable[str]) -> None:
        """Check that every named statement has its part, as a verifier does with what a claim rests on.

        Raises:
            InvalidArgument: a statement without a part.
        """
        missing = [name for name in names if name not in self.parts]
        if missing:
            raise InvalidArgument(
                f"parts: must pay for {', '.join(missing)}, got {', '.join(self.parts)}; "
                "every statement that may fail has a share of delta"
            )

    def _spent(self) -> Decimal:
        return sum((_decimal(share) for share in self.parts.values()), Decimal(0))


def union_share(delta: float, choices: int) -> float:
    """The share of each of ``choices`` statements that must hold together: delta / choices, rounded down.

    Raises:
        InvalidArgument: delta outside (0, 1), choices below 1.
    """
    PROBABILITY.check("delta", delta)
    _CHOICES.check("choices", choices)
    return delta / choices * (1 - 2.0**-50)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(float(number)))
