"""The risk of a network under noise, from draws that nothing was chosen by."""

from collections.abc import Mapping
from math import ceil

from torch import Tensor, nn

from netrazor.certification import Noise, NoiseRecord, NoisyRisk
from netrazor.certification.bounding import bound_noisy_risk
from netrazor.certification.claim_record import MOST_DRAWS, MOST_EXAMPLES_DRAWN
from netrazor.certification.delta_shares import NOISY_RISK
from netrazor.errors import ConfigurationError
from netrazor.perturb import (
    DrawPlan,
    NoiseConfig,
    draw_error_rates,
    draw_seed,
    draws_needed,
    largest_divisor,
    mean_and_variance,
)
from netrazor.pipeline.subject import Subject
from netrazor.runtime import devices

PILOT_DRAWS = 100  # at least, to estimate how much the error rates vary


class NoisyDraws:
    """The noisy risk of a network for each claim, from draws that nothing was chosen by."""

    def __init__(
        self,
        network: nn.Module,
        noise: Noise,
        config: NoiseConfig,
        subject: Subject,
        parts: Mapping[str, float],
    ) -> None:
        self._network = devices.copy_on(network, subject.count_on)
        self._noise, self._subject = noise, subject
        self._group = largest_divisor(subject.n, config.examples_per_draw)
        pilot = self._draw("pilot", ceil(PILOT_DRAWS * self._group / subject.n), subject.top)
        draws = draws_needed(float(pilot.var()), config.slack, parts[NOISY_RISK])
        self._passes = ceil(draws * self._group / subject.n)
        draws = self._passes * subject.n // self._group
        if draws > MOST_DRAWS or draws * self._group > MOST_EXAMPLES_DRAWN:
            raise ConfigurationError(
                f"noise.slack: {config.slack} takes {draws:,} draws of {self._group} examples; at most "
                f"{MOST_DRAWS:,} draws and {MOST_EXAMPLES_DRAWN:,} examples allowed, as verifiers draw again; choose "
                "a larger one"
            )
        self.record = NoiseRecord(
            draws=draws,
            examples_per_draw=self._group,
            seed=draw_seed(subject.seed, "certificate"),
        )

    def risk(self, top: int, parts: Mapping[str, float]) -> NoisyRisk:
        """The moments of the error rates and their upper confidence bound at these parts of delta."""
        mean, variance = mean_and_variance(self._draw("certificate", self._passes, top), self._group)
        moments = NoisyRisk(mean=mean, variance=variance, upper=1.0)
        upper = bound_noisy_risk(moments, self.record.draws, dict(parts))
        return moments.model_copy(update={"upper": upper})

    def _draw(self, purpose: str, passes: int, top: int) -> Tensor:
        return draw_error_rates(
            self._network,
            self._noise.sigma,
            self._subject.examples,
            DrawPlan(self._group, passes, draw_seed(self._subject.seed, purpose)),
            top=top,
            reporter=self._subject.reporter,
        )
