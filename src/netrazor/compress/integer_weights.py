"""Weights that are small integers, trained to have a short code.

The network computes with rounded weights, and gradients are passed to the latent ones unchanged (straight-through
estimator, Bengio, Leonard and Courville 2013). The loss has a second term, price x bits: the code length of a latent
weight is interpolated between those of the two integers next to it, under a code that follows the counts of its
tensor. The price is adjusted so that all tensors together come to a target length; or it stays as it is, and what is
worth least for its bits is hidden until the target is met (`netrazor.compress.bit_removal`).
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

from netrazor.compress.bit_removal import BitRemoval
from netrazor.compress.integer_units import choose_center, choose_unit
from netrazor.compress.order_zero import order_zero_bits, slope_of_bits
from netrazor.train.soft_targets import cross_entropy, expected_hits

_ADJUSTMENT = 0.3  # power of (bits / goal) by which the price is multiplied
_ADJUSTMENT_LIMIT = 1.3  # the largest such factor


@dataclass(frozen=True, config={"extra": "forbid"})
class IntegerConfig:
    """Which integers, and how their code becomes short.

    Attributes:
        limit: largest magnitude of weights.
        bias_limit: largest magnitude of biases.
        target_bits: of all tensors together, under an adaptive code.
        start: "random"; "given": from the weights as they are, each tensor with a step of its own; "network": the
            same, but tensors of zeros stay so, a vector of like values (the scales of a norm) is what it adds to one
            of them, and the scores start at the scale that fits the labels best.
        control: what brings the bits down to the target: their "price", or the "removal" of what is worth least.
        spread: standard deviation of the weights at a random start.
        rise: shares of the training steps between which the goal falls from the initial bits to the target.
        freeze: share of the training steps after which zeros stay zero and the price is halved.
        settle: share of the training steps after which cross-entropy is replaced by a multiple of the mean
            probability of a wrong answer, which is closer to the errors that the bound counts; 1: never.
        price: initial price of a bit, in nats of the loss.
        every: training steps between updates of code lengths and price.
        zeros: share of zeros that the code of a tensor assumes, at least. Without it a tensor whose values are all
            alike is short too, and training ends there.
    """

    limit: int = Field(default=3, ge=1, le=127)
    bias_limit: int = Field(default=7, ge=1, le=127)
    target_bits: float = Field(default=2100.0, gt=0)
    start: Literal["random", "given", "network"] = "random"
    control: Literal["price", "removal"] = "price"
    spread: float = Field(default=0.6, gt=0)
    rise: tuple[float, float] = (0.05, 0.5)
    freeze: float = Field(default=0.65, ge=0, le=1)
    settle: float = Field(default=0.8, ge=0, le=1)
    price: float = Field(default=1e-5, gt=0)
    every: int = Field(default=20, ge=1)
    zeros: float = Field(default=0.8, ge=0, lt=1)


class IntegerWeights:
    """All parameters of a network as integers times a step; the network computes with the rounded ones.

    A tensor that starts at random has step 1. A given one has a power of two, whose multiples take no more bits of
    the message than integers do. Training scales the scores by a factor that is trained too and then dropped, since
    it changes no answer.

    Args:
        model: trained in place.
        config: which integers.
        steps: of training.
    """

    def __init__(self, model: nn.Module, config: IntegerConfig, steps: int) -> None:
        self.is_network = config.start == "network"
        trained = ((name, p) for name, p in model.named_parameters() if p.requires_grad)
        self.named = {name: p for name, p in trained if not self.is_network or bool(p.any())}
        self.config, self.steps, self.done = config, max(1, steps), 0
        self.device = next((p.device for p in self.named.values()), torch.device("cpu"))
        self.scale = torch.tensor(math.nan, device=self.device, requires_grad=True)
        self.price, self.initial_bits = config.price, 0.0
        self.support: dict[str, Tensor] = {}
        self.step_sizes, self.centers = dict.fromkeys(self.named, 1.0), dict.fromkeys(self.named, 0.0)
        self.removal = BitRemoval(self.step_sizes) if config.control == "removal" else None
        with torch.no_grad():
            for name, parameter in self.named.items():
                if config.start != "random":
                    self.centers[name] = choose_center(parameter) if self.is_network else 0.0
                    self.step_sizes[name] = choose_unit(parameter, self.centers[name], self.get_limit(name))
                    parameter.sub_(self.centers[name]).div_(self.step_sizes[name])
                    continue
                # Drawn on the CPU, so that training starts alike on every device.
                start = torch.empty_like(parameter, device="cpu")
                parameter.copy_(start.normal_(std=config.spread) if parameter.ndim > 1 else start.zero_())
        self._update_slopes()

    def get_limit(self, name: str) -> int:
        """Largest magnitude of a tensor."""
        return self.config.limit if self.named[name].ndim > 1 else self.config.bias_limit

    def parameters(self) -> list[Tensor]:
        """The latent tensors and the scale of the scores."""
        return [*self.named.values(), self.scale]

    def loss(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy of the scaled scores; after ``settle``, 4 times the mean probability of a wrong answer.

        ``labels``: classes, or a teacher's probabilities (`netrazor.train.SoftTargets`).
        """
        if bool(self.scale.isnan()):
            with torch.no_grad():
                self.scale.copy_(self._choose_scale(scores.detach(), labels))
        scaled = scores * self.scale.exp()
        if self.done >= self.config.settle * self.steps:
            return 4 * (1 - expected_hits(F.softmax(scaled, 1), labels).mean())
        return cross_entropy(scaled, labels)

    def _choose_scale(self, scores: Tensor, labels: Tensor) -> Tensor:
        """The logarithm of what makes the scores as large as one, or fit the labels best."""
        if not self.is_network:
            return -torch.log(scores.std() + 1e-6)
        tried = torch.linspace(-5, 5, 41, device=scores.device)
        return tried[torch.stack([cross_entropy(scores * scale.exp(), labels) for scale in tried]).argmin()]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the network holds multiples of the steps; at its end gradients get those of price x bits."""
        latent = {name: p.data for name, p in self.named.items()}
        for name, parameter in self.named.items():
            parameter.data = self._compute_weights(name, latent[name])
        try:
            yield
        finally:
            price = self._read_price()
            for name, parameter in self.named.items():
                parameter.data = latent[name]
                if parameter.grad is None:
                    continue
                if self.removal is not None:
                    self.removal.watch(name, parameter.grad)
                parameter.grad.mul_(self.step_sizes[name])
                if price > 0:
                    parameter.grad.add_(self._compute_bit_slopes(name, parameter.data), alpha=price)

    def round(self, name: str, latent: Tensor) -> Tensor:
        """The integers nearest to the latent values of a tensor, without minus zeros; zero where they are hidden."""
        whole = self._round_all(name, latent)
        kept = None if self.removal is None else self.removal.masks.get(name)
        return whole if kept is None else whole.masked_fill(~kept, 0.0)

    def _round_all(self, name: str, latent: Tensor) -> Tensor:
        limit = self.get_limit(name)
        return latent.round().clamp(-limit, limit) + 0.0

    def _compute_weights(self, name: str, latent: Tensor) -> Tensor:
        """What the network computes with, in the layout of the latent values: others make convolutions slow."""
        weights = torch.mul(self.round(name, latent), self.step_sizes[name], out=torch.empty_like(latent))
        return weights.add_(self.centers[name])

    @torch.no_grad()
    def step(self) -> None:
        """Keep tensors in range and frozen zeros at zero; every few steps update code lengths and price."""
        self.done += 1
        if not self.support and self.done >= self.config.freeze * self.steps:
            self.support = {name: self.round(name, p) != 0 for name, p in self.named.items()}
        for name, parameter in self.named.items():
            parameter.clamp_(-self.get_limit(name) - 0.4, self.get_limit(name) + 0.4)
            if self.support:
                self.support[name] &= self.round(name, parameter) != 0
                parameter.mul_(self.support[name])
        if self.done % self.config.every == 0:
            self._update_slopes()
            self._approach_target()

    @torch.no_grad()
    def finish(self) -> None:
        """The network's parameters become multiples of their steps."""
        for name, parameter in self.named.items():
            parameter.copy_(self._compute_weights(name, parameter))

    def estimate_bits(self) -> float:
        """Bits of the integers, each tensor under an adaptive code."""
        return sum(order_zero_bits(self._count_values(name)) for name in self.named)

    def _count_values(self, name: str) -> np.ndarray:
        """How often each number occurs, zero first."""
        limit = self.get_limit(name)
        numbers = self.round(name, self.named[name].detach()).long().flatten() + limit
        counts = np.bincount(numbers.cpu().numpy(), minlength=2 * limit + 1)
        return np.concatenate([counts[limit : limit + 1], np.delete(counts, limit)])

    def _update_slopes(self) -> None:
        """Slopes of the code length between neighbouring integers, from -limit to limit."""
        self.slopes = {}
        for name in self.named:
            counts = np.insert(
                self._count_values(name)[1:], self.get_limit(name), self._count_values(name)[0]
            )
            slopes = torch.from_numpy(slope_of_bits(counts, self.config.zeros)).float()
            self.slopes[name] = slopes.to(self.device)

    def _compute_bit_slopes(self, name: str, latent: Tensor) -> Tensor:
        """Slope of the code length at each latent weight."""
        limit = self.get_limit(name)
        return self.slopes[name][(latent.clamp(-limit, limit - 1e-4).floor() + limit).long()]

    def _read_price(self) -> float:
        """0 before the rise; half of it once zeros are frozen."""
        if self.done < self.config.rise[0] * self.steps:
            return 0.0
        return self.price / 2 if self.support else self.price

    def _approach_target(self) -> None:
        """Raise the price where the bits are above the goal of this step, lower it where they are below; or hide."""
        start, end = (share * self.steps for share in self.config.rise)
        if self.done < start or self.support:
            return
        whole = {name: self._round_all(name, p.detach()) for name, p in self.named.items()}
        bits = self.estimate_bits() if self.removal is None else self.removal.estimate_bits(whole)
        self.initial_bits = self.initial_bits or bits
        progress = min(1.0, (self.done - start) / max(1.0, end - start))
        goal = self.initial_bits * (self.config.target_bits / self.initial_bits) ** progress
        if self.removal is not None:
            self.removal.keep(whole, goal)
        else:
            self.price *= min(_ADJUSTMENT_LIMIT, max(1 / _ADJUSTMENT_LIMIT, (bits / goal) ** _ADJUSTMENT))

    def state_dict(self) -> dict[str, Any]:
        """Steps done, scale, price, slopes and frozen zeros."""
        return {
            "done": self.done,
            "scale": self.scale.detach().clone(),
            "price": self.price,
            "initial_bits": self.initial_bits,
            "slopes": self.slopes,
            "support": self.support,
            "removal": None if self.removal is None else self.removal.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done, self.price, self.initial_bits = state["done"], state["price"], state["initial_bits"]
        self.slopes, self.support = dict(state["slopes"]), dict(state["support"])
        if self.removal is not None:
            self.removal.load_state_dict(state["removal"])
        with torch.no_grad():
            self.scale.copy_(state["scale"])
