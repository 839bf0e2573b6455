"""What is trained, at which levels of randomization, and how far it is cut: every number of a study."""

import hashlib
import json
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from netrazor.compress import CodebookConfig
from netrazor.errors import ConfigurationError
from netrazor.pipeline.stages import QuantizeStage
from netrazor.train import FitConfig, OptimizerConfig

Share = Annotated[float, Field(ge=0, le=1)]
Sparsity = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, config={"extra": "forbid"})
class Study:
    """One experiment of Section 8.

    Attributes:
        name: as typed.
        architecture: in the declared list.
        settings: of the architecture, where they differ from the declared ones.
        dataset: as `netrazor.data.load` knows it.
        examples: size of each training sample; each seed draws its own.
        train: dense training, the same at every level.
        tune: training under masks, from the dense network, for each sparsity.
        quantize: codebooks of a pruned network, before it is written as a message.
        sparsities: shares of the prunable weights that are zero, in rising order.
        levels: probabilities with which a label is drawn anew.
        seeds: one training sample, network and order of batches each.
        kept: shares of the training accuracy at which the shortest message is looked for.
        refinements: halvings of the gap between the shortest message that keeps a share and the next sparser
            one.
    """

    name: str
    architecture: str
    dataset: str
    examples: Annotated[int, Field(ge=1)]
    train: FitConfig
    tune: FitConfig
    quantize: QuantizeStage
    sparsities: Annotated[tuple[Sparsity, ...], Field(min_length=2)]
    levels: tuple[Share, ...] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
    seeds: tuple[int, ...] = (0, 1, 2)
    kept: tuple[Share, ...] = (0.99, 0.95)
    refinements: int = Field(default=2, ge=0)
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of what a single run depends on: everything but the lists of levels and seeds."""
        content = {key: value for key, value in asdict(self).items() if key not in ("levels", "seeds")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _adam(steps: int, rate: float, *, freeze_norms: bool = False) -> FitConfig:
    optimizer = OptimizerConfig(rate=rate)
    return FitConfig(steps=steps, batch_size=100, optimizer=optimizer, freeze_norms=freeze_norms)


def _sgd(steps: int, rate: float, *, freeze_norms: bool = False) -> FitConfig:
    optimizer = OptimizerConfig(kind="sgd", rate=rate)
    return FitConfig(steps=steps, batch_size=128, optimizer=optimizer, freeze_norms=freeze_norms)


# Two layers with a batch norm between, small enough for 2 cores. Without the norm, 5,000 random labels take ten
# times as many steps; with fewer than 5 bits for a weight, quantizing forgets them.
TWO_LAYER = Study(
    name="mlp-fashion-mnist",
    architecture="normed-mlp",
    settings={"widths": (784, 300, 10)},
    dataset="fashion-mnist",
    examples=5000,
    train=_adam(2500, 4e-3),
    tune=_adam(200, 1e-3),
    quantize=QuantizeStage(
        fit=_adam(100, 1e-4, freeze_norms=True), codebook=CodebookConfig(bits=5, vector_bits=6)
    ),
    sparsities=(0.0, 0.25, 0.5, 0.65, 0.75, 0.825, 0.875, 0.92, 0.96, 0.98),
    refinements=1,
)

# A residual network of eight layers, on as many images as an hour of two cores allows: Figure 1's form, not its size.
SMALL_RESIDUAL = Study(
    name="resnet8-cifar10-jpeg",
    architecture="resnet-20",
    settings={"depth": 8},
    dataset="cifar10-jpeg",
    examples=1000,
    train=_adam(1500, 4e-3),
    tune=_adam(150, 1e-3),
    quantize=QuantizeStage(
        fit=_adam(100, 1e-4, freeze_norms=True), codebook=CodebookConfig(bits=5, vector_bits=6)
    ),
    sparsities=(0.0, 0.25, 0.5, 0.65, 0.75, 0.825, 0.875, 0.92, 0.96),
    seeds=(0,),
    refinements=0,
)

# As published: ResNet-56 on 40,000 images of CIFAR-10, no preprocessing, no penalty. Hours on a GPU for each run.
PUBLISHED = Study(
    name="resnet56-cifar10",
    architecture="resnet-56",
    dataset="cifar10",
    examples=40_000,
    train=_sgd(62_400, 0.1),
    tune=_sgd(6_240, 0.01),
    quantize=QuantizeStage(
        fit=_sgd(1_560, 1e-3, freeze_norms=True), codebook=CodebookConfig(bits=5, vector_bits=5)
    ),
    sparsities=(0.0, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975),
)

STUDIES = {study.name: study for study in (TWO_LAYER, SMALL_RESIDUAL, PUBLISHED)}


def study_named(name: str) -> Study:
    """The study of that name.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in STUDIES:
        raise ConfigurationError(f"study: one of {', '.join(STUDIES)} allowed, got {name!r}; choose one")
    return STUDIES[name]
