"""Certificates of any learner, network or estimator in one call: by picked examples, or by a hold-out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from netrazor.certification import Certificate
from netrazor.certification.bounding import WHY_ERROR_ALONE
from netrazor.certification.claims import AnyClaim, Error
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.data.subsets import size_of
from netrazor.data.tables import as_dataset
from netrazor.data.targets import TargetDataset, as_examples
from netrazor.errors import ConfigurationError, InvalidArgument, UnsupportedLearner
from netrazor.picking import Learnable, TorchLearner, as_learner, check_stops
from netrazor.picking.pool import pool_of
from netrazor.pipeline.claim_records import check_claims
from netrazor.pipeline.learner_certificate import LearnerTerms
from netrazor.pipeline.learner_hold_out import run_learner_hold_out
from netrazor.pipeline.picked_run import default_config, run_picked
from netrazor.pipeline.run_configuration import check_delta_and_seed, reporter_for
from netrazor.pipeline.spent_examples import run_hold_out
from netrazor.pipeline.spent_run import SpentTerms
from netrazor.pipeline.spent_split import check_split, split_spent_positions


def certify_picked(
    learner: Learnable,
    dataset: Any,
    *,
    spent: int = 0,
    stops: Sequence[int] | None = None,
    claims: Sequence[AnyClaim] | None = None,
    delta: float = 0.05,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Certificate:
    """Let ``learner`` pick the examples that it needs, train it on these alone, and bound its error on new ones.

    Claim: with probability at least 1 - delta over the draw of the counted examples, what the learner makes of its
    picks errs on at most ``certificate.risk_bound`` of new examples, if the certificate's assumptions hold:
    preferent compression to the picked examples and the errors left (docs/picked-examples.md).

    Args:
        learner: a `netrazor.picking.Learner`; an estimator with fit and predict, which is fitted anew in each round;
            or a class or function that builds a network, which learns as `netrazor.picking.as_learner` says. A
            network by itself is refused: it may have been trained on the examples that are to be counted.
        dataset: the entire training set: map-style, (input, label), or a pair of arrays (inputs, labels).
        spent: how many examples, the first by the hash of their positions, train the start and are not counted.
        stops: numbers of picks at which errors are counted, increasing; the best is certified, and each has an equal
            share of ``delta``. None: sixteen from a hundredth of the counted examples to a quarter, and 0 where some
            are spent.
        claims: None or [Error()]: of picked examples nothing else can be claimed.
        delta: failure probability of the certificate.
        seed: of the learner.
        out: directory for ``picks.nrz``, ``certificate.json`` and ``result.json``, and meanwhile a checkpoint from
            which a killed run goes on.
        progress: whether bars on standard error show how far it is; by default where that is a terminal.

    Raises:
        UnsupportedLearner: none of these, or one whose state does not follow from its picks alone.
        InvalidArgument: stops that do not increase or do not fit the number of examples, too many spent.
        NetrazorError: bad data, a directory that cannot be written.
    """
    check_delta_and_seed(delta, seed)
    _refuse_other_claims(claims, "picked examples", WHY_ERROR_ALONE)
    _refuse_finished(out)
    _refuse_trained(learner)
    dataset = as_dataset(dataset)
    n = pool_of(dataset).size
    if spent:
        check_split(n, spent)
    config = default_config(n, spent)
    if stops is not None:
        declared = check_stops(tuple(stops), n - spent)
        config = replace(config, stops=declared, first=max(1, min(config.first, declared[0])))
    terms = LearnerTerms(replace(config, seed=seed), delta, reporter=reporter_for(progress))
    return run_picked(as_learner(learner), dataset, terms=terms, out=out).certificate


def certify_hold_out(
    model: Learnable,
    dataset: Any,
    *,
    spent: int,
    claims: Sequence[AnyClaim] | None = None,
    columns: Mapping[str, Any] | None = None,
    delta: float = 0.05,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Certificate:
    """Bound the error of ``model``, which knows the spent examples at most, by its count on all others.

    Claim: with probability at least 1 - delta over the draw of the counted examples, ``model`` errs on at most
    ``certificate.risk_bound`` of new examples (Clopper and Pearson 1934), if the certificate's assumptions hold.

    A network is taken as it is, trained on nothing but the first part of `split_spent`; its weights are written
    beside the certificate. What only says how to learn (a learner, an estimator, a function that builds a network)
    learns the spent examples here. Networks are written then too; of others there is nothing to write, and
    `netrazor.verify` learns again.

    Args:
        model: a trained network, or a learner as for `certify_picked`; estimators are fitted anew.
        dataset: the entire training set, spent examples included, as for `certify_picked`.
        spent: how many examples are spent: the first by the hash of their positions.
        claims: of a network, what is claimed, as for `netrazor.certify`; of any other learner None or [Error()].
        columns: as for `netrazor.certify`.
        delta: failure probability of the certificate.
        seed: of the learner.
        out: directory for the files.
        progress: as for `certify_picked`.

    Raises:
        NetrazorError: as for `certify_picked`.
    """
    check_delta_and_seed(delta, seed)
    _refuse_finished(out)
    asked = (Error(),) if claims is None else check_claims(claims)
    dataset, reporter = as_examples(dataset, asked[0]), reporter_for(progress)
    if isinstance(dataset, TargetDataset) and not isinstance(model, nn.Module):
        raise UnsupportedLearner(
            "model: a trained network needed for claims about other targets than classes, got "
            f"{type(model).__name__}; train one on the first part of netrazor.split_spent"
        )
    check_split(pool_of(dataset).size, spent)
    network = model if isinstance(model, nn.Module) else None
    learner = as_learner(model)
    if network is None and isinstance(learner, TorchLearner):
        network = trained_on_spent(learner, dataset, spent, seed)
    if network is not None:
        terms = SpentTerms(delta=delta, seed=seed, reporter=reporter, claims=asked, columns=columns or {})
        return run_hold_out(network, dataset, spent=spent, terms=terms, out=out).certificate
    _refuse_other_claims(claims, "a learner that gives labels", "give a network, which gives scores")
    learned = LearnerTerms(delta=delta, reporter=reporter)
    return run_learner_hold_out(learner, dataset, spent=spent, seed=seed, terms=learned, out=out).certificate


def _refuse_other_claims(claims: Sequence[AnyClaim] | None, what: str, why: str) -> None:
    if claims is not None and check_claims(claims) != (Error(),):
        raise InvalidArgument(f"claims: [Error()] alone allowed for {what}, got {list(claims)!r:.200}; {why}")


def _refuse_finished(out: str | os.PathLike[str] | None) -> None:
    """Nothing that was certified is overwritten unasked."""
    if out is not None and (Path(out) / CERTIFICATE).exists():
        raise ConfigurationError(
            f"out: a directory without a certificate needed, got {out}, which holds one; choose another or delete it"
        )


def _refuse_trained(learner: Learnable) -> None:
    """What a network brings along would be learned outside of the picks, and the bound would not pay for it."""
    if isinstance(learner, nn.Module):
        raise UnsupportedLearner(
            f"learner: a class or function that builds a fresh network needed, got a {type(learner).__name__} with "
            "weights, which may have seen the examples; give what builds it, or, if its weights were fixed without "
            "these examples, netrazor.picking.TorchLearner(network)"
        )


def trained_on_spent(learner: TorchLearner, dataset: Any, spent: int, seed: int) -> nn.Module:
    """The network that ``learner`` makes of the spent examples, on the CPU."""
    first, _ = split_spent_positions(size_of(dataset), spent)
    known = pool_of(dataset).take(first)
    learner.start(seed)
    learner.learn(known, known)
    return learner.module().cpu()
