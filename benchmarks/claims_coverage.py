"""Claims against the truth: how often any bound of a certificate lies on the wrong side, over samples of known law.

    OMP_NUM_THREADS=1 python benchmarks/claims_coverage.py [--samples 20000]

A world of three classes, two sites and a margin with a known joint law is sampled; each sample is counted for every
claim as `netrazor.counting` counts, bounded at its share of delta by the functions of a certificate, and compared
with the law. A claim is violated where a bound of its cells is, the certificate where any claim is. Allowed are delta
and three standard errors. Besides a hold-out (no bits), eight classifiers of equal risk of which the best is
certified, at 3 bits; and the fault that forgets them, which must be seen. The same for labels, numbers and pixels,
whose claims are certificates of their own. Writes results/claims_coverage.json.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import target_worlds
from circumstances import circumstances

from netrazor import bounds, claims
from netrazor.certification.claim_tables import statements_of
from netrazor.certification.delta_shares import delta_parts, equal_share
from netrazor.certification.mean_losses import loss_values

RESULT = Path(__file__).parents[1] / "results" / "claims_coverage.json"
DELTA, N, CLASSES, SITES = 0.05, 400, 3, 2
THRESHOLDS = (1.0, 2.0, 3.0)
COSTS = ((0.0, 1.0, 2.0), (1.0, 0.0, 1.0), (4.0, 1.0, 0.0))
ASKED: tuple[claims.AnyClaim, ...] = (
    claims.Error(),
    claims.ClassErrors(),
    claims.ClassPrecision(),
    claims.Confusion(),
    claims.GroupErrors(column="site", groups=("0", "1")),
    claims.BalancedError(),
    claims.Cost(costs=COSTS),
    claims.OrdinalDistance(),
    claims.Withheld(thresholds=THRESHOLDS),
)
WORLD = (CLASSES, CLASSES, SITES, len(THRESHOLDS) + 1)  # label, answer, site, thresholds reached


def law() -> np.ndarray:
    """The probability of each (label, answer, site, thresholds reached): errors are rarer at large margins."""
    labels = np.array([0.6, 0.3, 0.1])
    confused = np.array([[0.95, 0.04, 0.01], [0.1, 0.85, 0.05], [0.2, 0.2, 0.6]])
    joint = (labels[:, None] * confused)[:, :, None, None] * np.ones(WORLD)
    right = np.eye(CLASSES)[:, :, None, None] > 0
    sites = np.where(right, np.array([0.7, 0.3])[:, None], np.array([0.4, 0.6])[:, None])
    margins = np.where(right, np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.5, 0.3, 0.15, 0.05]))
    return joint * sites * margins


def cells(statement: claims.AnyClaim, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(examples, events) of each cell, for tables ... x world; of a law instead, probabilities."""
    by_answer = table.sum(axis=(-2, -1))
    right = np.diagonal(by_answer, axis1=-2, axis2=-1)
    labelled, answered = by_answer.sum(axis=-1), by_answer.sum(axis=-2)
    if isinstance(statement, (claims.ClassErrors, claims.BalancedError)):
        return labelled, labelled - right
    if isinstance(statement, claims.ClassPrecision):
        return answered, answered - right
    if isinstance(statement, claims.Confusion):
        return np.repeat(labelled, CLASSES, axis=-1), by_answer.reshape(*by_answer.shape[:-2], -1)
    total, missed = table.sum(axis=(-4, -3, -2, -1)), table * (1 - np.eye(CLASSES))[:, :, None, None]
    if isinstance(statement, claims.GroupErrors):
        return table.sum(axis=(-4, -3, -1)), missed.sum(axis=(-4, -3, -1))
    if isinstance(statement, claims.Withheld):
        reached = np.cumsum(table.sum(axis=(-4, -3, -2))[..., ::-1], axis=-1)[..., ::-1][..., 1:]
        wrong = np.cumsum(missed.sum(axis=(-4, -3, -2))[..., ::-1], axis=-1)[..., ::-1][..., 1:]
        whole = np.broadcast_to(total[..., None], reached.shape)
        return np.concatenate([whole, reached], axis=-1), np.concatenate([whole - reached, wrong], axis=-1)
    return total[..., None], missed.sum(axis=(-4, -3, -2, -1))[..., None]


