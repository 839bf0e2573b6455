"""What a recipe is made of: its stages as typed configuration."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from netrazor.compress import DescentConfig, IntegerConfig, PostTrainingConfig
from netrazor.compress.quantization import CodebookConfig
from netrazor.perturb import NoiseConfig
from netrazor.pipeline.rules import LayerRule
from netrazor.train import FitConfig, OptimizerConfig

_FORBID = {"extra": "forbid"}


@dataclass(frozen=True, config=_FORBID)
class SurgeryStage:
    """Dynamic Network Surgery for the length of ``fit``; each entry holds for an equal share of the steps.

    Attributes:
        fit: steps, batch and optimizer.
        offsets: c of the thresholds mean + c * deviation.
        probabilities: of renewing the masks at a step.
    """

    fit: FitConfig
    offsets: tuple[float, ...] = Field(min_length=1)
    probabilities: tuple[float, ...] = Field(min_length=1)
    kind: Literal["surgery"] = "surgery"


@dataclass(frozen=True, config=_FORBID)
class GradualStage:
    """Zhu and Gupta's gradual magnitude pruning.

    Attributes:
        fit: steps, batch and optimizer.
        sparsity: final sparsity of the largest weight tensor.
        smallest: final sparsity of a tensor of no size; between, it is linear in the number of elements. None:
            all have the same.
        start: share of the steps before pruning begins.
        end: share of the steps after which the target holds.
        stop: share of the steps after which the masks stay; until then, with the target reached, weights are
            still exchanged, as in Dynamic Network Surgery.
        every: steps between renewals of the masks.
    """

    fit: FitConfig
    sparsity: float = Field(ge=0, lt=1)
    smallest: float | None = Field(default=None, ge=0, lt=1)
    start: float = Field(default=0.0, ge=0, le=1)
    end: float = Field(default=0.7, ge=0, le=1)
    stop: float = Field(default=0.7, ge=0, le=1)
    every: int = Field(default=20, ge=1)
    kind: Literal["gradual"] = "gradual"


@dataclass(frozen=True, config=_FORBID)
class RateStage:
    """Pruning by saliency per bit over all tensors together, biases included.

    How many weights are kept is said by one of ``nonzeros``, ``per_example`` and ``share``.

    Attributes:
        fit: steps, batch and optimizer.
        nonzeros: weights kept in the end.
        per_example: the same for each training example, since a bound can afford bits in proportion to them.
        share: the same for each prunable weight.
        end: share of the steps after which the target holds.
        stop: share of the steps after which the masks stay.
        every: steps between renewals of the masks.
    """

    fit: FitConfig
    nonzeros: int | None = Field(default=None, ge=1)
    per_example: float | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)
    end: float = Field(default=1.0, gt=0, le=1)
    stop: float = Field(default=1.0, gt=0, le=1)
    every: int = Field(default=30, ge=1)
    kind: Literal["rate"] = "rate"

    @model_validator(mode="after")
    def _one_target(self) -> "RateStage":
        if sum(target is not None for target in (self.nonzeros, self.per_example, self.share)) != 1:
            raise ValueError("exactly one of nonzeros, per_example and share says how many weights are kept")
        return self

    def kept(self, examples: int, elements: int) -> int:
        """Weights kept in the end, of ``elements``, with so many training examples."""
        target = self.nonzeros or (self.per_example or 0) * examples or (self.share or 0) * elements
        return max(1, round(target))


PruneStage = Annotated[SurgeryStage | GradualStage | RateStage, Field(discriminator="kind")]


@dataclass(frozen=True, config=_FORBID)
class QuantizeStage:
    """Codebooks and the training of their centres."""

    fit: FitConfig
    codebook: CodebookConfig = CodebookConfig()


@dataclass(frozen=True, config=_FORBID)
class IntegerStage:
    """Small whole numbers, few of them: from the start, or of the weights that training and pruning left."""

    fit: FitConfig
    weights: IntegerConfig = IntegerConfig()


@dataclass(frozen=True, config=_FORBID)
class PolishStage:
    """Cycles of a little training, of whole numbers as they are, and another descent; kept while the bound falls."""

    fit: FitConfig = FitConfig(steps=1000, optimizer=OptimizerConfig(rate=0.01, floor=0.0))
    weights: IntegerConfig = IntegerConfig(start="given", bias_limit=31, settle=0.0, freeze=0.0, price=1e-12)
    cycles: int = Field(default=8, ge=0)


@dataclass(frozen=True, config=_FORBID)
class Recipe:
    """How a certificate is reached; a stage that is None or empty is left out.

    Attributes:
        name: what it is called.
        train: dense training from the start.
        prune: one after the other; dead units are removed after each.
        integers: training with small whole numbers.
        quantize: codebooks.
        post_training: prune and quantize what is still open by sensitivity, without training.
        descend: on the certified risk itself, over the last linear layer.
        polish: whole numbers, by more training and descent in turn.
        noise: search for noise under Theorem 5.1; None: the deterministic network only, all of delta for it.
        simplify: remove dead units, fold constants, order units.
        rules: for single layers, by patterns of names.
    """

    name: str
    train: FitConfig | None = None
    prune: tuple[PruneStage, ...] = ()
    integers: IntegerStage | None = None
    quantize: QuantizeStage | None = None
    post_training: PostTrainingConfig | None = None
    descend: DescentConfig | None = None
    polish: PolishStage | None = None
    noise: NoiseConfig | None = NoiseConfig()
    simplify: bool = True
    rules: tuple[LayerRule, ...] = ()
