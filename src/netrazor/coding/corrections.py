"""Binary decisions whose odds are known roughly, corrected by what their contexts have seen so far.

Each context counts its ones, and how many were expected by the given odds. Its evidence is the logarithm of their
ratio; the evidences are added to the given log-odds, each with a weight that follows the gradient of the code length.
"""

from collections import defaultdict
from collections.abc import Sequence

from netrazor.coding.logistic import PROBABILITY, TOP_LEVEL, log, nearest_level
from netrazor.coding.rangecoder import Coder

_PRIOR = 0.7  # ones that a context is taken to have seen as expected
_GIVEN_SHARE = 0.1  # of the learning rate, for the weight of the given log-odds


class Corrector:
    """Contexts by number, and the weights of the contexts that are asked together."""

    def __init__(self, weights: Sequence[float], rate: float) -> None:
        self._weights = list(weights)
        self._rate = rate
        self._given_weight = 1.0
        self._ones: defaultdict[int, int] = defaultdict(int)
        self._expected: defaultdict[int, float] = defaultdict(float)

    def code(self, coder: Coder, bit: int | None, given: float, contexts: Sequence[int]) -> int:
        """Code one decision of log-odds ``given`` in these contexts, and learn from it."""
        evidences = [log(self._ones[c] + _PRIOR) - log(self._expected[c] + _PRIOR) for c in contexts]
        log_odds = self._given_weight * given
        for weight, evidence in zip(self._weights, evidences, strict=True):
            log_odds += weight * evidence
        level = nearest_level(log_odds)
        bit = coder.bit(bit, level)

        step = self._rate * (bit - PROBABILITY[TOP_LEVEL + level])
        self._given_weight += _GIVEN_SHARE * step * given
        self._weights = [w + step * evidence for w, evidence in zip(self._weights, evidences, strict=True)]
        chance = PROBABILITY[TOP_LEVEL + nearest_level(given)]
        for context in contexts:
            self._ones[context] += bit
            self._expected[context] += chance
        return bit
