"""DR17: a PAC-Bayes bound, optimized over normal posteriors from where SGD ended.

Dziugaite and Roy, "Computing nonvacuous generalization bounds for deep (stochastic) neural networks with many more
parameters than training data" (2017). Two classes, labels 0 and 1, one score. The prior is Normal(w_0, lambda I)
around the random initialization w_0, its variance on the grid lambda = base exp(-j / precision), j = 1, 2, ...,
with 6 / (pi^2 j^2) of delta for the j-th. The posterior is Normal(w, diag(s)). Minimized is

    logistic loss / log 2 + sqrt(B / 2),    B = (KL + log(pi^2 m / (6 delta)) + 2 log j) / (m - 1),

with lambda free in between; then lambda is rounded to the grid both ways, the noisy risk is estimated with fresh
noise, and the bound is kl^-1( kl^-1(estimate, log(2 / delta') / draws), B ).
"""

import copy
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.counting import in_order
from netrazor.errors import BadDataset
from netrazor.reproduction.baselines.estimate import Estimate, Kind
from netrazor.reproduction.baselines.gaussian import GaussianNetwork, noisy_error_rate
from netrazor.runtime import Reporter
from netrazor.train import Batches, Checkpoint, FitConfig, OptimizerConfig, AllParameters, fit

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


@dataclass(frozen=True)
class DR17:
    """What the method came to.

    Attributes:
        network: where SGD ended, without noise; one score.
        center: the random initialization that the prior is centred at.
        posterior: the noisy network that the bound is about.
        estimate: the bound.
    """

    network: nn.Sequential
    center: nn.Sequential
    posterior: GaussianNetwork
    estimate: Estimate


def optimize_posterior(
    dataset: Dataset[tuple[Tensor, int]],
    config: DR17Config | None = None,
    *,
    seed: int = 0,
    checkpoint: Path | None = None,
    reporter: Reporter | None = None,
) -> DR17:
    """Train, optimize the bound and compute it.

    Claim: with probability at least 1 - (delta + delta_risk) over the n i.i.d. examples and the draws of noise,
    the noisy network errs on at most ``estimate.bound`` of new examples.

    Args:
        dataset: the training set; labels 0 and 1.
        config: how.
        seed: of the initialization, the batches and the noise.
        checkpoint: file from which a killed run goes on; the caller's to delete.
        reporter: told of the progress.

    Raises:
        BadDataset: other labels.
    """
    config = config or DR17Config()
    inputs, labels = next(in_order(dataset, 1000))
    if bool((labels > 1).any()):
        raise BadDataset(f"labels: must be 0 and 1, got {int(labels.max())}; make two classes of them first")
    n = len(dataset)  # type: ignore[arg-type]
    torch.manual_seed(seed)
    center = network(inputs[0].numel(), config.hidden)
    start = network(inputs[0].numel(), config.hidden)
    start.load_state_dict(center.state_dict())
    kept = _Kept(checkpoint, [repr(config), seed, n, inputs.sum().item(), labels.tolist()])
    kept.fit("DR17 start", start, dataset, config.start, _logistic, seed, reporter)
    posterior = GaussianNetwork(_linears(start), _linears(center), config.log_variance)

    def objective(scores: Tensor, labels: Tensor) -> Tensor:
        kl_nats = posterior.kl_nats(posterior.log_variance)
        return (
            _logistic(scores, labels) / math.log(2) + (_divergence(config, posterior, kl_nats, n) / 2).sqrt()
        )

    kept.fit("DR17 optimize", posterior, dataset, config.optimize, objective, seed + 1, reporter)
    estimate = bound_of(posterior, dataset, config, seed=seed + 2, reporter=reporter)
    return DR17(start, center, posterior, estimate)


def network(inputs: int, hidden: int) -> nn.Sequential:
    """One hidden layer, one score, initialized as published: weights from a normal of 0.04 cut at two sigma."""
    built = nn.Sequential(nn.Flatten(), nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, 1))
    for linear, bias in zip(_linears(built), (0.1, 0.0), strict=True):
        nn.init.trunc_normal_(linear.weight, std=0.04, a=-0.08, b=0.08)
        nn.init.constant_(linear.bias, bias)
    return built


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
            "parameters": sum(layer.mean.numel() for layer in posterior.layers),
        },
    )


@torch.no_grad()
def least_on_grid(posterior: GaussianNetwork, config: DR17Config) -> tuple[int, float]:
    """The neighbouring place j on the grid that makes KL + 2 log j least, and the KL there, rounded up."""
    exact = copy.deepcopy(posterior).double()
    wanted = config.precision * (math.log(config.base) - float(exact.log_variance))
    candidates = []
    for place in {max(1, math.floor(wanted)), max(1, math.ceil(wanted))}:
        log_variance = torch.tensor(math.log(config.base) - place / config.precision, dtype=torch.double)
        kl_nats = max(0.0, float(exact.kl_nats(log_variance))) * (1 + 1e-9) + 1e-6
        candidates.append((kl_nats + 2 * math.log(place), place, kl_nats))
    return min(candidates)[1:]


def _divergence(config: DR17Config, posterior: GaussianNetwork, kl_nats: Tensor, n: int) -> Tensor:
    """B at the prior variance as it is, between the places of the grid."""
    place = config.precision * (math.log(config.base) - posterior.log_variance)
    union = math.log(math.pi**2 * n / (6 * config.delta)) + 2 * place.clamp(min=1.0).log()
    return (kl_nats.clamp(min=0.0) + union) / (n - 1)


def _logistic(scores: Tensor, labels: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(scores[:, 0], labels.to(scores))


def _linears(built: nn.Module) -> list[nn.Linear]:
    return [module for module in built.modules() if isinstance(module, nn.Linear)]


class _Kept:
    """Stages of a run with one checkpoint: what was finished, and how far the stage under way got."""

    def __init__(self, path: Path | None, identity: list[Any]) -> None:
        run = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        self.checkpoint = None if path is None else Checkpoint(path, run)
        self.state: dict[str, Any] = (self.checkpoint.load() if self.checkpoint else None) or {}

    def fit(
        self,
        name: str,
        model: nn.Module,
        dataset: Dataset[tuple[Tensor, int]],
        config: FitConfig,
        loss: Callable[[Tensor, Tensor], Tensor],
        seed: int,
        reporter: Reporter | None,
    ) -> None:
        """Train ``model``, from where an interrupted run left it."""

        def save(fit_state: Callable[[], dict[str, Any]]) -> None:
            if self.checkpoint is not None and self.checkpoint.due():
                self.checkpoint.save({**self.state, name: fit_state()})

        resume = self.state.get(name)
        if resume is None or resume["done"] < config.steps:
            weights, batches = AllParameters(model), Batches(dataset, config.batch_size, seed)
            fit(
                model,
                weights,
                batches,
                config,
                name=name,
                loss=loss,
                resume=resume,
                save=save,
                reporter=reporter,
            )
        else:
            model.load_state_dict(resume["model"])
            model.eval()
        finished = {"done": config.steps, "model": model.state_dict(), "weights": {}, "optimizer": {}}
        self.state = {**self.state, name: finished}
        if self.checkpoint is not None:
            self.checkpoint.save(self.state)
