"""Choosing the noise of each array: where the bits that it saves outweigh the errors that it causes.

The search uses draws of its own on part of the examples. Its choice is then fixed, and the risk that enters the bound
is estimated from new draws over all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass as plain_dataclass

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from netrazor import bounds
from netrazor.certification.noise_description import LAMBDA_GRID, Noise
from netrazor.certification.run_result import Trial
from netrazor.coding import StaticValues
from netrazor.compress.search_objective import SearchContext
from netrazor.counting import part_of
from netrazor.perturb.draw_plan import DrawPlan, draw_seed, largest_divisor
from netrazor.perturb.draws import draw_error_rates
from netrazor.units import LOG_2


@dataclass(frozen=True, config={"extra": "forbid"})
class NoiseConfig:
    """How noise is searched for and its risk estimated.

    Attributes:
        shares: sigmas to try, as shares of the difference between the largest and the smallest non-zero
            magnitude of the array (the paper takes 0.05).
        search_examples: examples that the search looks at.
        slack: the upper confidence bound of the noisy risk may exceed the mean by this much; as many draws
            are made as that takes.
        examples_per_draw: examples that share one draw of the noise, at most.
    """

    shares: tuple[float, ...] = (0.0125, 0.025, 0.05, 0.1, 0.2, 0.4)
    search_examples: int = Field(default=6000, ge=1)
    slack: float = Field(default=0.003, gt=0, lt=1)
    examples_per_draw: int = Field(default=20, ge=1)


@plain_dataclass(frozen=True)
class NoiseSearch:
    """The noise chosen, and what the search expects of it.

    Attributes:
        noise: sigma and index of lambda for each array.
        saved_bits: value bits saved, by array.
        risk: noisy risk as the search estimated it; no claim rests on it.
        trials: everything that was tried.
    """

    noise: Noise
    saved_bits: dict[str, float]
    risk: float
    trials: tuple[Trial, ...] = ()


@plain_dataclass(frozen=True)
class _Option:
    """One choice for an array: its noise, index of lambda (0: no noise), bits of its values, and added risk."""

    sigma: float
    index: int
    bits: float
    added_risk: float


def search_noise(
    model: nn.Module,
    static: Mapping[str, StaticValues],
    config: NoiseConfig,
    context: SearchContext,
    *,
    fixed_bits: float,
    shares: Mapping[str, tuple[float, ...]] | None = None,
    top: int = 1,
) -> NoiseSearch:
    """Choose sigma and lambda of each array of weights by the bound that they lead to.

    Each array is tried alone at each share; the errors that arrays add alone are assumed to add up. Then arrays
    choose in turn until none changes. Vectors (biases) and scalars carry no noise.

    Args:
        model: the decoded network.
        static: codebooks and probabilities, by parameter name.
        config: shares to try, draws to spend.
        context: the training set, delta of the PAC-Bayes bound, the seed of the search's draws.
        fixed_bits: charged bits of everything but the values.
        shares: to try on single arrays, instead of the config's; empty: no noise.
        top: an answer is right if the label is among so many best scores.
    """
    risks = _RiskEstimate(model, context, config, top)
    noiseless = risks.estimate({}, 0)
    options = {name: [_Option(0.0, 0, _discrete_bits(prior), 0.0)] for name, prior in static.items()}
    trials: list[Trial] = []
    candidates = _list_candidates(model, static, config, shares or {})
    with context.reporter.stage("search noise", sum(map(len, candidates.values()))) as tick:
        for name, tried in candidates.items():
            magnitudes = np.abs(static[name].centers)
            scale = float(magnitudes.max() - magnitudes.min()) or float(magnitudes.max())
            for number, share in enumerate(tried):
                sigma = float(np.float32(share * scale))
                near = _find_lambdas_near(sigma, magnitudes.max())
                if near:
                    seed = draw_seed(context.seed, f"search {name} {number}")
                    risk = risks.estimate({name: sigma}, seed)
                    option = _price_option(static[name], sigma, near, risk - noiseless)
                    options[name].append(option)
                    trials.append(Trial(name, share, risk, options[name][0].bits - option.bits))
                tick()
    chosen = _choose_options(
        options, lambda bits, added: context.approximate_bound(noiseless + added, fixed_bits + bits)
    )
    noise = Noise(
        {name: option.sigma for name, option in chosen.items()},
        {name: option.index for name, option in chosen.items()},
    )
    saved = {name: options[name][0].bits - option.bits for name, option in chosen.items()}
    expected = noiseless + sum(option.added_risk for option in chosen.values())
    return NoiseSearch(noise, saved, expected, tuple(trials))


class _RiskEstimate:
    """The mean noisy risk of a network on the search's part of the examples."""

    def __init__(self, model: nn.Module, context: SearchContext, config: NoiseConfig, top: int) -> None:
        self.model, self.top = model, top
        self.part = part_of(context.dataset, config.search_examples)
        self.group = largest_divisor(len(self.part), config.examples_per_draw)  # type: ignore[arg-type]

    def estimate(self, sigma: Mapping[str, float], seed: int) -> float:
        """The risk with noise of ``sigma``."""
        plan = DrawPlan(self.group, seed=seed)
        return float(draw_error_rates(self.model, sigma, self.part, plan, top=self.top).mean())


