"""Weights that are small whole numbers, trained to be few: rounding, a price on bits, and the bound's own terms.

The network computes with rounded weights, and gradients pass the rounding as if it were not there (Bengio, Leonard
and Courville 2013). A weight between two whole numbers costs, in between, what these two do under a code whose
table follows the counts of its tensor; the price of a bit is steered so that the whole comes to a target length.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.compress.order_zero import order_zero_bits

_SMOOTHING = 0.3  # added to counts
_STEER = 0.3  # power of (bits / goal) by which the price moves at a renewal
_STEP_LIMIT = 1.3  # and at most this factor
_MOST = 0.95  # of the weights given are in reach of the largest whole number


@dataclass(frozen=True, config={"extra": "forbid"})
class IntegerConfig:
    """Which whole numbers, and how they become few.

    Attributes:
        limit: largest magnitude of weights.
        bias_limit: largest magnitude of biases.
        target_bits: what all tensors together come to under an adaptive code.
        start: "random", or "given": from the weights as they are, each tensor in a unit of its own.
        spread: standard deviation of the weights at a random start.
        rise: shares of the steps between which the goal falls from all bits to the target.
        freeze: share of the steps after which zeros stay and the price is halved.
        settle: share of the steps after which the loss is a multiple of the mean probability of wrong answers,
            which is close to the errors that the bound counts, in place of cross-entropy; 1: never.
        price: of a bit at first, in nats of the loss.
        every: steps between renewals of tables and price.
        zeros: share of zeros that the code of a tensor takes for granted. Without it, a tensor whose values are
            all alike is cheap too, and training ends there.
    """

    limit: int = Field(default=3, ge=1, le=127)
    bias_limit: int = Field(default=7, ge=1, le=127)
    target_bits: float = Field(default=2100.0, gt=0)
    start: Literal["random", "given"] = "random"
    spread: float = Field(default=0.6, gt=0)
    rise: tuple[float, float] = (0.05, 0.5)
    freeze: float = Field(default=0.65, ge=0, le=1)
    settle: float = Field(default=0.8, ge=0, le=1)
    price: float = Field(default=1e-5, gt=0)
    every: int = Field(default=20, ge=1)
    zeros: float = Field(default=0.8, ge=0, lt=1)


class IntegerWeights:
    """All parameters of a network as whole numbers, times a unit; the network computes with the rounded ones.

    A tensor drawn anew is in units of one. A given one is in units of a power of two, whose multiples cost the
    message no more than whole numbers do. The scores are scaled by a factor that is trained along and forgotten:
    it changes no answer.
    """

    def __init__(self, model: nn.Module, config: IntegerConfig, steps: int) -> None:
        self.named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.config, self.steps, self.done = config, max(1, steps), 0
        self.device = next((p.device for p in self.named.values()), torch.device("cpu"))
        self.scale = torch.tensor(math.nan, device=self.device, requires_grad=True)
        self.price, self.first_bits = config.price, 0.0
        self.support: dict[str, Tensor] = {}
        self.units = dict.fromkeys(self.named, 1.0)
        with torch.no_grad():
            for name, parameter in self.named.items():
                if config.start == "given":
                    self.units[name] = unit_for(parameter, self.limit(name))
                    parameter.div_(self.units[name])
                    continue
                # Drawn on the CPU, so that training starts alike on every device.
                start = torch.empty_like(parameter, device="cpu")
                parameter.copy_(start.normal_(std=config.spread) if parameter.ndim > 1 else start.zero_())
        self._renew_tables()

    def limit(self, name: str) -> int:
        """Largest magnitude of a tensor."""
        return self.config.limit if self.named[name].ndim > 1 else self.config.bias_limit

    def parameters(self) -> list[Tensor]:
        """The unrounded tensors and the scale of the scores."""
        return [*self.named.values(), self.scale]

    def loss(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of the scaled scores; towards the end the probability of a wrong answer."""
        if bool(self.scale.isnan()):
            with torch.no_grad():
                self.scale.copy_(-torch.log(scores.std() + 1e-6))
        scaled = scores * self.scale.exp()
        if self.done >= self.config.settle * self.steps:
            return 4 * (1 - F.softmax(scaled, 1).gather(1, labels[:, None]).mean())
        return F.cross_entropy(scaled, labels)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the network holds whole numbers of units; leaving it adds the price of bits to the gradients."""
        latent = {name: p.data for name, p in self.named.items()}
        for name, parameter in self.named.items():
            parameter.data = self.rounded(name, latent[name]) * self.units[name]
        try:
            yield
        finally:
            price = self._price_now()
            for name, parameter in self.named.items():
                parameter.data = latent[name]
                if parameter.grad is not None:
                    parameter.grad.mul_(self.units[name])
                if parameter.grad is not None and price > 0:
                    parameter.grad.add_(self._bits_slope(name, parameter.data), alpha=price)

    def rounded(self, name: str, latent: Tensor) -> Tensor:
        """The whole numbers behind a tensor, without minus zeros."""
        limit = self.limit(name)
        return latent.round().clamp(-limit, limit) + 0.0

    @torch.no_grad()
    def step(self) -> None:
        """Keep the tensors in range and off frozen zeros; now and then renew tables and price."""
        self.done += 1
        if not self.support and self.done >= self.config.freeze * self.steps:
            self.support = {name: self.rounded(name, p) != 0 for name, p in self.named.items()}
        for name, parameter in self.named.items():
            parameter.clamp_(-self.limit(name) - 0.4, self.limit(name) + 0.4)
            if self.support:
                self.support[name] &= self.rounded(name, parameter) != 0
                parameter.mul_(self.support[name])
        if self.done % self.config.every == 0:
            self._renew_tables()
            self._steer()

    @torch.no_grad()
    def finish(self) -> None:
        """The network's parameters become whole numbers of units."""
        for name, parameter in self.named.items():
            parameter.copy_(self.rounded(name, parameter) * self.units[name])

    def code_bits(self) -> float:
        """What the whole numbers come to, each tensor under an adaptive code."""
        return sum(order_zero_bits(self._counts(name)) for name in self.named)

    def _counts(self, name: str) -> np.ndarray:
        """How often each number occurs, zero first."""
        limit = self.limit(name)
        numbers = self.rounded(name, self.named[name].detach()).long().flatten() + limit
        counts = np.bincount(numbers.cpu().numpy(), minlength=2 * limit + 1)
        return np.concatenate([counts[limit : limit + 1], np.delete(counts, limit)])

    def _renew_tables(self) -> None:
        """Slopes of the code length between neighbours from -limit to limit, alike for both signs.

        A rare number between zero and a frequent one must not be a hill that holds weights up there: on the way
        to zero every step saves something.
        """
        self.slopes = {}
        for name in self.named:
            limit = self.limit(name)
            counts = np.insert(self._counts(name)[1:].astype(float), limit, self._counts(name)[0])
            counts = (counts + counts[::-1]) / 2 + _SMOOTHING
            others = counts.sum() - counts[limit]
            counts[limit] = max(counts[limit], others * self.config.zeros / (1 - self.config.zeros))
            bits = -np.log2(counts / counts.sum())[limit:]
            bits = np.minimum.accumulate(bits[::-1])[::-1]  # a number costs no more than those beyond it
            least = (bits[1] - bits[0]) / (2 * limit)
            outward = np.maximum(np.diff(bits), least)
            slopes = torch.from_numpy(np.concatenate([-outward[::-1], outward])).float()
            self.slopes[name] = slopes.to(self.device)

    def _bits_slope(self, name: str, latent: Tensor) -> Tensor:
        """Slope of the code length where each weight is."""
        limit = self.limit(name)
        return self.slopes[name][(latent.clamp(-limit, limit - 1e-4).floor() + limit).long()]

    def _price_now(self) -> float:
        if self.done < self.config.rise[0] * self.steps:
            return 0.0
        return self.price / 2 if self.support else self.price

    def _steer(self) -> None:
        """Raise the price where the bits are above the goal of this moment, lower it where they are below."""
        start, end = (share * self.steps for share in self.config.rise)
        if self.done < start or self.support:
            return
        bits = self.code_bits()
        self.first_bits = self.first_bits or bits
        progress = min(1.0, (self.done - start) / max(1.0, end - start))
        goal = self.first_bits * (self.config.target_bits / self.first_bits) ** progress
        self.price *= min(_STEP_LIMIT, max(1 / _STEP_LIMIT, (bits / goal) ** _STEER))

    def state_dict(self) -> dict[str, Any]:
        """Steps done, scale, price, slopes and frozen zeros."""
        return {
            "done": self.done,
            "scale": self.scale.detach().clone(),
            "price": self.price,
            "first_bits": self.first_bits,
            "slopes": self.slopes,
            "support": self.support,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done, self.price, self.first_bits = state["done"], state["price"], state["first_bits"]
        self.slopes, self.support = dict(state["slopes"]), dict(state["support"])
        with torch.no_grad():
            self.scale.copy_(state["scale"])


def unit_for(weights: Tensor, limit: int) -> float:
    """A power of two: one for whole numbers up to ``limit``, or what brings most weights to at most ``limit``."""
    sizes = weights[weights != 0].abs().cpu().numpy()
    if sizes.size == 0:
        return 1.0
    finest = 2.0 ** math.ceil(math.log2(sizes.max() / limit))  # with all in reach
    if not (sizes % finest).any():
        return max(1.0, finest) if not (sizes % 1).any() else finest
    reach = float(np.quantile(sizes, _MOST if weights.ndim > 1 else 1.0))
    return float(2.0 ** round(math.log2(reach / limit)))
