"""What a method says about a network: a number of a stated kind, with all that it rests on."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from netrazor import bounds
from netrazor.units import percent_up

_LONG = 1e4  # percentages above this many per cent are printed as powers of ten


class Kind(enum.Enum):
    """What the number of an `Estimate` is."""

    BOUND = "bound on the error on new examples"
    ORDER = "order only: the published rate with every constant 1; no claim"
    FLOOR = "floor: the method gives at least this, whatever the weights are"


@dataclass(frozen=True)
class Estimate:
    """A method's number for one network and data set.

    Attributes:
        method: its short name, as in the paper's Table 1 where it is there.
        structure: the property of the network that it exploits.
        reference: where it is stated and proved.
        kind: what ``value`` is.
        value: before clipping at 1, so that two vacuous bounds can be told apart.
        delta: failure probability of the claim; 1 where nothing is claimed.
        classes: of the labels, to tell what guessing reaches.
        assumptions: what the number needs, beyond i.i.d. examples and 0-1 loss.
        figures: the quantities it was computed from.
    """

    method: str
    structure: str
    reference: str
    kind: Kind
    value: float
    delta: float
    classes: int
    assumptions: tuple[str, ...] = ()
    figures: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def bound(self) -> float:
        """The value as a bound on an error: at most 1."""
        return min(self.value, 1.0)

    @property
    def outcome(self) -> bounds.Outcome:
        """Whether that says anything."""
        return bounds.outcome(self.bound, self.classes)

    @property
    def text(self) -> str:
        """The value as a percentage, rounded up; beyond 10,000 % as a power of ten."""
        percent = 100 * self.value
        return percent_up(self.value) if percent < _LONG else f"{percent:.1e} %"


@dataclass(frozen=True)
class Missing:
    """A method that gives no number here, and why: an outcome of its own, not a special number."""

    method: str
    structure: str
    reference: str
    reason: str
