"""From a network and a training set to a message, a certificate and the measurements of the run."""

import os
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.certification import Certificate, to_json
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, MESSAGE, RESULT
from netrazor.certification.run_result import Result
from netrazor.counting.error_count import count_errors, in_order, scores_of
from netrazor.data.transforms import refuse_learnt_transforms
from netrazor.errors import ConfigurationError, InvalidArgument, UnsupportedModel
from netrazor.files import write_together
from netrazor.networks import build, coded_state, make_plain, source_digest
from netrazor.networks.network_message import codable_arrays
from netrazor.pipeline.issuing import Issued, Subject, issue
from netrazor.pipeline.measurements import bounds_by_method, layers_of, original_bytes, test_record
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.recipes import recipe_named
from netrazor.pipeline.rules import rules_for
from netrazor.pipeline.run_identity import run_id
from netrazor.pipeline.sampling import describe_sample
from netrazor.pipeline.stage_runner import run_stages
from netrazor.pipeline.stages import RunContext
from netrazor.runtime import Reporter, Silent, devices, processes
from netrazor.train import Checkpoint, Loss, TrainingStep

_PROBE = ".writable"


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
    delta: float = 0.05,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Certificate:
    """Train and cut down ``model`` by ``recipe``, write it as a message, and bound its error on new examples.

    Claim: with probability at least 1 - delta over the draw of ``dataset``, the network decoded from the
    message errs on at most ``certificate.risk_bound`` of new examples, if the certificate's assumptions hold.

    Args:
        model: any classifier: inputs to N x classes scores. It is changed in place to the network certified, and
            first made plain (`netrazor.networks.make_plain`): masks, parametrizations and quantized weights become
            plain weights. Evaluation mode is what is certified.
        dataset: the whole training set, map-style, (input, label), without random augmentation.
        recipe: a recipe or the name of one.
        delta: failure probability of the certificate.
        seed: of everything random; the same seed gives the same message on one machine.
        out: directory for ``network.nrz``, ``certificate.json`` and ``result.json``, and meanwhile a
            checkpoint from which a killed run goes on.
        options: ``device``, ``training``, ``loss``, ``training_step``, ``reporter`` and the others of `run`.

    Raises:
        NetrazorError: bad data, an unsupported network, weights that are not finite, an unwritable directory.
    """
    whole = run(model, dataset, recipe=recipe, delta=delta, seed=seed, out=out, **options)
    return whole.issued.certificate


