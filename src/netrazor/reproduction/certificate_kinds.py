"""Certificates of several kinds for one experiment, or one network of the user's own, from one delta.

    message    the network cut down to a message: `netrazor.pipeline.run`
    picked     the declared recipe of the data set, or the user's network as a learner: `netrazor.pipeline.run_picked`
    hold-out   the network trained on four fifths, counted on the last one: `netrazor.pipeline.run_hold_out`

Each of k kinds has delta / k, so that all hold together with probability at least 1 - delta, and the tightest may be
quoted with it, though it was chosen after looking.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import nn

from netrazor import data as datasets
from netrazor.certification import Certificate, MessageRecord, PicksRecord, read_run
from netrazor.certification.delta_shares import equal_share
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.certification.yardsticks import HOLD_OUT_SHARE
from netrazor.counting.group_columns import column_digest
from netrazor.errors import ConfigurationError
from netrazor.networks import ARCHITECTURES
from netrazor.picking import TorchLearner, TorchTraining, declared_learner
from netrazor.pipeline import (
    LearnerTerms,
    Run,
    RunConfiguration,
    RunInputs,
    SpentTerms,
    certify_own,
    own_network,
    own_shape,
    run_hold_out,
    run_picked,
)
from netrazor.pipeline.certify_learners import trained_on_spent
from netrazor.pipeline.own_network import classes_of, own_data
from netrazor.pipeline.picked_run import default_config
from netrazor.reproduction import certified_experiments
from netrazor.reproduction.experiments import Experiment
from netrazor.reproduction.picked_recipes import PICKED_RECIPES, picked_recipe
from netrazor.runtime import keep_freed_memory
from netrazor.train import flush_denormals
from netrazor.units import decimal_up

Kind: TypeAlias = Literal["message", "picked", "hold-out"]
KINDS: tuple[Kind, ...] = ("message", "picked", "hold-out")

HOLD_OUT_PASSES = 20  # over the spent examples


@dataclass(frozen=True)
class KindRequest:
    """What is to be certified.

    Attributes:
        experiment: a named one; None for a network of the user's own.
        model: "file.py:function", "package.module:function" or a declared architecture, without an experiment.
        inputs: data and weights, by names.
        configuration: of the run; its ``out`` is the directory of all kinds, its ``delta`` that of all together.
        scale: multiplies the steps of the hold-out's training.
    """

    experiment: Experiment | None
    model: str | None
    inputs: RunInputs
    configuration: RunConfiguration
    scale: float = 1.0


@dataclass(frozen=True)
class KindIssued:
    """One certificate, where it lies, and, of a message, its run."""

    kind: Kind
    certificate: Certificate
    place: Path
    run: Run | None = None


def issue_kinds(kinds: tuple[Kind, ...], request: KindRequest) -> Iterator[KindIssued]:
    """A certificate of each of ``kinds``, several in subdirectories of their names.

    Raises:
        ConfigurationError: no declared recipe to pick by; weights given, which may have seen what is to be counted; a
            finished run of other settings in the directory.
        NetrazorError: as for the functions of each kind.
    """
    assert request.configuration.out is not None
    if "picked" in kinds:
        _check_pickable(request)
        if request.configuration.claims is not None:
            raise ConfigurationError(
                "claims: allowed for --kind message and hold-out only, since picked examples say nothing of a class "
                "or group; leave --claims and --groups out, or choose one of these"
            )
    if request.inputs.weights is not None and kinds != ("message",):
        raise ConfigurationError(
            "weights: allowed for --kind message only, since trained weights may have seen the examples that picks "
            "and hold-outs count; leave them out, or call netrazor.certify_hold_out with what you know of them"
        )
    out = Path(request.configuration.out)
    for kind in kinds:
        place = out / kind if len(kinds) > 1 else out
        share = equal_share(request.configuration.delta, len(kinds))
        part = replace(request, configuration=replace(request.configuration, out=place, delta=share))
        yield _issue_message(part, place) if kind == "message" else _issue_learned(kind, part, place)


def tightest(issued: list[KindIssued]) -> KindIssued:
    """The one with the least bound, the first of equals."""
    return min(issued, key=lambda each: each.certificate.risk_bound)


def paid_for(certificate: Certificate) -> str:
    """What its bound rests on, in words."""
    counted = f"{certificate.errors:,} errors on {certificate.n:,} examples"
    message = certificate.message
    if isinstance(message, PicksRecord):
        return f"{message.picked:,} picks and {counted}"
    if isinstance(message, MessageRecord):
        return f"{decimal_up(message.effective_bits, 0)} bits and {counted}"
    return f"{counted}, the other {certificate.sample.spent:,} spent"


def _issue_message(request: KindRequest, place: Path) -> KindIssued:
    if request.experiment is not None:
        run = certified_experiments.certify_experiment(
            request.experiment, request.inputs, request.configuration
        )
    else:
        run = certify_own(str(request.model), request.inputs, request.configuration)
    return KindIssued("message", run.issued.certificate, place, run)


def _issue_learned(kind: Kind, request: KindRequest, place: Path) -> KindIssued:
    dataset = _data(request)
    about = _settings(kind, request)
    finished = _finished(place, about, request.configuration, dataset)
    if finished is not None:
        request.configuration.reporter.say(
            f"{place} holds a finished run of these settings: it is taken as it is"
        )
        return KindIssued(kind, finished, place)
    flush_denormals()
    keep_freed_memory()
    issue = _issue_picked if kind == "picked" else _issue_hold_out
    return KindIssued(kind, issue(request, dataset, about, place), place)


def _issue_picked(request: KindRequest, dataset: Any, about: dict[str, Any], place: Path) -> Certificate:
    own = request.configuration
    if request.experiment is not None:
        recipe = picked_recipe(certified_experiments.reference_of(request.experiment, request.inputs))
        learners = {name: declared_learner(name) for name in recipe.learners}
        names, config, candidates = {name: name for name in learners}, recipe.config, recipe.candidates
    else:
        network = _network(request, dataset)[0]
        learners, names, candidates = {"own": TorchLearner(network)}, {}, None
        config = default_config(len(dataset))
    terms = LearnerTerms(replace(config, seed=own.seed), own.delta, names, about, own.reporter, candidates)
    return run_picked(learners, dataset, terms=terms, out=place).certificate


def _issue_hold_out(request: KindRequest, dataset: Any, about: dict[str, Any], place: Path) -> Certificate:
    own, n = request.configuration, len(dataset)
    spent = n - max(1, n // HOLD_OUT_SHARE)
    network, architecture = _network(request, dataset)
    usual = TorchTraining()
    passes = request.scale * HOLD_OUT_PASSES
    training = replace(usual, steps=1, steps_per_pick=passes / usual.batch_size)
    trained = trained_on_spent(TorchLearner(network, training, device=own.device), dataset, spent, own.seed)
    terms = SpentTerms(
        architecture,
        "trained on the spent examples",
        own.delta,
        own.seed,
        about,
        own.reporter,
        own.statements,
        own.columns,
    )
    return run_hold_out(trained, dataset, spent=spent, terms=terms, out=place).certificate


def _network(request: KindRequest, dataset: Any) -> tuple[nn.Module, str]:
    """A fresh network from the seed, and the name of its architecture."""
    seed = request.configuration.seed
    if request.experiment is not None:
        return certified_experiments.experiment_network(request.experiment, dataset.classes, seed)
    torch.manual_seed(seed)
    return own_network(str(request.model), classes=classes_of(dataset)), "custom"


def _data(request: KindRequest) -> Any:
    inputs = request.inputs
    if request.experiment is not None:
        return certified_experiments.experiment_data(request.experiment, inputs)
    if inputs.data is None:
        raise ConfigurationError(
            "data: a known name, a folder of images or shards, a CSV file or file.py:function needed, got none; "
            "give one with --data"
        )
    known = str(request.model) in ARCHITECTURES
    shape = own_shape(None if known else own_network(str(request.model)), inputs.size)
    return own_data(
        inputs.data,
        shape=shape,
        directory=inputs.data_directory,
        leave_out=inputs.leave_out,
        label=inputs.label,
    )


def _check_pickable(request: KindRequest) -> None:
    if request.experiment is None:
        return
    reference = certified_experiments.reference_of(request.experiment, request.inputs)
    if reference not in PICKED_RECIPES:
        raise ConfigurationError(
            f"kind: picked needs a data set with a declared recipe ({', '.join(PICKED_RECIPES)}), got {reference!r}; "
            "give your own network with --model, or another kind"
        )


def _settings(kind: Kind, request: KindRequest) -> dict[str, Any]:
    """What determined a run besides seed, delta and data, for its provenance."""
    name = request.model if request.experiment is None else request.experiment.name
    about: dict[str, Any] = {"kind": kind, "name": name}
    if kind == "hold-out":
        about["scale"] = request.scale
    if request.configuration.claims is not None:
        about["claims"] = [claim.model_dump_json() for claim in request.configuration.statements]
        about["columns"] = {
            name: column_digest(values) for name, values in request.configuration.columns.items()
        }
    return about


def _finished(place: Path, about: dict[str, Any], own: RunConfiguration, dataset: Any) -> Certificate | None:
    """The certificate of a finished run of the same settings in ``place``."""
    if own.overwrite or not (place / CERTIFICATE).exists():
        return None
    found = read_run(place).certificate
    settings = (found.provenance.configuration, found.provenance.seed, found.delta, found.sample.fingerprint)
    if settings != (about, own.seed, own.delta, datasets.fingerprint(dataset)):
        raise ConfigurationError(
            f"out: {place} holds a finished run of other settings; choose another directory, or pass overwrite=True"
        )
    return found
