"""Descent on the certified risk itself, over the weights of all layers."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from netrazor.compress import WholeDescentConfig, descend_everywhere
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.units import percent_up


@dataclass(frozen=True, config={"extra": "forbid"})
class WholeDescentStage:
    """Weights of any layer change while the bound falls, as ``search`` says."""

    search: WholeDescentConfig

    cuts: ClassVar[bool] = False
    simplification: ClassVar[Simplification] = Simplification.NONE
    many_seeds: ClassVar[bool] = False

    def run(self, context: RunContext, turn: Turn) -> None:
        """Descend; this takes minutes at most and has no checkpoint within it."""
        report = descend_everywhere(context.model, context.code_bits, self.search, context.searching())
        before, after = map(percent_up, report.bounds)
        context.reporter.say(
            f"descent through all layers changed {report.moves} weights: the bound falls from {before} to {after}"
        )