def violated(statement: claims.AnyClaim, samples: np.ndarray, truth: np.ndarray, bits: float) -> np.ndarray:
    """For each sample whether any bound of a claim lies on the wrong side, at its share of delta."""
    part = delta_parts(DELTA, ("occam",), len(ASKED))["occam"]
    if isinstance(statement, (claims.Cost, claims.OrdinalDistance)):
        return mean_violated(statement, samples, truth, bits, part)
    if isinstance(statement, claims.BalancedError):
        return balanced_violated(samples, truth, bits, part)
    share = equal_share(part, statements_of(statement, CLASSES))
    (n, events), (p_group, p_event) = cells(statement, samples), cells(statement, truth)
    exact = p_event / p_group
    above = upper(events, n, bits, share)
    wrong = (above < exact).any(axis=1)
    if isinstance(statement, claims.Confusion):
        diagonal = slice(None, None, CLASSES + 1)
        missed = upper((n - events)[:, diagonal], n[:, diagonal], bits, share)
        wrong |= (1 - missed > exact[diagonal]).any(axis=1)
    return wrong


def upper(events: np.ndarray, n: np.ndarray, bits: float, share: float) -> np.ndarray:
    """The exact tail of each cell, each distinct pair once; 1 without examples."""
    pairs, where = np.unique(np.stack([events.ravel(), n.ravel()], axis=1), axis=0, return_inverse=True)
    found = np.ones(len(pairs))
    some = pairs[:, 1] > 0
    found[some] = bounds.occam(pairs[some, 0], pairs[some, 1], bits, share)
    return found[where.ravel()].reshape(events.shape)


def mean_violated(
    statement: claims.Cost | claims.OrdinalDistance,
    samples: np.ndarray,
    truth: np.ndarray,
    bits: float,
    part: float,
) -> np.ndarray:
    """Whether the bound of a mean loss lies below it."""
    losses = loss_values(statement, CLASSES)[:, :CLASSES]
    values, places = np.unique(losses, return_inverse=True)
    one_hot = np.eye(len(values))[places.ravel()]
    counts = samples.sum(axis=(-2, -1)).reshape(len(samples), -1) @ one_hot
    distinct, where = np.unique(counts, axis=0, return_inverse=True)
    exact = float((losses * truth.sum(axis=(-2, -1))).sum())
    return (np.asarray(bounds.bounded_loss(values, distinct, bits, part)) < exact)[where.ravel()]


def balanced_violated(samples: np.ndarray, truth: np.ndarray, bits: float, part: float) -> np.ndarray:
    """Whether the bound of the balanced error lies below it; each class occurs in every sample."""
    (n, missed), (p_class, p_missed) = (cells(claims.ClassErrors(), table) for table in (samples, truth))
    losses = N / n / CLASSES
    largest = losses.max(axis=1, keepdims=True)
    values = np.append(losses / largest, np.zeros((len(n), 1)), axis=1)
    counts = np.append(missed, N - missed.sum(axis=1, keepdims=True), axis=1)
    bound = largest[:, 0] * np.asarray(bounds.bounded_loss(values, counts, bits, part))
    return bound < (p_missed / p_class).mean()


def simulate(samples: int, choices: int, bits: float, seed: int) -> dict[str, float]:
    """Shares of samples in which each claim is violated, of the one of ``choices`` classifiers that errs least.

    The classifiers' answers are independent given the label, so that each has a table of its own from the same law.
    """
    rng, truth = np.random.default_rng(seed), law()
    tables = rng.multinomial(N, truth.ravel(), size=(samples, choices)).reshape(samples, choices, *WORLD)
    errors = (tables * (1 - np.eye(CLASSES))[:, :, None, None]).sum(axis=(-4, -3, -2, -1))
    best = tables[np.arange(samples), errors.argmin(axis=1)]
    wrong = {statement.kind: violated(statement, best, truth, bits) for statement in ASKED}
    together = np.logical_or.reduce(list(wrong.values()))
    return {kind: float(found.mean()) for kind, found in wrong.items()} | {
        "all together": float(together.mean())
    }


def main() -> None:
    """Run each design, print and write the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000)
    samples = parser.parse_args().samples
    allowed = DELTA + 3 * math.sqrt(DELTA * (1 - DELTA) / samples)
    designs = {
        "hold-out": simulate(samples, 1, 0.0, 1),
        "best of eight, 3 bits": simulate(samples, 8, 3.0, 2),
        "fault: best of 256, bits forgotten": simulate(samples // 4, 256, 0.0, 3),
    }
    for world, made in target_worlds.WORLDS.items():
        for name, number, choices, bits in (
            ("hold-out", samples, 1, 0.0),
            ("best of eight, 3 bits", samples, 8, 3.0),
            ("fault: best of 256, bits forgotten", samples // 4, 256, 0.0),
        ):
            found = target_worlds.simulate(made(), number, choices, bits, DELTA, N)
            designs[f"{world}, {name}"] = found
    for name, shares in designs.items():
        print(name, {kind: f"{100 * share:.2f} %" for kind, share in shares.items()})
    content = {
        **circumstances("benchmarks/claims_coverage.py"),
        "samples": samples,
        "n": N,
        "delta": DELTA,
        "allowed": allowed,
        "violated": designs,
    }
    RESULT.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
