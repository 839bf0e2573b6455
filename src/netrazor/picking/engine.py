"""Picking: learn a few examples, find some that are still wrong, learn those too, and so on.

With S the counted examples in their order of priority, one run computes

    picked <- the first examples of S                          unless spent examples gave a start
    repeat: state <- learn(state, picked); picked <- picked + the first of S that state gets wrong

and at each declared stop counts what the final predictor still gets wrong. An example that is neither picked nor
wrong there could be taken away, and everything would be the same: the rule is a preferent compression of S to the
picked examples and the errors, and `bounds.preferent_compression` bounds the final predictor's risk by their number
(docs/picked-examples.md). This holds as long as nothing but picked examples, priorities and declared numbers
decides what comes next.
"""

import copy
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from netrazor.certification.spending import split_positions_of
from netrazor.errors import InvalidArgument
from netrazor.picking.final_predictor import FinalRule
from netrazor.picking.learner import (
    Examples,
    Learner,
    Predictor,
    ResumableLearner,
    check_is_learner,
    concatenated,
)
from netrazor.picking.learner_check import check_learner
from netrazor.picking.pool import Pool, pool_of
from netrazor.picking.priority import Positions, in_order_of_priority
from netrazor.picking.scan import first_wrong
from netrazor.picking.stops import check_stops
from netrazor.runtime.reporting import Reporter, Silent, Ticker
from netrazor.train import Checkpoint


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
    scoring_batch: int = Field(default=1000, ge=1)

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


@dataclass(frozen=True)
class Picking:
    """What a run gave.

    Attributes:
        picks: positions in the data set, in the order in which they were picked, up to the last stop.
        rounds: how many were picked in each round.
        counts: one for each declared stop that was reached.
        counted: number of examples that were not spent.
        best: the stop with the smallest compressed set, the first of equals.
        predictor: the final predictor at ``best``.
    """

    picks: Positions
    rounds: tuple[int, ...]
    counts: tuple[StopCount, ...]
    counted: int
    best: StopCount
    predictor: Predictor

    @property
    def best_picks(self) -> Positions:
        """The picks up to ``best``."""
        return self.picks[: self.best.picked]


def pick(
    learner: Learner,
    dataset: Any,
    config: PickingConfig,
    *,
    among: Positions | None = None,
    until: int | None = None,
    check: bool = True,
    checkpoint: Checkpoint | None = None,
    reporter: Reporter | None = None,
) -> Picking:
    """Pick from ``dataset`` what ``learner`` needs, and count what it still gets wrong at each stop.

    Args:
        learner: see `Learner`; it is used, and left in some state.
        dataset: see `pool_of`.
        config: what was declared in advance.
        among: pick from these positions only, not from all: those of a record give its picks again, in order.
        until: the declared stop after which to end, default the last.
        check: try first whether the learner's state depends on the picks alone.
        checkpoint: where to go on from and to save to; the result is the same, bit for bit.
        reporter: shows the progress.

    Raises:
        InvalidArgument: stops or spent examples that do not fit the number of examples, or ``until`` is no stop.
        UnsupportedLearner: see `check_learner` and `predicted`.
        BadDataset: see `pool_of`.
    """
    check_is_learner(learner)
    pool = pool_of(dataset)
    if config.spent >= pool.size:
        raise InvalidArgument(
            f"spent: must be in 0 .. {pool.size - 1}, so that examples are left to count, got {config.spent}; spend "
            "fewer"
        )
    spent, counted = split_positions_of("hashed positions", pool.size, config.spent)
    stops = check_stops(config.stops, len(counted))
    _check_first(config)
    last = _last_stop(stops, until)
    ordered = in_order_of_priority(counted if among is None else _within(among, counted))
    run = _Run(learner, pool, config, ordered, spent, min(config.scoring_batch, len(counted)))
    resumed = run.resume(checkpoint.load() if checkpoint is not None else None)
    if check and not resumed:
        run.try_learner()
    with (reporter or Silent()).stage("pick examples", last, len(run.picks)) as tick:
        while not run.ended(last):
            run.advance(tick)
            if checkpoint is not None and checkpoint.due():
                checkpoint.save(run.state())
    assert run.best is not None
    best, recent = run.best
    picks = np.array(run.picks, dtype=np.int64)
    return Picking(
        picks, tuple(run.rounds), tuple(run.counts), len(counted), best, config.final.predictor(recent)
    )


