"""The noise that a message describes: sigma of each array of values, and the index of its prior scale lambda."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.message import Message
from netrazor.errors import CertificateError

# Names of the arrays that describe the noise, inside a message. No parameter of a module can be called so.
LAMBDA, SIGMA = "@lambda", "@sigma"

# The grid of prior scales, fixed in advance: index i stands for LAMBDA_GRID[i - 1]; 0 says that the array has
# no noise. From 2^5 down to 2^-26.75 in steps of an eighth of an octave.
LAMBDA_GRID = tuple(2.0 ** (5 - i / 8) for i in range(255))


class Noise:
    """The noise that a message describes: for each array of values, sigma and the index of lambda.

    Index 0: the array carries no noise, its values are drawn from the symbol probabilities themselves.
    """

    def __init__(self, sigma: Mapping[str, float], index: Mapping[str, int]) -> None:
        self.sigma = dict(sigma)
        self.index = dict(index)

    def arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
        """As arrays for the message: those that are paid for, and the side information."""
        indices = np.array(list(self.index.values()), dtype=np.uint8)
        sigmas = np.array([self.sigma[name] for name in self.index], dtype=np.float32)
        return {LAMBDA: indices}, {SIGMA: sigmas}


def noise_in(message: Message) -> Noise | None:
    """The noise that a message describes, or None.

    Only sigma may stand among the side information, which is not paid for: anything else there would be a free ride.

    Raises:
        CertificateError: the description does not fit the arrays.
    """
    index: NDArray[Any] | None = message.arrays.get(LAMBDA)
    sigma: NDArray[Any] | None = message.arrays.get(SIGMA)
    if index is None and sigma is None and not message.side_information:
        return None
    static = [name for name in message.static if name != LAMBDA]
    fits = (
        index is not None
        and sigma is not None
        and message.side_information == (SIGMA,)
        and index.dtype == np.uint8
        and sigma.dtype == np.float32
        and index.shape == sigma.shape == (len(static),)
        and bool(np.all((sigma > 0) == (index > 0)) and np.all(sigma >= 0) and np.all(np.isfinite(sigma)))
    )
    if index is None or sigma is None or not fits:
        raise CertificateError(
            f"{LAMBDA} and {SIGMA}: must be one index and, as the only side information, one scale for "
            f"each of {len(static)} arrays of values, zero together; got something else: "
            "the message is not one that certify writes"
        )
    return Noise(
        dict(zip(static, map(float, sigma), strict=True)), dict(zip(static, map(int, index), strict=True))
    )
