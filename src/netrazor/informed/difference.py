"""A network as a prior's network plus whole steps: the split of the examples, and the message of the steps."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from netrazor import coding, networks
from netrazor.coding.message import Message, read
from netrazor.data import ImageDataset
from netrazor.errors import CheckpointMismatch
from netrazor.networks import coded_state, load_coded_state
from netrazor.networks.network_message import OWN, network_of

STEPS = 128  # steps to the largest weight of a tensor

Steps = dict[str, NDArray[np.int8]]


def halves(dataset: ImageDataset) -> tuple[ImageDataset, ImageDataset]:
    """The examples at even places, which a prior may be made from, and those at odd places."""
    even, odd = (
        replace(dataset, images=dataset.images[first::2], labels=dataset.labels[first::2]) for first in (0, 1)
    )
    return even, odd


def none_of(prior: nn.Module) -> Steps:
    """No difference."""
    return {name: np.zeros(array.shape, dtype=np.int8) for name, array in coded_state(prior).items()}


def encode(steps: Steps, architecture: int) -> bytes:
    """The message of a difference. Names and shapes are the declared architecture's: they are not paid for."""
    return coding.encode(steps, architecture=architecture)


def prior_of(blob: bytes) -> nn.Module:
    """The network of a prior's message.

    Raises:
        MessageError: the bytes are no message.
        CheckpointMismatch: of a user's own architecture, or with other weights than the declared one has.
    """
    message = read(blob, OWN)
    name = networks.name_of(message.architecture)
    if name == "custom":
        raise CheckpointMismatch("prior: a declared architecture needed, got a user's own; declare it first")
    return network_of(networks.build(name), message)


def decode(prior: nn.Module, message: Message) -> nn.Module:
    """The network that lies the message's steps away from ``prior``.

    Raises:
        CheckpointMismatch: the message speaks of other arrays than the prior has.
    """
    origin = coded_state(prior)
    layout = [(name, array.shape, array.dtype) for name, array in message.arrays.items()]
    if layout != [(name, array.shape, np.dtype(np.int8)) for name, array in origin.items()] or message.aside:
        raise CheckpointMismatch(
            "message: a difference for each array of the prior needed, in its order, of int8; got other arrays"
        )
    return apart(prior, message.arrays)


def apart(prior: nn.Module, steps: Steps) -> nn.Module:
    """A copy of ``prior``, each weight moved by its number of steps."""
    moved = {}
    for name, origin in coded_state(prior).items():
        step = np.abs(origin).max(initial=0) / origin.dtype.type(STEPS)
        moved[name] = (origin + step * steps[name]).astype(origin.dtype)
    network = networks.plain.plain_copy(prior).eval()
    load_coded_state(network, moved)
    return network
