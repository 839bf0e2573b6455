"""Finding every tensor that an object holds, however it holds it."""

import functools
import types
import weakref
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from netrazor.errors import UnsupportedModel

_MODULE_INTERNALS = frozenset(vars(nn.Module()))
_ATOMS = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type,
    types.ModuleType,
    types.BuiltinFunctionType,
)
_OPAQUE = (weakref.ref, torch.Generator, torch.device, torch.dtype, torch.Size)


def tensors(root: object, name: str = "", *, seen: set[int] | None = None) -> Iterator[tuple[str, Tensor]]:
    """Each tensor that ``root`` holds, once, with a dotted name: parameters and buffers first, then the rest.

    Looks into modules, sequences, dictionaries, functions (closures, defaults, bound arguments) and the
    attributes of any other object. NumPy arrays come as tensors that share their memory.

    Raises:
        UnsupportedModel: a holder whose tensors cannot be seen or written: a scripted module or object, an
            array of objects, a read-only array.
    """
    seen = set() if seen is None else seen
    if isinstance(root, _ATOMS + _OPAQUE) or id(root) in seen:
        return
    seen.add(id(root))
    if isinstance(root, Tensor):
        yield name, root
    elif isinstance(root, np.ndarray):
        yield name, _shared(name, root)
    else:
        for key, value in _held(name, root):
            yield from tensors(value, f"{name}.{key}" if name else key, seen=seen)


def _held(name: str, holder: object) -> Iterator[tuple[str, object]]:
    """What ``holder`` holds directly, with the name of each."""
    if isinstance(holder, torch.ScriptObject):
        raise UnsupportedModel(
            f"{name or 'model'}: weights that torch.ao has packed cannot be seen; bring the network as it was before "
            "torch.ao quantized it, with the dequantized weights if these are to be certified"
        )
    if isinstance(holder, torch.jit.ScriptModule):
        raise UnsupportedModel(
            f"{name or 'model'}: scripted code hides its constants; bring the eager module"
        )
    if isinstance(holder, nn.Module):
        yield from _held_by_module(holder)
    elif isinstance(holder, dict):
        yield from ((str(key), value) for key, value in holder.items())
    elif isinstance(holder, (list, tuple)):
        yield from ((str(index), value) for index, value in enumerate(holder))
    elif isinstance(holder, types.FunctionType):
        yield from _held_by_function(holder)
    elif isinstance(holder, types.MethodType):
        yield from (("self", holder.__self__), ("function", holder.__func__))
    elif isinstance(holder, functools.partial):
        yield from (("function", holder.func), ("args", holder.args), ("keywords", holder.keywords))
    else:
        yield from _attributes(holder)


def _held_by_module(module: nn.Module) -> Iterator[tuple[str, object]]:
    yield from module._parameters.items()
    for key, buffer in module._buffers.items():
        if not (isinstance(module, nn.modules.batchnorm._NormBase) and key == "num_batches_tracked"):
            yield key, buffer
    yield from ((key, value) for key, value in vars(module).items() if key not in _MODULE_INTERNALS)
    yield from module._modules.items()


def _held_by_function(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    for key, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield key, cell.cell_contents
        except ValueError:  # a cell that is not filled yet
            continue
    yield "defaults", function.__defaults__
    yield "keywords", function.__kwdefaults__


def _attributes(holder: object) -> Iterator[tuple[str, object]]:
    yield from getattr(holder, "__dict__", {}).items()
    for cls in type(holder).__mro__:
        slots = vars(cls).get("__slots__", ())
        for key in (slots,) if isinstance(slots, str) else slots:
            if hasattr(holder, key):
                yield key, getattr(holder, key)


def _shared(name: str, array: np.ndarray) -> Tensor:
    if array.dtype == object or not array.flags.writeable:
        raise UnsupportedModel(
            f"{name}: an array of objects or a read-only array; make it a registered buffer"
        )
    try:
        return torch.from_numpy(array)
    except (TypeError, ValueError) as error:
        raise UnsupportedModel(
            f"{name}: array of {array.dtype} ({error}); make it a registered buffer"
        ) from error
