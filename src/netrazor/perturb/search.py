"""Choosing the noise of each array: where the bits saved outweigh the errors made.

The search looks at draws of its own on part of the examples. What it chooses is then frozen, and the risk
that enters the bound is estimated from fresh draws over all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass as plain_dataclass

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.certification.noise_description import LAMBDA_GRID, Noise
from netrazor.coding import StaticValues
from netrazor.compress.search_objective import guide
from netrazor.counting import part_of
from netrazor.perturb.draws import draw_seed, error_rates, largest_divisor
from netrazor.runtime.reporting import Reporter, Silent
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
class Trial:
    """What the search saw with noise on one array alone.

    Attributes:
        array: its name.
        share: sigma as a share of the range of its non-zero magnitudes.
        risk: mean noisy risk on the search's examples and draws.
        saved_bits: value bits that this noise saves.
    """

    array: str
    share: float
    risk: float
    saved_bits: float


@plain_dataclass(frozen=True)
class NoiseSearch:
    """The noise chosen, and what the search expects of it.

    Attributes:
        noise: sigma and index of lambda for each array.
        saved_bits: value bits saved, by array.
        risk: noisy risk as the search estimated it; of no weight in the certificate.
        trials: everything that was tried.
    """

    noise: Noise
    saved_bits: dict[str, float]
    risk: float
    trials: tuple[Trial, ...] = ()


@plain_dataclass(frozen=True)
class _Option:
    sigma: float
    index: int
    bits: float
    added_risk: float


def search_noise(
    model: nn.Module,
    static: Mapping[str, StaticValues],
    dataset: Dataset[tuple[Tensor, int]],
    config: NoiseConfig,
    *,
    fixed_bits: float,
    n: int,
    delta: float,
    seed: int,
    shares: Mapping[str, tuple[float, ...]] | None = None,
    top: int = 1,
    reporter: Reporter | None = None,
) -> NoiseSearch:
    """Sigma and lambda of each array of weights by the bound that they lead to, on draws of its own.

    Each array is tried alone at each share; the errors that it adds alone are taken to add up. Then arrays
    choose in turn until none changes. Vectors (biases) and scalars carry no noise.

    Args:
        model: the decoded network.
        static: codebooks and probabilities, by parameter name.
        dataset: the training set.
        config: shares to try, draws to spend.
        fixed_bits: charged bits of everything but the values.
        n: number of examples of the certificate.
        delta: of the PAC-Bayes bound.
        seed: of the search's draws.
        shares: to try on single arrays, instead of the config's; empty: no noise.
        top: an answer is right if the label is among so many best scores.
        reporter: told of the progress.
    """
    part = part_of(dataset, config.search_examples)
    group = largest_divisor(len(part), config.examples_per_draw)  # type: ignore[arg-type]
    parameters = dict(model.named_parameters())
    noiseless = float(error_rates(model, {}, part, examples_per_draw=group, top=top).mean())
    options = {name: [_Option(0.0, 0, _discrete_bits(prior), 0.0)] for name, prior in static.items()}
    trials: list[Trial] = []
    tried = {
        name: (shares or {}).get(name, config.shares)
        for name, prior in static.items()
        if name in parameters and parameters[name].ndim > 1 and prior.centers.any()
    }
    with (reporter or Silent()).stage("search noise", sum(map(len, tried.values()))) as tick:
        for name, candidates in tried.items():
            magnitudes = np.abs(static[name].centers)
            scale = float(magnitudes.max() - magnitudes.min()) or float(magnitudes.max())
            for number, share in enumerate(candidates):
                sigma = float(np.float32(share * scale))
                near = _near(sigma, magnitudes.max())
                if near:
                    draws = draw_seed(seed, f"search {name} {number}")
                    risk = error_rates(
                        model, {name: sigma}, part, examples_per_draw=group, seed=draws, top=top
                    )
                    option = _option(static[name], sigma, near, float(risk.mean()) - noiseless)
                    options[name].append(option)
                    saves = options[name][0].bits - option.bits
                    trials.append(Trial(name, share, float(risk.mean()), saves))
                tick()
    chosen = _descend(options, lambda bits, added: guide(noiseless + added, fixed_bits + bits, n, delta))
    noise = Noise(
        {name: option.sigma for name, option in chosen.items()},
        {name: option.index for name, option in chosen.items()},
    )
    saved = {name: options[name][0].bits - option.bits for name, option in chosen.items()}
    expected = noiseless + sum(option.added_risk for option in chosen.values())
    return NoiseSearch(noise, saved, expected, tuple(trials))


def _discrete_bits(prior: StaticValues) -> float:
    """Bits of an array's values under their probabilities, without noise."""
    used = prior.counts > 0
    return float(-(prior.counts[used] * np.log2(prior.probabilities[used])).sum())


def _near(sigma: float, largest: float) -> list[int]:
    """Places in the grid within reach of ``sigma``; none where values of that size leave it no room."""
    if sigma < 2.0**-20 * largest:
        return []
    return [i for i, lam in enumerate(LAMBDA_GRID) if sigma / 2 <= lam <= 4 * sigma]


def _option(prior: StaticValues, sigma: float, near: list[int], added_risk: float) -> _Option:
    """The price of one array's values with noise ``sigma``, at the best of the lambdas ``near``."""
    lams = [LAMBDA_GRID[i] for i in near]
    best = bounds.choose_lambda(prior.centers, prior.counts, sigma, prior.centers, prior.probabilities, lams)
    return _Option(sigma, near[best.index] + 1, best.kl_nats / LOG_2, added_risk)


def _descend(
    options: Mapping[str, list[_Option]], bound: Callable[[float, float], float]
) -> dict[str, _Option]:
    """One option for each array, by coordinate descent; at least one array has noise where any can."""
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
