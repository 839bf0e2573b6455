"""How stable a chain of layers is under noise: the quantities of `aro18`, measured on examples."""

import math
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn

from netrazor.baselines.chain import Chain, Layer

_NOISE = 0.1  # of the norm of x_i, as in the experiments of Arora et al.


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

    @property
    def complexity(self) -> float:
        """c^2 d^2 times the sum over layers."""
        terms = zip(self.cushions, self.interlayer, self.spread, self.overlap, strict=True)
        total = sum((beta * k / (mu * between)) ** 2 for mu, between, beta, k in terms)
        return float(self.contraction**2 * len(self.cushions) ** 2 * total)


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
        linear = self.linearized(self.x)
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

    def linearized(self, direction: Tensor) -> Tensor:
        """J_ij times ``direction``."""
        product: Tensor = torch.func.jvp(self, (self.x,), (direction,))[1]
        return product

    def smoothness(self, generator: torch.Generator) -> float:
        """rho_ij for Gaussian noise; M and its linearization differ where pieces change."""
        noise = torch.randn(self.x.shape, generator=generator)
        scale = _NOISE * _norms(self.x, constant=False) / _norms(noise, constant=False)
        moved = noise * scale.to(noise).view(-1, *[1] * (noise.ndim - 1))
        linear = self.linearized(moved)
        off = _norms(self(self.x + moved) - self.y - linear, constant=False)
        return float((_NOISE * _norms(self.y, constant=False) / off.clamp(min=1e-300)).min())
