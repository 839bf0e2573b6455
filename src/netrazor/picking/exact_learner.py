"""A network that learns in exact arithmetic: the same picks on every machine, with any number of threads.

Forward and backward passes are those of `FixedPointNetwork`. The loss is the squared hinge of each class against
the others, whose gradient is linear; the rate, the momentum and the averaging are made of powers of two; weights,
their velocities and averages are rounded to finer grids after each step. Random numbers are SplitMix64's.
"""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from netrazor.picking.exact_augmentation import ExactAugmentation, whole_numbers
from netrazor.picking.fixed_point import (
    GRADIENT_BITS,
    GRADIENT_LIMIT,
    WEIGHT_BITS,
    WEIGHT_LIMIT,
    FixedPointNetwork,
    first_weights,
    rounded,
)
from netrazor.picking.learner import Examples, Inputs, Labels, as_tensor
from netrazor.picking.torch_learner import PREDICTION_BATCH, answers
from netrazor.runtime import devices

_FINE_BITS = 28  # of weights, velocities and averages between steps
_VELOCITY_LIMIT = 2.0**14
_STREAMS = 4  # of random numbers: first weights, batches, changes of images


@dataclass(frozen=True, config={"extra": "forbid"})
class ExactTraining:
    """How the network learns; rates are given by the exponents of powers of two.

    Attributes:
        rate: weights move by 2^-rate times the velocity, for the mean gradient of a batch.
        friction: the velocity loses 2^-friction of itself in each step.
        averaging: the averaged weights, which predict, move by 2^-averaging of the way to the present ones.
        batch: examples in a step, as an exponent.
        steps: the least number of steps in a round.
        steps_per_pick: steps for each newly picked example.
    """

    rate: int = Field(default=6, ge=0, le=20)
    friction: int = Field(default=3, ge=0, le=8)
    averaging: int = Field(default=8, ge=0, le=12)
    batch: int = Field(default=6, ge=0, le=12)
    steps: int = Field(default=100, ge=1)
    steps_per_pick: int = Field(default=10, ge=0)


