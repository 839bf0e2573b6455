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

from dataclasses import dataclass
from typing import Any

import numpy as np

from netrazor.certification.spending import split_positions_of
from netrazor.errors import InvalidArgument
from netrazor.picking.learner import Learner, Predictor, check_is_learner
from netrazor.picking.learner_check import check_network
from netrazor.picking.picking_config import PickingConfig, StopCount
from netrazor.picking.picking_state import TRIED, PickingState
from netrazor.picking.pool import pool_of
from netrazor.picking.priority import Positions, in_order_of_priority
from netrazor.picking.stops import check_stops
from netrazor.runtime.reporting import Reporter, Silent
from netrazor.train import Checkpoint


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
        last: the final predictor at the last stop.
    """

    picks: Positions
    rounds: tuple[int, ...]
    counts: tuple[StopCount, ...]
    counted: int
    best: StopCount
    predictor: Predictor
    last: Predictor

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
    checkpoint: Checkpoint | None = None,
    reporter: Reporter | None = None,
) -> Picking:
    """Pick from ``dataset`` what ``learner`` needs, and count what it still gets wrong at each stop.

    Whether the learner's state depends on its picks alone is tried first (`check_learner`), and at the end whether
    an answer of its network depends on the other examples (`check_network`).

    Args:
        learner: see `Learner`; it is used, and left in some state.
        dataset: see `pool_of`.
        config: what was declared in advance.
        among: pick from these positions only, not from all: those of a record give its picks again, in order.
        until: the declared stop after which to end, default the last.
        checkpoint: where to go on from and to save to; the result is the same, bit for bit.
        reporter: shows the progress.

    Raises:
        InvalidArgument: stops or spent examples that do not fit the number of examples, or ``until`` is no stop.
        UnsupportedLearner: see `check_learner`, `check_network` and `predicted`.
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
    run = PickingState(learner, pool, config, ordered, spent, min(config.scoring_batch, len(counted)))
    resumed = run.resume(checkpoint.load() if checkpoint is not None else None)
    if not resumed:
        run.try_learner()
    with (reporter or Silent()).stage("pick examples", last, len(run.picks)) as tick:
        while not run.ended(last):
            run.advance(tick)
            if checkpoint is not None and checkpoint.due():
                checkpoint.save(run.state())
    assert run.best is not None
    best, recent = run.best
    for each in recent:
        check_network(each, pool.take(ordered[:TRIED]).inputs)
    picks = np.array(run.picks, dtype=np.int64)
    return Picking(
        picks,
        tuple(run.rounds),
        tuple(run.counts),
        len(counted),
        best,
        config.final.predictor(recent),
        config.final.predictor(run.recent or [run.learner]),
    )


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
