"""The paper's Table 1 as a computation: which bounds exist for a network, and which of them say anything."""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netrazor import __version__, baselines, coding, replay
from netrazor import data as datasets
from netrazor.baselines import DR17Config, Estimate, Kind, Missing, TwoScores
from netrazor.bounds import Outcome
from netrazor.certificate import Certificate, parse
from netrazor.charging import charge
from netrazor.data import ImageDataset
from netrazor.errors import ConfigurationError, DatasetMismatch, UnsupportedModel
from netrazor.evaluate import count_errors
from netrazor.experiments.imagenet import imagenet_rows
from netrazor.networks import coded_state
from netrazor.pipeline.certify import CERTIFICATE, RESULT
from netrazor.train import FitConfig, OptimizerConfig, Reporter, Silent

# SGD at five times the published rate, so that 20 epochs memorize what 120 did there.
RANDOM_START = FitConfig(
    steps=12_000, batch_size=100, optimizer=OptimizerConfig(kind="sgd", rate=0.05, momentum=0.9)
)
TRUE = DR17Config()
RANDOM = replace(TRUE, start=RANDOM_START)


@dataclass(frozen=True)
class Row:
    """A method's answer, and the seconds that it took."""

    found: Estimate | Missing
    seconds: float


@dataclass(frozen=True)
class Setting:
    """One network on one data set, and every method's answer."""

    name: str
    network: str
    data: str
    rows: tuple[Row, ...]


# Table 1 as printed: whether a non-vacuous guarantee was given for MNIST and for ImageNet.
PUBLISHED = {
    "DR17": (True, False),
    "NBS18": (False, False),
    "Aro+18": (False, False),
    "Occam (Theorem 4.1)": (True, True),
    "Theorem 5.1": (True, True),
}


@dataclass(frozen=True)
class Line:
    """A row of Table 1: for MNIST and for ImageNet, whether the method says something; None where not tried."""

    method: str
    structure: str
    published: tuple[bool, bool]
    here: tuple[bool | None, bool | None]


@dataclass(frozen=True)
class Comparison:
    """Table 1 for a run: its own network, DR17's on true and on random labels, and ImageNet's published one."""

    run: str
    settings: tuple[Setting, ...]
    seed: int
    scale: float
    configuration: dict[str, Any]
    seconds: float

    def to_json(self) -> str:
        """The text of a result file."""
        record = {
            "command": f"netrazor compare {self.run}"
            + (f" --scale {self.scale:g}" if self.scale != 1 else ""),
            "date": date.today().isoformat(),
            "version": __version__,
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "machine": platform.machine(),
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "configuration": self.configuration,
            "settings": [_record(setting) for setting in self.settings],
        }
        return json.dumps(record, indent=2, allow_nan=False) + "\n"


def data_of(run: Path, directory: Path | None = None) -> tuple[ImageDataset, ImageDataset]:
    """Training and test set of a run on data that is known by name.

    Raises:
        ConfigurationError: no certificate, or data of the user's own.
    """
    name = _certificate(run).dataset.name
    if name not in datasets.names():
        raise ConfigurationError(
            f"data set: one of {', '.join(datasets.names())} needed, got {name!r}; call "
            "netrazor.experiments.compare.compare_run with data of your own"
        )
    train, test = (datasets.load(name, split, directory=directory) for split in ("train", "test"))
    return train, test


def compare_run(
    run: Path,
    train: ImageDataset,
    test: ImageDataset,
    *,
    model: nn.Module | None = None,
    seed: int = 0,
    scale: float = 1.0,
    reporter: Reporter | None = None,
) -> Comparison:
    """Every method on the network of a run, on DR17's network with true and random labels, and on ImageNet.

    Each number stands alone at its own delta; to quote the least of several, their deltas have to add up.

    Args:
        run: directory with ``network.nrz`` and ``certificate.json``.
        train: the data set that was certified.
        test: examples that nothing was chosen by.
        model: a network of the architecture, for a user's own.
        seed: of DR17, the random labels and the probes.
        scale: multiplies the steps of DR17; below 1 for a trial.
        reporter: told of the progress.

    Raises:
        ConfigurationError: no certificate, or scale is not above 0.
        DatasetMismatch: ``train`` is not the data set that was certified.
    """
    if not scale > 0:
        raise ConfigurationError(f"scale: a number above 0 allowed, got {scale!r}; 1 is the whole comparison")
    reporter = reporter or Silent()
    started = time.monotonic()
    certificate = _certificate(run)
    if train.fingerprint != certificate.dataset.fingerprint:
        raise DatasetMismatch(
            f"data set: fingerprint {certificate.dataset.fingerprint[:16]}... certified, got "
            f"{train.fingerprint[:16]}...; give the data set that was certified"
        )
    decoded = replay.load(run, model=model)
    settings = [_own(run, certificate, decoded, train, test, seed, reporter)]
    true, random = _scaled(TRUE, scale), _scaled(RANDOM, scale)
    halves = baselines.two_classes(train), baselines.two_classes(test)
    coins = baselines.coin_flips(train, seed), baselines.coin_flips(test, seed + 1)
    files = [run / "compare-true.pt", run / "compare-random.pt"]
    settings.append(_two_classes("true labels", *halves, true, seed, files[0], reporter))
    settings.append(_two_classes("random labels", *coins, random, seed, files[1], reporter))
    settings.append(Setting("ImageNet", "MobileNet 0.5", "published sizes", _timed(*_imagenet())))
    for file in files:
        file.unlink(missing_ok=True)
    configuration = {"DR17, true labels": asdict(true), "DR17, random labels": asdict(random)}
    return Comparison(str(run), tuple(settings), seed, scale, configuration, time.monotonic() - started)


