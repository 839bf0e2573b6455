"""The state of one run of picking, between rounds: saved, loaded, and led on by one round."""

import copy
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

import numpy as np
import torch

from netrazor.picking.learner import Examples, Learner, ResumableLearner, concatenated
from netrazor.picking.learner_check import check_learner
from netrazor.picking.picking_config import PickingConfig, StopCount
from netrazor.picking.pool import Pool
from netrazor.picking.priority import Positions
from netrazor.picking.scan import first_wrong
from netrazor.runtime.reporting import Ticker

TRIED = 256  # examples, at most, that answers are tried on


@dataclass
class PickingState:
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
        check_learner(self.learner, first, self.pool.take(self.ordered[:TRIED]), self.config.seed)
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
