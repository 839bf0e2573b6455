"""A hold-out of any learner: it learns the spent examples, and its errors on all others are counted."""

import os
from typing import Any

from netrazor.certification import ClaimRecord
from netrazor.certification.delta_shares import delta_parts
from netrazor.data.subsets import size_of
from netrazor.data.tables import as_dataset
from netrazor.picking import Learner, PickingConfig, pick
from netrazor.picking.declared_learners import OWN
from netrazor.picking.learner_libraries import learner_runtime
from netrazor.pipeline.learner_certificate import (
    LearnerTerms,
    conclude_learner,
    describe_counted,
    describe_learner,
)
from netrazor.pipeline.spent_run import SpentRun
from netrazor.pipeline.spent_split import check_split
from netrazor.runtime import processes


def run_learner_hold_out(
    learner: Learner,
    dataset: Any,
    *,
    spent: int,
    seed: int = 0,
    terms: LearnerTerms | None = None,
    out: str | os.PathLike[str] | None = None,
) -> SpentRun:
    """Let ``learner`` learn the spent examples, and bound its error by the count on all others.

    Claim: with probability at least 1 - delta over the draw of the counted examples, what the learner makes of the
    spent ones errs on at most ``certificate.risk_bound`` of new examples (Clopper and Pearson 1934), if the
    certificate's assumptions hold. Nothing but the certificate is written: `netrazor.verify` learns again.

    Args:
        learner: see `netrazor.picking.Learner`.
        dataset: the whole training set, as for `run_picked`.
        spent: how many examples it learns, the first by the hash of their positions.
        seed: of the learner.
        terms: what else was declared beforehand; its ``config`` is not used.
        out: directory for ``certificate.json``.

    Raises:
        NetrazorError: as for `run_picked`.
    """
    terms, dataset = terms or LearnerTerms(), as_dataset(dataset)
    check_split(size_of(dataset), spent)
    config = PickingConfig(stops=(0,), spent=spent, seed=seed)
    sample = describe_counted(dataset, spent)
    record = describe_learner(learner, terms.names.get(OWN, OWN), config)  # before it learns
    (found,) = pick(learner, dataset, config, reporter=terms.reporter).counts
    parts = delta_parts(terms.delta, ("hold-out",))
    claim = ClaimRecord(sentence="", bound=1.0, n=sample.counted, errors=found.errors, delta_parts=parts)
    run = SpentRun(
        None, None, conclude_learner("hold-out", claim, sample, record, learner_runtime(learner), terms)
    )
    if out is not None:
        processes.on_rank_zero(lambda: run.write(out))
    return run
