"""From a network and a training set to a message, a certificate and the measurements of the run."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.certification import Certificate, SampleRecord, to_json
from netrazor.certification.claims import AnyClaim
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, GRAPH, MESSAGE, RESULT
from netrazor.certification.run_result import Result, Setting
from netrazor.certification.run_writing import write_run
from netrazor.counting import GroupColumn, check_independence, count_errors
from netrazor.data.example_form import in_form_of
from netrazor.data.tables import as_dataset
from netrazor.data.transforms import refuse_learnt_transforms
from netrazor.errors import ConfigurationError
from netrazor.networks import build, coded_state, make_plain, source_digest
from netrazor.networks.estimators import as_network
from netrazor.networks.given_arrays import Given, moving_statistics
from netrazor.networks.network_message import codable_arrays
from netrazor.networks.plain import unwrapped
from netrazor.networks.plain_call import plainly_called
from netrazor.pipeline.claim_records import check_fit, named_groups
from netrazor.pipeline.device_choice import device_for
from netrazor.pipeline.finished_run import FinishedRun, decoded_into, enter, only_run_in
from netrazor.pipeline.given_part import (
    GivenArrays,
    behind_given,
    describe_given,
    issue_behind,
    warn_of_frozen,
)
from netrazor.pipeline.issuing import Issued, issue
from netrazor.pipeline.measurements import measure
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.rules import Rules, rules_for
from netrazor.pipeline.run_configuration import RunConfiguration, reporter_for
from netrazor.pipeline.run_settings import settings_of
from netrazor.pipeline.sampling import describe_sample
from netrazor.pipeline.stage_runner import run_stages
from netrazor.pipeline.stages import RunContext
from netrazor.pipeline.subject import Subject
from netrazor.runtime import SILENT, devices, processes
from netrazor.train import Checkpoint, Loss, TrainingStep


@dataclass(frozen=True)
class Run:
    """What a run came to."""

    issued: Issued
    result: Result


def certify(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    recipe: Recipe | str = "quick",
    given: Given | None = None,
    given_origin: str | None = None,
    delta: float = 0.05,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    tops: tuple[int, ...] = (1,),
    claims: Sequence[AnyClaim] | None = None,
    columns: Mapping[str, Any] | None = None,
    test: Dataset[tuple[Tensor, int]] | None = None,
    training: Dataset[tuple[Tensor, int]] | None = None,
    loss: Loss = F.cross_entropy,
    training_step: TrainingStep | None = None,
    device: str = devices.AUTO,
    count_on: str = devices.CPU.type,
    progress: bool | None = None,
) -> Certificate:
    """Train and cut down ``model`` by ``recipe``, write it as a message, and bound its error on new examples.

    Claim: with probability at least 1 - delta over the draw of ``dataset``, the network decoded from the
    message errs on at most ``certificate.risk_bound`` of new examples, if the certificate's assumptions hold.

    A directory that holds a finished run of the same settings gives its certificate at once; one of other settings
    is left alone, unless ``overwrite`` says otherwise.

    Args:
        model: any classifier. It gives N x classes scores, in a tensor, first in a tuple or as ``.logits``, or a
            single number for each example where there are two classes. It is changed in place to the network
            certified, and first made plain (`netrazor.networks.make_plain`): masks, parametrizations and quantized
            weights become plain weights. Evaluation mode is what is certified. Linear estimators of scikit-learn and
            its MLPClassifier are taken too: as the networks that they are (`netrazor.networks.as_network`).
        dataset: the entire training set, map-style, without random augmentation. Its items are pairs (input, label),
            tuples (inputs ..., label), or dictionaries with a label under ``label``, ``labels``, ``y`` or ``target``,
            whose other keys the network takes by name; or a pair of arrays (inputs, labels).
        recipe: a recipe or the name of one.
        given: what of ``model`` was fixed without these examples, and so costs nothing: patterns of names of arrays
            or modules ("backbone"), "frozen" for all that requires no gradient, or a file of weights. It is never
            changed or coded. None: everything is coded.
        given_origin: what the given weights were made from, in words; the certificate says it.
        delta: failure probability of the certificate.
        seed: of everything random; the same seed gives the same message on one machine.
        out: directory for ``network.nrz``, ``certificate.json`` and ``result.json``, and meanwhile a
            checkpoint from which a killed run goes on.
        overwrite: whether a run of other settings in ``out`` may be replaced.
        tops: one claim for each number of best scores among which the label must be.
        claims: what is claimed in place of ``tops``, values of `netrazor.claims` (docs/claims.md): they hold
            together, and the first, an error, is the headline.
        columns: for claims about groups, a value for each example of ``dataset``, by the column's name.
        test: examples to report the error on.
        training: examples to train on instead of ``dataset``.
        loss: of scores and labels, for training.
        training_step: of network, inputs and labels, instead of ``loss``.
        device: what trains and searches.
        count_on: what counts the errors that the certificate states.
        progress: whether bars on standard error show how far it is; by default where that is a terminal.

    Raises:
        NetrazorError: bad data, an unsupported network, weights that are not finite, a directory that cannot be
            written or holds something else.
    """
    configuration = RunConfiguration(
        recipe=recipe,
        given=given,
        given_origin=given_origin,
        delta=delta,
        seed=seed,
        out=out,
        overwrite=overwrite,
        tops=tops,
        claims=claims,
        columns=columns or {},
        test=test,
        training=training,
        loss=loss,
        training_step=training_step,
        device=device,
        count_on=count_on,
        reporter=reporter_for(progress),
    )
    return run(as_network(model), dataset, configuration).issued.certificate


def run(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]], configuration: RunConfiguration | None = None
) -> Run:
    """`certify`, with everything that was measured on the way.

    Under ``torchrun`` all processes call this together and get the same; the first one writes. Of a finished run
    that is only read, what was tried beside the certificate (``issued.others``, ``issued.noise``) is gone.

    Args:
        model: as for `certify`.
        dataset: as for `certify`.
        configuration: everything else.

    Raises:
        NetrazorError: as for `certify`; a ``model`` that is not the declared architecture; no such device.
    """
    configuration = configuration or RunConfiguration()
    model = unwrapped(model)
    moving = moving_statistics(model)
    model = make_plain(model.cpu())
    codable_arrays(model)  # what cannot be certified is refused before it runs for the first time
    with plainly_called(model, as_dataset(dataset)) as examples:
        training, test = (
            None if other is None else in_form_of(examples, as_dataset(other))
            for other in (configuration.training, configuration.test)
        )
        return _run_plain(model, examples, replace(configuration, training=training, test=test), moving)


def _run_plain(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    configuration: RunConfiguration,
    moving: Sequence[str],
) -> Run:
    """`run` of a plain network from one tensor to scores, on pairs of a tensor and a class.

    ``moving``: the statistics of norms that were in training mode before it was made plain.
    """
    processes.join()
    if not processes.is_rank_zero():
        configuration = replace(configuration, reporter=SILENT)
    # What cannot be certified is refused before hours of training, not after.
    processes.broadcast(model.state_dict().values())
    refuse_learnt_transforms(dataset)
    given = None
    if configuration.given is None:
        warn_of_frozen(model)
    else:
        given = describe_given(model, configuration.given, configuration.given_origin, moving)
    rules = rules_for(configuration.chosen_recipe.rules, model)
    _check_declared(model, configuration.architecture)
    sample = describe_sample(model, dataset, configuration.reporter)
    check_fit(configuration.statements, sample.classes)
    groups = named_groups(configuration.statements, configuration.columns, sample.n, np.arange(sample.n))
    check_independence(model, dataset, together=100, sample=16)  # what is decoded is tried on more
    settings = settings_of(model, sample.fingerprint, configuration, None if given is None else given.record)
    if configuration.out is not None:
        place, overwrite = Path(configuration.out), configuration.overwrite
        finished = processes.on_rank_zero(lambda: enter(place, settings, overwrite=overwrite))
        if finished is not None:
            return _taken_up(model, finished, configuration)
    with only_run_in(configuration.out):
        return _computed(model, Checked(dataset, sample, rules, settings, *groups, given), configuration)


@dataclass(frozen=True)
class Checked:
    """What a run is about, once it was checked: the examples, their record, the rules, the settings, the claims."""

    dataset: Dataset[tuple[Tensor, int]]
    sample: SampleRecord
    rules: Rules
    settings: Mapping[str, Setting]
    statements: tuple[AnyClaim, ...]
    columns: Mapping[str, GroupColumn]
    given: GivenArrays | None = None


def _taken_up(model: nn.Module, finished: FinishedRun, configuration: RunConfiguration) -> Run:
    """A finished run as it was left."""
    configuration.reporter.say(
        f"{configuration.out} holds a finished run of these settings: its certificate is taken as it is"
    )
    decoded = decoded_into(model, finished)
    return Run(Issued(finished.blob, finished.certificate, decoded), finished.result)


def _computed(model: nn.Module, about: Checked, configuration: RunConfiguration) -> Run:
    """Run the stages, issue the certificate, and write the files."""
    recipe, reporter = configuration.chosen_recipe, configuration.reporter
    search_on = device_for(model, about.dataset, configuration.device, reporter)
    count_on = device_for(model, about.dataset, configuration.count_on, reporter)
    out = None if configuration.out is None else Path(configuration.out)
    checkpoint = None if out is None else Checkpoint(out / CHECKPOINT, about.settings)
    if checkpoint is not None and configuration.overwrite and not checkpoint.is_of_this_run():
        checkpoint.remove()
    subject = Subject(
        configuration.architecture,
        about.dataset,
        about.sample,
        configuration.delta,
        configuration.seed,
        about.statements,
        about.columns,
        search_on,
        count_on,
        configuration=asdict(recipe),
        reporter=reporter,
    )
    on_features = configuration.training is None and configuration.training_step is None
    with behind_given(model, about.given, subject, on_features=on_features) as behind:
        context = RunContext(
            behind.part,
            behind.examples,
            behind.examples if configuration.training is None else configuration.training,
            configuration.loss,
            configuration.training_step,
            about.rules if about.given is None else rules_for(recipe.rules, behind.part),
            search_on,
            configuration.seed,
            configuration.delta,
            configuration.architecture,
            reporter,
        )
        stages = run_stages(recipe, context, checkpoint)
        started = time.monotonic()
        if stages.is_constant:
            subject = replace(subject, configuration={**asdict(recipe), "classifier": "constant"})
        if about.given is None:
            issued = issue(model, recipe, subject)
        else:
            issued = issue_behind(model, recipe, behind, subject)
    seconds = {**stages.seconds, "certify": time.monotonic() - started}
    counted = None
    if configuration.test is not None:
        counted = count_errors(devices.copy_on(issued.decoded, count_on), configuration.test)
    result = replace(
        measure(issued, counted),
        seconds={name: round(value, 1) for name, value in seconds.items()},
        before=stages.before,
        settings=dict(about.settings),
    )
    done = Run(issued, result)
    if out is not None and checkpoint is not None:
        processes.on_rank_zero(partial(_write, out, done))
        checkpoint.remove()
    return done


def _write(directory: Path, done: Run) -> None:
    """The files of a run, together."""
    content: dict[str, bytes | str] = {
        MESSAGE: done.issued.blob,
        CERTIFICATE: to_json(done.issued.certificate),
    }
    if done.issued.graph is not None:
        content[GRAPH] = done.issued.graph
    write_run(directory, {**content, RESULT: done.result.to_json()})


def _check_declared(model: nn.Module, architecture: str) -> None:
    """Refuse a network that is not what its message would say: the shapes of the declared one are free."""
    if architecture == "custom":
        return
    declared = build(architecture)
    layouts = [
        [(name, array.dtype, array.shape) for name, array in coded_state(network, copy=False).items()]
        for network in (declared, model)
    ]
    if layouts[0] != layouts[1] or source_digest(declared) != source_digest(model):
        raise ConfigurationError(
            f"architecture: {architecture!r} has other arrays, settings or source than the network given; "
            "pass architecture='custom'"
        )