def run(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    recipe: Recipe | str = "quick",
    delta: float = 0.05,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    architecture: str = "custom",
    test: Dataset[tuple[Tensor, int]] | None = None,
    tops: tuple[int, ...] = (1,),
    training: Dataset[tuple[Tensor, int]] | None = None,
    loss: Loss = F.cross_entropy,
    training_step: TrainingStep | None = None,
    device: str = devices.AUTO,
    count_on: str = devices.CPU.type,
    reporter: Reporter | None = None,
) -> Run:
    """`certify`, with everything that was measured on the way.

    Under ``torchrun`` all processes call this together and get the same; the first one writes.

    Args:
        model: as for `certify`, like whatever is not named here.
        architecture: the declared architecture that ``model`` is, whose shapes then cost nothing.
        test: examples to report the error on; nothing is chosen by them.
        tops: a claim is made for each: right is an answer whose label is among so many best scores. They hold
            together, each at its share of ``delta``; the first is the headline.
        training: examples to train on instead of ``dataset`` (an augmented copy, say); errors are counted on
            ``dataset``.
        loss: of scores and labels, for training only: what is certified is the 0-1 loss.
        training_step: of network, inputs and labels, instead of ``loss``: the loss to be minimized.
        device: what trains and searches: "cpu", "cuda", "cuda:1", or "auto": a CUDA device where there is one and
            the network runs there. The network comes back on the CPU.
        count_on: what counts the errors and the noisy risk that the certificate states. By default the CPU, on which
            `verify` counts too: another device may round a score of a network of floats the other way.
        reporter: told of the progress.

    Raises:
        NetrazorError: as for `certify`; a ``model`` that is not the declared architecture; no such device.
    """
    processes.join()
    reporter = reporter if reporter is not None and processes.is_rank_zero() else Silent()
    recipe = recipe_named(recipe) if isinstance(recipe, str) else recipe
    _check_numbers(delta, seed)
    # What cannot be certified is refused before hours of training, not after.
    make_plain(model.cpu())
    processes.broadcast(model.state_dict().values())
    refuse_learnt_transforms(dataset)
    found = run_id(codable_arrays(model), source_digest(model))
    rules = rules_for(recipe.rules, model)
    _check_declared(model, architecture)
    sample = describe_sample(model, dataset, reporter)
    search_on = _device_for(model, dataset, device, reporter)
    subject = Subject(
        architecture,
        dataset,
        sample,
        delta,
        seed,
        tops,
        search_on,
        _device_for(model, dataset, count_on, reporter),
        configuration=asdict(recipe),
        reporter=reporter,
    )
    checkpoint = None
    if out is not None:
        _probe(Path(out))
        taught = [sample.fingerprint, training]
        whole = run_id(architecture, found, taught, seed, asdict(recipe), loss, training_step)
        checkpoint = Checkpoint(Path(out) / CHECKPOINT, whole)
    taught = dataset if training is None else training
    context = RunContext(
        model, dataset, taught, loss, training_step, rules, search_on, seed, delta, architecture, reporter
    )
    stages = run_stages(recipe, context, checkpoint)
    started = time.monotonic()
    issued = issue(model, recipe, subject)
    seconds = {**stages.seconds, "certify": time.monotonic() - started}
    done = Run(issued, replace(_result(issued, seconds, test, subject), before=stages.before))
    if out is not None:
        processes.on_rank_zero(partial(_write, Path(out), done))
    if checkpoint is not None:
        checkpoint.remove()
    return done


def _device_for(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]], name: str, reporter: Reporter
) -> torch.device:
    """The device of that name, on which ``model`` is seen to run; of "auto", the CPU where it does not."""
    device = devices.chosen(name)
    if device == devices.CPU:
        return device
    try:
        with torch.inference_mode():
            scores_of(devices.copy_on(model, device), next(in_order(dataset, 2))[0].to(device))
    except UnsupportedModel as error:
        if name != devices.AUTO:
            raise
        reporter.say(f"computed on the CPU: {error}")
        return devices.CPU
    return device


def _probe(directory: Path) -> None:
    """Refuse a directory that cannot be written."""

    def write() -> None:
        write_together(directory, {_PROBE: b""})
        (directory / _PROBE).unlink()

    processes.on_rank_zero(write)


def _write(directory: Path, done: Run) -> None:
    """The files of a run, together."""
    content = {MESSAGE: done.issued.blob, CERTIFICATE: to_json(done.issued.certificate)}
    write_together(directory, {**content, RESULT: done.result.to_json()})


def _check_numbers(delta: float, seed: int) -> None:
    if not 1e-100 <= delta < 1:
        raise InvalidArgument(
            f"delta: a probability from 1e-100 to below 1 allowed, got {delta!r}; 0.05 is usual"
        )
    if not 0 <= seed < 2**31:
        raise InvalidArgument(f"seed: a whole number from 0 to 2^31 - 1 allowed, got {seed!r}; 0 is usual")


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


def _result(
    issued: Issued, seconds: dict[str, float], test: Dataset[tuple[Tensor, int]] | None, subject: Subject
) -> Result:
    decoded = devices.copy_on(issued.decoded, subject.count_on)
    saved_bits = {} if issued.noise is None else issued.noise.saved_bits
    return Result(
        original_bytes=original_bytes(issued.decoded),
        layers=layers_of(issued.decoded, issued.certificate, saved_bits),
        bounds=bounds_by_method((issued.certificate, *issued.others)),
        test=None if test is None else test_record(count_errors(decoded, test), subject.delta),
        seconds={name: round(value, 1) for name, value in seconds.items()},
        trials=() if issued.noise is None else issued.noise.trials,
    )
