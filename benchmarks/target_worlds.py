"""Worlds of known law for claims about labels, numbers and pixels: outcomes of an example, and what each claim loses.

An outcome is which of three labels are wrong, how far a number is off, or how many of an image's pixels are wrong. A
sample is a count of outcomes, so that true means are exact sums.
"""

from dataclasses import dataclass

import numpy as np

from netrazor import bounds, claims
from netrazor.certification.claim_tables import statements_of
from netrazor.certification.delta_shares import delta_parts, equal_share
from netrazor.certification.mean_losses import possible_losses

PIXELS = 12


@dataclass(frozen=True)
class World:
    """A law over outcomes, and for each claim a certificate's table of what an outcome loses: cells x outcomes."""

    law: np.ndarray
    losses: dict[claims.AnyClaim, np.ndarray]
    outputs: int


def of_labels() -> World:
    """Three labels whose errors come together: which of them are wrong, 2^3 outcomes."""
    wrong = (np.arange(8)[:, None] >> np.arange(3) & 1).astype(float)
    law = np.array([0.72, 0.08, 0.05, 0.04, 0.03, 0.02, 0.02, 0.04])
    return World(
        law,
        {
            claims.SubsetError(): wrong.max(axis=1)[None],
            claims.LabelErrors(): wrong.T,
            claims.HammingLoss(): wrong.mean(axis=1)[None],
        },
        3,
    )


def of_numbers() -> World:
    """Distances that fall off geometrically, and a few that are far beyond the scale."""
    distances = np.append(0.17 * np.arange(12), 50.0)
    law = np.append(0.97 * 0.6 ** np.arange(12) * 0.4 / (1 - 0.6**12), 0.03)
    clipped = np.minimum(distances / 1.5, 1)
    return World(
        law / law.sum(),
        {
            claims.AbsoluteError(scale=1.5): clipped[None],
            claims.SquaredError(scale=1.5): clipped[None] ** 2,
            claims.Within(tolerance=0.4): (distances > 0.4)[None].astype(float),
        },
        1,
    )


def of_pixels() -> World:
    """Images of which most are nearly right and some are lost as a whole."""
    law = np.array([0.3, 0.2, 0.12, 0.08, 0.06, 0.04, 0.03, 0.02, 0.02, 0.02, 0.02, 0.03, 0.06])
    return World(law / law.sum(), {claims.PixelErrors(): np.arange(PIXELS + 1)[None] / PIXELS}, 2)


WORLDS = {"labels": of_labels, "numbers": of_numbers, "pixels": of_pixels}


def simulate(world: World, samples: int, choices: int, bits: float, delta: float, n: int) -> dict[str, float]:
    """Shares of samples in which each claim is violated, of the one of ``choices`` networks of the least loss."""
    rng = np.random.default_rng(5)
    counts = rng.multinomial(n, world.law, size=(samples, choices))
    first = next(iter(world.losses.values()))
    best = counts[np.arange(samples), (counts @ first.mean(axis=0)).argmin(axis=1)]
    wrong = {
        claim.kind: violated(
            world, claim, best, bits, delta_parts(delta, ("occam",), len(world.losses))["occam"]
        )
        for claim in world.losses
    }
    together = np.logical_or.reduce(list(wrong.values()))
    return {kind: float(found.mean()) for kind, found in wrong.items()} | {
        "all together": float(together.mean())
    }


def violated(
    world: World, claim: claims.AnyClaim, samples: np.ndarray, bits: float, part: float
) -> np.ndarray:
    """For each sample whether a bound of the claim, as a certificate computes it, lies below the true mean."""
    exact, distinct, where = world.losses[claim], *np.unique(samples, axis=0, return_inverse=True)
    share = equal_share(part, statements_of(claim, world.outputs))
    truth = exact @ world.law
    if set(np.unique(exact)) <= {0.0, 1.0}:
        events = np.rint(distinct @ exact.T)
        bound = np.asarray(bounds.occam(events, distinct.sum(axis=1, keepdims=True), bits, share))
    else:
        bound = np.asarray(
            bounds.bounded_loss(recorded(claim, exact[0], world.outputs), distinct, bits, share)
        )[:, None]
    return (bound < truth).any(axis=1)[where.ravel()]


def recorded(claim: claims.AnyClaim, losses: np.ndarray, outputs: int) -> np.ndarray:
    """The least possible losses of the record that are not below ``losses``."""
    possible = possible_losses(claim, outputs)
    return possible[np.searchsorted(possible, losses)]
