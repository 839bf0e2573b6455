"""Small networks and odd arrays, seeded."""

import numpy as np


def network(seed: int = 0) -> dict[str, np.ndarray]:
    """A small pruned convolutional network, quantized to steps, with dead units."""
    rng = np.random.default_rng(seed)

    def sparse(shape, density):
        mask = rng.random(shape) < density
        mask[shape[0] * 2 // 3 :] = False
        return (
            np.where(mask, rng.integers(1, 4, shape) * rng.choice([-1, 1], shape), 0).astype(np.float32) / 8
        )

    return {
        "conv.weight": sparse((6, 1, 3, 3), 0.5),
        "conv.bias": sparse((6,), 0.5),
        "fc.weight": sparse((10, 6 * 4), 0.2),
        "fc.bias": sparse((10,), 0.7),
    }


def busy() -> dict[str, np.ndarray]:
    """Rows and columns that are busy independently, what they feed, and rows of a few kinds."""
    rng = np.random.default_rng(1)
    rows, columns = rng.gamma(0.3, 3.0, (50, 1)), rng.gamma(0.3, 3.0, 60)
    first = np.where(rng.random((50, 60)) < 0.05 * rows * columns, rng.choice([-1, 1, 2], (50, 60)), 0)
    second = rng.random((6, 200)) < np.repeat(0.08 * rows.ravel(), 4)
    kinds = rng.random((64, 3, 16)) < rng.choice([0.02, 0.3, 0.9], (64, 1, 1))
    return {"first": first.astype(np.int8), "second": second, "kinds": kinds.astype(np.float32)}


def dead() -> dict[str, np.ndarray]:
    """Stripes in a few live rows and columns, and the same backwards."""
    rng = np.random.default_rng(0)
    live = (rng.random(24) > 0.5)[:, None, None] & (rng.random((4, 16)) > 0.5)
    stripes = (rng.random((24, 4, 1)) < 0.4) & (rng.random((24, 4, 16)) < 0.9)
    values = np.where(live & stripes, 0.75, 0).astype(np.float16)
    return {"stripes": values, "again": values[:, :, ::-1]}


def fine() -> dict[str, np.ndarray]:
    """Many small steps; rows of a scale of their own; more values than a codebook holds."""
    rng = np.random.default_rng(2)
    dense = np.rint(rng.normal(0, 15, (4, 100))).astype(np.float32) / 64
    scales = np.rint(rng.normal(0, 1, (12, 60)) * rng.choice([1, 9], (12, 1))).astype(np.float32) / 8
    return {"dense": dense, "scales": scales, "many": rng.permutation(260).astype(np.int16)}


def floats() -> dict[str, np.ndarray]:
    """Whole numbers by scales of rows and of groups, as float32 and rounded to bfloat16; pruned floats."""
    rng = np.random.default_rng(5)
    rows = np.rint(rng.normal(0, 9, (16, 30)))
    rows[3] = 0
    scaled = (rows * rng.random((16, 1)).astype(np.float32)).astype(np.float32)
    scaled[scaled == 0] *= -1  # some rounding leaves minus zeros
    groups = np.rint(rng.normal(0, 7, (6, 96))).reshape(18, 32)
    coarse = (groups * rng.random((18, 1)).astype(np.float32)).astype(np.float32).view(np.uint32)
    coarse = (coarse + np.uint32(0x7FFF) + (coarse >> np.uint32(16) & np.uint32(1))) & np.uint32(0xFFFF0000)
    pruned = np.where(rng.random((9, 80)) < 0.15, rng.normal(0, 1, (9, 80)), 0)
    return {
        "rows": scaled,
        "groups": coarse.view(np.float32).reshape(6, 96),
        "pruned": pruned.astype(np.float32),
        "half": (rows[:8] * rng.random((8, 1))).astype(np.float16),
    }


def structures() -> dict[str, np.ndarray]:
    """Tiles with zeros inside, cut off; whole channels; two of every four, of rows and in C order."""
    rng = np.random.default_rng(7)

    def signs(mask):
        return (mask * rng.choice([-1, 1], mask.shape)).astype(np.int8)

    def two_in_four(shape):
        return (rng.random((np.prod(shape) // 4, 4)).argsort(1).argsort(1) < 2).reshape(shape)

    tiles = (rng.random((8, 8)) < 0.25).repeat(4, 0).repeat(4, 1)[:30, :29]
    channels = (rng.random((4, 3)) < 0.4).repeat(4, 0).repeat(4, 1)[:, :, None, None]
    return {
        "tiles": signs(tiles & (rng.random(tiles.shape) < 0.8)),
        "channels": signs(channels & np.ones((1, 1, 2, 3), np.bool_)),
        "rows": signs(two_in_four((12, 64))),
        "order": signs(two_in_four((24, 30))),
    }


def levels() -> dict[str, np.ndarray]:
    """Quantiles of a normal law by scales of groups of a row, and by scales of rows as float16."""
    rng = np.random.default_rng(8)
    above = [0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1]
    below = [-1, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.09105004, 0]
    quantiles = np.float32([*below, *above])

    def scaled(rows, places):
        scales = (0.5 + rng.random((rows, 1))).astype(np.float16).astype(np.float32)
        return quantiles[rng.integers(0, 16, (rows, places))] * scales

    return {"groups": scaled(16, 32).reshape(4, 128), "rows": scaled(3, 160).astype(np.float16)}


def large() -> dict[str, np.ndarray]:
    """Few ones and few zeros among many elements, some of them far apart."""
    rng = np.random.default_rng(6)
    few, many = np.zeros((300, 250), np.int8), np.ones((70, 1000), np.bool_)
    few.reshape(-1)[rng.choice(75_000, 30, replace=False)] = 1
    many.reshape(-1)[rng.choice(70_000, 40, replace=False)] = False
    return {"few": few, "many": many}


def odd() -> dict[str, np.ndarray]:
    """Types, shapes and values at the edges."""
    return {
        "": np.float32(3.5),
        "none": np.zeros((0, 3), np.float32),
        "zero": np.zeros((2, 3), np.int8),
        "minus zero": np.array([0.0, -0.0, 1.0, -1.0], np.float32),
        "wide": np.array([2**63 - 1, -(2**63), 0], np.int64),
        "unsigned": np.array([2**64 - 1, 0, 1], np.uint64),
        "floats": np.array([np.finfo("f4").max, np.finfo("f4").tiny, 1e-45, 0, -1e-45], np.float32),
        "half": np.array([[0.5, 0, -1.5]], np.float16),
        "truth": np.array([True, False, True]),
        "doubles": np.array([0.1, 0.2, 0.0, 0.1]),
    }


def same(first: dict, second: dict) -> bool:
    """Same names, order, types, shapes and bits."""
    return list(first) == list(second) and all(
        np.asarray(a).dtype == b.dtype and np.shape(a) == b.shape and np.asarray(a).tobytes() == b.tobytes()
        for a, b in zip(first.values(), second.values(), strict=True)
    )
