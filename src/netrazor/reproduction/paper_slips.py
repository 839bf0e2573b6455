"""The slips in the paper that change a number: the figure as printed, and what the theorem gives."""

import math

import numpy as np

from netrazor import bounds
from netrazor.reproduction.published_figures import TABLE_3, Figure, kib_nats
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB, LOG_2, decimal_up


def slips() -> list[Figure]:
    """All of them, in the paper's order."""
    return [
        _kraft(),
        _mixed_bases(),
        _noise_gain("magnitudes"),
        _noise_gain("values"),
        _permutations(),
        _sign(),
        _roles(),
    ]


def _kraft() -> Figure:
    lengths = math.floor(8.1 * BYTES_PER_KIB * BITS_PER_BYTE) + 1
    return Figure(
        "Proof of 4.1",
        "sum of 2^-length over an injective code of up to 8.1 KiB",
        "at most 1",
        f"{lengths}",
        lengths,
        "all strings of each length add up to 1; only a prefix-free code, or a prior over lengths, keeps to 1",
    )


def _mixed_bases() -> Figure:
    right, mixed = 67 * LOG_2, 67 * LOG_2**2
    return Figure(
        "Equation 4.1",
        "nats of the prior over lengths, -log m",
        f"{mixed:.1f}",
        decimal_up(right, 1),
        right,
        "a natural logarithm is added to bits: only bits take the factor log 2",
    )


def _noise_gain(scale: str) -> Figure:
    """The gain of Theorem 5.1 for a codebook of the published form: a step times -6 to 6, evenly used."""
    values = np.array([i for i in range(-6, 7) if i], dtype=float)
    sigma = 0.05 * (5 if scale == "magnitudes" else 12)
    even = np.full(len(values), 1 / len(values))
    nonzeros = TABLE_3["fc1"][1]
    counts = even * nonzeros
    layer = bounds.NoisyLayer(values, counts, sigma, values, even)
    least = bounds.choose_lambda(layer, sigma * np.geomspace(0.25, 4, 32))
    gain = (nonzeros * math.log(len(values)) - least.kl_nats) / LOG_2 / BITS_PER_BYTE
    return Figure(
        "Table 3",
        f"gain in fc1 from noise of 5 % of the range of {scale}, bytes",
        "1770",
        f"{gain:.0f}",
        gain,
        "12 even steps, evenly used; the published code swaps the scales of prior and posterior",
    )


def _permutations() -> Figure:
    every, living = (math.lgamma(501) / LOG_2 / 8, (math.lgamma(501) - math.lgamma(233)) / LOG_2 / 8)
    return Figure(
        "Code of Table 2",
        "credit for the order of 500 hidden units, bytes",
        f"{every:.0f}",
        f"{living:.0f}",
        living,
        "232 units are dead: exchanging them gives the same network",
    )


def _sign() -> Figure:
    nats = kib_nats(8.1)
    return Figure(
        "Proof of 5.1",
        "first term of the divergence at 8.1 KiB, nats",
        f"-{nats:.0f}",
        f"+{nats:.0f}",
        nats,
        "a divergence below 0 cannot be; the theorem itself has the right sign",
    )


def _roles() -> Figure:
    a, b, n = 0.0, 0.9, 50_000
    right = bounds.memorization_floor(a, b, n)
    q, loss = 1 / (1 + (1 - b) / (1 - a)), (a + b) / 2
    entropy = -q * math.log(q) - (1 - q) * math.log(1 - q)
    swapped = n * (LOG_2 - loss * entropy)
    return Figure(
        "Proof of 6.1",
        "entropy floor at 0 % train, 90 % test error, 50,000 examples, nats",
        f"{swapped:.0f}",
        f"{math.floor(right)}",
        right,
        "p goes with loss 1 as in equation 6.5; with the roles swapped the floor claims too much",
    )
