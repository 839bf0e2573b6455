"""Dense training of the network's own parameters."""

from typing import ClassVar

from pydantic.dataclasses import dataclass
from torch import nn

from netrazor.pipeline.stages.fitting import fit_in_place
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.train import AllParameters, FitConfig, Loss


@dataclass(frozen=True, config={"extra": "forbid"})
class TrainStage:
    """Training of all parameters, for the length of ``fit``."""

    fit: FitConfig

    cuts: ClassVar[bool] = False
    simplification: ClassVar[Simplification] = Simplification.NONE
    many_seeds: ClassVar[bool] = False

    def run(self, context: RunContext, turn: Turn) -> None:
        """Train."""

        def behind(model: nn.Module) -> tuple[AllParameters, Loss]:
            return AllParameters(model), context.loss

        fit_in_place(behind, self.fit, context, turn)
