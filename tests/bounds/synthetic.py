"""Problems whose true risks are known exactly, for counting how often a certified bound lies below them.

`tight`: ten binary features, each a noisy copy of the label; ten classifiers of equal risk, each reading one
feature; the one with the fewest errors is certified. With a length of log2(10) bits the union bound over ten
independent counts is all but exact, so any slack given away shows. Its faults are those of a deterministic
certificate.

`noisy`: one classifier whose answers are flipped at random, so many examples that only the estimate of the
noisy risk is uncertain. Its faults are those of the second stage.

`through_pipeline`: ten binary features and labels that are coin tosses; the best of all 59,049 ternary linear
classifiers goes through the functions that issue certificates: encoding, decoding, counting, the search for
noise, fresh draws, both kinds of bounds.
"""

import collections
import dataclasses
import functools
import itertools
import math

import numpy as np
from scipy.special import ndtr

from netrazor import bounds

DELTA = 0.05
FEATURES = 10


def allowance(runs, delta=DELTA):
    """The rate that delta allows in so many runs: three standard errors above it."""
    return delta + 3 * math.sqrt(delta * (1 - delta) / runs)


TIGHT_N, TIGHT_RISK = 250, 0.3


def tight_errors(rng, runs):
    """Errors of the classifier selected on each of ``runs`` training sets."""
    errors = [
        ((rng.random((TIGHT_N, FEATURES)) < TIGHT_RISK).sum(axis=0)).min()
        for _ in range(runs)  # feature != label with probability TIGHT_RISK, independently
    ]
    return np.array(errors)


def tight_rates(errors):
    """Share of training sets whose bound is below the true risk, for each sound method."""
    risk, bits = errors / TIGHT_N, math.log2(FEATURES)
    nats = math.log(FEATURES)
    found = {
        "occam": bounds.occam(errors, TIGHT_N, bits, DELTA),
        "maurer": bounds.maurer(risk, nats, TIGHT_N, DELTA),
        "dr17": bounds.dr17(risk, nats, TIGHT_N, DELTA),
        "mcallester": bounds.mcallester(risk, nats, TIGHT_N, DELTA),
        "catoni": bounds.catoni(risk, nats, TIGHT_N, DELTA),
        "catoni_over_alpha": bounds.catoni_over_alpha(risk, nats, TIGHT_N, DELTA),
    }
    return {name: float((values < TIGHT_RISK).mean()) for name, values in found.items()}


def tight_fault_rates(errors):
    """The same with one fault each in the exact Occam bound."""
    bits = math.log2(FEATURES)
    found = {
        "code length forgotten": bounds.occam(errors, TIGHT_N, 0, DELTA),
        "n twice too large": bounds.occam(2 * errors, 2 * TIGHT_N, bits, DELTA),
        "middle of a coarse bracket": midpoint(bounds.occam(errors, TIGHT_N, bits, DELTA), 1 / 16),
    }
    return {name: float((values < TIGHT_RISK).mean()) for name, values in found.items()}


def midpoint(root, width):
    """What a bisection of [0, 1] gives that stops at a bracket of ``width`` and returns its middle."""
    return (np.floor(root / width) + 0.5) * width


NOISY_N, NOISY_RISK, DRAWS = 10**7, 0.2, 100
DELTA_RISK, DELTA_BAYES = 0.04, 0.01
FLIPS = tuple(0.1 + i / 1e5 for i in range(60))  # "sigmas" to choose from, all but equally good


def noisy_values(rng, empirical, flip):
    """Draws of the noise on one example each: independent values with the noisy empirical risk as mean."""
    return (rng.random(DRAWS) < noisy(empirical, flip)).astype(float)


def noisy(risk, flip):
    """Risk of a classifier whose answers are flipped with this probability."""
    return risk * (1 - flip) + (1 - risk) * flip


