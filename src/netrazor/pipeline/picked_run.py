"""Certificates of picked examples: any learner, trained on few examples and counted on all others."""

import hashlib
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from netrazor import __version__
from netrazor.certification import (
    Certificate,
    ClaimRecord,
    EvaluationRecord,
    LearnerRecord,
    PicksRecord,
    PriorRecord,
    Provenance,
    SampleRecord,
    to_json,
)
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, PICKS
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions_of
from netrazor.coding.position_set import encode_positions
from netrazor.counting import labels_in_order, majority_errors
from netrazor.data import check
from netrazor.data.subsets import size_of, take
from netrazor.data.tables import as_dataset
from netrazor.errors import ConfigurationError
from netrazor.files import write_together
from netrazor.picking import Learner, Picking, PickingConfig, geometric_stops, learner_digest, pick
from netrazor.picking.declared_learners import OWN
from netrazor.pipeline.issuing import conclude
from netrazor.pipeline.run_identity import run_id
from netrazor.runtime import SILENT, Reporter
from netrazor.train import Checkpoint

FEWEST, LARGEST_SHARE = 6, 4  # default stops: from a hundredth of the examples, at least six, to a quarter


@dataclass(frozen=True)
class PickedTerms:
    """What a certificate of picked examples states besides sample and learner, all of it declared beforehand.

    Attributes:
        config: of the picking; None: stops from a hundredth of the counted examples to a quarter.
        delta: failure probability, shared by all stops of all learners.
        names: of declared learners, by the keys of the learners given; others are the user's own.
        configuration: of what made the learner, for the provenance.
        reporter: told of the progress.
    """

    config: PickingConfig | None = None
    delta: float = 0.05
    names: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    reporter: Reporter = SILENT


@dataclass(frozen=True)
class PickedRun:
    """Positions of the picks as bytes, the certificate, and what picking gave for each learner."""

    positions: bytes
    certificate: Certificate
    pickings: Mapping[str, Picking]

    def write(self, out: str | os.PathLike[str]) -> None:
        """Write the files into the directory ``out``, together."""
        write_together(out, {PICKS: self.positions, CERTIFICATE: to_json(self.certificate)})


def certify_picked(
    learner: Learner | Mapping[str, Learner],
    dataset: Any,
    *,
    terms: PickedTerms | None = None,
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
        out: directory for ``picks.nrz`` and ``certificate.json``, and meanwhile a checkpoint from which a killed run
            goes on.

    Raises:
        NetrazorError: see `netrazor.picking.pick`; an unwritable directory.
    """
    terms, learners = terms or PickedTerms(), learner if isinstance(learner, Mapping) else {OWN: learner}
    if not learners:
        raise ConfigurationError("learner: at least one needed, got none; give a learner")
    dataset = as_dataset(dataset)
    config = terms.config or default_config(size_of(dataset))
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
    record = LearnerRecord(
        name=terms.names.get(best, OWN),
        sha256=learner_digest(learners[best]),
        exact=bool(getattr(learners[best], "exact", False)),
        candidates=len(learners),
        stops=config.stops,
        configuration={key: value for key, value in asdict(config).items() if key not in ("stops", "spent")},
    )
    run = PickedRun(positions, _conclude(pickings[best], positions, sample, record, terms), pickings)
    if out is not None:
        run.write(out)
        for checkpoint in checkpoints.values():
            if checkpoint is not None:
                checkpoint.remove()
    return run


def default_config(n: int) -> PickingConfig:
    """Sixteen stops from a hundredth of ``n`` examples to a quarter, at equal ratios."""
    first = max(FEWEST, n // 100)
    return PickingConfig(stops=geometric_stops(first, max(first, n // LARGEST_SHARE)), first=first)


def describe_counted(dataset: Any, spent: int) -> SampleRecord:
    """The training examples as a certificate names them, without a network."""
    n = size_of(dataset)
    spending: Spending = "hashed positions" if spent else "none"
    counted = take(dataset, split_positions_of(spending, n, spent)[1])
    classes = int(labels_in_order(dataset).max(initial=0)) + 1
    summary = check(dataset, classes)
    return SampleRecord(
        name=str(getattr(dataset, "name", type(dataset).__name__)),
        split=str(getattr(dataset, "split", "train")),
        fingerprint=summary.fingerprint,
        classes=classes,
        n=n,
        spent=spent,
        spending=spending,
        duplicates=summary.duplicates,
        majority_errors=majority_errors(counted),
    )


def _conclude(
    picking: Picking, positions: bytes, sample: SampleRecord, record: LearnerRecord, terms: PickedTerms
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
    runtime = f"torch {torch.__version__} on {platform.machine()}, python {platform.python_version()}"
    return conclude(
        Certificate(
            method="picked",
            considered=("picked",),
            claims=(claim,),
            delta=terms.delta,
            sample=sample,
            prior=PriorRecord(learner=record),
            message=message,
            evaluation=EvaluationRecord(
                batch_size=int(record.configuration["scoring_batch"]), runtime=runtime
            ),
            provenance=Provenance(
                netrazor=__version__,
                seed=int(record.configuration["seed"]),
                configuration=dict(terms.configuration),
            ),
        )
    )


def _checkpoint(out: str | os.PathLike[str] | None, name: str, identity: str) -> Checkpoint | None:
    """Where a killed run goes on: one file for each learner."""
    if out is None:
        return None
    file = f"{hashlib.sha256(name.encode()).hexdigest()[:8]}-{CHECKPOINT}"
    return Checkpoint(Path(out) / file, identity)