@dataclass
class _Run:
    """The state of one run of picking, all of it a function of the ordered picks."""

    learner: Learner
    pool: Pool
    config: PickingConfig
    ordered: Positions
    spent: Positions
    batch: int
    picks: list[int] = dataclass_field(default_factory=list)
    rounds: list[int] = dataclass_field(default_factory=list)
    counts: list[StopCount] = dataclass_field(default_factory=list)
    recent: list[Learner] = dataclass_field(default_factory=list)
    best: tuple[StopCount, list[Learner]] | None = None

    def __post_init__(self) -> None:
        self.known = self.pool.take(self.spent)
        self.learned = False

    def begin(self) -> None:
        """The state before the first pick."""
        self.learner.start(self.config.seed)
        if len(self.spent):
            self._learn(self.known, self.known)

    def ended(self, last: int) -> bool:
        """Whether the stop ``last`` was counted."""
        return bool(self.counts) and self.counts[-1].stop >= last

    def advance(self, tick: Ticker) -> None:
        """Count if this is a stop, or pick and learn one batch."""
        remaining = self.ordered[~np.isin(self.ordered, self.picks)]
        if len(self.picks) == self.config.stops[len(self.counts)]:
            self._count(remaining, self.config.stops[len(self.counts)])
            return
        wanted = self.config.wanted(len(self.picks))
        new = (
            first_wrong(self.learner, self.pool, remaining, self.batch, wanted)
            if self.learned
            else remaining[:wanted]
        )
        if not len(new):
            for stop in self.config.stops[len(self.counts) :]:
                self._count(remaining, stop)
            return
        self._learn_positions(new)
        tick(len(new))

    def try_learner(self) -> None:
        """See `check_learner`; on the examples that the first round learns, and some others to predict."""
        first = self.known if len(self.spent) else self.pool.take(self.ordered[: self.config.wanted(0)])
        check_learner(
            self.learner, first, self.pool.take(self.ordered[: min(256, len(self.ordered))]), self.config.seed
        )
        self.begin()

    def state(self) -> dict[str, Any]:
        """What `resume` needs; learners are in it as far as they can be saved."""
        held: dict[str, Any] = {
            "picks": torch.tensor(self.picks, dtype=torch.int64),
            "rounds": list(self.rounds),
            "counts": [(count.stop, count.picked, count.errors) for count in self.counts],
        }
        if isinstance(self.learner, ResumableLearner):
            best = self.best[1] if self.best else []
            parts: dict[str, list[Learner]] = {"learner": [self.learner], "recent": self.recent, "best": best}
            held["learners"] = {name: [_state_of(each) for each in part] for name, part in parts.items()}
        return held

    def resume(self, state: dict[str, Any] | None) -> bool:
        """Begin, or go on from a saved state; whether there was one."""
        if state is None:
            self.begin()
            return False
        picks = state["picks"].numpy().astype(np.int64)
        counts = [StopCount(*numbers) for numbers in state["counts"]]
        if "learners" in state and isinstance(self.learner, ResumableLearner):
            self.learner.load_state(state["learners"]["learner"][0])
            self.recent = [self._loaded(saved) for saved in state["learners"]["recent"]]
            self.picks, self.rounds = picks.tolist(), list(state["rounds"])
            self.known, self.learned = concatenated([self.known, self.pool.take(picks)]), True
            if counts:
                self.best = (
                    min(counts, key=_size),
                    [self._loaded(saved) for saved in state["learners"]["best"]],
                )
        else:
            self._replay(picks, state["rounds"], counts)
        self.counts = counts
        return True

    def _replay(self, picks: Positions, rounds: list[int], counts: list[StopCount]) -> None:
        """Learn what was picked again."""
        best = min(counts, key=_size) if counts else None
        self.begin()
        for end, size in zip(np.cumsum(rounds).tolist(), rounds, strict=True):
            self._keep_best(best)
            self._learn_positions(picks[end - size : end])
        self._keep_best(best)

    def _keep_best(self, count: StopCount | None) -> None:
        if count is not None and count.picked == len(self.picks):
            self.best = count, self._as_now()

    def _count(self, remaining: Positions, stop: int) -> None:
        if self.counts and self.counts[-1].picked == len(self.picks):
            errors = self.counts[-1].errors
        else:
            predictor = self.config.final.predictor(self.recent or [self.learner])
            errors = len(first_wrong(predictor, self.pool, remaining, self.batch))
        count = StopCount(stop, len(self.picks), errors)
        self.counts.append(count)
        if self.best is None or count.size < self.best[0].size:
            self.best = count, self._as_now()

    def _learn_positions(self, new: Positions) -> None:
        newly = self.pool.take(new)
        self.picks += new.tolist()
        self.rounds.append(len(new))
        self._learn(concatenated([self.known, newly]) if len(self.known) else newly, newly)

    def _learn(self, known: Examples, newly: Examples) -> None:
        self.known, self.learned = known, True
        self.learner.learn(known, newly)
        if self.config.final.kind != "last":
            self.recent = [*self.recent, copy.deepcopy(self.learner)][-self.config.final.rounds :]

    def _as_now(self) -> list[Learner]:
        """Copies that stay as they are."""
        return list(self.recent) or [copy.deepcopy(self.learner)]

    def _loaded(self, saved: Any) -> Learner:
        learner = copy.deepcopy(self.learner)
        assert isinstance(learner, ResumableLearner)
        learner.load_state(saved)
        return learner


def _state_of(learner: Learner) -> dict[str, Any]:
    assert isinstance(learner, ResumableLearner)
    return learner.state()


def _size(count: StopCount) -> int:
    return count.size


def _check_first(config: PickingConfig) -> None:
    if not config.spent and config.stops[0] < 1:
        raise InvalidArgument(
            "stops: the first must be at least 1 where no examples are spent, since nothing was learned before, got "
            f"{config.stops[0]}; declare larger stops, or spend examples"
        )


def _last_stop(stops: tuple[int, ...], until: int | None) -> int:
    if until is not None and until not in stops:
        raise InvalidArgument(f"until: must be one of the declared stops {list(stops)}, got {until}")
    return stops[-1] if until is None else until


def _within(among: Positions, counted: Positions) -> Positions:
    """``among``, if these are distinct counted positions in increasing order."""
    among = np.asarray(among, dtype=np.int64)
    if len(among) and (np.any(np.diff(among) <= 0) or not np.isin(among, counted).all()):
        raise InvalidArgument(
            "among: must be distinct positions of counted examples in increasing order; give those of the record"
        )
    return among
