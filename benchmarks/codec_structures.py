"""Bytes of arrays in forms that other tools leave, beside the fewest that whoever knows the form can send them in.

    OMP_NUM_THREADS=1 python benchmarks/codec_structures.py

Masks of two weights in every four (what sparse tensor cores take) and of blocks, weights of powers of two, of eight
bits, of four-bit floats with a scale for each sixteen places. Each array is 128 x 784; values are independent,
so the entropy of its law is the least length on average. Writes results/codec_structures.json.
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from circumstances import circumstances
from numpy.typing import NDArray

from netrazor import coding
from netrazor.files import write_atomically

ROWS, COLUMNS, GROUP = 128, 784, 16
NUMBER = ROWS * COLUMNS
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])  # sizes of a float of four bits
# Quantiles of a normal law, as QLoRA (Dettmers et al. 2023) takes them for four bits, to four places.
_BELOW = (-1, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0)
_ABOVE = (0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.7230, 1)
NF4 = np.array([*_BELOW, *_ABOVE], dtype=np.float32)


@dataclass(frozen=True)
class Case:
    """An array, and the bits that its law says it takes."""

    name: str
    weights: NDArray[np.float32]
    least_bits: float


def main() -> None:
    """Encode every case, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/codec_structures.json"))
    chosen = parser.parse_args()
    rows = []
    for case in cases(np.random.default_rng(0)):
        size = len(coding.encode({"weight": case.weights}))
        least = case.least_bits / 8
        rows.append(
            {"case": case.name, "bytes": size, "least_bytes": round(least), "ratio": round(size / least, 3)}
        )
        print(json.dumps(rows[-1]), flush=True)
    found = {**circumstances("benchmarks/codec_structures.py"), "cases": rows}
    write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """All of them, drawn by ``rng``."""
    yield from two_in_four(rng)
    yield from in_blocks(rng)
    yield from quantized(rng)


def two_in_four(rng: np.random.Generator) -> Iterator[Case]:
    """Of every four weights of a row two are not zero."""
    mask = (rng.random((ROWS, COLUMNS // 4, 4)).argsort(-1).argsort(-1) < 2).reshape(ROWS, COLUMNS)
    of_mask = NUMBER / 4 * math.log2(6)
    signs = rng.choice([-1, 1], mask.shape)
    yield Case("two in four, signs", (mask * signs).astype(np.float32), of_mask + NUMBER / 2)
    integers = signs * rng.integers(1, 8, mask.shape)
    yield Case(
        "two in four, 4 bits", (mask * integers).astype(np.float32), of_mask + NUMBER / 2 * math.log2(14)
    )


def in_blocks(rng: np.random.Generator) -> Iterator[Case]:
    """Blocks of weights are zero, or none of a block is."""
    for height, width, share in ((4, 1, 0.1), (1, 4, 0.1), (16, 16, 0.2)):
        blocks = rng.random((ROWS // height, COLUMNS // width)) < share
        mask = blocks.repeat(height, 0).repeat(width, 1)
        signs = rng.choice([-1, 1], mask.shape)
        bits = blocks.size * entropy_of(np.array([share, 1 - share])) + float(mask.sum())
        yield Case(
            f"blocks of {height} x {width}, {share:.0%}, signs", (mask * signs).astype(np.float32), bits
        )


def quantized(rng: np.random.Generator) -> Iterator[Case]:
    """No zeros to speak of, and few values, or few beside a scale for each group of places."""
    shape = (ROWS, COLUMNS)
    powers = rng.choice([-1.0, 1.0], shape) * 2.0 ** -rng.integers(0, 8, shape)
    yield Case("signed powers of two, 16 values", powers.astype(np.float32), 4 * NUMBER)
    integers = np.clip(np.round(30 * rng.standard_normal(shape)), -127, 127)
    yield Case(
        "8 bits, one scale", (integers * np.float32(0.0123)).astype(np.float32), NUMBER * entropy_in(integers)
    )
    grouped = (ROWS, COLUMNS // GROUP, GROUP)
    normal = 2 * np.abs(rng.standard_normal(grouped))
    sizes = E2M1[np.abs(normal[..., None] - E2M1).argmin(-1)] * rng.choice([-1, 1], grouped)
    scales = 2.0 ** rng.integers(-8, -4, (*grouped[:2], 1))
    yield Case(
        "four-bit floats, a power of two a group",
        (sizes * scales).reshape(shape).astype(np.float32),
        NUMBER * entropy_in(sizes) + 2 * scales.size,
    )
    # uniform: two bits of exponent on average, ten of mantissa
    peaks = rng.random((*grouped[:2], 1)).astype(np.float16).astype(np.float32)
    yield Case(
        "four-bit quantiles, a float16 a group",
        (NF4[rng.integers(0, 16, grouped)] * peaks).reshape(shape),
        4 * NUMBER + 12 * peaks.size,
    )


def entropy_in(values: NDArray[np.float64] | NDArray[np.float32]) -> float:
    """Bits of one of ``values`` under the shares that they have."""
    return entropy_of(np.unique(values, return_counts=True)[1] / values.size)


def entropy_of(shares: NDArray[np.float64]) -> float:
    """Bits of an outcome with these probabilities."""
    return float(-(shares * np.log2(shares)).sum())


if __name__ == "__main__":
    main()
