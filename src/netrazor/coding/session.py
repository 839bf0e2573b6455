"""What the coders of a message share: where they code to, what was said so far, and what may be spent."""

from dataclasses import dataclass, field

from netrazor.coding.costs import Costs
from netrazor.coding.history import History
from netrazor.coding.limits import Limits
from netrazor.coding.rangecoder import Coder


@dataclass
class Session:
    """One pass over the arrays of a message."""

    coder: Coder
    version: int
    """Which models the message may have."""
    limits: Limits
    """What a reader is ready to spend."""
    budget: int = 0
    """What an encoder is ready to spend on decisions coded one by one."""
    costs: Costs = field(default_factory=Costs)
    """What an encoder has measured already."""
    history: History = field(default_factory=History)

    def choose(self, name: str, choice: bool | None) -> bool:
        """A choice of models, as an adaptive bit of this name."""
        return bool(self.history.choices[name].code(self.coder, None if choice is None else int(choice)))

    def affords(self, decisions: int) -> bool:
        """Whether an encoder is ready for so many more decisions."""
        return self.history.decisions + decisions <= self.budget

    def spend(self, decisions: int) -> None:
        """Announce decisions before they are made.

        Raises:
            MessageTooLarge: more than the limits allow over all arrays.
        """
        self.history.spend(decisions, self.limits)
