"""What a network holds at one moment, so that what its forward pass changes can be named."""

import hashlib

import numpy as np
import torch
from torch import Tensor, nn

from netrazor.holdings import is_plain
from netrazor.networks.walk import everything

Snapshot = dict[str, object]


def snapshot(model: nn.Module) -> Snapshot:
    """Everything that ``model`` reaches, by name: plain values themselves, tensors and arrays as digests.

    Raises:
        UnsupportedModel: a holder whose content cannot be seen.
    """
    found: Snapshot = {}
    for place, value in everything(model):
        if place in found:
            continue
        if isinstance(value, Tensor):
            found[place] = _of_tensor(value)
        elif isinstance(value, np.ndarray) and value.dtype != object:
            found[place] = (
                value.dtype.str,
                value.shape,
                hashlib.blake2b(np.ascontiguousarray(value).tobytes()).digest(),
            )
        else:
            found[place] = value if is_plain(value) else type(value).__qualname__
    return found


def first_change(before: Snapshot, after: Snapshot) -> str | None:
    """The name of the first thing that is new, gone or other; None where all is as it was."""
    names = [*before, *(name for name in after if name not in before)]
    return next((name for name in names if not _same(before.get(name, _GONE), after.get(name, _GONE))), None)


_GONE = object()


def _same(one: object, other: object) -> bool:
    return one is other or (type(one) is type(other) and (one == other or (one != one and other != other)))


def _of_tensor(tensor: Tensor) -> tuple[object, ...]:
    kind = (tensor.dtype, tuple(tensor.shape), tensor.layout)
    if tensor.is_meta or tensor.layout is not torch.strided or tensor.is_quantized:
        return kind
    dense = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
    return (*kind, hashlib.blake2b(dense.numpy().data).digest())
