"""Gradual magnitude pruning (Zhu and Gupta 2017)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.compress import FindsLive, GradualPruning, MaskedWeights
from netrazor.pipeline.rules import Rules
from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.train import FitConfig, Loss


@dataclass(frozen=True, config={"extra": "forbid"})
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

    cuts: ClassVar[bool] = True
    simplification: ClassVar[Simplification] = Simplification.FULL
    many_seeds: ClassVar[bool] = False

    def targets(self, sizes: Mapping[str, int], rules: Rules) -> dict[str, float]:
        """The final sparsity of each tensor: by its rule, or else linear in its size up to that of the largest."""
        largest = max(sizes.values(), default=1)
        low = self.sparsity if self.smallest is None else self.smallest
        linear = {name: low + (self.sparsity - low) * size / largest for name, size in sizes.items()}
        ruled = {name: rules.of(name).sparsity for name in sizes}
        return {name: linear[name] if said is None else said for name, said in ruled.items()}

    def masked(self, model: nn.Module, rules: Rules, live: FindsLive | None = None) -> MaskedWeights:
        """The parameters of ``model`` behind masks."""
        names, steps = rules.prunable_weights(model), self.fit.steps
        targets = self.targets({name: model.get_parameter(name).numel() for name in names}, rules)
        start, end = round(self.start * steps), round(self.end * steps)
        stop = max(end, round(self.stop * steps))
        schedule = GradualPruning(targets, start=start, end=end, stop=stop, every=self.every)
        return MaskedWeights(model, names, schedule, saliency=False, live=live)

    def run(self, context: RunContext, turn: Turn) -> None:
        """Prune while training."""

        def behind(model: nn.Module) -> tuple[MaskedWeights, Loss]:
            return self.masked(model, context.rules, context.live_channels(model)), context.loss

        fit_in_place(behind, self.fit, context, turn)
