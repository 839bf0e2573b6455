"""Training of a network of small whole numbers."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.compress import IntegerConfig, IntegerWeights
from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.train import FitConfig, Loss


@dataclass(frozen=True, config={"extra": "forbid"})
class IntegerStage:
    """Small whole numbers, few of them: from the start, or of the weights that training and pruning left.

    Attributes:
        fit: steps, batch and optimizer.
        weights: which numbers, and the price on their bits.
    """

    fit: FitConfig
    weights: IntegerConfig = IntegerConfig()

    cuts: ClassVar[bool] = False
    simplification: ClassVar[Simplification] = Simplification.FULL
    many_seeds: ClassVar[bool] = False

    def run(self, context: RunContext, turn: Turn) -> None:
        """Train with the loss that whole numbers have of their own: it learns the scale of the scores too."""

        def behind(model: nn.Module) -> tuple[IntegerWeights, Loss]:
            weights = IntegerWeights(model, self.weights, self.fit.steps)
            return weights, weights.loss

        fit_in_place(behind, self.fit, context, turn)
