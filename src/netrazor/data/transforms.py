"""Refusing numbers in a data set's transforms: what was learnt from the examples must be in the message."""

import functools
import types
from collections.abc import Iterator

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.errors import BadDataset

_TRANSFORMS = ("transform", "transforms", "target_transform")
_INNER = ("dataset", "datasets")
_SHORT_BITS = 16  # a binary fraction of so few bits (0.5, 255.0) was written by hand, not measured


def refuse_learnt_transforms(dataset: Dataset[tuple[Tensor, int]]) -> None:
    """Refuse ``dataset`` if its transforms hold tensors, arrays or numbers that may have been measured.

    A scaling by constants that no data chose (0.5, 255) costs nothing and may stay; one that was computed from
    the examples is a parameter of the classifier, and a certificate pays for those.

    Raises:
        BadDataset: a transform that holds such a number.
    """
    for place, value in _transforms(dataset, "dataset"):
        for name, number in _numbers(value, place, set()):
            raise BadDataset(
                f"{name}: holds {number}, which may have been computed from the examples; scale by short constants "
                "(such as 0.5), or move the scaling into the network as a buffer, where it is coded and paid for"
            )


def _transforms(dataset: object, place: str) -> Iterator[tuple[str, object]]:
    held = getattr(dataset, "__dict__", {})
    yield from ((f"{place}.{key}", held[key]) for key in _TRANSFORMS if held.get(key) is not None)
    for key in _INNER:
        inner = held.get(key)
        for one in inner if isinstance(inner, (list, tuple)) else [inner]:
            if isinstance(one, Dataset):
                yield from _transforms(one, f"{place}.{key}")


def _numbers(value: object, name: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    if isinstance(value, (Tensor, np.ndarray)):
        yield name, f"{type(value).__name__} of shape {tuple(value.shape)}"
    elif isinstance(value, (float, np.floating)):
        if not _is_short(float(value)):
            yield name, repr(float(value))
    elif id(value) not in seen and not isinstance(value, (type, types.ModuleType, str, bytes, int)):
        seen.add(id(value))
        for key, held in _held(value):
            yield from _numbers(held, f"{name}.{key}", seen)


def _held(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items())
    elif isinstance(value, (list, tuple, set)):
        yield from ((str(index), item) for index, item in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from (("function", value.func), ("args", value.args), ("keywords", value.keywords))
    elif isinstance(value, types.MethodType):
        yield from (("self", value.__self__), ("function", value.__func__))
    elif isinstance(value, types.FunctionType):
        yield from (("closure", [c.cell_contents for c in value.__closure__ or ()]),
                    ("defaults", value.__defaults__),
                    ("constants", value.__code__.co_consts))  # fmt: skip
    else:
        yield from vars(value).items() if hasattr(value, "__dict__") else ()


def _is_short(value: float) -> bool:
    if value != value or value in (float("inf"), float("-inf")):
        return True
    numerator, denominator = value.as_integer_ratio()
    return max(abs(numerator).bit_length(), denominator.bit_length()) <= _SHORT_BITS
