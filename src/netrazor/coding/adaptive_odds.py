"""Binary decisions whose odds are given approximately, and adapted to what their contexts have seen so far.

Each context counts its ones, and how many were expected by the given odds. Its evidence is the logarithm of their
ratio; the evidences are added to the given log-odds, each with a weight that follows the gradient of the code length.
"""

from collections import defaultdict
from collections.abc import Sequence

from netrazor.coding.coder import Coder
from netrazor.coding.log_odds import PROBABILITY, TOP_LEVEL, log, nearest_level

_PRIOR = 0.7  # ones that a context is taken to have seen as expected
_GIVEN_SHARE = 0.1  # of the learning rate, for the weight of the given log-odds
INITIAL_WEIGHT = 0.15
_RATE = 0.02


class AdaptiveOdds:
    """Contexts by number, and the weights of the contexts that are asked together."""

    def __init__(self, contexts: int) -> None:
        self._weights = [INITIAL_WEIGHT] * contexts
        self._given_weight = 1.0
        self._cells: defaultdict[int, _Cell] = defaultdict(_Cell)

    def code(self, coder: Coder, bit: int | None, given: float, contexts: Sequence[int]) -> int:
        """Code one decision of log-odds ``given`` in these contexts, and learn from it."""
        cells = [self._cells[context] for context in contexts]
        log_odds = self._given_weight * given
        for weight, cell in zip(self._weights, cells, strict=True):
            log_odds += weight * cell.evidence
        level = nearest_level(log_odds)
        bit = coder.bit(bit, level)

        step = _RATE * (bit - PROBABILITY[TOP_LEVEL + level])
        self._given_weight += _GIVEN_SHARE * step * given
        self._weights = [w + step * cell.evidence for w, cell in zip(self._weights, cells, strict=True)]
        chance = PROBABILITY[TOP_LEVEL + nearest_level(given)]
        for cell in cells:
            cell.count(bit, chance)
        return bit


class _Cell:
    """A context: its ones, how many were expected, and the logarithm of their ratio."""

    __slots__ = ("_expected", "_log_ones", "_ones", "evidence")

    def __init__(self) -> None:
        self._ones = 0
        self._expected = 0.0  # a sum of multiples of 2^-24, exact in any order
        self._log_ones = log(_PRIOR)
        self.evidence = 0.0

    def count(self, bit: int, chance: float) -> None:
        """Count a decision that was expected to be a one with this chance."""
        if bit:
            self._ones += 1
            self._log_ones = log(self._ones + _PRIOR)
        self._expected += chance
        self.evidence = self._log_ones - log(self._expected + _PRIOR)
