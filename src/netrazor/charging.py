"""From a message to its price: which bits the bound pays for, under which theorem."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netrazor import bounds
from netrazor.certificate import ChargedLedger, LedgerLine
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.errors import CertificateError
from netrazor.units import bits_from_nats

# Names of the arrays that describe the noise, inside a message. No parameter of a module can be called so.
LAMBDA, SIGMA = "@lambda", "@sigma"

# The grid of prior scales, fixed in advance: index i stands for LAMBDA_GRID[i - 1]; 0 says that the array has
# no noise. From 2^5 down to 2^-26.75 in steps of an eighth of an octave.
LAMBDA_GRID = tuple(2.0 ** (5 - i / 8) for i in range(255))

FREE = ("framing", "aside")  # constant, or describing the posterior only


def charge(blob: bytes, limits: Limits | None = None) -> ChargedLedger:
    """What a message costs, line by line.

    Magic and padding are the same in every message and cost nothing. The schema costs nothing where the
    message names a declared architecture, whose shapes were fixed before; for a user's own it is paid for.
    Values are charged by their bits or, where the message describes noise, by their divergence (Theorem 5.1).

    Raises:
        MessageError: the bytes are no message.
        CertificateError: the message describes its noise in a form that is not ours.
    """
    message = read(blob, limits or Limits())
    noise = _noise_in(message)
    free = (*FREE, "schema") if message.architecture > 0 else FREE
    divergences = {} if noise is None else _value_bits(message, noise)
    lines = []
    for entry in message.ledger.entries:
        noisy = entry.kind == "values" and entry.array in divergences
        charged = 0 if entry.kind in free or noisy else entry.bits
        lines.append(
            LedgerLine(array=entry.array, kind=entry.kind, coded_bits=entry.bits, charged_bits=charged)
        )
    lines += [
        LedgerLine(array=name, kind="divergence", coded_bits=0, charged_bits=bits)
        for name, bits in divergences.items()
    ]
    return ChargedLedger(lines=tuple(lines))


class Noise:
    """The noise that a message describes: for each array of values, sigma and the index of lambda.

    Index 0: the array carries no noise, its values are drawn from the symbol probabilities themselves.
    """

    def __init__(self, sigma: Mapping[str, float], index: Mapping[str, int]) -> None:
        self.sigma = dict(sigma)
        self.index = dict(index)

    def arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
        """As arrays for the message: those coded and those set aside."""
        indices = np.array(list(self.index.values()), dtype=np.uint8)
        sigmas = np.array([self.sigma[name] for name in self.index], dtype=np.float32)
        return {LAMBDA: indices}, {SIGMA: sigmas}


def noise_of(blob: bytes, limits: Limits | None = None) -> Noise | None:
    """The noise that a message describes, or None.

    Raises:
        MessageError: the bytes are no message.
        CertificateError: the description does not fit the arrays.
    """
    return _noise_in(read(blob, limits or Limits()))


def _noise_in(message: Message) -> Noise | None:
    index: NDArray[Any] | None = message.arrays.get(LAMBDA)
    sigma: NDArray[Any] | None = message.arrays.get(SIGMA)
    if index is None and sigma is None:
        return None
    static = [name for name in message.static if name != LAMBDA]
    fits = (
        index is not None
        and sigma is not None
        and index.dtype == np.uint8
        and sigma.dtype == np.float32
        and index.shape == sigma.shape == (len(static),)
        and bool(np.all((sigma > 0) == (index > 0)) and np.all(sigma >= 0) and np.all(np.isfinite(sigma)))
    )
    if index is None or sigma is None or not fits:
        raise CertificateError(
            f"{LAMBDA} and {SIGMA}: must be one index and one scale for each of {len(static)} arrays of "
            "values, zero together; got something else: the message is not one that certify writes"
        )
    return Noise(
        dict(zip(static, map(float, sigma), strict=True)), dict(zip(static, map(int, index), strict=True))
    )


def _value_bits(message: Message, noise: Noise) -> dict[str, float]:
    """Divergence of each array's values, in bits, rounded up."""
    bits = {}
    for name, prior in message.static.items():
        array = message.arrays[name]
        values, counts = np.unique(array[array != 0].astype(np.float64), return_counts=True)
        index = noise.index.get(name, 0)
        if index == 0:
            mass = dict(zip(prior.centers.tolist(), prior.probabilities.tolist(), strict=True))
            exact = sum(-math.log2(mass[v]) * int(c) for v, c in zip(values.tolist(), counts, strict=True))
            bits[name] = exact * (1 + 2.0**-40)
        elif len(values):
            lams = [LAMBDA_GRID[index - 1]]
            kl_nats = bounds.layer_perturbation_kl(
                values, counts, noise.sigma[name], prior.centers, prior.probabilities, lams
            )
            bits[name] = bits_from_nats(max(0.0, float(kl_nats[0])))
    return bits
