"""What the searches for short networks minimize, and what they have in common."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.runtime import devices
from netrazor.runtime.reporting import Reporter, Silent
from netrazor.units import LOG_2

_HALVINGS = 50


@dataclass(frozen=True)
class SearchContext:
    """What a search looks at, and the certificate that it searches for.

    Attributes:
        dataset: the entire training set.
        delta: failure probability of the bound that the certificate will state.
        seed: of everything random in the search.
        device: where scores are computed, for searches that place networks themselves.
        reporter: told of the progress.
    """

    dataset: Dataset[tuple[Tensor, int]]
    delta: float = 0.05
    seed: int = 0
    device: torch.device = devices.CPU
    reporter: Reporter = field(default_factory=Silent)

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.dataset)  # type: ignore[arg-type]

    def approximate_bound(self, risk: float, bits: float) -> float:
        """`approximate_bound` for the examples and the failure probability of this search."""
        return approximate_bound(risk, bits, self.n, self.delta)


def approximate_bound(risk: float, bits: float, n: int, delta: float) -> float:
    """The kl bound (Maurer 2004) at ``risk`` and ``bits``, by bisection; where it is vacuous, a number above 1.

    Above 1 it is 1 + risk + sqrt(KL / 2n), which still tells which of two candidates is better. An objective for
    searches only: a certificate computes its bound with `netrazor.bounds`, which rounds outward.
    """
    risk = min(1.0, max(0.0, risk))
    kl_nats = bits * LOG_2
    allowed = (kl_nats + math.log(2 * math.sqrt(n) / delta)) / n
    low, high = risk, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _kl(risk, middle) <= allowed else (low, middle)
    return low if high < 1 else 1 + risk + math.sqrt(kl_nats / (2 * n))


def _kl(q: float, p: float) -> float:
    """Divergence of a Bernoulli distribution of mean ``q`` from one of mean ``p``; both in [0, 1]."""
    if p >= 1:
        return math.inf
    ones = q * math.log(q / p) if q > 0 else 0.0
    return ones + ((1 - q) * math.log((1 - q) / (1 - p)) if q < 1 else 0.0)
