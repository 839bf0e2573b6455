"""Noisy risks from draws of the verifier's own, against those that a certificate records."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import ClaimRecord, Finding, Noise, NoiseRecord, NoisyRisk
from netrazor.perturb import DrawPlan, draw_error_rates, mean_and_variance
from netrazor.runtime import Reporter
from netrazor.units import percent_up

MORE_DRAWS = 4  # times as many as the record has, so that what is false shows
_STANDARD_ERRORS = 6


@dataclass(frozen=True)
class Redraw:
    """What is drawn again: the noise of a message around its network, as the record says, from another seed."""

    network: nn.Module
    noise: Noise
    record: NoiseRecord
    examples: Dataset[tuple[Tensor, int]]
    seed: int
    reporter: Reporter

    def compare(self, claim: ClaimRecord) -> tuple[str, list[Finding]]:
        """What was found, and the numbers of ``claim`` that it does not bear."""
        assert claim.noisy is not None  # checked before
        rates = self._draw(claim)
        mean, _ = mean_and_variance(rates, self.record.examples_per_draw)
        note = (
            f"drawn again: noisy risk {percent_up(mean, 3)} over {len(rates)} draws of the verifier's own "
            f"(seed {self.seed})"
        )
        limits = noisy_limits(claim.noisy, self.record.draws, rates.double().numpy())
        return note, [
            Finding(
                "noisy-risk",
                f"claims.noisy.{name} is {recorded}; fresh draws give {fresh}, at most {most} would be accepted",
            )
            for name, recorded, fresh, most in limits
            if fresh > most
        ]

    def _draw(self, claim: ClaimRecord) -> Tensor:
        """The error rate of each draw; so many passes over the examples as give `MORE_DRAWS` times as many."""
        passes = MORE_DRAWS * self.record.draws * self.record.examples_per_draw // claim.n
        return draw_error_rates(
            self.network,
            self.noise.sigma,
            self.examples,
            DrawPlan(self.record.examples_per_draw, passes, self.seed),
            top=claim.top,
            reporter=self.reporter,
        )


def noisy_limits(
    noisy: NoisyRisk, draws: int, rates: NDArray[np.float64]
) -> tuple[tuple[str, float, float, float], ...]:
    """(name, recorded, of fresh draws, the most that this may be) of each number of a noisy risk.

    The mean of fresh draws may be no more than the recorded upper confidence bound, above which an honest record's
    mean hardly ever lies: the bound fails at its part of delta at most. Neither moment of the fresh draws may lie
    above the recorded one, of so many ``draws``, by more than six standard errors of the difference, estimated from
    the fresh ``rates``: for a normal mean an honest record is refused once in some 10^9 times, and a record is
    refused as surely whose true moment lies twelve standard errors above the recorded one.
    """
    mean, variance = float(rates.mean()), float(rates.var(ddof=1))
    spread_of_mean = math.sqrt(noisy.variance / draws + variance / len(rates))
    fourth = float(((rates - mean) ** 4).mean())
    spread_of_variance = math.sqrt(max(0.0, fourth - variance**2) * (1 / draws + 1 / len(rates)))
    return (
        ("upper", noisy.upper, mean, noisy.upper),
        ("mean", noisy.mean, mean, noisy.mean + _STANDARD_ERRORS * spread_of_mean),
        ("variance", noisy.variance, variance, noisy.variance + _STANDARD_ERRORS * spread_of_variance),
    )
