"""Recipes: every number that decides how a network is trained and cut down, as typed configuration."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from netrazor.compress import DescentConfig, IntegerConfig, PostTrainingConfig
from netrazor.compress.quantize import CodebookConfig
from netrazor.errors import ConfigurationError
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
    """Small whole numbers from the start, few of them."""

    fit: FitConfig
    weights: IntegerConfig = IntegerConfig()


@dataclass(frozen=True, config=_FORBID)
class Recipe:
    """How a certificate is reached; a stage that is None or empty is left out.

    Attributes:
        name: what it is called.
        integers: training with small whole numbers from the start.
        train: dense training from the start.
        prune: one after the other; dead units are removed after each.
        quantize: codebooks.
        post_training: prune and quantize what is still open by sensitivity, without training.
        descend: on the certified risk itself, over the last linear layer.
        noise: search for noise under Theorem 5.1; None: the deterministic network only, all of delta for it.
        simplify: remove dead units, fold constants, order units.
        rules: for single layers, by patterns of names.
    """

    name: str
    integers: IntegerStage | None = None
    train: FitConfig | None = None
    prune: tuple[PruneStage, ...] = ()
    quantize: QuantizeStage | None = None
    post_training: PostTrainingConfig | None = None
    descend: DescentConfig | None = None
    noise: NoiseConfig | None = NoiseConfig()
    simplify: bool = True
    rules: tuple[LayerRule, ...] = ()


def _quick(steps: int, nonzeros: int, *, settle: float = 1.0) -> RateStage:
    """One stage of the quick recipe: prune to ``nonzeros`` for 60,000 examples, then settle at a falling rate."""
    decay: Literal["constant", "cosine"] = "constant" if settle == 1 else "cosine"
    fit = FitConfig(steps=steps, optimizer=OptimizerConfig(rate=2e-3, decay=decay, floor=0.1))
    end = 2 * settle / 3 if settle < 1 else 1.0
    return RateStage(fit=fit, per_example=nonzeros / 60_000, end=end, stop=settle)


# Several stages of pruning, because the network is made smaller between them: most steps run on a tenth of it.
QUICK = Recipe(
    name="quick",
    train=FitConfig(steps=470, optimizer=OptimizerConfig(rate=2e-3, decay="constant")),
    prune=(_quick(470, 30_000), _quick(470, 8_000), _quick(1400, 1_500), _quick(3740, 900, settle=0.6)),
    quantize=QuantizeStage(
        fit=FitConfig(steps=2800, optimizer=OptimizerConfig(rate=6e-4), freeze_norms=True),
        codebook=CodebookConfig(bits=3, vector_bits=3, center_bits=5),
    ),
    descend=DescentConfig(),
)

# Appendix A.1. Where it gives no number: the inverse decay takes a tenth of the rate at each fall, momentum
# is 0.9, the pieces of the surgery's schedules are of equal length, and Adam has a rate of 1e-3.
PAPER = Recipe(
    name="paper",
    train=FitConfig(
        steps=20_000,
        batch_size=1024,
        optimizer=OptimizerConfig(
            kind="sgd", rate=0.01, decay="inverse", decay_rate=0.1, decay_every=125, momentum=0.9, l2=0.005
        ),
    ),
    prune=(
        SurgeryStage(
            fit=FitConfig(
                steps=30_000, batch_size=1024, optimizer=OptimizerConfig(rate=1e-3, decay="constant")
            ),
            offsets=(0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0),
            probabilities=(1.0, 0.1, 0.01, 0.001),
        ),
    ),
    quantize=QuantizeStage(
        fit=FitConfig(steps=1000, batch_size=1024, optimizer=OptimizerConfig(rate=1e-3, decay="constant")),
        codebook=CodebookConfig(bits=4, vector_bits=4, center_bits=8, reassign_every=0),
    ),
)


def _tight(data: str, steps: int, target_bits: float, **other: float) -> Recipe:
    """For the integer chains: as few bits as the data set's bound wants, then descent on the bound itself."""
    fit = FitConfig(steps=steps, optimizer=OptimizerConfig(rate=0.03, floor=0.02))
    weights = IntegerConfig(target_bits=target_bits, **other)
    return Recipe(
        f"tight-{data}", IntegerStage(fit, weights), descend=DescentConfig(), noise=None, simplify=False
    )


TIGHT = (
    _tight("mnist", 20_000, 2200),
    _tight("fashion-mnist", 12_000, 2600),
    _tight("cifar10", 12_000, 3500, settle=1.0),
)

# For the networks in a random subspace: all coordinates are used, so no share of zeros is taken for granted.
SUBSPACE = Recipe(
    "subspace",
    IntegerStage(
        FitConfig(steps=6000, optimizer=OptimizerConfig(rate=0.05, floor=0.02), freeze_norms=True),
        IntegerConfig(limit=7, target_bits=2300, zeros=0.3, freeze=1.0),
    ),
    noise=None,
    simplify=False,
)

# For networks that were trained, and perhaps compressed, elsewhere.
AS_IS = Recipe(name="as-is", noise=None, simplify=False)
NOISE_ONLY = Recipe(name="noise-only", simplify=False)
POST_TRAINING = Recipe(name="post-training", post_training=PostTrainingConfig())

RECIPES = {
    recipe.name: recipe for recipe in (QUICK, PAPER, *TIGHT, SUBSPACE, AS_IS, POST_TRAINING, NOISE_ONLY)
}


def recipe_named(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in RECIPES:
        raise ConfigurationError(f"recipe: one of {', '.join(RECIPES)} allowed, got {name!r}; choose one")
    return RECIPES[name]


def recipe_scaled(recipe: Recipe, scale: float) -> Recipe:
    """The recipe with every stage's number of steps multiplied by ``scale``, and its rates' decay with it.

    Raises:
        ConfigurationError: scale is not above 0.
    """
    if not scale > 0:
        raise ConfigurationError(f"scale: a number above 0 allowed, got {scale!r}; 1 is the whole recipe")

    def shorter(fit: FitConfig) -> FitConfig:
        every = max(1, round(fit.optimizer.decay_every * scale))
        optimizer = replace(fit.optimizer, decay_every=every)
        return replace(fit, steps=max(1, round(fit.steps * scale)), optimizer=optimizer)

    return replace(
        recipe,
        integers=None
        if recipe.integers is None
        else replace(recipe.integers, fit=shorter(recipe.integers.fit)),
        train=None if recipe.train is None else shorter(recipe.train),
        prune=tuple(replace(stage, fit=shorter(stage.fit)) for stage in recipe.prune),
        quantize=None
        if recipe.quantize is None
        else replace(recipe.quantize, fit=shorter(recipe.quantize.fit)),
    )
