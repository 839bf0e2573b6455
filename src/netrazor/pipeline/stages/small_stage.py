"""Search among whole numbers on the certified risk, for few examples and a small network."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from netrazor.compress import SmallSearchConfig, search_small
from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn


@dataclass(frozen=True, config={"extra": "forbid"})
class SmallStage:
    """The last one or two linear layers become whole numbers, as ``search`` says."""

    search: SmallSearchConfig

    cuts: ClassVar[bool] = True
    simplification: ClassVar[Simplification] = Simplification.NONE
    many_seeds: ClassVar[bool] = False

    def run(self, context: RunContext, turn: Turn) -> None:
        """Search; this takes a minute or so and has no checkpoint within it.

        Raises:
            UnsupportedModel: the scores are not the output of a linear layer.
        """
        search_small(context.model, context.code_bits, self.search, context.searching())
