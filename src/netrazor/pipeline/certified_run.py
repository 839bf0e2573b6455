"""From a network and a training set to a message, a certificate and the measurements of the run."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import SampleRecord, to_json
from netrazor.certification.claims import AnyClaim
from netrazor.certification.class_names import recorded_names
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, GRAPH, MESSAGE, RESULT
from netrazor.certification.run_result import Result, Setting
from netrazor.certification.run_writing import write_run
from netrazor.counting import GroupColumn, check_independence
from netrazor.data.plain_examples import in_form_of
from netrazor.data.subsets import class_names_in
from netrazor.data.targets import as_examples
from netrazor.data.transforms import refuse_learnt_transforms
from netrazor.errors import ConfigurationError
from netrazor.networks import build, coded_state, make_plain, source_digest
from netrazor.networks.given_arrays import moving_statistics
from netrazor.networks.network_message import codable_arrays
from netrazor.networks.plain import unwrapped
from netrazor.networks.plain_call import plainly_called
from netrazor.pipeline.claim_records import check_fit, named_groups
from netrazor.pipeline.describing_samples import describe_sample
from netrazor.pipeline.device_choice import device_for
from netrazor.pipeline.finished_run import FinishedRun, decoded_into, enter, only_run_in
from netrazor.pipeline.given_description import GivenArrays, describe_given, warn_of_frozen
from netrazor.pipeline.given_part import BehindGiven, behind_given, issue_behind
from netrazor.pipeline.issuing import Issued, issue
from netrazor.pipeline.measurements import count_test, measure
from netrazor.pipeline.rules import Rules, rules_for
from netrazor.pipeline.run_configuration import RunConfiguration
from netrazor.pipeline.run_settings import settings_of
from netrazor.pipeline.stage_runner import run_stages
from netrazor.pipeline.stages import RunContext
from netrazor.pipeline.subject import Subject
from netrazor.pipeline.teacher import taught
from netrazor.runtime import SILENT, processes
from netrazor.train import Checkpoint, SoftTargets


@dataclass(frozen=True)
class Run:
    """What a run came to."""

    issued: Issued
    result: Result


def run(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]], configuration: RunConfiguration | None = None
) -> Run:
    """`netrazor.certify` by one typed configuration, with everything that was measured on the way.

    Under ``torchrun`` all processes call this together and get the same; the first one writes. Of a finished run
    that is only read, what was tried beside the certificate (``issued.others``, ``issued.noise``) is gone.

    Args:
        model: as for `netrazor.certify`.
        dataset: as for `netrazor.certify`.
        configuration: everything else.

    Raises:
        NetrazorError: as for `netrazor.certify`; a ``model`` that is not the declared architecture; no such device.
    """
    configuration = configuration or RunConfiguration()
    model = unwrapped(model)
    moving = moving_statistics(model)
    model = make_plain(model.cpu())
    codable_arrays(model)  # what cannot be certified is refused before it runs for the first time
    raw = as_examples(dataset, configuration.headline)
    teacher = configuration.teacher
    with plainly_called(model, raw) as examples, plainly_called(teacher, raw):
        training, test = (
            None if other is None else in_form_of(examples, as_examples(other, configuration.headline))
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
    count_on = device_for(model, about.dataset, configuration.count_on, reporter, "count_on")
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
        configuration=recipe.written(),
        reporter=reporter,
        class_names=recorded_names(class_names_in(about.dataset), about.sample.classes),
    )
    training = about.dataset if configuration.training is None else configuration.training
    on_features = configuration.trains_on_features
    with (
        taught(configuration.teacher, recipe.distill, training, about.sample.classes, reporter) as soft,
        behind_given(model, about.given, subject, on_features=on_features) as behind,
    ):
        rules = about.rules if about.given is None else rules_for(recipe.rules, behind.part)
        context = context_behind(behind, configuration, rules, search_on, soft)
        stages = run_stages(recipe, context, checkpoint)
        started = time.monotonic()
        if stages.is_constant:
            subject = replace(subject, configuration={**recipe.written(), "classifier": "constant"})
        if about.given is None:
            issued = issue(model, recipe, subject)
        else:
            issued = issue_behind(model, recipe, behind, subject)
    seconds = {**stages.seconds, "certify": time.monotonic() - started}
    counted = None
    if configuration.test is not None:
        counted = count_test(issued, configuration.test, count_on)
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


def context_behind(
    behind: BehindGiven,
    configuration: RunConfiguration,
    rules: Rules,
    device: torch.device,
    soft: SoftTargets | None = None,
) -> RunContext:
    """What the stages of a run are told, on the coded part of its network."""
    return RunContext(
        behind.part,
        behind.examples,
        behind.examples if configuration.training is None else configuration.training,
        configuration.training_loss,
        configuration.training_step,
        rules,
        device,
        configuration.seed,
        configuration.delta,
        configuration.architecture,
        configuration.reporter,
        soft,
    )


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
