"""A network as whole steps away from a given one: what a message says where the weights to start from are given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from netrazor import coding
from netrazor.coding.message import Message
from netrazor.errors import CheckpointMismatch
from netrazor.networks.plain import plain_copy
from netrazor.networks.state import coded_state, load_coded_state

STEPS_TO_LARGEST = 128  # steps from zero to the largest weight of a tensor

Steps = dict[str, NDArray[Any]]  # of int8


def no_steps(given: nn.Module) -> Steps:
    """No difference from ``given``."""
    return {name: np.zeros(array.shape, dtype=np.int8) for name, array in coded_state(given).items()}


def encode_steps(steps: Steps, architecture: int) -> bytes:
    """The message of a difference. Names and shapes are the declared architecture's: they are not paid for."""
    return coding.encode(steps, architecture=architecture)


def decode_steps(given: nn.Module, message: Message) -> nn.Module:
    """The network that lies the message's steps away from ``given``.

    Raises:
        CheckpointMismatch: the message speaks of other arrays than ``given`` has.
    """
    origin = coded_state(given)
    layout = [(name, array.shape, array.dtype) for name, array in message.arrays.items()]
    needed = [(name, array.shape, np.dtype(np.int8)) for name, array in origin.items()]
    if layout != needed or message.side_information:
        raise CheckpointMismatch(
            "message: a difference for each array of the prior needed, in its order, of int8; got other arrays"
        )
    return move_by_steps(given, message.arrays)


def move_by_steps(given: nn.Module, steps: Steps) -> nn.Module:
    """A copy of ``given``, each weight moved by its number of steps."""
    moved = {}
    for name, origin in coded_state(given).items():
        step = np.abs(origin).max(initial=0) / origin.dtype.type(STEPS_TO_LARGEST)
        moved[name] = (origin + step * steps[name]).astype(origin.dtype)
    network = plain_copy(given).eval()
    load_coded_state(network, moved)
    return network
