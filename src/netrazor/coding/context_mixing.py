"""Context mixing: binary decisions predicted from several contexts at once by adding their evidence in log-odds.

Each context counts the ones and zeros it has seen. Its evidence is how far these counts move the log-odds away from
the base rate; the mixer adds the evidences to the log-odds of the base rate, each with a weight that follows the
gradient of the code length (logistic regression, learnt by reader and writer alike). Effects that are independent, of
a row and of a column for example, add up in log-odds; so sparse masks are coded well from few observations.
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from netrazor.coding.coder import Coder
from netrazor.coding.log_odds import PROBABILITY, STEPS_PER_NAT, TOP_LEVEL, log, logs

_PRIOR = 0.7  # ones, and zeros, that a context is taken to have seen as expected
_BASE_PRIOR = 0.4
_BASE_STEPS_PER_NAT = 4
_COUNT_BITS = 8  # visits are rounded down to so many leading bits before the expected odds are looked up


class _Expected(dict[int, float]):
    """Log-odds of zeros against ones that a context should have seen at a base rate, by its number of visits."""

    def __init__(self, base_level: int) -> None:
        super().__init__()
        level = base_level * (STEPS_PER_NAT // _BASE_STEPS_PER_NAT)
        self._rate = PROBABILITY[TOP_LEVEL + max(-TOP_LEVEL, min(TOP_LEVEL, level))]

    def __missing__(self, visits: int) -> float:
        zeros, ones = visits * (1 - self._rate), visits * self._rate
        value = self[visits] = log(zeros + _PRIOR) - log(ones + _PRIOR)
        return value


_EXPECTED: dict[int, _Expected] = {}
_LOG = array("d")  # of a count and the prior
_ROUNDED = array("q")  # a count with its leading bits only


def _prepare_counts(largest: int) -> None:
    counts = np.arange(len(_LOG), largest + 1)
    _LOG.frombytes(logs(counts + _PRIOR).tobytes())
    drop = np.maximum(np.frexp(counts)[1] - _COUNT_BITS, 0)
    _ROUNDED.frombytes((counts >> drop << drop).astype(np.int64).tobytes())


class Mixer:
    """Contexts by number, base rates by number, and the weights of the contexts that are asked together."""

    def __init__(self, contexts: int = 0, weight: float = 0.0, rate: float = 0.0) -> None:
        self._weights = [weight] * contexts
        self._rate = rate
        self._base_weight = 1.0
        self._ones: defaultdict[int, int] = defaultdict(int)
        self._zeros: defaultdict[int, int] = defaultdict(int)
        self._bases: defaultdict[int, list[float]] = defaultdict(lambda: [_BASE_PRIOR, _BASE_PRIOR])
        self._decisions = 0

    def expect_half(self, base: int, visits: float) -> None:
        """Take a base as having seen so many ones, and as many zeros."""
        self._bases[base] = [visits, visits]

    def learnt(self) -> object:
        """What later decisions are predicted from, to be compared."""
        return self._weights, self._base_weight, self._bases, self._ones, self._zeros

    def code(self, coder: Coder, bit: int | None, contexts: Sequence[int] = (), base: int = 0) -> int:
        """Code one decision in these contexts, given in the order of the weights, and learn from it."""
        rates, weights = self._bases[base], self._weights
        base_log_odds = log(rates[1] / rates[0])
        log_odds = self._base_weight * base_log_odds
        evidences = []
        if contexts:
            expected = self._expected(base_log_odds)
            ones, zeros = self._ones, self._zeros
            for weight, context in zip(weights, contexts, strict=True):
                one, zero = ones[context], zeros[context]
                evidence = _LOG[one] - _LOG[zero] + expected[_ROUNDED[one + zero]]
                evidences.append(evidence)
                log_odds += weight * evidence
        level = round(log_odds * STEPS_PER_NAT)
        if not -TOP_LEVEL <= level <= TOP_LEVEL:
            level = TOP_LEVEL if level > 0 else -TOP_LEVEL
        bit = coder.bit(bit, level)

        rates[bit] += 1
        if not self._rate:
            return bit
        step = self._rate * (bit - PROBABILITY[TOP_LEVEL + level])
        self._base_weight += step * base_log_odds
        seen = self._ones if bit else self._zeros
        for kind, context in enumerate(contexts):
            weights[kind] += step * evidences[kind]
            seen[context] += 1
        return bit

    def _expected(self, base_log_odds: float) -> _Expected:
        """What contexts should have seen at a base rate, by visits, which the tables of counts are made to hold."""
        self._decisions += 1
        if self._decisions >= len(_LOG):
            _prepare_counts(2 * self._decisions)
        base_level = round(base_log_odds * _BASE_STEPS_PER_NAT)
        expected = _EXPECTED.get(base_level)
        if expected is None:
            expected = _EXPECTED[base_level] = _Expected(base_level)
        return expected
