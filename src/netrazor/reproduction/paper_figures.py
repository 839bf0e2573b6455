"""The published figures of the paper's Section 7, each computed again from its published inputs."""

import math

from netrazor import bounds
from netrazor.reproduction.paper_slips import slips
from netrazor.reproduction.published_figures import (
    IMAGENET,
    LENET5_WEIGHTS,
    MNIST,
    TABLE_3,
    Figure,
    kib_nats,
)
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB, LOG_2, decimal_up, kib_from_bits, percent_up


def figures() -> list[Figure]:
    """All of them, in the paper's order."""
    return [*_introduction(), *_remark(), *_table_2(), *_table_3(), *_squeezenet(), *_table_4(), *slips()]


def train_error_needed(target: float, nats: float, n: int) -> float:
    """The largest train error at which Catoni's bound is at most ``target``, to 1e-9; NaN where none is."""
    low, high = 0.0, target
    if bounds.catoni(low, nats, n) > target:
        return math.nan
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if bounds.catoni(middle, nats, n) <= target else (low, middle)
    return low


def _bound(
    place: str, quantity: str, published: str, risk: float, kib: float, n: int, remark: str = ""
) -> Figure:
    value = bounds.catoni(risk, kib_nats(kib), n)
    return Figure(place, quantity, published, percent_up(value), value, remark)


def _needed(place: str, published: float, kib: float, n: int, remark: str) -> Figure:
    value = train_error_needed(published, kib_nats(kib), n)
    quantity = f"train error that a bound of {published:.1%} from {kib:g} KiB needs"
    return Figure(place, quantity, "not stated", f"{value:.2%}", value, remark)


def _introduction() -> list[Figure]:
    return [
        _bound(
            "1",
            "ImageNet, 90 % train accuracy, 30 KiB",
            "sharp",
            0.10,
            30,
            IMAGENET,
            "test error given: 30 %",
        )
    ]


def _remark() -> list[Figure]:
    right = bounds.catoni(0.015, kib_nats(8.1) + 67 * LOG_2, MNIST)
    without = bounds.catoni(0.015, kib_nats(8.1), MNIST)
    cost = Figure(
        "Remark 4.3",
        "uniform prior over lengths up to 2^64 bytes, nats",
        f"{72 * LOG_2:.1f}",
        decimal_up(67 * LOG_2, 1),
        67 * LOG_2,
        "2^64 bytes are 2^67 bits, not 2^72",
    )
    effect = Figure(
        "Remark 4.3",
        "what it adds to the bound of LeNet-5 at 8.1 KiB, points",
        "-",
        decimal_up(100 * (right - without), 3),
        100 * (right - without),
        "a self-delimiting message pays no such prior",
    )
    return [cost, effect]


def _table_2() -> list[Figure]:
    size = LENET5_WEIGHTS * 32
    compressed = bounds.occam(math.ceil(0.015 * MNIST), MNIST, 8.1 * BYTES_PER_KIB * BITS_PER_BYTE)
    return [
        Figure(
            "Table 2",
            "LeNet-5, 431k float32 weights, KiB",
            "168.4",
            f"{kib_from_bits(size):.1f}",
            kib_from_bits(size),
            "the published size is ten times too small",
        ),
        Figure("Table 2", "effective size, 8.1 - 1.88, KiB", "6.23", f"{8.1 - 1.88:.2f}", 8.1 - 1.88),
        _needed("Table 2", 0.46, 6.23, MNIST, "from the published effective size"),
        _bound("Table 2", "bound at 1.5 % train error and 6.23 KiB", "46 %", 0.015, 6.23, MNIST),
        _bound("Table 2", "bound at 1.5 % and 8.1 KiB, no noise", "-", 0.015, 8.1, MNIST),
        Figure(
            "Table 2",
            "the same by the exact binomial tail",
            "-",
            percent_up(compressed),
            compressed,
            "one fixed classifier",
        ),
    ]


def _table_3() -> list[Figure]:
    elements, nonzeros, code, smoothing = (sum(column) for column in zip(*TABLE_3.values(), strict=True))
    return [
        Figure(
            "Table 3",
            "code length of the layers, KiB",
            "8.1",
            f"{code / BYTES_PER_KIB:.2f}",
            code / BYTES_PER_KIB,
        ),
        Figure(
            "Table 3",
            "gain from noise of the layers, KiB",
            "1.88",
            f"{smoothing / BYTES_PER_KIB:.2f}",
            smoothing / BYTES_PER_KIB,
        ),
        Figure(
            "Table 3",
            "share of weights that are not zero",
            "1.5 %",
            f"{nonzeros / elements:.2%}",
            nonzeros / elements,
            "the text rounds up",
        ),
    ]


def _squeezenet() -> list[Figure]:
    kib = 0.47 * 1024
    return [
        _needed("7.2.1", 0.986, kib, IMAGENET, "SqueezeNet, 0.47 MiB, 98.6 % published"),
        _bound(
            "7.2.1",
            "SqueezeNet at 42.5 % train error",
            "98.6 %",
            0.425,
            kib,
            IMAGENET,
            "42.5 % is its error on the validation set",
        ),
    ]


def _table_4() -> list[Figure]:
    return [
        _bound("Table 4", "MobileNet 0.5, top-1, 35 % train error, 350 KiB", "96.5 %", 0.35, 350, IMAGENET),
        _bound("Table 4", "MobileNet 0.5, top-5, 13 % train error, 350 KiB", "89 %", 0.13, 350, IMAGENET),
        _bound("Table 4", "top-1 at 452 KiB, no noise", "-", 0.35, 452, IMAGENET),
        _bound("Table 4", "top-5 at 452 KiB, no noise", "-", 0.13, 452, IMAGENET),
    ]
