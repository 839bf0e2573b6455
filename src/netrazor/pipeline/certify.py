"""From a network and a training set to a message, a certificate and the measurements of the run."""

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certificate import Certificate, DatasetRecord, to_json
from netrazor.data import check
from netrazor.errors import InvalidArgument
from netrazor.evaluate import count_errors, in_order, scores_of
from netrazor.files import write_atomically
from netrazor.networks import coded_state
from netrazor.pipeline.cutting import Cutting
from netrazor.pipeline.issuing import Issued, Subject, issue
from netrazor.pipeline.recipes import Recipe, recipe_named
from netrazor.pipeline.result import Result, bounds_by_method, layers_of, original_bytes, test_record
from netrazor.train import Checkpoint, Reporter, Silent

MESSAGE, CERTIFICATE, RESULT, CHECKPOINT = "network.nrz", "certificate.json", "result.json", "checkpoint.pt"


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
    reporter: Reporter | None = None,
) -> Certificate:
    """Train and cut down ``model`` by ``recipe``, write it as a message, and bound its error on new examples.

    Claim: with probability at least 1 - delta over the draw of ``dataset``, the network decoded from the
        message
    errs on at most ``certificate.risk_bound`` of new examples, if the certificate's assumptions hold.

    Args:
        model: any classifier: inputs to N x classes scores. It is changed in place to the network certified.
        dataset: the whole training set, map-style, (input, label), without random augmentation.
        recipe: a recipe or the name of one.
        delta: failure probability of the certificate.
        seed: of everything random; the same seed gives the same message on one machine.
        out: directory for ``network.nrz``, ``certificate.json`` and ``result.json``, and meanwhile a
            checkpoint from which a killed run goes on.
        reporter: told of the progress.

    Raises:
        NetrazorError: bad data, an unsupported network, weights that are not finite, an unwritable directory.
    """
    whole = run(model, dataset, recipe=recipe, delta=delta, seed=seed, out=out, reporter=reporter)
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
    reporter: Reporter | None = None,
) -> Run:
    """`certify`, with everything that was measured on the way.

    Args:
        architecture: the declared architecture that ``model`` is, whose shapes then cost nothing.
        test: examples to report the error on; nothing is chosen by them.
    """
    reporter = reporter or Silent()
    recipe = recipe_named(recipe) if isinstance(recipe, str) else recipe
    if not 0 < delta < 1:
        raise InvalidArgument(f"delta: a probability between 0 and 1 allowed, got {delta!r}; 0.05 is usual")
    directory = None if out is None else _writable(out)
    coded_state(model)  # what cannot be coded is refused before hours of training, not after
    subject = _subject(model, dataset, architecture, delta, seed)
    cutting = Cutting(
        model,
        dataset,
        recipe,
        seed=seed,
        checkpoint=None
        if directory is None
        else Checkpoint(directory / CHECKPOINT, _run_id(subject, recipe)),
        reporter=reporter,
    )
    torch.manual_seed(seed)
    cutting.run()
    started = time.monotonic()
    issued = issue(model, recipe, subject, reporter)
    seconds = {**cutting.seconds, "certify": time.monotonic() - started}
    result = _result(issued, seconds, test, delta)
    if directory is not None:
        write_atomically(directory / MESSAGE, issued.blob)
        write_atomically(directory / RESULT, result.to_json())
        write_atomically(directory / CERTIFICATE, to_json(issued.certificate))
        if cutting.checkpoint is not None:
            cutting.checkpoint.remove()
    return Run(issued, result)


def _subject(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]], architecture: str, delta: float, seed: int
) -> Subject:
    with torch.inference_mode():
        inputs = next(iter(in_order(dataset, 2)), (None,))[0] if len(dataset) else None  # type: ignore[arg-type]
        classes = 1 if inputs is None else scores_of(model.eval(), inputs).shape[1]
    summary = check(dataset, classes)
    record = DatasetRecord(
        name=str(getattr(dataset, "name", type(dataset).__name__)),
        split=str(getattr(dataset, "split", "train")),
        fingerprint=summary.fingerprint,
        classes=classes,
    )
    return Subject(architecture, dataset, record, delta, seed)


def _writable(out: str | os.PathLike[str]) -> Path:
    directory = Path(out)
    probe = directory / ".writable"
    write_atomically(probe, b"")
    probe.unlink()
    return directory


def _run_id(subject: Subject, recipe: Recipe) -> str:
    content = [subject.architecture, subject.record.fingerprint, subject.seed, asdict(recipe)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _result(
    issued: Issued, seconds: dict[str, float], test: Dataset[tuple[Tensor, int]] | None, delta: float
) -> Result:
    saved_bits = {} if issued.noise is None else issued.noise.saved_bits
    return Result(
        original_bytes=original_bytes(issued.decoded),
        layers=layers_of(issued.decoded, issued.certificate, saved_bits),
        bounds=bounds_by_method((issued.certificate, *issued.others)),
        test=None if test is None else test_record(count_errors(issued.decoded, test), delta),
        seconds={name: round(value, 1) for name, value in seconds.items()},
    )