def _list_candidates(
    model: nn.Module,
    static: Mapping[str, StaticValues],
    config: NoiseConfig,
    shares: Mapping[str, tuple[float, ...]],
) -> dict[str, tuple[float, ...]]:
    """The shares to try for each array that may carry noise."""
    parameters = dict(model.named_parameters())
    return {
        name: shares.get(name, config.shares)
        for name, prior in static.items()
        if name in parameters and parameters[name].ndim > 1 and prior.centers.any()
    }


def _discrete_bits(prior: StaticValues) -> float:
    """Bits of an array's values under their probabilities, without noise."""
    used = prior.counts > 0
    return float(-(prior.counts[used] * np.log2(prior.probabilities[used])).sum())


def _find_lambdas_near(sigma: float, largest: float) -> list[int]:
    """Indices of lambdas within reach of ``sigma``; none where ``sigma`` is lost beside values of that size."""
    if sigma < 2.0**-20 * largest:
        return []
    return [i for i, lam in enumerate(LAMBDA_GRID) if sigma / 2 <= lam <= 4 * sigma]


def _price_option(prior: StaticValues, sigma: float, near: list[int], added_risk: float) -> _Option:
    """The option of noise ``sigma`` on one array, at the lambda of ``near`` that costs the fewest bits."""
    lams = [LAMBDA_GRID[i] for i in near]
    layer = bounds.NoisyLayer(prior.centers, prior.counts, sigma, prior.centers, prior.probabilities)
    best = bounds.choose_lambda(layer, lams)
    return _Option(sigma, near[best.index] + 1, best.kl_nats / LOG_2, added_risk)


def _choose_options(
    options: Mapping[str, list[_Option]], bound: Callable[[float, float], float]
) -> dict[str, _Option]:
    """One option for each array, by coordinate descent on ``bound`` (of bits and added risk).

    At least one array has noise, where any can.
    """
    best: tuple[float, dict[str, _Option]] = (np.inf, {name: of[0] for name, of in options.items()})
    for forced in (name for name, of in options.items() if len(of) > 1):
        open_options = {name: of[1:] if name == forced else of for name, of in options.items()}
        chosen = {name: of[0] for name, of in open_options.items()}

        def value(of: Mapping[str, _Option]) -> float:
            return bound(sum(o.bits for o in of.values()), sum(o.added_risk for o in of.values()))

        while True:
            before = value(chosen)
            for name, of in open_options.items():
                chosen[name] = min(of, key=lambda option: value({**chosen, name: option}))
            if value(chosen) >= before:
                break
        best = min(best, (value(chosen), chosen), key=lambda pair: pair[0])
    return best[1]
