"""Checking a certificate against the files it speaks of and the counts it records. No torch, no data set.

Every number of a claim is computed again from what it rests on; a finding says which one does not follow. What this
cannot see is whether the recorded counts are true: that takes the data set.
"""

import hashlib
from collections.abc import Iterator

from netrazor.certification.assumptions import assumptions_of
from netrazor.certification.canonical import digest
from netrazor.certification.charging import ledger_of, schema_digest
from netrazor.certification.claim_check import check_claim
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.graph_check import check_graph
from netrazor.certification.mean_losses import loss_word
from netrazor.certification.message_record import MessageRecord, PicksRecord
from netrazor.certification.noise_description import noise_in
from netrazor.certification.prior_record import OWN_ARCHITECTURE
from netrazor.certification.record import Certificate, batch_of
from netrazor.certification.run_directory import RunFiles
from netrazor.certification.spending import any_spent
from netrazor.certification.verdict import Finding, compare
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.coding.position_set import decode_positions
from netrazor.errors import MessageError, NetrazorError


def check_run(files: RunFiles, *, limits: Limits | None = None) -> tuple[tuple[Finding, ...], Message | None]:
    """Everything in a run that does not follow, and the message that was read for it, since reading takes long.

    What is cheap comes first: a message whose digest is another's is not read at all.

    Args:
        files: of the run.
        limits: of the reader of messages.
    """
    certificate = files.certificate
    findings = [*_check_digests(files), *_check_terms(certificate), *_check_sample(certificate)]
    findings += [] if findings else check_graph(files)
    if findings:
        return tuple(findings), None
    message = None
    if files.message is not None:
        try:
            if isinstance(certificate.message, PicksRecord):
                findings += _check_picks(certificate, certificate.message, files.message)
            else:
                message = read(files.message, limits or Limits())
                findings += _check_message(certificate, message)
        except NetrazorError as error:
            findings.append(Finding("message" if isinstance(error, MessageError) else "noise", str(error)))
    if not findings:
        for claim in certificate.claims:
            findings += check_claim(certificate, claim)
    return tuple(findings), message


def _check_digests(files: RunFiles) -> Iterator[Finding]:
    certificate = files.certificate
    yield from compare(("seal", "seal", certificate.seal, digest(certificate)))
    prior = certificate.prior
    recorded = {
        "message": certificate.message,
        "prior.given": prior.given_file,
        "prior.graph": prior.graph,
    }
    contents = (files.message, files.given, files.graph)
    for (name, record), content in zip(recorded.items(), contents, strict=True):
        if record is not None and content is not None:
            yield from compare(
                ("digest", f"{name}.sha256", record.sha256, hashlib.sha256(content).hexdigest()),
                ("length", f"{name}.bytes", record.bytes, len(content)),
            )
        elif (record is None) != (content is None):
            yield Finding("files", f"{name}: record and file needed together, got one of them")


def _check_terms(certificate: Certificate) -> Iterator[Finding]:
    """What no certificate may choose for itself."""
    considered = certificate.considered
    if certificate.method not in considered or len(set(considered)) < len(considered):
        yield Finding(
            "delta", "considered: the method, and each method once, needed, or no delta was spent on it"
        )
        return
    learner = certificate.prior.learner
    choices = 1 if learner is None else learner.candidates * len(learner.stops)
    total = sum(claim.statement.weight for claim in certificate.claims)
    for number, claim in enumerate(certificate.claims):
        weight = claim.statement.weight
        expected = delta_parts(certificate.delta, considered, total, choices, weight)
        yield from compare(("delta", f"claims.{number}.delta_parts", claim.delta_parts, expected))
    yield from _check_statements(certificate)
    if (
        learner is not None
        and certificate.method == "hold-out"
        and (learner.stops, learner.candidates) != ((0,), 1)
    ):
        yield Finding(
            "picks",
            "prior.learner: one candidate and the stop 0 needed where it learns spent examples only, got others",
        )
    has_noise, is_noisy = certificate.noise is not None, certificate.method == "perturbation"
    has_message, has_given = certificate.message is not None, certificate.prior.given_file is not None
    form = None if certificate.message is None else certificate.message.form
    is_picked = certificate.method == "picked"
    batch = batch_of(certificate.task) if learner is None else learner.configuration.get("scoring_batch")
    yield from compare(
        ("evaluation", "evaluation.batch_size", certificate.evaluation.batch_size, batch),
        ("assumptions", "assumptions", certificate.assumptions, assumptions_of(certificate)),
        ("noise", "noise: whether there is a record", has_noise, is_noisy),
        ("message", "message: whether there is one", has_message, certificate.method != "hold-out"),
        (
            "prior",
            "prior.given: whether there are given weights",
            has_given,
            form == "steps" or (form is None and learner is None),
        ),
        (
            "prior",
            "prior.given: whether arrays are given beside a message of others",
            certificate.prior.given_arrays is not None and form != "arrays",
            False,
        ),
        (
            "prior",
            "prior.learner: whether there is one",
            learner is not None,
            is_picked or (form is None and not has_given),
        ),
        (
            "prior",
            "prior.architecture: whether there is one",
            certificate.prior.architecture is None,
            learner is not None,
        ),
        ("message", "message.form: whether it names positions", form == "positions", is_picked),
    )
    architecture = certificate.prior.architecture
    if architecture is not None and architecture.index == 0:
        own = architecture.name
        yield from compare(("architecture", "prior.architecture.name", own, OWN_ARCHITECTURE))


