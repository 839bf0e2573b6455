"""Arrays in forms that other tools leave, each with the bits that one of its law takes on average."""

from dataclasses import dataclass
from math import log2

import numpy as np

# Quantiles of a normal law for four bits, as QLoRA (Dettmers et al. 2023) takes them.
NF4 = np.float32(
    [
        *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635),
        *(-0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725),
        *(0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941),
        *(0.7229568362236023, 1.0),
    ]
)
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])  # sizes of a float of four bits


@dataclass(frozen=True)
class Sample:
    """An array, and the bits that its law says it takes."""

    array: np.ndarray
    least_bits: float


def two_in_four(shape: tuple[int, ...], axis: int | None, seed: int = 0) -> Sample:
    """Signs of which two of every four along an axis, or in C order, are not zero."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    groups = rng.random((size // 4, 4)).argsort(-1).argsort(-1) < 2
    if axis is None:
        mask = groups.reshape(shape)
    else:
        moved = (*shape[:axis], *shape[axis + 1 :], shape[axis])
        mask = np.moveaxis(groups.reshape(moved), -1, axis)
    return Sample(signed(mask, rng), size / 4 * log2(6) + size / 2)


def tiled(
    shape: tuple[int, ...], tile: tuple[int, ...], used: float, density: float = 1.0, seed: int = 0
) -> Sample:
    """Signs in tiles, of which a share is in use; of their elements a share is not zero."""
    rng = np.random.default_rng(seed)
    tiles = rng.random([-(-length // t) for length, t in zip(shape, tile, strict=True)]) < used
    inside = tiles
    for axis, t in enumerate(tile):
        inside = inside.repeat(t, axis)
    inside = inside[tuple(slice(length) for length in shape)]
    mask = inside & (rng.random(shape) < density)
    least = tiles.size * entropy_of([used, 1 - used]) + inside.sum() * entropy_of([density, 1 - density])
    return Sample(signed(mask, rng), float(least + mask.sum()))


def quantiles(rows: int, columns: int, group: int, kind: str, seed: int = 0) -> Sample:
    """Quantiles of a normal law times a float16 for each group: three bits of exponent, ten of mantissa."""
    rng = np.random.default_rng(seed)
    number = rows * columns // group
    scales = np.ldexp(0.5 + 0.5 * rng.random((number, 1)), -rng.integers(0, 8, (number, 1)))
    scales = scales.astype(np.float16).astype(np.float32)
    levels = NF4[rng.integers(0, 16, (len(scales), group))]
    array = rounded((levels * scales).reshape(rows, columns), kind)
    return Sample(array, 4 * array.size + 13 * len(scales))


def bytes_of_floats(rows: int, columns: int, kind: str, seed: int = 0) -> Sample:
    """Normal weights as floats of eight bits (E4M3), scaled by the largest of each row, a float of 16 bits."""
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((rows, columns)) * 150
    powers = np.maximum(np.floor(np.log2(np.abs(weights))), -6)
    levels = np.clip(np.round(weights / 2 ** (powers - 3)) * 2 ** (powers - 3), -448, 448)
    scales = (0.05 * (0.5 + rng.random((rows, 1)))).astype(np.float16).astype(np.float32)
    array = rounded(levels.astype(np.float32) * scales, kind)
    return Sample(array, array.size * entropy_in(levels) + 11 * rows)


def four_bit_floats(rows: int, columns: int, group: int, kind: str = "float32", seed: int = 0) -> Sample:
    """Normal weights as floats of four bits (E2M1) times one of four powers of two for each group."""
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((rows * columns // group, group)) * 2
    sizes = E2M1[np.abs(np.abs(normal)[..., None] - E2M1).argmin(-1)] * np.sign(normal)
    scales = 2.0 ** rng.integers(-8, -4, (len(sizes), 1))
    array = rounded((sizes * scales + 0).reshape(rows, columns).astype(np.float32), kind)
    return Sample(array, array.size * entropy_in(sizes) + 2 * len(scales))


def rounded(array: np.ndarray, kind: str) -> np.ndarray:
    """Float32 as another type, or as float32 rounded to bfloat16."""
    if kind != "bfloat16":
        return array.astype(kind)
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def signed(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (mask * rng.choice([-1, 1], mask.shape)).astype(np.int8)


def entropy_in(values: np.ndarray) -> float:
    """Bits of one of ``values`` under the shares that they have."""
    return entropy_of(np.unique(values, return_counts=True)[1] / values.size)


def entropy_of(shares) -> float:
    """Bits of an outcome with these probabilities."""
    return -sum(share * log2(share) for share in shares if share > 0)
