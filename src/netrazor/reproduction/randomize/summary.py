"""What a study comes to: Figure 1 as numbers, and bits against randomization."""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from netrazor.reproduction.randomize.study_records import Risk, RunRecord


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Spread(_Record):
    """A figure over the seeds of one level: all values, their mean and their standard deviation."""

    values: tuple[float, ...]
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of ``values``; that of a single one is 0."""
        return cls(
            values=tuple(values), mean=fmean(values), deviation=stdev(values) if len(values) > 1 else 0.0
        )


class Series(_Record):
    """One figure at each level.

    Attributes:
        levels: one spread for each level, in order.
        monotone: whether the means go only one way, the one that the paper says.
        separated: whether, besides, each gap between neighbouring means exceeds the sum of the two standard
            deviations; of one seed it is not said.
        apart: whether, besides, no value of one level reaches those of its neighbours.
        correlation: of the values with the level (Pearson), over all seeds.
    """

    levels: tuple[Spread, ...]
    monotone: bool
    separated: bool
    apart: bool
    correlation: float | None


class Curve(_Record):
    """Train accuracy over sparsity at one level: a spread for each sparsity of the grid."""

    level: Risk
    one_shot: tuple[Spread, ...]
    tuned: tuple[Spread, ...]


class Pruning(_Record):
    """Figure 1 as numbers, for one way of pruning.

    Attributes:
        window: the least and the largest sparsity at which any level's mean accuracy lies between chance plus 10
            points and 95 %; None where there are not two such sparsities.
        area: under accuracy over the window, divided by its width: the mean accuracy there. Falls.
        loss_at_half: accuracy of the dense network less that at 50 % sparsity.
    """

    window: tuple[float, float] | None
    area: Series | None
    loss_at_half: tuple[Spread, ...]


class Lengths(_Record):
    """The shortest messages that keep a share of the train accuracy, and the floor of Theorem 6.1.

    Attributes:
        kept: that share.
        bits: of the messages. Rises.
        bits_at: the same at exactly that share, between two messages: free of the steps between sparsities.
        nonzeros: of the networks in them.
        train_error: of the decoded networks.
        test_error: of the decoded networks, on test labels from the same process.
        floor_bits: Theorem 6.1 at the mean train and test error of each level, rounded down.
    """

    kept: Risk
    bits: Series
    bits_at: Series
    nonzeros: tuple[Spread, ...]
    train_error: tuple[Spread, ...]
    test_error: tuple[Spread, ...]
    floor_bits: tuple[float, ...]


class Summary(_Record):
    """A study, done.

    Attributes:
        study: its name.
        configuration: all of it.
        command: that made it.
        cores: of the machine, as far as this process might use them.
        date: UTC, ISO 8601.
        n: size of each training sample.
        classes: number of classes.
        cpu_seconds: over all runs.
        sparsities: of the grid.
        levels: of randomization.
        train_error: of the dense networks.
        test_error: of the dense networks, on test labels from the same process.
        curves: Figure 1.
        one_shot: Figure 1's numbers for pruning alone.
        tuned: the same for pruning with training under the masks.
        lengths: for each share kept.
        runs: the records all this was computed from.
    """

    format: Literal["netrazor-randomize-1"] = "netrazor-randomize-1"
    study: str
    configuration: dict[str, Any]
    command: str
    cores: int
    date: str
    n: Annotated[int, Field(ge=1)]
    classes: Annotated[int, Field(ge=2)]
    cpu_seconds: float
    sparsities: tuple[float, ...]
    levels: tuple[Risk, ...]
    train_error: tuple[Spread, ...]
    test_error: tuple[Spread, ...]
    curves: tuple[Curve, ...]
    one_shot: Pruning
    tuned: Pruning
    lengths: tuple[Lengths, ...]
    runs: tuple[RunRecord, ...]
