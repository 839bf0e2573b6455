"""Certificates whose prior was trained on some of the examples: hold-out, and a message relative to given weights.

The first examples in a declared order of positions are *spent*: they train whatever they like. The others are
*counted*: the bound is about these alone.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import __version__
from netrazor.certification import (
    ArchitectureRecord,
    Certificate,
    ClaimRecord,
    EvaluationRecord,
    GivenRecord,
    PriorRecord,
    Provenance,
    SampleRecord,
    to_json,
)
from netrazor.certification.charging import ledger_of, schema_digest
from netrazor.certification.claims import AnyClaim, Error
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, MESSAGE
from netrazor.certification.run_writing import write_run
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions
from netrazor.coding import Limits
from netrazor.coding.message import read
from netrazor.compress.step_search import search_steps
from netrazor.counting import BATCH_SIZE, check_independence, count_errors
from netrazor.data.subsets import take
from netrazor.data.transforms import refuse_learnt_transforms
from netrazor.networks import index_of, source_digest
from netrazor.networks.network_message import encode, limits_of, network_of
from netrazor.networks.plain import plain_copy
from netrazor.networks.plain_call import on_plain_form
from netrazor.networks.weight_steps import Steps, decode_steps, encode_steps
from netrazor.pipeline.claim_records import (
    check_claims,
    check_fit,
    count_records,
    named_groups,
    share_delta,
)
from netrazor.pipeline.issuing import Rebuilt, certify_rebuilt, conclude, describe_runtime
from netrazor.pipeline.sampling import describe_sample
from netrazor.pipeline.spent_split import HASHED, split_spent
from netrazor.pipeline.subject import Subject
from netrazor.runtime import SILENT, Reporter, devices, processes

Examples = Dataset[tuple[Tensor, int]]


@dataclass(frozen=True)
class SpentRun:
    """The files of a certificate with spent examples.

    Attributes:
        given: the given weights; None where a learner stands for them.
        message: what differs from them; None where nothing was sent.
        certificate: of these.
    """

    given: bytes | None
    message: bytes | None
    certificate: Certificate

    def write(self, out: str | os.PathLike[str]) -> None:
        """Write them into the directory ``out``, together."""
        files: dict[str, bytes | str] = {CERTIFICATE: to_json(self.certificate)}
        for name, content in ((GIVEN, self.given), (MESSAGE, self.message)):
            if content is not None:
                files[name] = content
        write_run(out, files)


@dataclass(frozen=True)
class SpentTerms:
    """What a certificate with spent examples states besides its sample.

    Attributes:
        architecture: the declared architecture that the network is, or "custom".
        origin: what the given weights were made from, in words.
        delta: failure probability.
        seed: of what made the network, for the provenance.
        claims: what is claimed, as values of `netrazor.claims`; they hold together, the first is the headline.
        columns: for claims about groups, a value for each example, by the column's name.
        configuration: of what made the network, for the provenance.
        reporter: told of the progress.
    """

    architecture: str = "custom"
    origin: str = "trained on the spent examples"
    delta: float = 0.05
    seed: int = 0
    configuration: Mapping[str, Any] = field(default_factory=dict)
    reporter: Reporter = SILENT
    claims: tuple[AnyClaim, ...] = (Error(),)
    columns: Mapping[str, Any] = field(default_factory=dict)


@on_plain_form
def run_hold_out(
    model: nn.Module,
    dataset: Examples,
    *,
    spent: int,
    spending: Spending = HASHED,
    terms: SpentTerms | None = None,
    out: str | os.PathLike[str] | None = None,
) -> SpentRun:
    """The plain certificate of held-out examples, with the same record and verifier as every other.

    Claim: with probability at least 1 - delta over the draw of the counted examples, ``model``, as its file says,
    errs on at most ``certificate.risk_bound`` of new examples (Clopper and Pearson 1934), if the certificate's
    assumptions hold: above all, that the counted examples had no part in ``model``.

    Args:
        model: trained on nothing but `split_spent`'s first part.
        dataset: the whole training set.
        spent: how many examples it was trained on.
        spending: the declared order of positions of which these are the first.
        terms: what else the certificate states.
        out: directory for the files.

    Raises:
        NetrazorError: as for `netrazor.certify`.
    """
    terms = terms or SpentTerms()
    given, network, record, sample = _describe(model, dataset, spent, spending, terms)
    claims = _count_hold_out(network, dataset, sample, terms)
    architecture = ArchitectureRecord(
        name=terms.architecture, index=index_of(terms.architecture), source_sha256=source_digest(network)
    )
    certificate = conclude(
        Certificate(
            method="hold-out",
            considered=("hold-out",),
            claims=claims,
            delta=terms.delta,
            sample=sample,
            prior=PriorRecord(architecture=architecture, given=record),
            message=None,
            evaluation=EvaluationRecord(
                batch_size=BATCH_SIZE, runtime=describe_runtime(network, devices.CPU)
            ),
            provenance=Provenance(
                netrazor=__version__, seed=terms.seed, configuration=dict(terms.configuration)
            ),
        )
    )
    run = SpentRun(given, None, certificate)
    if out is not None:
        processes.on_rank_zero(lambda: run.write(out))
    return run


def _count_hold_out(
    network: nn.Module, dataset: Examples, sample: SampleRecord, terms: SpentTerms
) -> tuple[ClaimRecord, ...]:
    """What each claim rests on, on the counted examples, with its share of delta."""
    counted = split_positions(sample)[1]
    check_fit(terms.claims, sample.classes)
    claims, columns = named_groups(check_claims(terms.claims), terms.columns, sample.n, counted)
    records = count_records(
        network,
        take(dataset, counted),
        claims,
        classes=sample.classes,
        columns=columns,
        reporter=terms.reporter,
    )
    return share_delta(records, terms.delta, ("hold-out",))


@on_plain_form
def run_from_given(
    model: nn.Module,
    dataset: Examples,
    *,
    spent: int,
    spending: Spending = HASHED,
    terms: SpentTerms | None = None,
    out: str | os.PathLike[str] | None = None,
) -> SpentRun:
    """A certificate with a data-dependent prior: ``model`` is given, and the message says what differs from it.

    Claim: as for `run_hold_out`, for the network decoded from prior and message, by Theorem 4.1 under a prior
    over differences that is centred on a network which the counted examples had no part in.

    Args: as for `run_hold_out`.

    Raises:
        NetrazorError: as for `netrazor.certify`.
    """
    terms = terms or SpentTerms()
    given, network, record, sample = _describe(model, dataset, spent, spending, terms)
    positions = split_positions(sample)[1]
    check_fit(terms.claims, sample.classes)
    claims, columns = named_groups(check_claims(terms.claims), terms.columns, sample.n, positions)
    counted = take(dataset, positions)
    subject = Subject(
        terms.architecture,
        counted,
        sample,
        terms.delta,
        terms.seed,
        claims,
        columns,
        given=record,
        configuration=terms.configuration,
        reporter=terms.reporter,
    )
    index = index_of(terms.architecture)
    steps: Steps = search_steps(network, counted, index, terms.delta)
    blob = encode_steps(steps, index)
    message = read(blob, Limits())
    rebuilt = Rebuilt(blob, decode_steps(network, message), ledger_of(message), schema_digest(message))
    run = SpentRun(given, blob, certify_rebuilt(rebuilt, subject, ("occam",)))
    if out is not None:
        processes.on_rank_zero(lambda: run.write(out))
    return run


def _describe(
    model: nn.Module, dataset: Examples, spent: int, spending: Spending, terms: SpentTerms
) -> tuple[bytes, nn.Module, GivenRecord, SampleRecord]:
    """The file of the given weights, the network in it, and the records of both weights and sample."""
    refuse_learnt_transforms(dataset)
    split_spent(dataset, spent, spending)
    model = plain_copy(model)
    given = encode(model, terms.architecture)
    network = network_of(model, read(given, limits_of(model)))
    sample = describe_sample(network, dataset, terms.reporter, spent, spending)
    counted = take(dataset, split_positions(sample)[1])
    check_independence(network, counted)
    errors = count_errors(network, counted, reporter=terms.reporter).errors
    record = GivenRecord(
        sha256=hashlib.sha256(given).hexdigest(), bytes=len(given), origin=terms.origin, errors=errors
    )
    return given, network, record, sample
