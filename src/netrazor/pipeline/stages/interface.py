"""What a stage is, and what it is given: everything that runs between the first weights and the message."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.certification.charging import charge
from netrazor.compress import FindsLive, LiveChannels, SearchContext
from netrazor.counting import count_errors, count_risk, in_order
from netrazor.data.targets import TargetDataset
from netrazor.networks.network_message import encode, limits_of
from netrazor.pipeline.rules import Rules
from netrazor.runtime import Reporter, Silent, devices
from netrazor.train import Checkpoint, Loss, SoftTargets, TrainingStep

EXAMPLE_INPUTS = 8  # inputs that a network is traced with


class Simplification(Enum):
    """What may be taken out of a network after a stage without changing its function."""

    NONE = "none"
    ORDER = "order"  # dead units go, the others are ordered; no value changes, so quantized ones stay
    FULL = "full"  # constants are folded into biases besides, which gives biases new values


@dataclass(frozen=True)
class RunContext:
    """What the stages of one run share.

    Attributes:
        model: the network, changed in place by each stage, on the CPU.
        dataset: the training set, all of it.
        training: what is trained on: ``dataset``, or an augmented copy of it.
        loss: of scores and labels, for training.
        training_step: of network, inputs and labels, instead of ``loss``.
        rules: for single layers.
        device: what trains and searches.
        seed: of the run.
        delta: failure probability of the certificate that is aimed at.
        architecture: declared name of ``model``, or "custom".
        reporter: told of the progress.
        soft: a teacher's answers to ``training``, which then stand for its labels.
    """

    model: nn.Module
    dataset: Dataset[tuple[Tensor, int]]
    training: Dataset[tuple[Tensor, int]]
    loss: Loss = F.cross_entropy
    training_step: TrainingStep | None = None
    rules: Rules = field(default_factory=Rules)
    device: torch.device = devices.CPU
    seed: int = 0
    delta: float = 0.05
    architecture: str = "custom"
    reporter: Reporter = field(default_factory=Silent)
    soft: SoftTargets | None = None

    @property
    def n(self) -> int:
        """Number of examples of the training set."""
        return len(self.dataset)  # type: ignore[arg-type]

    def example(self) -> Tensor:
        """The first few inputs."""
        return next(in_order(self.dataset, EXAMPLE_INPUTS))[0]

    def live_channels(self, model: nn.Module) -> FindsLive | None:
        """Finds the channels of ``model``, a copy of the network somewhere, for training under masks.

        None where a user's training step sees the network: it may count on the shapes of its weights.
        """
        if self.training_step is not None:
            return None
        return lambda: LiveChannels.of(model, self.example().to(devices.device_of(model)))

    def searching(self) -> SearchContext:
        """What a search on the bound is given."""
        return SearchContext(self.dataset, self.delta, self.seed, self.device, self.reporter)

    def code_bits(self) -> float:
        """Charged length of the message of the network as it is now."""
        return charge(encode(self.model, self.architecture), limits_of(self.model)).charged_bits

    def certified_bound(self) -> float:
        """The bound of the network as it is now; of a loss between 0 and 1, about that of so many errors."""
        if isinstance(self.dataset, TargetDataset):
            errors = math.ceil(count_risk(self.model, self.dataset) * self.n)
        else:
            errors = count_errors(self.model, self.dataset).errors
        return float(bounds.occam(errors, self.n, self.code_bits(), self.delta))


@dataclass(frozen=True)
class Turn:
    """What one stage of a run has to itself.

    Attributes:
        name: what the stage is called in this run.
        seed: of everything that it draws.
        resumed: the state that it had saved when the run was killed; None where it starts.
        checkpoint: where it saves its state.
        enclose: puts its state together with what else a checkpoint holds.
    """

    name: str
    seed: int
    resumed: Mapping[str, Any] | None = None
    checkpoint: Checkpoint | None = None
    enclose: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict

    def save(self, state: Mapping[str, Any]) -> None:
        """Save ``state``: what `resumed` will be if the run is killed after this."""
        if self.checkpoint is not None:
            self.checkpoint.save(self.enclose(state))

    def save_if_due(self, state: Callable[[], Mapping[str, Any]]) -> None:
        """Save what ``state`` gives, if the last save is long enough ago."""
        if self.checkpoint is not None and self.checkpoint.due():
            self.save(state())


class Stage(Protocol):
    """One step of a recipe: a frozen configuration that knows how to apply itself to a network.

    Attributes:
        cuts: whether weights are removed or rounded in it; before the first such stage their spread is recorded.
        simplification: what of the network is simplified after it, in a recipe that simplifies.
        many_seeds: whether it takes several seeds in a row, from its own on.
    """

    cuts: ClassVar[bool]
    simplification: ClassVar[Simplification]
    many_seeds: ClassVar[bool]

    def run(self, context: RunContext, turn: Turn) -> None:
        """Change ``context.model`` in place, from ``turn.resumed`` on where the stage was killed before."""
        ...
