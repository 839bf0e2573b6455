"""Every published figure of the paper's Section 7 from its published inputs, and the paper's slips in numbers."""

import math
from dataclasses import dataclass

import numpy as np

from netrazor import bounds
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB, LOG_2, decimal_up, kib_from_bits, percent_up

MNIST, IMAGENET = 60_000, 1_281_167
LENET5_WEIGHTS = 431_080
TABLE_3 = {  # layer: elements, non-zeros, code bytes, smoothing bytes
    "conv1": (500, 16, 62, 3.5),
    "conv2": (25_000, 437, 679, 109),
    "fc1": (400_000, 4_727, 7_247, 1_770),
    "fc2": (5_000, 144, 242, 31),
}


@dataclass(frozen=True)
class Figure:
    """One published figure beside ours: where it stands, what it is, both readings, our value and a remark."""

    place: str
    quantity: str
    published: str
    ours: str
    value: float
    remark: str = ""


def figures() -> list[Figure]:
    """All of them, in the paper's order."""
    return [*_introduction(), *_remark(), *_table_2(), *_table_3(), *_squeezenet(), *_table_4(), *_slips()]


def train_error_needed(target: float, nats: float, n: int) -> float:
    """The largest train error at which Catoni's bound is at most ``target``, to 1e-9; NaN where none is."""
    low, high = 0.0, target
    if bounds.catoni(low, nats, n) > target:
        return math.nan
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if bounds.catoni(middle, nats, n) <= target else (low, middle)
    return low


def _kib_nats(kib: float) -> float:
    return kib * BYTES_PER_KIB * BITS_PER_BYTE * LOG_2


def _bound(
    place: str, quantity: str, published: str, risk: float, kib: float, n: int, remark: str = ""
) -> Figure:
    value = bounds.catoni(risk, _kib_nats(kib), n)
    return Figure(place, quantity, published, percent_up(value), value, remark)


def _needed(place: str, published: float, kib: float, n: int, remark: str) -> Figure:
    value = train_error_needed(published, _kib_nats(kib), n)
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
    right = bounds.catoni(0.015, _kib_nats(8.1) + 67 * LOG_2, MNIST)
    without = bounds.catoni(0.015, _kib_nats(8.1), MNIST)
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


def _slips() -> list[Figure]:
    return [
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
    least = bounds.choose_lambda(values, counts, sigma, values, even, sigma * np.geomspace(0.25, 4, 32))
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
    nats = _kib_nats(8.1)
    return Figure(
        "Proof of 5.1",
        "first term of the divergence at 8.1 KiB, nats",
        f"-{nats:.0f}",
        f"+{nats:.0f}",
        nats,
        "a divergence below 0 cannot be; the theorem itself has the right sign",
    )


def _of_which_error() -> Figure:
    return Figure("7.1.3", "what the 46 % bounds", "train error", "test error", 0.46, "a slip of the pen")


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
