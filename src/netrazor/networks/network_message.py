"""Networks as messages: encode, and decode what will be certified."""

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from netrazor import coding
from netrazor.certification.noise_description import LAMBDA, SIGMA, Noise
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.errors import CheckpointMismatch, NonFiniteWeights
from netrazor.networks.declared import index_of
from netrazor.networks.state import coded_state, load_coded_state

OWN = Limits(elements=2**62, arrays=2**62, decisions=2**62)  # a message that was just written can be trusted


def encode(model: nn.Module, architecture: str, noise: Noise | None = None, *, static: bool = False) -> bytes:
    """The message of a network; with ``noise`` or ``static``, its values in a stream of their own."""
    index = index_of(architecture)
    arrays = codable_arrays(model)
    if noise is None:
        return coding.encode(arrays, architecture=index, values="static" if static else "auto")
    coded, side_information = noise.arrays()
    return coding.encode(
        {**arrays, **coded}, architecture=index, values="static", side_information=side_information
    )


def codable_arrays(model: nn.Module) -> dict[str, NDArray[Any]]:
    """The whole state of a network, minus zeros made zero: they would be paid for and mean nothing.

    Arrays without minus zeros are views: they change with the network.

    Raises:
        UnsupportedModel: state that cannot be coded.
        NonFiniteWeights: NaN or infinite values.
    """
    arrays = coded_state(model, copy=False)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise NonFiniteWeights(
                f"{name}: finite values needed, got infinite ones; write masks as large numbers or booleans"
            )
    return {name: array + 0 if _has_minus_zeros(array) else array for name, array in arrays.items()}


def limits_of(model: nn.Module) -> Limits:
    """Limits within which every message of such a network can be read that `encode` writes, noise included."""
    arrays = coded_state(model, copy=False)
    each = len(arrays)
    noise = {LAMBDA: np.zeros(each, dtype=np.uint8), SIGMA: np.zeros(each, dtype=np.float32)}
    return Limits.for_arrays({**arrays, **noise})


def decode_into(model: nn.Module, blob: bytes, limits: Limits | None = None) -> nn.Module:
    """A copy of ``model`` with the weights of the message: the network that is certified.

    ``limits`` are by default those of messages of such a network.

    Raises:
        MessageError: the bytes are no message.
        CheckpointMismatch: it holds the weights of another architecture.
    """
    return network_of(model, read(blob, limits or limits_of(model)))


def network_of(model: nn.Module, message: Message) -> nn.Module:
    """`decode_into` for a message that was read."""
    return filled(copy.deepcopy(model), message)


def filled(model: nn.Module, message: Message) -> nn.Module:
    """`network_of` for a ``model`` that may be changed: without a copy."""
    described = [LAMBDA, SIGMA] if SIGMA in message.arrays else []
    load_coded_state(model.eval(), {name: a for name, a in message.arrays.items() if name not in described})
    if list(message.arrays) != [*coded_state(model, copy=False), *described]:
        # The order of a declared architecture's arrays is not paid for, so it must not be chosen.
        raise CheckpointMismatch(
            "message: arrays in the order of the network's definition needed, got another order; "
            "the message is not one that certify writes"
        )
    if message.architecture > 0:  # the forward pass of a user's own network may count on the usual layout
        model = model.to(memory_format=torch.channels_last)  # runs twice as fast
    return model


def _has_minus_zeros(array: NDArray[Any]) -> bool:
    return array.dtype.kind == "f" and bool(np.signbit(array[array == 0]).any())