def _check_statements(certificate: Certificate) -> Iterator[Finding]:
    """Each claim once, the first of them about the error, and those that a learner's certificate can make."""
    claims = certificate.claims
    said = [
        claim.top if claim.is_error else claim.statement.model_copy(update={"weight": 1}) for claim in claims
    ]
    if any(each in said[:place] for place, each in enumerate(said)):
        yield Finding("claims", "claims: each statement once needed, got one twice")
    if not claims[0].statement.may_be_first or len({claim.statement.task for claim in claims}) > 1:
        yield Finding(
            "claims",
            "claims: an error or a mean loss first needed, which is the headline, and one task, got others",
        )
    for claim in claims:
        asked = claim.asked
        usual = asked is not None and claim.is_error and asked.weight == 1  # which is not recorded
        if usual or claim.top != getattr(claim.statement, "k", 1) or claim.loss != loss_word(claim.statement):
            yield Finding("claims", "claims.top, loss and asked: what belongs together needed, got others")
    if certificate.prior.learner is not None and [claim.top for claim in claims] != [1]:
        yield Finding("claims", "claims: one of the best answer needed for a learner, got others")


def _check_sample(certificate: Certificate) -> Iterator[Finding]:
    sample = certificate.sample
    if sample.spent >= sample.n or (sample.spent == 0) != (sample.spending == "none"):
        yield Finding(
            "sample", f"sample.spent: fewer than n = {sample.n} and a declared order needed, got others"
        )
    if certificate.prior.learner is not None and sample.spending == "even positions":
        yield Finding(
            "sample", "sample.spending: hashed positions needed where a learner starts from spent ones"
        )
    if certificate.message is None and sample.spent == 0:
        yield Finding(
            "sample", "sample.spent: what was trained on and what is counted must differ, got none spent"
        )
    given = certificate.prior.given_file
    given_errors = given.errors or 0 if given is not None else 0
    if sample.duplicates > sample.n or max(sample.majority_errors, given_errors) > sample.counted:
        yield Finding(
            "sample",
            f"sample: no count can be above the number of examples, {sample.counted} of {sample.n} of them counted, "
            "got one that is",
        )


def _check_message(certificate: Certificate, message: Message) -> Iterator[Finding]:
    record, architecture, graph = certificate.message, certificate.prior.architecture, certificate.prior.graph
    assert isinstance(record, MessageRecord)  # there is a message of arrays,
    assert architecture is not None  # and so an architecture
    literal_bits = 0 if graph is None else graph.literal_bits
    ledger = ledger_of(message, literal_bits, schema_is_fixed=architecture.fixes_schema)
    if architecture.schema_sha256 is not None:
        yield from compare(
            (
                "architecture",
                "prior.architecture.schema_sha256",
                architecture.schema_sha256,
                schema_digest(message),
            )
        )
    yield from compare(
        ("ledger", "message.ledger", record.ledger, ledger),
        ("bits", "message.effective_bits", record.effective_bits, ledger.charged_bits),
        (
            "architecture",
            "prior.architecture.index",
            architecture.index,
            message.architecture,
        ),
        (
            "noise",
            "noise: whether the message describes it",
            certificate.noise is not None,
            noise_in(message) is not None,
        ),
    )


def _check_picks(certificate: Certificate, record: PicksRecord, blob: bytes) -> Iterator[Finding]:
    """Distinct counted positions, as many as recorded, at a stop that was declared."""
    learner, sample = certificate.prior.learner, certificate.sample
    assert learner is not None  # checked with the terms
    picks = decode_positions(blob, sample.n, at_most=record.picked)
    yield from compare(("picks", "message.picked", record.picked, len(picks)))
    if any_spent(sample, picks):
        yield Finding("picks", "message: positions of counted examples needed, got spent ones")
    if record.stop not in learner.stops or record.picked > record.stop:
        yield Finding(
            "picks", f"message.stop: a declared stop not below what was picked needed, got {record.stop}"
        )
    if list(learner.stops) != sorted(set(learner.stops)):
        yield Finding("picks", "prior.learner.stops: increasing numbers needed, got others")
