"""Aro+18: compression through noise stability, measured; its bound in order only.

Arora, Ge, Neyshabur and Zhang, "Stronger generalization bounds for deep nets via a compression approach" (2018).
With A_i the affine maps, x_i = A_i phi(x_{i-1}) their outputs, phi what follows them, J_ij the Jacobian of the
network from x_i to x_j, over the examples x measured:

- layer cushion mu_i, the largest with mu_i ||A_i||_F ||phi(x_{i-1})|| <= ||A_i phi(x_{i-1})||;
- interlayer cushion mu_ij, the largest with mu_ij ||J_ij||_F ||x_i|| <= ||J_ij x_i||, and mu_i-> the smallest of
  mu_ij over j >= i, where mu_ii = 1 / sqrt(width of x_i);
- activation contraction c, the smallest with ||x_i|| <= c ||phi(x_i)||;
- interlayer smoothness rho, the largest with ||M_ij(x_i + noise) - J_ij (x_i + noise)|| <=
  ||noise|| ||x_j|| / (rho ||x_i||); Theorem 4.1 asks for rho >= 3 d.

For convolutions (their section 5) A_i is the kernel, ||J_ij||_F is divided by the square root of the number of
positions of x_i, mu_ii = 1 / sqrt(channels), and factors beta, for how unevenly J_ij depends on the positions, and
ceil(kernel / stride) join in. The bound of Theorems 4.1 and 5.1 is on the *compressed* network:

    Lhat_gamma + O~( sqrt( c^2 d^2 max ||f(x)||^2 sum_i (beta_i ceil(k_i / s_i) / (mu_i mu_i->))^2 / (gamma^2 m) ) ).

The constant and the logarithms are not published; with all of them 1 this is an order and claims nothing. Biases
are columns beside the maps, as in `norms`. Cushions are minima over the examples measured, so fewer flatter it.
"""

import math

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.baselines.chain import chain_of
from netrazor.baselines.estimate import Estimate, Kind
from netrazor.baselines.margins import Scores, scores_on
from netrazor.baselines.stability import stability
from netrazor.counting import in_order
from netrazor.runtime import Reporter

REFERENCE = "Arora, Ge, Neyshabur, Zhang 2018, Theorems 4.1 and 5.1"
STRUCTURE = "Compressibility (from perturbation robustness)"


def noise_stability(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    examples: int = 256,
    probes: int = 16,
    seed: int = 0,
    scores: Scores | None = None,
    reporter: Reporter | None = None,
) -> Estimate:
    """The order of the bound for ``model``: measured cushions, constants 1.

    Args:
        model: a chain of affine maps, ReLU and max-pooling.
        dataset: the training set.
        examples: its first ones, on which cushions are measured; margins are taken on all.
        probes: random projections that estimate ||J||_F.
        seed: of the probes and the noise.
        scores: of the model on the data set, where they are known already.
        reporter: told of the progress.

    Raises:
        UnsupportedModel: no such chain.
    """
    inputs = next(in_order(dataset, examples))[0]
    chain = chain_of(model, inputs[:2])
    found = stability(chain, inputs, probes, torch.Generator().manual_seed(seed))
    scores = scores or scores_on(model, dataset, reporter)
    m = len(scores.margins)

    def at(gamma: float) -> float:
        return scores.margin_loss(gamma) + scores.largest_norm / gamma * math.sqrt(found.complexity / m)

    gamma = scores.least_over_gamma(at)
    return Estimate(
        method="Aro+18",
        structure=STRUCTURE,
        reference=REFERENCE,
        kind=Kind.ORDER,
        value=at(gamma),
        delta=1.0,
        classes=scores.classes,
        assumptions=(
            "constants and logarithms are unpublished and set to 1: an order, not a bound",
            "it would bound the compressed network, not this one",
            f"cushions are the least over {found.examples} examples, not over all",
        ),
        figures={
            "gamma": gamma,
            "margin loss at gamma": scores.margin_loss(gamma),
            "layer cushions": _listed(found.cushions),
            "interlayer cushions": _listed(found.interlayer),
            "activation contraction": found.contraction,
            "interlayer smoothness": "infinite" if math.isinf(found.smoothness) else found.smoothness,
            "smoothness that the theorem asks for": 3 * len(found.cushions),
            "beta": _listed(found.spread),
        },
    )


def noise_stability_floor(depth: int, channels: int, m: int, classes: int) -> Estimate:
    """The least that the order can be for any weights of ``depth`` layers with ``channels`` outputs in all.

    mu_i <= ceil(k/s), mu_i-> <= mu_ii = 1 / sqrt(channels of x_i), c >= 1, beta >= 1, gamma <= sqrt(2) max ||f||.
    """
    return Estimate(
        method="Aro+18",
        structure=STRUCTURE,
        reference=REFERENCE,
        kind=Kind.FLOOR,
        value=depth * math.sqrt(channels / (2 * m)),
        delta=1.0,
        classes=classes,
        assumptions=(
            "depth and channels only: it holds for whatever weights",
            "constants set to 1: an order",
        ),
        figures={"depth": depth, "channels": channels},
    )


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
