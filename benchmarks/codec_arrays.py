"""The arrays of the codec benchmark: a fixed, seeded list, written down before the models were tuned on any of it.

Values are a step times integers, so every coder is given the same integers and none has to find them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP = np.float32(2**-6)


@dataclass(frozen=True)
class Case:
    """Named integer arrays, zeros in place, and whether their pattern has any structure to find."""

    name: str
    structured: bool
    arrays: dict[str, NDArray[np.int32]]

    def floats(self) -> dict[str, NDArray[np.float32]]:
        """The arrays as the codec is given them."""
        return {name: array.astype(np.float32) * STEP for name, array in self.arrays.items()}


def cases(large: bool) -> Iterator[Case]:
    """All cases, one made at a time; ``large`` for the shapes of SqueezeNet and ResNet-50 too."""
    for density in (0.005, 0.02, 0.1, 0.5):
        for bits in (2, 4, 8):
            rng = np.random.default_rng([1, int(1000 * density), bits])
            mask = rng.random((300, 784)) < density
            yield Case(f"random {density:.1%}, {bits} bits", False, {"weight": small_values(rng, mask, bits)})
    for density in (0.005, 0.02, 0.1, 0.5):
        for bits in (2, 4, 8):
            rng = np.random.default_rng([2, int(1000 * density), bits])
            mask = rng.random((300, 784)) < _activity(rng, (300, 784), density, dead=0.3)
            yield Case(
                f"rows and columns {density:.1%}, {bits} bits",
                True,
                {"weight": small_values(rng, mask, bits)},
            )
    for seed in range(3):
        yield Case(f"LeNet-5 with dead units, seed {seed}", True, _lenet(np.random.default_rng([3, seed])))
    if large:
        yield Case("SqueezeNet shapes, 33 %, 8 bits", False, _network(4, _SQUEEZENET, 0.33, 8))
        yield Case("ResNet-50 shapes, 10 %, 5 bits", False, _network(5, _RESNET50, 0.10, 5))


def small_values(rng: np.random.Generator, mask: NDArray[np.bool_], bits: int) -> NDArray[np.int32]:
    """Signed integers of ``bits`` bits, small ones likelier, where the mask is true."""
    top = 2 ** (bits - 1) - 1
    size = np.clip(np.rint(np.abs(rng.normal(0, top / 2.5, mask.shape)) + 0.5), 1, top)
    sign = np.where(rng.random(mask.shape) < 0.5, -1, 1)
    return np.where(mask, sign * size, 0).astype(np.int32)


def _activity(
    rng: np.random.Generator, shape: tuple[int, ...], density: float, dead: float
) -> NDArray[np.float64]:
    """Probabilities of a product of row and column activities, some rows and columns dead."""
    rows = rng.gamma(1.0, 1.0, shape[0]) * (rng.random(shape[0]) >= dead)
    columns = rng.gamma(1.0, 1.0, shape[1:]) * (rng.random(shape[1:]) >= dead)
    activity = rows.reshape(-1, *(1,) * (len(shape) - 1)) * columns
    return np.clip(activity * density / activity.mean(), 0, 0.95)


def _lenet(rng: np.random.Generator) -> dict[str, NDArray[np.int32]]:
    """Sizes, numbers of non-zeros and share of dead units of the paper's LeNet-5, in generic order."""
    arrays = {}
    for name, shape, nonzeros, dead in (
        ("conv1", (20, 1, 5, 5), 16, 0.6),
        ("conv2", (50, 20, 5, 5), 437, 0.4),
        ("fc1", (500, 800), 4727, 0.46),
        ("fc2", (10, 500), 144, 0.46),
    ):
        mask = rng.random(shape) < _activity(rng, shape, nonzeros / np.prod(shape), dead)
        arrays[f"{name}.weight"] = small_values(rng, mask, 4)
        arrays[f"{name}.bias"] = small_values(rng, rng.random(shape[0]) < 0.3, 4)
    return arrays


def _network(
    seed: int, shapes: list[tuple[int, ...]], density: float, bits: int
) -> dict[str, NDArray[np.int32]]:
    arrays = {}
    for number, shape in enumerate(shapes):
        rng = np.random.default_rng([seed, number])
        arrays[f"layer{number}.weight"] = small_values(rng, rng.random(shape) < density, bits)
    return arrays


def _squeezenet() -> list[tuple[int, ...]]:
    shapes: list[tuple[int, ...]] = [(64, 3, 3, 3)]
    channels = 64
    for squeeze, expand in (
        (16, 64),
        (16, 64),
        (32, 128),
        (32, 128),
        (48, 192),
        (48, 192),
        (64, 256),
        (64, 256),
    ):
        shapes += [(squeeze, channels, 1, 1), (expand, squeeze, 1, 1), (expand, squeeze, 3, 3)]
        channels = 2 * expand
    return [*shapes, (1000, 512, 1, 1)]


def _resnet50() -> list[tuple[int, ...]]:
    shapes: list[tuple[int, ...]] = [(64, 3, 7, 7)]
    channels = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            shapes += [(width, channels, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1)]
            if block == 0:
                shapes.append((4 * width, channels, 1, 1))
            channels = 4 * width
    return [*shapes, (1000, 2048)]


_SQUEEZENET = _squeezenet()
_RESNET50 = _resnet50()
