"""By what a certificate names its learner: a digest of its source and its settings."""

import functools
import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from netrazor.networks.source import source_digest
from netrazor.picking.learner import Learner

_BY_NAME = ("builtins", "netrazor", "numpy", "sklearn", "torch")  # of these, a version is named elsewhere


def learner_digest(learner: Learner) -> str:
    """SHA-256 (hex) over the class, the source and the settings of a learner.

    Settings are the attributes without a leading underscore, to any depth: numbers and text by value, arrays and
    weights by their bytes, networks by `source_digest` and their state, functions by their source, estimators by
    their parameters, other objects by their class and attributes. Sources are those of the files that define the
    classes and functions which are not netrazor's, torch's, numpy's or scikit-learn's; these count by name.
    """
    digest = hashlib.sha256()
    for part in _described(learner, {}):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _described(value: object, seen: dict[int, object]) -> Iterator[bytes]:
    """Byte strings that together say what ``value`` is."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, (Tensor, np.ndarray)):
        array = np.ascontiguousarray(value.detach().cpu().numpy() if isinstance(value, Tensor) else value)
        yield f"array {array.dtype.str} {array.shape}".encode() + array.tobytes()
    elif id(value) in seen:
        yield b"as before"
    else:
        seen[id(value)] = value  # held, so that no id is used again
        yield from _described_object(value, seen)


def _described_object(value: object, seen: dict[int, object]) -> Iterator[bytes]:
    if isinstance(value, nn.Module):
        yield f"network {source_digest(value)}".encode()
        yield from _described(dict(value.state_dict()), seen)
    elif isinstance(value, functools.partial):
        yield b"call"
        yield from _described((value.func, value.args, value.keywords), seen)
    elif isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            yield f"key {key!r}".encode()
            yield from _described(value[key], seen)
    elif isinstance(value, (list, tuple)):
        yield f"{type(value).__name__} of {len(value)}".encode()
        for item in value:
            yield from _described(item, seen)
    elif isinstance(value, type) or inspect.isroutine(value):
        yield _source(value)
    else:
        yield _source(type(value))
        yield from _described(object_settings(value), seen)


def object_settings(value: object) -> dict[str, Any]:
    """What sets an object apart from others of its class."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        return dict(value.get_params(deep=False))
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, torch.Generator):
        return {"seed": value.initial_seed()}
    return {name: held for name, held in getattr(value, "__dict__", {}).items() if not name.startswith("_")}


def _source(subject: "type | Callable[..., Any]") -> bytes:
    """The name of a class or function and, where it is a user's, the source of what defines it."""
    name = f"{getattr(subject, '__module__', '')}.{getattr(subject, '__qualname__', '')}"
    classes = subject.__mro__ if isinstance(subject, type) else (subject,)
    written = [f"source of {name.rpartition('.')[2]}"]
    for each in classes:
        if (getattr(each, "__module__", None) or "builtins").split(".")[0] in _BY_NAME:
            written.append(f"{each.__module__}.{getattr(each, '__qualname__', '')}")
        else:
            written.append(_text_of(each))
    return "\n".join(written).encode()


def _text_of(subject: object) -> str:
    for place in (inspect.getmodule(subject), subject):
        try:
            return inspect.getsource(place)  # type: ignore[arg-type]
        except (OSError, TypeError):
            continue
    return f"no source: {getattr(subject, '__qualname__', '')}"