class ExactLearner:
    """Layers that `FixedPointNetwork` can compute, built by ``network``, learning as `ExactTraining` says.

    Inputs are images in [0, 1] in steps of 1/255, as netrazor's image data sets give them. ``device`` computes; the
    sums are exact there too, so that the picks are those of any other device.
    """

    exact = True  # a replay on any machine gives the same picks

    def __init__(
        self,
        network: Callable[[], nn.Sequential],
        training: ExactTraining | None = None,
        *,
        augmentation: ExactAugmentation | None = None,
        device: str = "cpu",
    ) -> None:
        self.network = network
        self.training = training or ExactTraining()
        self.augmentation = augmentation
        self._device = devices.chosen(device)
        self._seed = 0

    def start(self, seed: int) -> None:
        """See `Learner`."""
        self._seed, self._steps, self._checked = seed, 0, False
        self._model = FixedPointNetwork(self.network()).to(self._device)
        self._parameters = list(self._model.parameters())
        for index, parameter in enumerate(self._parameters):
            parameter.requires_grad_(False).copy_(self._first(parameter.shape, index))
        self._fine = [parameter.clone() for parameter in self._parameters]
        self._velocity = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._average = [parameter.clone() for parameter in self._parameters]

    @devices.full_float32()
    def learn(self, picked: Examples, newly: Examples) -> None:
        """See `Learner`.

        Raises:
            ConfigurationError: a layer has sums too long to be exact.
        """
        steps = max(self.training.steps, self.training.steps_per_pick * len(newly))
        images, labels = whole_pixels(picked.inputs), torch.from_numpy(picked.labels)
        if not self._checked:
            one = images[:1].to(self._device)
            self._model.check(one.expand(2**self.training.batch, *images.shape[1:]))
            self._checked = True
        self._hold(self._fine)
        for step, indices in enumerate(self._batches(len(picked), steps)):
            batch = images[indices]
            if self.augmentation is not None:
                batch = self.augmentation(batch, _stream(self._seed, 2, len(picked), step))
            self._step(batch.to(self._device) / 256, labels[indices].to(self._device))
        self._hold(self._average)

    @torch.no_grad()
    @devices.full_float32()
    def predict(self, inputs: Inputs) -> Labels:
        """See `Learner`; exact, so that neither the batch nor the machine matters."""
        parts = torch.split(whole_pixels(inputs) / 256, PREDICTION_BATCH)
        scores = [self._model(part.to(self._device)) for part in parts if len(part)]
        return answers(torch.cat(scores)) if scores else np.zeros(0, dtype=np.int64)

    def module(self) -> nn.Module:
        """The network that predicts."""
        return self._model

    def state(self) -> dict[str, Any]:
        """All that `load_state` needs to go on."""
        held = {"fine": self._fine, "velocity": self._velocity, "average": self._average}
        held = devices.moved(copy.deepcopy(held), self._device, devices.CPU)
        return {**held, "seed": self._seed, "steps": self._steps}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self.start(int(state["seed"]))
        self._steps = int(state["steps"])
        self._fine, self._velocity, self._average = (
            [tensor.clone().to(self._device) for tensor in state[name]]
            for name in ("fine", "velocity", "average")
        )
        self._hold(self._average)

    def _first(self, shape: torch.Size, index: int) -> Tensor:
        if len(shape) == 1:
            return torch.zeros(shape, dtype=torch.float64)
        draws = whole_numbers(_stream(self._seed, 0, index, 0), math.prod(shape)) >> np.uint64(32)
        return first_weights(shape, torch.from_numpy(draws.astype(np.float64) / 2**31 - 1))

    def _batches(self, number: int, steps: int) -> Iterator[Tensor]:
        """Batches that go through random orders of ``number`` examples, one order after the other."""
        size = 2**self.training.batch
        orders = -(-steps * size // number)
        draws = whole_numbers(_stream(self._seed, 1, number, 0), orders * number).reshape(orders, number)
        order = torch.from_numpy(draws.argsort(axis=1, kind="stable")).flatten()
        return iter(torch.split(order[: steps * size], size))

    def _step(self, images: Tensor, labels: Tensor) -> None:
        for parameter in self._parameters:
            parameter.requires_grad_(True)
        scores = self._model(images)
        gradients = torch.autograd.grad(
            scores, self._parameters, squared_hinge_gradient(scores.detach(), labels)
        )
        for parameter in self._parameters:
            parameter.requires_grad_(False)
        self._steps += 1
        rule, past = self.training, min(self.training.averaging, max(0, self._steps.bit_length() - 3))
        for fine, velocity, average, gradient in zip(
            self._fine, self._velocity, self._average, gradients, strict=True
        ):
            kept = velocity - velocity * 2.0**-rule.friction + gradient * 2.0**-rule.batch
            velocity.copy_(rounded(kept, _FINE_BITS, _VELOCITY_LIMIT))
            fine.copy_(rounded(fine - velocity * 2.0**-rule.rate, _FINE_BITS, WEIGHT_LIMIT))
            average.copy_(rounded(average + (fine - average) * 2.0**-past, _FINE_BITS, WEIGHT_LIMIT))
        self._hold(self._fine)

    def _hold(self, values: list[Tensor]) -> None:
        """Let the network compute with ``values``, rounded to the grid of weights."""
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(rounded(value, WEIGHT_BITS, WEIGHT_LIMIT))


def squared_hinge_gradient(scores: Tensor, labels: Tensor) -> Tensor:
    """Of half the sum over classes of max(0, 1 - sign * score)^2, sign 1 at the label and -1 elsewhere."""
    sign = torch.full_like(scores, -1.0)
    sign.scatter_(1, labels[:, None], 1.0)
    return rounded(-sign * (1 - sign * scores).clamp_(min=0), GRADIENT_BITS, GRADIENT_LIMIT)


def whole_pixels(inputs: Inputs) -> Tensor:
    """Pixels 0 .. 255 as float64."""
    return as_tensor(inputs).double().mul(255).round_()


def _stream(seed: int, kind: int, picked: int, step: int) -> int:
    """The name of one stream of random numbers."""
    return ((seed * _STREAMS + kind + 1) * 2**20 + picked) * 2**20 % 2**62 + step
