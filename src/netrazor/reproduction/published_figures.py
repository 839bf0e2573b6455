"""What the paper printed: sizes and errors of its Section 7, and the record of one figure beside ours."""

from dataclasses import dataclass

from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB, LOG_2

MNIST, IMAGENET = 60_000, 1_281_167  # training examples
LENET5_WEIGHTS = 431_080
TABLE_3 = {  # layer: elements, non-zeros, code bytes, smoothing bytes
    "conv1": (500, 16, 62, 3.5),
    "conv2": (25_000, 437, 679, 109),
    "fc1": (400_000, 4_727, 7_247, 1_770),
    "fc2": (5_000, 144, 242, 31),
}


@dataclass(frozen=True)
class Figure:
    """One published figure beside ours.

    Attributes:
        place: where the paper states it.
        quantity: what it is.
        published: as printed.
        ours: what the theorems give, rounded towards the weaker claim.
        value: the same as a number.
        remark: why they differ, or nothing.
    """

    place: str
    quantity: str
    published: str
    ours: str
    value: float
    remark: str = ""


def kib_nats(kib: float) -> float:
    """The nats of a message of so many KiB."""
    return kib * BYTES_PER_KIB * BITS_PER_BYTE * LOG_2
