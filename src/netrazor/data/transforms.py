"""Refusing numbers in a data set's transforms: what was learnt from the examples must be in the message."""

import types
from collections.abc import Iterator

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.errors import BadDataset
from netrazor.holdings import Holding, held, reachable

_TRANSFORMS = ("transform", "transforms", "target_transform", "collate")
_INNER = ("dataset", "datasets")
_SHORT_BITS = 16  # a binary fraction of so few bits (0.5, 255.0) was written by hand, not measured


def refuse_learnt_transforms(dataset: Dataset[tuple[Tensor, int]]) -> None:
    """Refuse ``dataset`` if its transforms hold tensors, arrays or numbers that may have been measured.

    A scaling by constants that no data chose (0.5, 255) costs nothing and may stay; one that was computed from
    the examples is a parameter of the classifier, and a certificate pays for those.

    Raises:
        BadDataset: a transform that holds such a number.
    """
    for place, transform in _transforms(dataset, "dataset"):
        for name, value in reachable(transform, place, _holdings):
            if number := _measured(value):
                raise BadDataset(
                    f"{name}: holds {number}, which may have been computed from the examples; scale by short "
                    "constants (such as 0.5), or move the scaling into the network as a buffer, where it is coded "
                    "and paid for"
                )


def _transforms(dataset: object, place: str) -> Iterator[Holding]:
    attributes = getattr(dataset, "__dict__", {})
    yield from ((f"{place}.{key}", attributes[key]) for key in _TRANSFORMS if attributes.get(key) is not None)
    for key in _INNER:
        inner = attributes.get(key)
        for one in inner if isinstance(inner, (list, tuple)) else [inner]:
            if hasattr(one, "__getitem__"):
                yield from _transforms(one, f"{place}.{key}")


def _holdings(_: str, value: object) -> Iterator[Holding]:
    closed = isinstance(value, (Tensor, np.ndarray, types.ModuleType))
    return iter(()) if closed else held(value, constants=True)


def _measured(value: object) -> str:
    """How to name ``value`` if it may have been measured; empty if not."""
    if isinstance(value, (Tensor, np.ndarray)):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    if isinstance(value, (float, np.floating)) and not _is_short(float(value)):
        return repr(float(value))
    return ""


def _is_short(value: float) -> bool:
    if value != value or value in (float("inf"), float("-inf")):
        return True
    numerator, denominator = value.as_integer_ratio()
    return max(abs(numerator).bit_length(), denominator.bit_length()) <= _SHORT_BITS
