"""What is declared before a run of picking, and what a stop of it finds."""

from dataclasses import dataclass

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from netrazor.picking.final_predictor import FinalRule


@checked_dataclass(frozen=True, config={"extra": "forbid"})
class PickingConfig:
    """All that is declared before a run, beside the learner.

    Attributes:
        stops: numbers of picks at which errors are counted, in increasing order; the best of them is certified.
        first: how many are picked by priority alone, before there is a predictor; none are where some are spent.
        batch: the least number of picks in a round.
        growth_percent: picks in a round as a share of those picked before, where that is more.
        spent: how many examples train the start and are not counted.
        seed: of the learner.
        final: what is certified at a stop.
        scoring_batch: examples that are scored together.
    """

    stops: tuple[int, ...]
    first: int = Field(default=10, ge=1)
    batch: int = Field(default=1, ge=1)
    growth_percent: int = Field(default=10, ge=0)
    spent: int = Field(default=0, ge=0)
    seed: int = Field(default=0, ge=0)
    final: FinalRule = FinalRule()
    scoring_batch: int = Field(default=1000, ge=1, le=2**16)

    def wanted(self, picked: int) -> int:
        """How many examples the next round picks: up to the next stop and not over it."""
        size = (
            self.first
            if not picked and not self.spent
            else max(self.batch, picked * self.growth_percent // 100)
        )
        return min(size, next(stop for stop in self.stops if stop > picked) - picked)


@dataclass(frozen=True)
class StopCount:
    """What a stop found: ``errors`` of the final predictor on the counted examples that were not ``picked``."""

    stop: int
    picked: int
    errors: int

    @property
    def size(self) -> int:
        """Of the compressed set: all that were picked and all that are still wrong."""
        return self.picked + self.errors
