"""Replaying a certificate of a learner: it picks and learns again, and what it still gets wrong is counted.

Recorded positions prove nothing by themselves: that removing an unpicked example changes nothing holds for the rule,
so the rule is run. A *fast* replay learns the recorded picks only; it sees whether they lead the learner through the
recorded rounds to the recorded errors, and not whether an unpicked example had to be picked before: it can find a
certificate INVALID, but at most CONSISTENT.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from netrazor.certification import Certificate, Finding, LearnerRecord, PicksRecord, RunFiles, Verdict
from netrazor.certification.bounding import bound_claim
from netrazor.certification.spending import split_positions
from netrazor.certification.verdict import Status
from netrazor.coding.position_set import decode_positions
from netrazor.errors import CertificateError
from netrazor.picking import Picking, PickingConfig, StopCount, pick
from netrazor.picking.declared_learners import rebuild_learner
from netrazor.picking.learner import Learner
from netrazor.picking.learner_libraries import learner_runtime
from netrazor.picking.pool import pool_of
from netrazor.picking.scan import first_wrong
from netrazor.runtime import Reporter
from netrazor.units import percent_up
from netrazor.verification.sample_check import check_dataset

_CONFIG = TypeAdapter(PickingConfig)


@dataclass(frozen=True)
class Replay:
    """What a replay needs.

    Attributes:
        files: certificate and positions, checked to follow from each other.
        dataset: the training set, spent examples included.
        learner: the user's own, for a certificate of one.
        fast: learn the recorded picks only.
        reporter: told of the progress.
    """

    files: RunFiles
    dataset: Any
    learner: Learner | None
    fast: bool
    reporter: Reporter


def replay(asked: Replay) -> Verdict:
    """VALID if the learner picks and errs as recorded; one that learned spent examples only has nothing to pick.

    Otherwise DIFFERS, with what this machine found and the bound that it gives; INVALID where the learner's
    arithmetic is the same on every machine, or where the same picks leave more errors than the bound bears.

    Raises:
        ConfigurationError: a user's own learner, and none was given.
        CheckpointMismatch: another learner than the certificate names.
        CertificateError: declared numbers that are none of a run of picking.
    """
    certificate = asked.files.certificate
    record = certificate.prior.learner
    assert record is not None  # checked before
    findings = check_dataset(certificate.sample, asked.dataset)
    if findings:
        return Verdict("INVALID", tuple(findings), certificate)
    learner = rebuild_learner(record, asked.learner)
    judge = _learn_again if certificate.message is None else _pick_again
    verdict = judge(asked, record, learner)
    recorded, here = certificate.evaluation.runtime, learner_runtime(learner)
    if verdict.status == "VALID" or recorded == here:
        return verdict
    return replace(verdict, notes=(*verdict.notes, f"recorded with {recorded}; replayed with {here}"))


def _learn_again(asked: Replay, record: LearnerRecord, learner: Learner) -> Verdict:
    """A hold-out: the learner learns the spent examples again, and all the others are counted."""
    certificate = asked.files.certificate
    (claim,) = certificate.claims
    config = declared_config(certificate, record)
    (found,) = pick(learner, asked.dataset, config, reporter=asked.reporter).counts
    bound = bound_claim(certificate, claim.model_copy(update={"errors": found.errors}))
    note = f"learned again: {found.errors} errors on {claim.n} examples; this gives {percent_up(bound)}"
    if found.errors == claim.errors or bound <= claim.bound:
        return Verdict("VALID", (), certificate, (note,))
    finding = Finding("replay", f"recorded: {claim.errors} errors; {note}")
    return Verdict("INVALID" if record.exact else "DIFFERS", (finding,), certificate, (note,))


def _pick_again(asked: Replay, record: LearnerRecord, learner: Learner) -> Verdict:
    certificate, message = asked.files.certificate, asked.files.certificate.message
    assert isinstance(message, PicksRecord)  # checked before
    assert asked.files.message is not None
    recorded = decode_positions(asked.files.message, certificate.sample.n)
    picking = pick(
        learner,
        asked.dataset,
        declared_config(certificate, record),
        among=recorded if asked.fast else None,
        until=message.stop,
        reporter=asked.reporter,
    )
    found = next(count for count in picking.counts if count.stop == message.stop)
    if asked.fast:
        found = _count_all(picking, found, certificate, asked.dataset)
    return _judge(asked, record, (picking, found), set(recorded.tolist()))


def declared_config(certificate: Certificate, record: LearnerRecord) -> PickingConfig:
    """The numbers that were declared for a run of picking.

    Raises:
        CertificateError: they are none.
    """
    content = {**record.configuration, "stops": record.stops, "spent": certificate.sample.spent}
    try:
        return _CONFIG.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise CertificateError(
            f"prior.learner.configuration.{place}: {first['msg']}, got {repr(first['input'])[:80]}; the certificate "
            "is damaged or altered: get it again"
        ) from error


def _count_all(picking: Picking, found: StopCount, certificate: Certificate, dataset: Any) -> StopCount:
    """Errors on all counted examples that were not picked; a fast replay has looked at the picked ones alone."""
    counted = np.setdiff1d(split_positions(certificate.sample)[1], picking.picks[: found.picked])
    batch = certificate.evaluation.batch_size
    return replace(found, errors=len(first_wrong(picking.last, pool_of(dataset), counted, batch)))


def _judge(
    asked: Replay, record: LearnerRecord, replayed: tuple[Picking, StopCount], recorded: set[int]
) -> Verdict:
    certificate, (picking, found) = asked.files.certificate, replayed
    (claim,), message = certificate.claims, certificate.message
    assert isinstance(message, PicksRecord)  # checked before
    picks = set(picking.picks[: found.picked].tolist())
    own = certificate.model_copy(update={"message": message.model_copy(update={"picked": found.picked})})
    bound = bound_claim(own, claim.model_copy(update={"errors": found.errors}))
    note = (
        f"replayed: {found.picked} examples picked, {len(picks & recorded)} of them as recorded, and {found.errors} "
        f"errors left; this gives {percent_up(bound)}"
    )
    if picks == recorded and (found.errors == claim.errors or bound <= claim.bound):
        status: Status = "CONSISTENT, NOT RECOUNTED" if asked.fast else "VALID"
        return Verdict(status, (), certificate, (note,))
    text = f"recorded: {message.picked} picks and {claim.errors} errors; {note}"
    if record.exact or picks == recorded:
        return Verdict("INVALID", (Finding("replay", text),), certificate, (note,))
    return Verdict("DIFFERS", (Finding("replay", text),), certificate, (note,))
