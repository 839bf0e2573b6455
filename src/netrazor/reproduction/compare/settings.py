"""The settings of a comparison: the run's own network, DR17's on two classes, and ImageNet's published one."""

import json
import time
from pathlib import Path

from torch import nn

from netrazor import baselines, coding
from netrazor.baselines import DR17Config, Estimate, Missing, TwoScores
from netrazor.certification import Certificate
from netrazor.certification.charging import charge
from netrazor.certification.run_directory import RESULT
from netrazor.counting import count_errors
from netrazor.data import ImageDataset
from netrazor.errors import UnsupportedModel
from netrazor.networks import coded_state
from netrazor.reproduction.compare.comparison_record import Method, Row, Setting, timed
from netrazor.reproduction.compare.imagenet import imagenet_rows
from netrazor.runtime import Reporter


def own_network(
    run: Path,
    certificate: Certificate,
    model: nn.Module,
    train: ImageDataset,
    test: ImageDataset,
    seed: int,
    reporter: Reporter,
) -> Setting:
    """The decoded network of the run, on the data that it was certified on."""
    classes, delta = certificate.sample.classes, certificate.delta
    count = count_errors(model, train, reporter=reporter)
    scores = baselines.scores_on(model, train, reporter)
    parameters = sum(p.numel() for p in model.parameters())
    bits = certificate.effective_bits
    if certificate.noise is not None:
        plain = coding.encode(coded_state(model), architecture=certificate.architecture.index)
        bits = charge(plain).charged_bits
    measured = json.loads((run / RESULT).read_text())["bounds"] if (run / RESULT).exists() else {}
    rows = timed(
        lambda: baselines.perturbation_row(certificate, measured),
        lambda: baselines.occam_row(count.errors, count.n, bits, classes, delta=delta),
        _if_chain("NBS18", lambda: baselines.spectral_margin(model, train, delta=delta, scores=scores)),
        _if_chain("Aro+18", lambda: baselines.noise_stability(model, train, scores=scores, seed=seed)),
        _if_chain(
            "VC dimension", lambda: baselines.vc(model, train, delta=delta, classes=classes, count=count)
        ),
        lambda: baselines.parameter_count(parameters, count.errors, count.n, classes, delta=delta),
        lambda: baselines.held_out(model, test, classes=classes, delta=delta, reporter=reporter),
    )
    return Setting("this network", certificate.predictor, train.name, rows)


def two_classes(
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
    rest = timed(
        lambda: baselines.occam_around(classifier, center, train, classes=2, reporter=reporter),
        lambda: baselines.spectral_margin(network, train, scores=scores),
        lambda: baselines.noise_stability(network, train, scores=scores, seed=seed),
        lambda: baselines.vc(network, train, classes=2, count=count),
        lambda: baselines.parameter_count(parameters, count.errors, count.n, 2),
        lambda: baselines.held_out(classifier, test, classes=2, reporter=reporter),
    )
    inputs = train.images[0].numel()
    return Setting(labels, f"{inputs}-{config.hidden}-1", train.name, (first, *rest))


def imagenet() -> Setting:
    """The published network of Section 7.2."""
    rows = timed(*(lambda row=row: row for row in imagenet_rows()))
    return Setting("ImageNet", "MobileNet 0.5", "published sizes", rows)


def _if_chain(name: str, method: Method) -> Method:
    """The method, or why its theorem does not speak of this network."""

    def attempt() -> Estimate | Missing:
        try:
            return method()
        except UnsupportedModel as error:
            return Missing(name, "", "", f"not for this network: {error}")

    return attempt
