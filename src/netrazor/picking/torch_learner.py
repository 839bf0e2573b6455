"""A network as a learner: warm starts, steps in proportion to what is newly picked, averaged weights."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.errors import UnsupportedLearner
from netrazor.picking.augmentation import Augmentation
from netrazor.picking.learner import NO_ANSWER, Examples, Inputs, Labels, as_tensor
from netrazor.runtime import devices
from netrazor.train import Loss, OptimizerConfig
from netrazor.train.finite_losses import FiniteLosses

PREDICTION_BATCH = 500


@dataclass(frozen=True, config={"extra": "forbid"})
class TorchTraining:
    """How a network learns what was picked; the optimizer goes on over all rounds.

    Attributes:
        optimizer: and its rate; "constant", as how long picking lasts is not known.
        batch_size: examples in a step, drawn in turn from all that were picked.
        steps: the least number of steps in a round.
        steps_per_pick: steps for each newly picked example.
        averaging: weight of the past in the exponential average of weights that predicts; 0 takes the last weights.
        smoothing: label smoothing of the cross entropy, unless another loss is given.
    """

    optimizer: OptimizerConfig = OptimizerConfig(decay="constant")
    batch_size: int = Field(default=64, ge=1)
    steps: int = Field(default=100, ge=1)
    steps_per_pick: float = Field(default=10.0, ge=0, le=1e6)
    averaging: float = Field(default=0.995, ge=0, lt=1)
    smoothing: float = Field(default=0.0, ge=0, lt=1)


class TorchLearner:
    """Any network that gives N x classes scores.

    ``network`` is a function that builds it (a class, say), called with torch's random numbers seeded, or a network
    whose weights are the start: these must have been fixed before the counted examples were seen. ``start`` always
    begins from a fresh copy. Batch norms learn their statistics from picked examples alone. The answer is the class
    with the highest score, none where two tie.
    """

    def __init__(
        self,
        network: nn.Module | Callable[[], nn.Module],
        training: TorchTraining | None = None,
        *,
        loss: Loss | None = None,
        augmentation: Augmentation | None = None,
        device: str = "cpu",
    ) -> None:
        self.network = network
        self.training = training or TorchTraining()
        self.loss = loss
        self.augmentation = augmentation
        self._device = devices.chosen(device)
        self._seed = 0

    def start(self, seed: int) -> None:
        """See `Learner`."""
        self._seed = seed
        with _seeded(seed):
            model = copy.deepcopy(self.network) if isinstance(self.network, nn.Module) else self.network()
        if not isinstance(model, nn.Module) or not any(p.requires_grad for p in model.parameters()):
            raise UnsupportedLearner(
                f"network: must be a torch.nn.Module with parameters that require gradients, or build one, got "
                f"{type(model).__name__}"
            )
        self._model: nn.Module = model.to(self._device)
        self._average: nn.Module = copy.deepcopy(self._model).eval()
        self._optimizer = self.training.optimizer.build(self._parameters())
        self._steps = 0

    def learn(self, picked: Examples, newly: Examples) -> None:
        """See `Learner`."""
        steps = max(self.training.steps, math.ceil(self.training.steps_per_pick * len(newly)))
        inputs = as_tensor(picked.inputs).to(self._device)  # changed there too
        labels = torch.from_numpy(picked.labels).to(self._device)
        losses, self._top = FiniteLosses("learn", self._device), int(picked.labels.max())
        self._model.train()
        with _seeded(self._seed, len(picked)) as generator:
            for step, indices in enumerate(_batches(len(picked), self.training.batch_size, steps, generator)):
                indices = indices.to(self._device)
                batch = inputs[indices]
                if self.augmentation is not None:
                    batch = self.augmentation(batch, generator)
                losses.add(self._step(batch, labels[indices]), step)
                self._follow()
        losses.check()

    @torch.inference_mode()
    @devices.full_float32()
    def predict(self, inputs: Inputs) -> Labels:
        """See `Learner`."""
        parts = [self.scores(part) for part in torch.split(as_tensor(inputs), PREDICTION_BATCH)]
        return answers(torch.cat(parts)) if parts else torch.zeros(0, dtype=torch.int64).numpy()

    def scores(self, inputs: Inputs) -> Tensor:
        """The scores of the averaged network, N x classes."""
        scores: Tensor = self._average(as_tensor(inputs).to(self._device))
        return scores

    def computing_on(self, device: str) -> "TorchLearner":
        """The same learner, which from its next start on computes on another device."""
        self._device = devices.chosen(device)
        return self

    def module(self) -> nn.Module:
        """The network that predicts, in evaluation mode."""
        return self._average

    def state(self) -> dict[str, Any]:
        """All that `load_state` needs to go on."""
        held = {
            "model": self._model.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        held = devices.moved(copy.deepcopy(held), self._device, devices.CPU)
        return {**held, "seed": self._seed, "steps": self._steps}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self.start(int(state["seed"]))
        self._model.load_state_dict(state["model"])
        self._average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        self._steps = int(state["steps"])

    def averaged(self, others: Sequence["TorchLearner"]) -> "TorchLearner":
        """A copy that predicts with the mean of the weights of this learner and of ``others``."""
        mean = copy.deepcopy(self)
        with torch.no_grad():
            for each, *more in zip(*(_tensors(held._average) for held in (mean, *others)), strict=True):
                if each.is_floating_point():
                    each.copy_(torch.stack([each, *more]).mean(0))
        return mean

    def _parameters(self) -> list[nn.Parameter]:
        return [parameter for parameter in self._model.parameters() if parameter.requires_grad]

    def _step(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """One step of the optimizer; the loss before it."""
        self._optimizer.zero_grad(set_to_none=True)
        value = self._loss(self._model(inputs), labels)
        torch.autograd.backward(value)
        self._optimizer.step()
        return value.detach()

    def _loss(self, scores: Tensor, labels: Tensor) -> Tensor:
        if self.loss is not None:
            return self.loss(scores, labels)
        if scores.ndim != 2 or len(scores) != len(labels) or self._top >= scores.shape[1]:
            raise UnsupportedLearner(
                f"network: must give one row of scores for each input and a column for each class, got shape "
                f"{tuple(scores.shape)} for {len(labels)} inputs of labels up to {self._top}; give the "
                "network as many outputs as there are classes"
            )
        return F.cross_entropy(scores, labels, label_smoothing=self.training.smoothing)

    @torch.no_grad()
    def _follow(self) -> None:
        """The averaged network follows the trained one; whole numbers (counts of batches) are taken over."""
        there, here = _tensors(self._model), _tensors(self._average)
        self._steps += 1
        past = min(
            self.training.averaging, self._steps / (self._steps + 9)
        )  # so that the start is soon forgotten
        floating = [(a, b) for a, b in zip(here, there, strict=True) if a.is_floating_point()]
        torch._foreach_lerp_([a for a, _ in floating], [b for _, b in floating], 1 - past)
        for average, now in zip(here, there, strict=True):
            if not average.is_floating_point():
                average.copy_(now)


def answers(scores: Tensor) -> Labels:
    """The class of the highest score of each row; `NO_ANSWER` where two tie or one is not a number."""
    top = scores.topk(min(2, scores.shape[-1]), dim=-1)
    labels = top.indices[:, 0].clone()
    labels[(top.values[:, 0] == top.values[:, -1]) & (scores.shape[-1] > 1) | scores.isnan().any(-1)] = (
        NO_ANSWER
    )
    return labels.cpu().numpy()


def _tensors(model: nn.Module) -> list[Tensor]:
    return [*model.parameters(), *model.buffers()]


def _batches(number: int, size: int, steps: int, generator: torch.Generator) -> Iterator[Tensor]:
    """``steps`` batches that go through random orders of ``number`` examples, one order after the other."""
    orders = -(-steps * size // number)
    drawn = torch.rand(orders, number, generator=generator).argsort(dim=1).flatten()
    yield from torch.split(drawn[: steps * size], size)


@contextmanager
def _seeded(*seed: int) -> Iterator[torch.Generator]:
    """A generator from ``seed``; torch's own random numbers (dropout, first weights) follow it too meanwhile."""
    number = 0
    for part in seed:
        number = (number * 0x9E3779B97F4A7C15 + part + 1) % 2**63
    with torch.random.fork_rng([]):
        torch.manual_seed(number)
        torch.set_flush_denormal(True)
        try:
            yield torch.Generator().manual_seed(number)
        finally:
            torch.set_flush_denormal(False)
