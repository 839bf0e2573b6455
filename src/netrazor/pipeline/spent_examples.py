"""Certificates whose prior was trained on some of the examples: hold-out, and a message relative to given weights.

The first examples in a declared order of positions are *spent*: they train whatever they like. The others are
*counted*: the bound is about these alone.
"""

import os
from dataclasses import replace

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import __version__
from netrazor.certification import (
    Certificate,
    ClaimRecord,
    EvaluationRecord,
    PriorRecord,
    Provenance,
    SampleRecord,
)
from netrazor.certification.charging import ledger_of, schema_digest
from netrazor.certification.class_names import recorded_names
from netrazor.certification.record import batch_of
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions
from netrazor.coding import Limits
from netrazor.coding.message import read
from netrazor.compress.step_search import search_steps
from netrazor.data.subsets import class_names_in, size_of, take
from netrazor.data.targets import TargetDataset
from netrazor.errors import InvalidArgument
from netrazor.networks import index_of
from netrazor.networks.plain_call import on_plain_form
from netrazor.networks.weight_steps import decode_steps, encode_steps, no_steps
from netrazor.pipeline.claim_records import (
    check_claims,
    check_fit,
    count_records,
    named_groups,
    share_delta,
)
from netrazor.pipeline.coded_network import (
    graph_record,
    graph_text,
    literal_bits,
)
from netrazor.pipeline.given_network import GivenNetwork, given_network
from netrazor.pipeline.issuing import (
    Rebuilt,
    architecture_record,
    certify_rebuilt,
    conclude,
    describe_runtime,
)
from netrazor.pipeline.spent_run import SpentRun, SpentTerms
from netrazor.pipeline.spent_split import HASHED, check_split
from netrazor.pipeline.subject import Subject
from netrazor.runtime import devices, processes

Examples = Dataset[tuple[Tensor, int]]


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
    given = _given(model, dataset, spent, spending, terms)
    network = given.network
    certificate = conclude(
        Certificate(
            method="hold-out",
            considered=("hold-out",),
            claims=_count_hold_out(network, dataset, given.sample, terms),
            delta=terms.delta,
            sample=given.sample,
            prior=PriorRecord(
                architecture=architecture_record(network, terms.architecture),
                graph=graph_record(network),
                given=given.record,
            ),
            message=None,
            evaluation=EvaluationRecord(
                batch_size=batch_of(terms.claims[0].task), runtime=describe_runtime(network, devices.CPU)
            ),
            provenance=Provenance(
                netrazor=__version__,
                seed=terms.seed,
                configuration=dict(terms.configuration),
                no_graph=given.coded.no_graph,
                class_names=recorded_names(class_names_in(dataset), given.sample.classes),
            ),
        )
    )
    run = SpentRun(given.blob, None, certificate, graph_text(network))
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
    if isinstance(dataset, TargetDataset):
        raise InvalidArgument(
            "claims: errors of classes needed for a message of steps, which is searched for on these, got "
            f"{terms.claims[0].kind!r}; call netrazor.certify or netrazor.certify_hold_out"
        )
    given = _given(model, dataset, spent, spending, terms)
    network, sample = given.network, given.sample
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
        given=given.record,
        configuration=terms.configuration,
        reporter=terms.reporter,
        class_names=recorded_names(class_names_in(dataset), sample.classes),
    )
    index = index_of(terms.architecture)
    steps = search_steps(given.searched, counted, index, terms.delta)
    none = no_steps(network)  # which may have arrays of its own, and lack some that nothing reads
    blob = encode_steps({name: steps.get(name, none[name]) for name in none}, index)
    message = read(blob, Limits())
    rebuilt = Rebuilt(
        blob,
        decode_steps(network, message),
        ledger_of(message, literal_bits(network)),
        schema_digest(message),
        coded=replace(given.coded, network=network),
    )
    certificate = certify_rebuilt(rebuilt, subject, ("occam",))
    run = SpentRun(given.blob, blob, certificate, graph_text(network))
    if out is not None:
        processes.on_rank_zero(lambda: run.write(out))
    return run


def _given(
    model: nn.Module, dataset: Examples, spent: int, spending: Spending, terms: SpentTerms
) -> GivenNetwork:
    check_split(size_of(dataset), spent)
    return given_network(
        model,
        dataset,
        (spent, spending),
        architecture=terms.architecture,
        origin=terms.origin,
        reporter=terms.reporter,
    )
