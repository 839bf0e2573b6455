"""Binary decisions predicted from several contexts at once, by evidence that is weighed as it comes in.

Each context keeps how many ones and zeros it has seen, and how many the base rate led it to expect. The
logarithm of the ratio of the two odds is its evidence: how much likelier than usual a one is there. A mixer adds
the evidences to the log-odds of the base rate, each with a weight that follows the gradient of the code length
(logistic regression, learnt by reader and writer alike). Independent effects, of a row and of a column say, add
up in log-odds, which is why sparse masks are coded well from few observations.
"""

from collections.abc import Sequence

from netrazor.coding.logistic import PROBABILITY, STEPS_PER_NAT, TOP_LEVEL, log
from netrazor.coding.rangecoder import Coder

Cell = list[float]
"""Ones, zeros, expected ones, expected zeros."""


def new_cell(prior: float) -> Cell:
    """A context that has seen nothing; ``prior`` observations as expected keep it calm at first."""
    return [prior, prior, prior, prior]


class Mixer:
    """Weights for the base rate and for each context."""

    def __init__(self, base_weight: float, weights: Sequence[float], rate: float) -> None:
        self._base_weight = base_weight
        self._weights = list(weights)
        self._rate = rate

    def code(self, coder: Coder, bit: int | None, base: Cell, cells: Sequence[Cell]) -> int:
        """Code one decision and learn from it; ``cells`` in the order of the weights."""
        expected = base[0] / (base[0] + base[1])
        base_log_odds = log(base[0] / base[1])
        log_odds = self._base_weight * base_log_odds
        weights = self._weights
        evidences = []
        for weight, (ones, zeros, expected_ones, expected_zeros) in zip(weights, cells, strict=True):
            evidence = log(ones * expected_zeros / (expected_ones * zeros))
            evidences.append(evidence)
            log_odds += weight * evidence
        level = int(log_odds * STEPS_PER_NAT)
        level = max(-TOP_LEVEL, min(TOP_LEVEL, level))
        bit = coder.bit(bit, level)

        step = self._rate * (bit - PROBABILITY[TOP_LEVEL + level])
        self._base_weight += step * base_log_odds
        for j, evidence in enumerate(evidences):
            weights[j] += step * evidence
        seen = 0 if bit else 1
        for cell in cells:
            cell[seen] += 1
            cell[2] += expected
            cell[3] += 1 - expected
        base[seen] += 1
        return bit
