"""A recipe: the stages of a run as typed configuration."""

from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Annotated, Any, TypeVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from netrazor.compress import DescentConfig, PostTrainingConfig, SmallSearchConfig, WholeDescentConfig
from netrazor.errors import ConfigurationError
from netrazor.perturb import NoiseConfig
from netrazor.pipeline.rules import LayerRule
from netrazor.pipeline.stages import (
    GradualStage,
    IntegerStage,
    PolishStage,
    QuantizeStage,
    RateStage,
    ShortenStage,
    SurgeryStage,
)
from netrazor.train import DistillConfig, FitConfig

PruneStage = Annotated[SurgeryStage | GradualStage | RateStage, Field(discriminator="kind")]
Part = TypeVar("Part")


@dataclass(frozen=True, config={"extra": "forbid"})
class SizeSearch:
    """Which sizes are tried before the real stages, in short trials that the bound itself decides.

    Attributes:
        factors: of the recipe's numbers of weights (of target bits, for whole numbers).
        bits: of an index into a codebook, at the best factor, besides the recipe's own.
        trial: share of the steps of each stage.
    """

    factors: tuple[float, ...] = Field(default=(0.25, 0.5, 1.0, 2.0, 4.0), min_length=1)
    bits: tuple[int, ...] = (2,)
    trial: float = Field(default=0.1, gt=0, le=1)


@dataclass(frozen=True, config={"extra": "forbid"})
class Recipe:
    """How a certificate is reached; a stage that is None or empty is left out.

    Attributes:
        name: what it is called.
        train: dense training from the start.
        prune: one after the other; dead units are removed after each.
        integers: training with small whole numbers.
        shorten: small whole numbers, fewer on every rung of a ladder that the bound ends.
        quantize: codebooks.
        small: a search among whole numbers on the certified risk, for few examples and a small network.
        post_training: prune and quantize what is still open by sensitivity, without training.
        descend: on the certified risk itself, over the last linear layer.
        descend_everywhere: the same over all layers, a few changes at a time.
        polish: whole numbers, by more training and descent in turn.
        noise: search for noise under Theorem 5.1; None: the deterministic network only, all of delta for it.
        simplify: remove dead units, fold constants, order units: after each stage that bears it, or once where
            no stage does; at the end, put units in the order and sign that cost no bits. The function stays the
            same up to rounding. False leaves every array as the stages leave it.
        rules: for single layers, by patterns of names.
        sizes: try several numbers of weights first, and take a constant classifier where that is best; None: the
            numbers as they are.
        distill: all training is towards the answers of a teacher, a trained network of any size.
    """

    name: str
    train: FitConfig | None = None
    prune: tuple[PruneStage, ...] = ()
    integers: IntegerStage | None = None
    shorten: ShortenStage | None = None
    quantize: QuantizeStage | None = None
    small: SmallSearchConfig | None = None
    post_training: PostTrainingConfig | None = None
    descend: DescentConfig | None = None
    descend_everywhere: WholeDescentConfig | None = None
    polish: PolishStage | None = None
    noise: NoiseConfig | None = NoiseConfig()
    simplify: bool = True
    rules: tuple[LayerRule, ...] = ()
    sizes: SizeSearch | None = None
    distill: DistillConfig | None = None

    @property
    def trains(self) -> bool:
        """Whether any stage minimizes a loss."""
        parts = (self.train, self.integers, self.shorten, self.quantize, self.polish)
        return bool(self.prune) or any(part is not None for part in parts)

    def written(self) -> dict[str, Any]:
        """Its content as plain values; `distill`, which came later than the first certificates, where it is."""
        content = asdict(self)
        if self.distill is None:
            del content["distill"]
        return content


def recipe_scaled(recipe: Recipe, scale: float) -> Recipe:
    """The recipe with every stage's number of steps multiplied by ``scale``, and its rates' decay with it.

    Raises:
        ConfigurationError: scale is not above 0.
    """
    if not scale > 0:
        raise ConfigurationError(f"scale: a number above 0 allowed, got {scale!r}; 1 is the entire recipe")

    def shorter(fit: FitConfig) -> FitConfig:
        every = max(1, round(fit.optimizer.decay_every * scale))
        optimizer = replace(fit.optimizer, decay_every=every)
        return replace(fit, steps=max(1, round(fit.steps * scale)), optimizer=optimizer)

    return _with_fits(recipe, shorter)


def recipe_with_teacher(recipe: Recipe, *, has_teacher: bool) -> Recipe:
    """The recipe with `distill` where there is a teacher.

    Raises:
        ConfigurationError: a recipe that distills without a teacher, or a teacher and nothing that trains.
    """
    if recipe.distill is not None and not has_teacher:
        raise ConfigurationError(
            f"teacher: a trained network needed for the recipe {recipe.name!r}, got none; give the network whose "
            "answers are trained towards, or choose another recipe"
        )
    if not has_teacher:
        return recipe
    if not recipe.trains:
        raise ConfigurationError(
            f"teacher: a recipe that trains needed beside it, got {recipe.name!r}; choose distill, or leave the "
            "teacher out"
        )
    return replace(recipe, distill=recipe.distill or DistillConfig())


def recipe_without_classes(recipe: Recipe) -> Recipe:
    """The recipe for examples without a single class: without noise and descent, which count errors of classes.

    Raises:
        ConfigurationError: a recipe that is nothing but a search on errors of classes, or has whole numbers, whose
            training has a loss of its own.
    """
    needs = [name for name in ("small", "polish", "integers", "shorten") if getattr(recipe, name) is not None]
    if needs:
        raise ConfigurationError(
            f"recipe: for claims about other targets than classes one without {needs[0]!r} needed, got "
            f"{recipe.name!r}; choose quick, post-training, as-is or exact"
        )
    return replace(recipe, noise=None, descend=None, descend_everywhere=None)


def _with_fits(part: Part, change: Callable[[FitConfig], FitConfig]) -> Part:
    """``part`` of a recipe with every `FitConfig` in it changed, wherever it is held."""
    changed: Any = part
    if isinstance(part, FitConfig):
        changed = change(part)
    elif isinstance(part, tuple):
        changed = tuple(_with_fits(one, change) for one in part)
    elif is_dataclass(part) and not isinstance(part, type):
        held = {field.name: getattr(part, field.name) for field in fields(part)}
        changed = replace(part, **{name: _with_fits(value, change) for name, value in held.items()})
    return changed  # type: ignore[no-any-return]
