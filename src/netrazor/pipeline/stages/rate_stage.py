"""Pruning by what a weight is worth for each bit that it costs."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.compress import FindsLive, MaskedWeights, RatePruning
from netrazor.pipeline.rules import Rules
from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.train import FitConfig, Loss


@dataclass(frozen=True, config={"extra": "forbid"})
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

    cuts: ClassVar[bool] = True
    simplification: ClassVar[Simplification] = Simplification.FULL
    many_seeds: ClassVar[bool] = False

    @model_validator(mode="after")
    def _one_target(self) -> "RateStage":
        if sum(target is not None for target in (self.nonzeros, self.per_example, self.share)) != 1:
            raise ValueError("exactly one of nonzeros, per_example and share says how many weights are kept")
        return self

    def kept(self, examples: int, elements: int) -> int:
        """Weights kept in the end, of ``elements``, with so many training examples."""
        target = self.nonzeros or (self.per_example or 0) * examples or (self.share or 0) * elements
        return max(1, round(target))

    def masked(
        self, model: nn.Module, rules: Rules, examples: int, live: FindsLive | None = None
    ) -> MaskedWeights:
        """The parameters of ``model`` behind masks, with so many training examples."""
        names, steps = rules.prunable_parameters(model), self.fit.steps
        kept = self.kept(examples, sum(model.get_parameter(name).numel() for name in names))
        end, stop = round(self.end * steps), round(self.stop * steps)
        schedule = RatePruning(kept, end=end, stop=stop, every=self.every)
        return MaskedWeights(model, names, schedule, saliency=True, live=live)

    def run(self, context: RunContext, turn: Turn) -> None:
        """Prune while training."""

        def behind(model: nn.Module) -> tuple[MaskedWeights, Loss]:
            return self.masked(model, context.rules, context.n, context.live_channels(model)), context.loss

        fit_in_place(behind, self.fit, context, turn)
