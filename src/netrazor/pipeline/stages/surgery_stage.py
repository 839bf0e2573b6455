"""Pruning by Dynamic Network Surgery (Guo, Yao and Chen 2016)."""

from typing import ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.compress import DynamicNetworkSurgery, FindsLive, MaskedWeights, PiecewiseConstant
from netrazor.pipeline.rules import Rules
from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.train import FitConfig, Loss


@dataclass(frozen=True, config={"extra": "forbid"})
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

    cuts: ClassVar[bool] = True
    simplification: ClassVar[Simplification] = Simplification.FULL
    many_seeds: ClassVar[bool] = False

    def masked(
        self, model: nn.Module, rules: Rules, seed: int, live: FindsLive | None = None
    ) -> MaskedWeights:
        """The parameters of ``model`` behind masks; ``seed`` draws the steps at which they are renewed."""
        steps = self.fit.steps
        offsets, probabilities = (
            PiecewiseConstant.spaced_evenly(self.offsets, steps),
            PiecewiseConstant.spaced_evenly(self.probabilities, steps),
        )
        schedule = DynamicNetworkSurgery(offsets, probabilities, seed)
        return MaskedWeights(model, rules.prunable_weights(model), schedule, saliency=False, live=live)

    def run(self, context: RunContext, turn: Turn) -> None:
        """Prune while training."""

        def behind(model: nn.Module) -> tuple[MaskedWeights, Loss]:
            return self.masked(model, context.rules, context.seed, context.live_channels(model)), context.loss

        fit_in_place(behind, self.fit, context, turn)
