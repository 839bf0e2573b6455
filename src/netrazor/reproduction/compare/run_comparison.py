"""A comparison from beginning to end: reading the run, computing every setting, at its whole length or a part."""

import time
from dataclasses import asdict, replace
from pathlib import Path

from torch import nn

from netrazor import baselines
from netrazor import data as datasets
from netrazor.baselines import DR17Config
from netrazor.certification import Certificate, parse
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.data import ImageDataset
from netrazor.errors import ConfigurationError, DatasetMismatch
from netrazor.reproduction.compare.comparison_record import Comparison
from netrazor.reproduction.compare.paper_table_1 import table_1
from netrazor.reproduction.compare.settings import imagenet, own_network, two_classes
from netrazor.runtime import Reporter, Silent
from netrazor.train import FitConfig, OptimizerConfig
from netrazor.verification import load

TRUE = DR17Config()
# SGD at five times the published rate, so that 20 epochs memorize what 120 did there. Then the bound is optimized at
# the published rate; the posterior forgets the labels all the same (docs/compare.md).
RANDOM = replace(
    TRUE,
    start=FitConfig(12_000, 100, OptimizerConfig(kind="sgd", rate=0.05, momentum=0.9)),
    optimize=FitConfig(2000, 200, OptimizerConfig(rate=1e-3)),
)


def data_of(run: Path, directory: Path | None = None) -> tuple[ImageDataset, ImageDataset]:
    """Training and test set of a run on data that is known by name.

    Raises:
        ConfigurationError: no certificate, or data of the user's own.
    """
    name = _certificate(run).sample.name
    if name not in datasets.names():
        raise ConfigurationError(
            f"data set: one of {', '.join(datasets.names())} needed, got {name!r}; call "
            "netrazor.reproduction.compare.compare_run with data of your own"
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
    if train.fingerprint != certificate.sample.fingerprint:
        raise DatasetMismatch(
            f"data set: fingerprint {certificate.sample.fingerprint[:16]}... certified, got "
            f"{train.fingerprint[:16]}...; give the data set that was certified"
        )
    decoded = load(run, model=model)
    true, random = _scaled(TRUE, scale), _scaled(RANDOM, scale)
    halves = baselines.two_classes(train), baselines.two_classes(test)
    coins = baselines.coin_flips(train, seed), baselines.coin_flips(test, seed + 1)
    files = [run / "compare-true.pt", run / "compare-random.pt"]
    own = own_network(run, certificate, decoded, train, test, seed, reporter)
    on_true = two_classes("true labels", *halves, true, seed, files[0], reporter)
    on_random = two_classes("random labels", *coins, random, seed, files[1], reporter)
    large = imagenet()
    for file in files:
        file.unlink(missing_ok=True)
    configuration = {"DR17, true labels": asdict(true), "DR17, random labels": asdict(random)}
    return Comparison(
        str(run),
        (own, on_true, on_random, large),
        table_1(own, on_true, large),
        seed,
        scale,
        configuration,
        time.monotonic() - started,
    )


def _certificate(run: Path) -> Certificate:
    file = run / CERTIFICATE
    try:
        return parse(file.read_text())
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {file}: {error.strerror}; give the directory that `netrazor certify` wrote"
        ) from error


def _scaled(config: DR17Config, scale: float) -> DR17Config:
    def shorter(fit: FitConfig) -> FitConfig:
        return replace(fit, steps=max(1, round(fit.steps * scale)))

    return replace(config, start=shorter(config.start), optimize=shorter(config.optimize))
