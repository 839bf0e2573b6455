"""The bound of DR17 for a given posterior: the prior's place on its grid, and the kl inverse of the noisy risk."""

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.baselines.estimate import Estimate, Kind
from netrazor.baselines.gaussian import GaussianNetwork, noisy_error_rate
from netrazor.runtime import Reporter
from netrazor.train import FitConfig, OptimizerConfig

REFERENCE = "Dziugaite, Roy 2017, sections 3 to 5"
STRUCTURE = "Perturbation robustness"

START = FitConfig(steps=2400, batch_size=100, optimizer=OptimizerConfig(kind="sgd", rate=0.01, momentum=0.9))
OPTIMIZE = FitConfig(steps=4000, batch_size=200, optimizer=OptimizerConfig(rate=4e-3))


@dataclass(frozen=True)
class DR17Config:
    """How the bound is optimized. Published figures: 20 or 120 epochs of SGD, 200,000 steps, 150,000 draws.

    Attributes:
        hidden: units of the hidden layer.
        start: SGD from the random initialization.
        optimize: of the bound.
        log_variance: of prior and posterior, at the start.
        base: of the grid of prior variances.
        precision: of the same grid.
        delta: failure probability of the PAC-Bayes bound.
        delta_risk: failure probability of the estimate of the noisy risk.
        passes: over the data, for that estimate.
    """

    hidden: int = 600
    start: FitConfig = START
    optimize: FitConfig = OPTIMIZE
    log_variance: float = -6.0
    base: float = 0.1
    precision: float = 100.0
    delta: float = 0.025
    delta_risk: float = 0.01
    passes: int = 5


def bound_of(
    posterior: GaussianNetwork,
    dataset: Dataset[tuple[Tensor, int]],
    config: DR17Config,
    *,
    seed: int,
    reporter: Reporter | None = None,
) -> Estimate:
    """The bound for ``posterior``, which must not have seen the draws of ``seed``.

    The published program answers 1 where risk + sqrt(B / 2) is above 1, although the kl inverse always is below;
    so does this, with that sum as the value before clipping and the kl inverse among the figures.
    """
    n = len(dataset)  # type: ignore[arg-type]
    rate, draws = noisy_error_rate(posterior, dataset, passes=config.passes, seed=seed, reporter=reporter)
    risk = float(bounds.kl_chernoff(rate, draws, config.delta_risk / 2))
    place, kl_nats = least_on_grid(posterior, config)
    value = float(bounds.dr17(risk, kl_nats, n, config.delta, grid_index=place))
    union = math.log(math.pi**2 * n / (6 * config.delta)) + 2 * math.log(place)
    root = math.sqrt((kl_nats + union) / (n - 1) / 2) * (1 + 1e-12)
    return Estimate(
        method="DR17",
        structure=STRUCTURE,
        reference=REFERENCE,
        kind=Kind.BOUND,
        value=value if risk + root <= 1 else risk + root,
        delta=config.delta + config.delta_risk,
        classes=2,
        assumptions=(
            "two classes",
            "the classifier is the noisy network, with weights drawn anew for each answer",
            "initialization and grid were fixed without these examples",
        ),
        figures={
            "noisy train error": rate,
            "noisy train error, upper": risk,
            "draws": draws,
            "kl_nats": kl_nats,
            "prior variance": config.base * math.exp(-place / config.precision),
            "place of the prior in its grid": place,
            "sqrt(B / 2)": root,
            "kl inverse": value,
            "parameters": sum(layer.mean.numel() for layer in posterior.noisy_layers),
        },
    )


@torch.no_grad()
def least_on_grid(posterior: GaussianNetwork, config: DR17Config) -> tuple[int, float]:
    """The neighbouring place j on the grid that makes KL + 2 log j least, and the KL there, rounded up."""
    exact: GaussianNetwork = copy.deepcopy(posterior).double()
    wanted = config.precision * (math.log(config.base) - float(exact.log_variance))
    candidates = []
    for place in {max(1, math.floor(wanted)), max(1, math.ceil(wanted))}:
        log_variance = torch.tensor(math.log(config.base) - place / config.precision, dtype=torch.double)
        kl_nats = max(0.0, float(exact.kl_nats(log_variance))) * (1 + 1e-9) + 1e-6
        candidates.append((kl_nats + 2 * math.log(place), place, kl_nats))
    _, place, kl_nats = min(candidates)
    return place, kl_nats


def divergence(posterior: GaussianNetwork, config: DR17Config, n: int) -> Tensor:
    """B of `dr17`, at the prior variance as it is, between the places of the grid."""
    kl_nats = posterior.kl_nats(posterior.log_variance)
    place = config.precision * (math.log(config.base) - posterior.log_variance)
    union = math.log(math.pi**2 * n / (6 * config.delta)) + 2 * place.clamp(min=1.0).log()
    return (kl_nats.clamp(min=0.0) + union) / (n - 1)
