"""What determines the course of a run's stages: with any of it changed, a checkpoint belongs to another run."""

import hashlib
import inspect
import types
from collections.abc import Iterator
from operator import itemgetter

import numpy as np
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.data import ImageDataset
from netrazor.holdings import Holding, held, is_plain, reachable
from netrazor.networks import source_digest


def run_id(*parts: object) -> str:
    """SHA-256 (hex) over all that is said of a run, each part by its content, whatever it is.

    Functions count with their source, defaults and what they close over; modules with their source and state; other
    objects with their class and what they hold; data sets as far as they can be told apart without being read.
    """
    digest = hashlib.sha256()
    for name, value in reachable(list(parts), holdings=_holdings):
        for piece in (name.encode(), *_content(value)):
            digest.update(piece)
            digest.update(b"\0")
    return digest.hexdigest()


def _content(value: object) -> Iterator[bytes | memoryview]:
    """``value`` itself in pieces, without what it holds."""
    if is_plain(value):
        yield repr(value).encode()
    elif isinstance(value, (Tensor, np.ndarray)):
        array = value.detach().cpu().float().numpy() if isinstance(value, Tensor) else value
        yield repr((type(value).__name__, array.dtype.str, array.shape)).encode()
        yield np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    else:
        yield type(value).__qualname__.encode()
        if isinstance(value, types.BuiltinFunctionType):
            yield value.__name__.encode()


def _holdings(_: str, value: object) -> Iterator[Holding]:
    if isinstance(value, nn.Module):
        yield from (("source", source_digest(value)), ("state", value.state_dict()))
    elif isinstance(value, Dataset):
        yield "length", len(value)  # type: ignore[arg-type]
        if isinstance(value, ImageDataset):
            yield "fingerprint", value.fingerprint
    elif isinstance(value, types.FunctionType):
        yield "source", _source(value)
        yield from sorted(held(value), key=itemgetter(0))
    elif not isinstance(value, (Tensor, np.ndarray, types.ModuleType)):
        yield from sorted(held(value), key=itemgetter(0))


def _source(function: types.FunctionType) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):  # typed at a prompt
        return f"{function.__qualname__} {function.__code__.co_code!r} {function.__code__.co_consts!r}"
