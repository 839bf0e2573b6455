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
from dataclasses import dataclass, field
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting import in_order
from netrazor.reproduction.baselines.chain import Chain, Layer, chain_of
from netrazor.reproduction.baselines.estimate import Estimate, Kind
from netrazor.reproduction.baselines.margins import Scores, scores_on
from netrazor.runtime import Reporter

REFERENCE = "Arora, Ge, Neyshabur, Zhang 2018, Theorems 4.1 and 5.1"
STRUCTURE = "Compressibility (from perturbation robustness)"
_NOISE = 0.1  # of the norm of x_i, as in their experiments


@dataclass
class Stability:
    """The measured quantities; lists have an entry for each affine map.

    Attributes:
        cushions: mu_i.
        interlayer: mu_i->.
        spread: beta_i, 1 for linear maps.
        overlap: ceil(kernel / stride), 1 for linear maps.
        contraction: c.
        smoothness: rho, infinite where the chain is linear between all pairs.
        examples: how many were measured.
    """

    cushions: list[float]
    interlayer: list[float]
    spread: list[float]
    overlap: list[int]
    contraction: float = 1.0
    smoothness: float = math.inf
    examples: int = 0
    pairs: dict[str, float] = field(default_factory=dict)

    @property
    def complexity(self) -> float:
        """c^2 d^2 times the sum over layers."""
        terms = zip(self.cushions, self.interlayer, self.spread, self.overlap, strict=True)
        total = sum((beta * k / (mu * between)) ** 2 for mu, between, beta, k in terms)
        return float(self.contraction**2 * len(self.cushions) ** 2 * total)


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


@torch.no_grad()
def stability(chain: Chain, inputs: Tensor, probes: int, generator: torch.Generator) -> Stability:
    """Measure the chain on ``inputs``."""
    entering, leaving = _forward(chain, inputs)
    found = Stability(
        cushions=[_cushion(layer, x, y) for layer, x, y in zip(chain.layers, entering, leaving, strict=True)],
        interlayer=[1 / math.sqrt(layer.output_shape[0]) for layer in chain.layers],
        spread=[1.0] * len(chain.layers),
        overlap=[_overlap(layer) for layer in chain.layers],
        examples=len(inputs),
    )
    for layer, y in zip(chain.layers[:-1], leaving, strict=False):
        ratio = _norms(y, constant=True) / _norms(layer.activated(y), constant=True)
        found.contraction = max(found.contraction, float(ratio.max()))
    for i, j in combinations(range(len(chain.layers)), 2):
        pair = _Between(chain.layers[i : j + 1], leaving[i], leaving[j], last=j == len(chain.layers) - 1)
        cushion, spread = pair.cushion_and_spread(probes, generator)
        found.interlayer[i] = min(found.interlayer[i], cushion)
        found.spread[i] = max(found.spread[i], spread)
        found.smoothness = min(found.smoothness, pair.smoothness(generator))
    return found


def _forward(chain: Chain, inputs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """What each affine map takes and gives."""
    entering, leaving, x = [], [], chain.prepared(inputs)
    for layer in chain.layers:
        entering.append(x)
        leaving.append(layer.affine(x))
        x = layer.activated(leaving[-1])
    return entering, leaving


def _norms(x: Tensor, *, constant: bool) -> Tensor:
    """Norm of each example, with the constant entry 1 beside it."""
    return (x.double().flatten(1).square().sum(1) + float(constant)).sqrt()


def _cushion(layer: Layer, x: Tensor, y: Tensor) -> float:
    bias = layer.affine.bias
    entries = layer.affine.weight.square().sum() + (0.0 if bias is None else bias.square().sum())
    return float((_norms(y, constant=False) / (entries.double().sqrt() * _norms(x, constant=True))).min())


def _overlap(layer: Layer) -> int:
    if isinstance(layer.affine, nn.Linear):
        return 1
    return max(math.ceil(k / s) for k, s in zip(layer.affine.kernel_size, layer.affine.stride, strict=True))


@dataclass(frozen=True)
class _Between:
    """The network M from the output x_i of one layer to the output x_j of a later one."""

    layers: list[Layer]
    x: Tensor
    y: Tensor
    last: bool

    def __call__(self, x: Tensor) -> Tensor:
        for before, layer in zip(self.layers, self.layers[1:], strict=False):
            x = layer.affine(before.activated(x))
        return x

    def cushion_and_spread(self, probes: int, generator: torch.Generator) -> tuple[float, float]:
        """mu_ij and beta_ij. J has a column for the constant entry, x_j - J x_i, as M is affine around x_i."""
        at_positions = torch.zeros(len(self.x), math.prod(self.x.shape[2:]), dtype=torch.double)
        for _ in range(probes):  # E ||J^T v||^2 = ||J||_F^2 for independent signs v
            signs = torch.randint(0, 2, self.y.shape, generator=generator).mul_(2).sub_(1).to(self.y)
            back = torch.func.vjp(self, self.x)[1](signs)[0].double()
            at_positions += (
                back.flatten(2).square().sum(1) if back.ndim > 2 else back.square().sum(1, keepdim=True)
            )
        at_positions /= probes
        _, linear = torch.func.jvp(self, (self.x,), (self.x,))
        column = (self.y - linear).double().flatten(1).square().sum(1)
        whole = at_positions.sum(1) + column + (0.0 if self.last else 1.0)
        positions = at_positions.shape[1]
        cushion = (
            math.sqrt(positions)
            * _norms(self.y, constant=not self.last)
            / (whole.sqrt() * _norms(self.x, constant=True))
        )
        spread = (positions * at_positions.amax(1) / at_positions.sum(1).clamp(min=1e-300)).sqrt()
        return float(cushion.min()), float(spread.max())

    def smoothness(self, generator: torch.Generator) -> float:
        """rho_ij for Gaussian noise; M and its linearization differ where pieces change."""
        noise = torch.randn(self.x.shape, generator=generator)
        scale = _NOISE * _norms(self.x, constant=False) / _norms(noise, constant=False)
        moved = noise * scale.to(noise).view(-1, *[1] * (noise.ndim - 1))
        _, linear = torch.func.jvp(self, (self.x,), (moved,))
        off = _norms(self(self.x + moved) - self.y - linear, constant=False)
        return float((_NOISE * _norms(self.y, constant=False) / off.clamp(min=1e-300)).min())


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
