"""The certificate of a learner: of what it makes of picked or of spent examples."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

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
)
from netrazor.certification.record import Method
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions_of
from netrazor.counting import labels_in_order, majority_errors
from netrazor.data import check
from netrazor.data.subsets import size_of, take
from netrazor.data.transforms import refuse_learnt_transforms
from netrazor.picking import Learner, PickingConfig, learner_digest
from netrazor.picking.declared_learners import is_exact
from netrazor.pipeline.issuing import conclude
from netrazor.runtime import SILENT, Reporter


@dataclass(frozen=True)
class LearnerTerms:
    """What a certificate of a learner states besides sample and learner, all of it declared beforehand.

    Attributes:
        config: of the picking; None: stops from a hundredth of the counted examples to a quarter.
        delta: failure probability, shared by all stops of all learners.
        names: of declared learners, by the keys of the learners given; others are the user's own.
        configuration: of what made the learner, for the provenance.
        reporter: told of the progress.
        candidates: recipes that share delta, the given learners among them, where more had been open to choice when
            something was known of the counted examples; None: the given learners.
    """

    config: PickingConfig | None = None
    delta: float = 0.05
    names: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    reporter: Reporter = SILENT
    candidates: int | None = None


def describe_counted(dataset: Any, spent: int) -> SampleRecord:
    """The training examples as a certificate names them, without a network.

    Raises:
        BadDataset: a transform that holds numbers which may have been measured on the counted examples.
    """
    refuse_learnt_transforms(dataset)
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


def describe_learner(
    learner: Learner, name: str, config: PickingConfig, candidates: int = 1
) -> LearnerRecord:
    """A learner and its declared numbers as a certificate names them."""
    return LearnerRecord(
        name=name,
        sha256=learner_digest(learner),
        exact=is_exact(learner),
        candidates=candidates,
        stops=config.stops,
        configuration={key: value for key, value in asdict(config).items() if key not in ("stops", "spent")},
    )


def conclude_learner(
    method: Method,
    claim: ClaimRecord,
    sample: SampleRecord,
    record: LearnerRecord,
    runtime: str,
    terms: LearnerTerms,
    message: PicksRecord | None = None,
) -> Certificate:
    """The certificate of a learner with one claim, whose bound and words follow from its numbers."""
    return conclude(
        Certificate(
            method=method,
            considered=(method,),
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
