"""DR17: a PAC-Bayes bound, optimized over normal posteriors from where SGD ended.

Dziugaite and Roy, "Computing nonvacuous generalization bounds for deep (stochastic) neural networks with many more
parameters than training data" (2017). Two classes, labels 0 and 1, one score. The prior is Normal(w_0, lambda I)
around the random initialization w_0, its variance on the grid lambda = base exp(-j / precision), j = 1, 2, ...,
with 6 / (pi^2 j^2) of delta for the j-th. The posterior is Normal(w, diag(s)). Minimized is

    logistic loss / log 2 + sqrt(B / 2),    B = (KL + log(pi^2 m / (6 delta)) + 2 log j) / (m - 1),

with lambda free in between; then lambda is rounded to the grid both ways, the noisy risk is estimated with fresh
noise, and the bound is kl^-1( kl^-1(estimate, log(2 / delta') / draws), B ).
"""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.baselines.dr17_bound import DR17Config, bound_of, divergence
from netrazor.baselines.estimate import Estimate
from netrazor.baselines.gaussian import GaussianNetwork
from netrazor.baselines.resumable_fits import ResumableFits
from netrazor.counting import in_order
from netrazor.errors import BadDataset
from netrazor.runtime import Reporter


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
    identity = [repr(config), seed, n, inputs.sum().item(), labels.tolist()]
    stages = ResumableFits(dataset, checkpoint, identity, reporter)
    stages.fit("DR17 start", start, config.start, _logistic, seed)
    posterior = GaussianNetwork(_linears(start), _linears(center), config.log_variance)

    def objective(scores: Tensor, labels: Tensor) -> Tensor:
        return _logistic(scores, labels) / math.log(2) + (divergence(posterior, config, n) / 2).sqrt()

    stages.fit("DR17 optimize", posterior, config.optimize, objective, seed + 1)
    estimate = bound_of(posterior, dataset, config, seed=seed + 2, reporter=reporter)
    return DR17(start, center, posterior, estimate)


def network(inputs: int, hidden: int) -> nn.Sequential:
    """One hidden layer, one score, initialized as published: weights from a normal of 0.04 cut at two sigma."""
    built = nn.Sequential(nn.Flatten(), nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, 1))
    for linear, bias in zip(_linears(built), (0.1, 0.0), strict=True):
        nn.init.trunc_normal_(linear.weight, std=0.04, a=-0.08, b=0.08)
        nn.init.constant_(linear.bias, bias)
    return built


def _logistic(scores: Tensor, labels: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(scores[:, 0], labels.to(scores))


def _linears(built: nn.Module) -> list[nn.Linear]:
    return [module for module in built.modules() if isinstance(module, nn.Linear)]
