"""Certificates of picked examples: any learner, trained on few examples and counted on all others."""

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netrazor.certification import (
    Certificate,
    ClaimRecord,
    LearnerRecord,
    PicksRecord,
    SampleRecord,
    to_json,
)
from netrazor.certification.bounding import bound_claim
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.prior_record import MOST_CANDIDATES
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, PICKS, RESULT
from netrazor.certification.run_result import PickedResult, StopResult
from netrazor.certification.run_writing import write_run
from netrazor.coding.position_set import encode_positions
from netrazor.data.subsets import size_of
from netrazor.data.tables import as_dataset
from netrazor.errors import ConfigurationError
from netrazor.picking import Learner, Picking, PickingConfig, StopCount, geometric_stops, learner_digest, pick
from netrazor.picking.declared_learners import OWN
from netrazor.picking.learner_libraries import learner_runtime
from netrazor.pipeline.finished_run import only_run_in
from netrazor.pipeline.learner_certificate import (
    LearnerTerms,
    conclude_learner,
    describe_counted,
    describe_learner,
)
from netrazor.pipeline.run_identity import run_id
from netrazor.pipeline.spent_split import check_split
from netrazor.runtime import processes
from netrazor.train import Checkpoint

FEWEST, LARGEST_SHARE = 6, 4  # default stops: from a hundredth of the examples, at least six, to a quarter


@dataclass(frozen=True)
class PickedRun:
    """Positions of the picks as bytes, the certificate, what picking gave for each learner, and how long it took."""

    positions: bytes
    certificate: Certificate
    pickings: Mapping[str, Picking]
    seconds: float = 0.0

    def write(self, out: str | os.PathLike[str]) -> None:
        """Write the files into the directory ``out``, together."""
        content: dict[str, bytes | str] = {PICKS: self.positions, CERTIFICATE: to_json(self.certificate)}
        write_run(out, {**content, RESULT: self.result().to_json()})

    def result(self) -> PickedResult:
        """Every stop of every learner, with the bound that it gives."""
        stops = {
            name: tuple(
                StopResult(count.stop, count.picked, count.errors, self._bound_at(count))
                for count in picking.counts
            )
            for name, picking in self.pickings.items()
        }
        return PickedResult(stops, round(self.seconds, 1))

    def _bound_at(self, count: StopCount) -> float:
        assert isinstance(self.certificate.message, PicksRecord)
        message = self.certificate.message.model_copy(update={"picked": count.picked})
        claim = self.certificate.claims[0].model_copy(update={"errors": count.errors})
        return bound_claim(self.certificate.model_copy(update={"message": message}), claim)


def run_picked(
    learner: Learner | Mapping[str, Learner],
    dataset: Any,
    *,
    terms: LearnerTerms | None = None,
    out: str | os.PathLike[str] | None = None,
) -> PickedRun:
    """Let ``learner`` pick the examples that it needs from ``dataset``, and bound its error on new ones.

    Claim: with probability at least 1 - delta over the draw of the counted examples, what the learner makes of its
    picks, at the stop that the certificate names, errs on at most ``certificate.risk_bound`` of new examples:
    preferent compression to the picked examples and the errors left (Campi and Garatti 2023;
    docs/picked-examples.md), if the certificate's assumptions hold.

    Args:
        learner: see `netrazor.picking.Learner`; several, by name, are all tried, and each costs its share of delta.
        dataset: the entire training set: map-style, (input, label), or a pair of arrays (inputs, labels).
        terms: what was declared beforehand.
        out: directory for ``picks.nrz``, ``certificate.json`` and ``result.json``, and meanwhile a checkpoint from
            which a killed run goes on.

    Raises:
        NetrazorError: see `netrazor.picking.pick`; an unwritable directory.
    """
    terms, learners = terms or LearnerTerms(), learner if isinstance(learner, Mapping) else {OWN: learner}
    if not learners:
        raise ConfigurationError("learner: at least one needed, got none; give a learner")
    _candidates(learners, terms)
    dataset = as_dataset(dataset)
    config = terms.config or default_config(size_of(dataset))
    _check_spent(config.spent, size_of(dataset))
    with only_run_in(out):
        return _picked(learners, dataset, config, terms, out)


def _picked(
    learners: Mapping[str, Learner],
    dataset: Any,
    config: PickingConfig,
    terms: LearnerTerms,
    out: str | os.PathLike[str] | None,
) -> PickedRun:
    started = time.monotonic()
    sample = describe_counted(dataset, config.spent)
    checkpoints = {
        name: _checkpoint(out, name, run_id(learner_digest(each), sample.fingerprint, asdict(config)))
        for name, each in learners.items()
    }
    pickings = {
        name: pick(each, dataset, config, checkpoint=checkpoints[name], reporter=terms.reporter)
        for name, each in learners.items()
    }
    best = min(pickings, key=lambda name: pickings[name].best.size)
    positions = encode_positions(np.sort(pickings[best].best_picks), size_of(dataset))
    record = describe_learner(
        learners[best], terms.names.get(best, OWN), config, _candidates(learners, terms)
    )
    runtime = learner_runtime(learners[best])
    certificate = _conclude(pickings[best], positions, sample, record, runtime, terms)
    run = PickedRun(positions, certificate, pickings, time.monotonic() - started)
    if out is not None:
        processes.on_rank_zero(lambda: run.write(out))
        for checkpoint in checkpoints.values():
            if checkpoint is not None:
                checkpoint.remove()
    return run


def default_config(n: int, spent: int = 0) -> PickingConfig:
    """Sixteen stops from a hundredth of the counted examples to a quarter; 0 too where some are spent."""
    counted = n - spent
    first = min(max(FEWEST, counted // 100), max(1, counted))
    stops = geometric_stops(first, max(first, counted // LARGEST_SHARE))
    return PickingConfig(stops=(0, *stops) if spent else stops, first=first, spent=spent)


def _candidates(learners: Mapping[str, Learner], terms: LearnerTerms) -> int:
    """How many recipes share delta."""
    candidates = len(learners) if terms.candidates is None else terms.candidates
    if not len(learners) <= candidates <= MOST_CANDIDATES:
        raise ConfigurationError(
            f"candidates: must be from {len(learners)}, the number of learners, to {MOST_CANDIDATES}, got "
            f"{candidates}; count the learners given too"
        )
    return candidates


def _conclude(
    picking: Picking,
    positions: bytes,
    sample: SampleRecord,
    record: LearnerRecord,
    runtime: str,
    terms: LearnerTerms,
) -> Certificate:
    parts = delta_parts(terms.delta, ("picked",), 1, record.candidates * len(record.stops))
    claim = ClaimRecord(
        sentence="", bound=1.0, n=sample.counted, errors=picking.best.errors, delta_parts=parts
    )
    message = PicksRecord(
        sha256=hashlib.sha256(positions).hexdigest(),
        bytes=len(positions),
        picked=picking.best.picked,
        stop=picking.best.stop,
    )
    return conclude_learner("picked", claim, sample, record, runtime, terms, message)


def _check_spent(spent: int, n: int) -> None:
    """None spent, or some of each kind."""
    if spent:
        check_split(n, spent)


def _checkpoint(out: str | os.PathLike[str] | None, name: str, identity: str) -> Checkpoint | None:
    """Where a killed run goes on: one file for each learner."""
    if out is None:
        return None
    file = f"{hashlib.sha256(name.encode()).hexdigest()[:8]}-{CHECKPOINT}"
    return Checkpoint(Path(out) / file, identity)
