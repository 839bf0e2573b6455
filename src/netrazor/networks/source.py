"""What a network computes besides its coded state: a digest of its source code and its plain settings."""

import hashlib
import inspect
from collections.abc import Iterator
from itertools import accumulate
from types import FunctionType

from torch import fx, nn

from netrazor.networks.held_data import held_data, settings
from netrazor.networks.plain_call import PlainCall


def source_digest(model: nn.Module) -> str:
    """SHA-256 (hex) over the source and the plain settings of every module of ``model``.

    For each module in order: its name, the qualified name of its class, and its attributes that are plain
    values (numbers, text, and sequences of them), so that no number can hide in a setting. For each class
    that is not torch's own: the source of the file that defines it, or, where there is no such file, of the
    class alone. torch's own classes count by name, since another version of torch computes the same up to
    rounding. Where no source can be had (a class typed at a prompt) the digest says so in its input.

    Where any code is the user's, all else that it may read counts too (`held_data`): plain values wherever they are
    held, and the source of every function and class that an answer may use.
    """
    digest = hashlib.sha256()
    for name, module in model.named_modules():
        settings = sorted(
            (key, _written(value)) for key, value in vars(module).items() if _is_plain(key, value)
        )
        digest.update(repr((name, _qualified(type(module)), settings)).encode())
    for source in _sources(model):
        digest.update(hashlib.sha256(source.encode()).digest())
    for further in _further(model):
        digest.update(hashlib.sha256(further.encode()).digest())
    return digest.hexdigest()


def _sources(model: nn.Module) -> Iterator[str]:
    seen = set()
    for module in model.modules():
        if isinstance(module, fx.GraphModule):
            yield module.code
        for cls in type(module).__mro__:
            if cls is not PlainCall and cls.__module__.split(".")[0] not in ("torch", "builtins"):
                source = _source(cls)
                if source not in seen:
                    seen.add(source)
                    yield source


def _further(model: nn.Module) -> Iterator[str]:
    """What the user's own code may read besides: settings by their places, and sources."""
    data = held_data(model)
    if not data.functions and not data.classes:
        return
    for place, value, _ in settings(data):
        if not any(above in data.private for above in accumulate(place.split("."), "{}.{}".format)):
            yield f"{place} = {_written(value)}"
    code: list[type | FunctionType] = [*data.functions, *data.classes]
    yield from sorted({_source(each) for each in code})


def _source(cls: type | FunctionType) -> str:
    for subject in (inspect.getmodule(cls), cls):
        try:
            return inspect.getsource(subject)  # type: ignore[arg-type]
        except (OSError, TypeError):
            continue
    return f"no source: {_qualified(cls)}"


def _qualified(cls: type | FunctionType) -> str:
    if isinstance(cls, FunctionType):
        return f"{cls.__qualname__} {cls.__code__.co_names} {[c for c in cls.__code__.co_consts if _is_plain('', c)]}"
    # A graph module's class is made when it is traced; a script's classes bear the name it ran under.
    if issubclass(cls, fx.GraphModule):
        return "torch.fx.GraphModule"
    return cls.__qualname__ if cls.__module__.split(".")[0] != "torch" else f"torch.{cls.__qualname__}"


def _written(value: object) -> str:
    """A plain value as text; whole numbers in hexadecimals where they are too long for Python to write otherwise."""
    try:
        return repr(value)
    except ValueError:
        return hex(value) if isinstance(value, int) else repr([_written(item) for item in value])  # type: ignore[attr-defined]


def _is_plain(key: str, value: object) -> bool:
    if key.startswith("_") or key == "training":
        return False
    if isinstance(value, (list, tuple)):
        return all(_is_plain("item", item) for item in value)
    return value is None or isinstance(value, (bool, int, float, complex, str))