def table_1(comparison: Comparison) -> list[Line]:
    """The paper's Table 1: DR17 on its own network with true labels, the others on the run's; then ImageNet."""
    own, true, _, imagenet = (
        {row.found.method: row.found for row in setting.rows} for setting in comparison.settings
    )
    lines = []
    for method, published in PUBLISHED.items():
        first = own.get(method) or true[method]
        here = (_informative(first), _informative(imagenet[method]))
        structure = first.structure or imagenet[method].structure
        lines.append(Line(method, structure, published, here))
    return lines


def _informative(found: Estimate | Missing) -> bool | None:
    """Whether it is a bound, and below what guessing reaches."""
    if isinstance(found, Missing):
        return None
    return found.kind is Kind.BOUND and found.outcome is Outcome.INFORMATIVE


Method = Callable[[], Estimate | Missing]


def _own(
    run: Path,
    certificate: Certificate,
    model: nn.Module,
    train: ImageDataset,
    test: ImageDataset,
    seed: int,
    reporter: Reporter,
) -> Setting:
    """The decoded network of the run, on the data that it was certified on."""
    classes, delta = certificate.dataset.classes, certificate.delta
    count = count_errors(model, train, reporter=reporter)
    scores = baselines.scores_on(model, train, reporter)
    parameters = sum(p.numel() for p in model.parameters())
    bits = certificate.effective_bits
    if certificate.noise is not None:
        plain = coding.encode(coded_state(model), architecture=certificate.architecture.index)
        bits = charge(plain).charged_bits
    measured = json.loads(_read(run / RESULT))["bounds"] if (run / RESULT).exists() else {}
    name = certificate.architecture.name
    return Setting(
        "this network",
        name,
        train.name,
        _timed(
            lambda: baselines.perturbation_row(certificate, measured),
            lambda: baselines.occam_row(count.errors, count.n, bits, classes, delta=delta),
            _if_chain("NBS18", lambda: baselines.spectral_margin(model, train, delta=delta, scores=scores)),
            _if_chain("Aro+18", lambda: baselines.noise_stability(model, train, scores=scores, seed=seed)),
            _if_chain(
                "VC dimension", lambda: baselines.vc(model, train, delta=delta, classes=classes, count=count)
            ),
            lambda: baselines.parameter_count(parameters, count.errors, count.n, classes, delta=delta),
            lambda: baselines.held_out(model, test, classes=classes, delta=delta, reporter=reporter),
        ),
    )


def _two_classes(
    labels: str,
    train: ImageDataset,
    test: ImageDataset,
    config: DR17Config,
    seed: int,
    checkpoint: Path,
    reporter: Reporter,
) -> Setting:
    """DR17's network of one hidden layer: the noisy one for DR17, where SGD ended for the others."""
    started = time.monotonic()
    found = baselines.optimize_posterior(train, config, seed=seed, checkpoint=checkpoint, reporter=reporter)
    first = Row(found.estimate, time.monotonic() - started)
    network, classifier, center = found.network, TwoScores(found.network), TwoScores(found.center)
    count = count_errors(classifier, train, reporter=reporter)
    scores = baselines.scores_on(network, train, reporter)
    parameters = sum(p.numel() for p in network.parameters())
    rest = _timed(
        lambda: baselines.occam_around(classifier, center, train, classes=2, reporter=reporter),
        lambda: baselines.spectral_margin(network, train, scores=scores),
        lambda: baselines.noise_stability(network, train, scores=scores, seed=seed),
        lambda: baselines.vc(network, train, classes=2, count=count),
        lambda: baselines.parameter_count(parameters, count.errors, count.n, 2),
        lambda: baselines.held_out(classifier, test, classes=2, reporter=reporter),
    )
    inputs = train.images[0].numel()
    return Setting(labels, f"{inputs}-{config.hidden}-1", train.name, (first, *rest))


def _imagenet() -> list[Method]:
    return [lambda row=row: row for row in imagenet_rows()]


def _timed(*methods: Method) -> tuple[Row, ...]:
    rows = []
    for method in methods:
        started = time.monotonic()
        rows.append(Row(method(), time.monotonic() - started))
    return tuple(rows)


def _if_chain(name: str, method: Method) -> Method:
    """The method, or why its theorem does not speak of this network."""

    def attempt() -> Estimate | Missing:
        try:
            return method()
        except UnsupportedModel as error:
            return Missing(name, "", "", f"not for this network: {error}")

    return attempt


def _certificate(run: Path) -> Certificate:
    return parse(_read(run / CERTIFICATE))


def _scaled(config: DR17Config, scale: float) -> DR17Config:
    def shorter(fit: FitConfig) -> FitConfig:
        return replace(fit, steps=max(1, round(fit.steps * scale)))

    return replace(config, start=shorter(config.start), optimize=shorter(config.optimize))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}; give the directory that `netrazor certify` wrote"
        ) from error


def _record(setting: Setting) -> dict[str, Any]:
    rows = []
    for row in setting.rows:
        found = row.found
        record = {**asdict(found), "seconds": round(row.seconds, 2)}
        if isinstance(found, Estimate):
            record |= {
                "kind": found.kind.name.lower(),
                "outcome": found.outcome.name.lower(),
                "text": found.text,
            }
        rows.append(record)
    return {"name": setting.name, "network": setting.network, "data": setting.data, "rows": rows}
