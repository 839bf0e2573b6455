"""What determines the course of a run's stages: with any of it changed, a checkpoint belongs to another run."""

import functools
import hashlib
import inspect
import json
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.networks import source_digest


def run_id(*parts: object) -> str:
    """SHA-256 (hex) over all that is said of a run, each part by its content, whatever it is.

    Functions count with their source, defaults and what they close over; modules with their source and state; other
    objects with their class and attributes; data sets as far as they can be told apart without being read.
    """
    digest = hashlib.sha256()
    for place in _described(list(parts), set()):
        digest.update(place)
        digest.update(b"\0")
    return digest.hexdigest()


def _described(value: object, seen: set[int]) -> Iterator[bytes | memoryview]:
    """The content of ``value`` in pieces; what holds itself is described once."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, type)):
        yield repr(value).encode()
    elif isinstance(value, (Tensor, np.ndarray)):
        array = value.detach().cpu().float().numpy() if isinstance(value, Tensor) else value
        yield repr((type(value).__name__, array.dtype.str, array.shape)).encode()
        yield np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    elif id(value) not in seen:
        seen.add(id(value))
        yield type(value).__qualname__.encode()
        for key, held in _held(value):
            yield key.encode()
            yield from _described(held, seen)


def _held(value: Any) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from sorted((str(key), held) for key, held in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((str(place), held) for place, held in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from (("function", value.func), ("arguments", value.args), ("keywords", value.keywords))
    elif isinstance(value, types.MethodType):
        yield from (("function", value.__func__), ("self", value.__self__))
    elif isinstance(value, types.FunctionType):
        yield "source", _source(value)
        yield "defaults", [value.__defaults__, value.__kwdefaults__]
        yield "closure", inspect.getclosurevars(value).nonlocals
    elif isinstance(value, nn.Module):
        yield from (("source", source_digest(value)), ("state", value.state_dict()))
    elif isinstance(value, Dataset):
        known = getattr(value, "fingerprint", None)
        yield "fingerprint", known if isinstance(known, str) else len(value)  # type: ignore[arg-type]
    elif isinstance(value, types.BuiltinFunctionType):
        yield "name", value.__name__
    else:
        yield "attributes", vars(value) if hasattr(value, "__dict__") else json.dumps(str(type(value)))


def _source(function: types.FunctionType) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):  # typed at a prompt
        return f"{function.__qualname__} {function.__code__.co_code!r} {function.__code__.co_consts!r}"