def noisy_rates(rng, runs):
    """Share of training sets whose bound in two stages is below the true noisy risk: sound methods and faults."""
    below = collections.Counter()
    for _ in range(runs):
        empirical = rng.binomial(NOISY_N, NOISY_RISK) / NOISY_N
        search = [noisy_values(rng, empirical, flip) for flip in FLIPS]
        chosen = int(np.argmin([values.mean() for values in search]))
        true = noisy(NOISY_RISK, FLIPS[chosen])
        fresh = noisy_values(rng, empirical, FLIPS[chosen])
        found = {
            "maurer on kl-chernoff": two_stages(fresh, bounds.maurer),
            "catoni on kl-chernoff": two_stages(fresh, bounds.catoni),
            "maurer on empirical Bernstein": two_stages(fresh, bounds.maurer, "empirical-bernstein"),
            "confidence term forgotten": bounds.maurer(fresh.mean(), 0, NOISY_N, DELTA),
            "draws reused": two_stages(search[chosen], bounds.maurer),
        }
        for name, value in found.items():
            below[name] += bool(value < true)
    return {name: count / runs for name, count in below.items()}


def two_stages(values, bound, estimator="kl-chernoff"):
    """The bound at its part of delta on the noisy risk's upper bound at its own; the divergence is 0."""
    return bound(bounds.mean_upper(values, DELTA_RISK, estimator), 0, NOISY_N, DELTA_BAYES)


CUBE = np.array(list(itertools.product((-1.0, 1.0), repeat=FEATURES)))
PIPELINE_N = 200
_TERNARY = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=FEATURES)), dtype=np.float32)


def select(x_index, labels):
    """The ternary weights with the fewest errors; a score of 0 is an error, as a tie counts."""
    votes = np.bincount(x_index, np.where(labels == 1, 1.0, -1.0), len(CUBE)).astype(np.float32)
    seen = np.bincount(x_index, minlength=len(CUBE)).astype(np.float32)
    right_minus_wrong = _answers() @ votes - _ties() @ seen
    return _TERNARY[int(np.argmax(right_minus_wrong))]


@functools.cache
def _answers():
    return np.sign(_TERNARY @ CUBE.T.astype(np.float32))


@functools.cache
def _ties():
    return (_answers() == 0).astype(np.float32)


def issued(rng, seed):
    """Certificates of both kinds for one training set of coin tosses, and the weights that were certified."""
    import torch
    from torch.utils.data import TensorDataset

    from netrazor.certification.sample_record import SampleRecord
    from netrazor.perturb import NoiseConfig
    from netrazor.pipeline import recipe_named
    from netrazor.pipeline.issuing import issue
    from netrazor.pipeline.subject import Subject

    x_index, labels = rng.integers(0, len(CUBE), PIPELINE_N), rng.integers(0, 2, PIPELINE_N)
    model = torch.nn.Linear(FEATURES, 2, bias=False)
    with torch.no_grad():
        weights = torch.from_numpy(select(x_index, labels))
        model.weight.copy_(torch.stack([-weights, weights]))
    dataset = TensorDataset(torch.from_numpy(CUBE[x_index]).float(), torch.from_numpy(labels))
    majority_errors = int(min(labels.sum(), PIPELINE_N - labels.sum()))
    record = SampleRecord(
        name="coin tosses",
        split="train",
        fingerprint="0" * 64,
        classes=2,
        n=PIPELINE_N,
        duplicates=PIPELINE_N - len(np.unique(x_index)),
        majority_errors=majority_errors,
    )
    noise = NoiseConfig(shares=(0.1, 0.3), search_examples=100, slack=0.1, examples_per_draw=5)
    recipe = dataclasses.replace(recipe_named("quick"), noise=noise)
    found = issue(model, recipe, Subject("custom", dataset, record, DELTA, seed))
    return found, model.weight.detach().numpy()


def through_pipeline(rng, seed):
    """Bounds of both kinds for one training set of coin tosses, their true risks, and one with a fault."""
    run, weight = issued(rng, seed)
    found = [
        (certificate.method, certificate.risk_bound, true_risk(weight, certificate, run))
        for certificate in (run.certificate, *run.others)
    ]
    forgotten = bounds.occam(run.certificate.errors, PIPELINE_N, 0, DELTA)
    return [*found, ("code length forgotten", forgotten, 0.5)]


def true_risk(weight, certificate, run):
    """Over all inputs, labels being coin tosses: half, and a tie is an error."""
    difference = weight[1] - weight[0]
    scores = CUBE @ difference
    if certificate.method == "occam":
        return float(np.mean(np.where(scores == 0, 1.0, 0.5)))
    sigma = next(iter(run.noise.noise.sigma.values()))
    assert sigma > 0
    right = ndtr(scores / (sigma * math.sqrt(np.count_nonzero(weight))))
    return float(np.mean((right + (1 - right)) / 2))
