"""Simplification of a network that no other stage simplifies: one that was given, say."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from netrazor.pipeline.stages.interface import RunContext, Simplification, Turn


@dataclass(frozen=True, config={"extra": "forbid"})
class SimplifyStage:
    """Nothing but what is done after it: dead units removed, constants folded, units ordered."""

    cuts: ClassVar[bool] = False
    simplification: ClassVar[Simplification] = Simplification.FULL
    many_seeds: ClassVar[bool] = False

    def run(self, context: RunContext, turn: Turn) -> None:
        """Leave the network as it is."""
