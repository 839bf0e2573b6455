"""Descent on the certified risk itself, over the last linear layer."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from netrazor.compress import DescentConfig, descend
from netrazor.errors import UnsupportedModel
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn
from netrazor.units import percent_up


@dataclass(frozen=True, config={"extra": "forbid"})
class DescendStage:
    """Weights of the last layer change while the bound falls, as ``search`` says."""

    search: DescentConfig

    cuts: ClassVar[bool] = False
    simplification: ClassVar[Simplification] = Simplification.NONE
    many_seeds: ClassVar[bool] = False

    def run(self, context: RunContext, turn: Turn) -> None:
        """Descend; a network that does not end in a linear layer stays as it is, and that is said."""
        try:
            report = descend(
                context.model,
                context.code_bits,
                self.search,
                context.searching(),
            )
        except UnsupportedModel as error:
            context.reporter.say(f"no descent: {error}")
            return
        before, after = map(percent_up, report.bounds)
        context.reporter.say(
            f"descent changed {report.moves} weights: the bound falls from {before} to {after}"
        )
