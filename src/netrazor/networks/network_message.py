"""Networks as messages: encode, and decode what will be certified."""

import copy
from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from torch import nn

from netrazor import coding
from netrazor.certification.noise_description import LAMBDA, SIGMA, Noise
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.errors import CheckpointMismatch
from netrazor.networks.declared import index_of
from netrazor.networks.state import Array, coded_state, load_coded_state
from netrazor.networks.walk import is_step_count, modules, set_evaluation_mode, tensors

_BITS: dict[int, np.dtype[Any]] = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}  # by the bytes of a float


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


def codable_arrays(model: nn.Module) -> dict[str, Array]:
    """The entire state of a network as the coder takes it.

    Minus zeros are made zero: they would be paid for and mean nothing. Floats with infinite values among them (an
    attention mask in a buffer) are sent as their bits, whole numbers of the same width.

    Arrays without either are views: they change with the network.

    Raises:
        UnsupportedModel: state that cannot be coded.
        NonFiniteWeights: NaN anywhere, or an infinite parameter.
    """
    return {name: _codable(array) for name, array in coded_state(model, copy=False).items()}


def _codable(array: Array) -> Array:
    if array.dtype.kind != "f":
        return array
    if np.isinf(array).any():
        bits: Array = array.view(_BITS[array.dtype.itemsize])
        return bits
    return array + 0 if np.signbit(array[array == 0]).any() else array


def _as_state(array: Array, own: Array) -> Array:
    """An array of a message in the type of ``own``, the network's: the opposite of `_codable`."""
    if own.dtype.kind == "f" and array.dtype == _BITS[own.dtype.itemsize]:
        values = array.view(own.dtype)
        if np.isinf(values).any() and not np.isnan(values).any():  # others are sent as they are
            return values
    return array


def limits_of(model: nn.Module) -> Limits:
    """Limits within which every message of such a network can be read that `encode` writes, noise included."""
    arrays = coded_state(model, copy=False)
    each = len(arrays)
    noise: dict[str, Array] = {
        LAMBDA: np.zeros(each, dtype=np.uint8),
        SIGMA: np.zeros(each, dtype=np.float32),
    }
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


def filled(model: nn.Module, message: Message, given: Collection[str] = ()) -> nn.Module:
    """`network_of` for a ``model`` that may be changed: without a copy. ``given`` arrays of it stay, unchanged."""
    described = [LAMBDA, SIGMA] if SIGMA in message.arrays else []
    set_evaluation_mode(model)
    _forget_training(model)
    own = coded_state(model, copy=False)
    arrays = {name: array for name, array in message.arrays.items() if name not in described}
    decoded = {name: _as_state(a, own[name]) if name in own else a for name, a in arrays.items()}
    load_coded_state(model, {**{name: own[name] for name in own if name in given}, **decoded})
    if list(message.arrays) != [*(name for name in own if name not in given), *described]:
        # The order of a declared architecture's arrays is not paid for, so it must not be chosen.
        raise CheckpointMismatch(
            "message: arrays in the order of the network's definition needed, got another order; "
            "the message is not one that certify writes"
        )
    if message.architecture > 0:  # the forward pass of a user's own network may count on the usual layout
        _use_channels_last(model)  # runs twice as fast
    return model


def _forget_training(model: nn.Module) -> None:
    """Take off what training leaves in tensors and is not coded: gradients, and the steps that batch norms count."""
    for _, tensor in tensors(model):
        tensor.grad = None
    for module in modules(model):
        for name, buffer in module._buffers.items():
            if buffer is not None and is_step_count(module, name):
                module._buffers[name] = torch.zeros_like(buffer)


def _use_channels_last(model: nn.Module) -> None:
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            if tensor.ndim == 4:
                tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
