"""Refusing networks that keep numbers where no coded state can reach them."""

import enum
import functools
import types
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import PurePath
from re import Pattern

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.nn.modules.lazy import LazyModuleMixin

from netrazor.errors import UnsupportedModel
from netrazor.networks.graph_network import GraphNetwork
from netrazor.networks.held_data import WITHOUT_CONTENT, HeldData, Opened, held_data, settings
from netrazor.networks.names_read import names_read
from netrazor.networks.origin import is_library_module
from netrazor.networks.walk import everything, modules

FREE_BITS, FREE_BITS_FOR_EACH_ARRAY = 2048, 64  # of settings; more than that may say what was learnt
LONGEST = FREE_BITS  # of one setting: a path of 256 characters, which configurations remember
_OUTSIDE = frozenset(
    {
        "os", "io", "sys", "pathlib", "posix", "nt", "_io", "mmap", "ctypes", "socket", "urllib",
        "subprocess", "pickle", "shelve", "sqlite3", "tempfile", "shutil", "importlib", "gc", "inspect",
        "multiprocessing", "builtins.open",
    }
)  # fmt: skip
_OF_BUILTINS = frozenset(
    {
        "open", "exec", "eval", "compile", "__import__", "globals", "input",
    }
)  # fmt: skip
_REGISTER = "make it a buffer of the network, where it is coded and paid for, or take it off"
_GLOBAL_HOOKS = ("_global_forward_hooks", "_global_forward_pre_hooks")


def refuse_hidden_state(model: nn.Module) -> None:
    """Refuse ``model`` if its answers may depend on numbers that are not in its coded state, or on hooks.

    Looked at is everything that `held_data` finds. Settings, plain values of few bits, are allowed, so many for each
    coded array; they are in `source_digest`. Caches of functions are emptied.

    Raises:
        UnsupportedModel: a hook; a tensor outside of the network; more data than settings are; an object that is not
            understood; a function that reads files, the environment or the interpreter.
    """
    _refuse_hooks(model)
    if (
        type(model) is GraphNetwork
    ):  # arrays and the operations of a text: there is no code that could read more
        return
    data = held_data(model)
    coded: dict[int, object] = {
        id(value): value for _, value in everything(model) if isinstance(value, (Tensor, np.ndarray))
    }
    for place, value in data.found:
        _check_held(place or "model", value, coded)
    for function in data.functions:
        _check_function(function)
    if data.functions or data.classes:  # nobody's code but a library's would read it
        _check_settings(data, arrays=len(coded))


def _refuse_hooks(model: nn.Module) -> None:
    for name in _GLOBAL_HOOKS:
        if getattr(torch_module, name, None):
            raise UnsupportedModel(
                f"torch.nn.modules.module.{name}: a hook on all modules may change the output; remove it"
            )
    for module in modules(model):
        lazy = isinstance(module, LazyModuleMixin)  # has a hook until its first forward pass
        if (module._forward_hooks or module._forward_pre_hooks) and not lazy:
            raise UnsupportedModel(
                f"{_name_in(model, module)}: forward hooks may change the output; remove them, or call "
                "netrazor.networks.make_plain for those of torch.nn.utils"
            )


def _name_in(model: nn.Module, module: nn.Module) -> str:
    return next((name for name, each in model.named_modules() if each is module), "") or "model"


def _check_held(place: str, value: object, coded: dict[int, object]) -> None:
    """Refuse a tensor that is not coded, and what may hold numbers unseen."""
    if isinstance(value, (Tensor, np.ndarray)):
        if id(value) not in coded:
            raise UnsupportedModel(
                f"{place}: a tensor outside of the network that its code may use; {_REGISTER}"
            )
    elif isinstance(value, functools._lru_cache_wrapper):
        value.cache_clear()
    elif isinstance(value, types.ModuleType):
        if is_library_module(value) and value.__name__.split(".")[0] in _OUTSIDE:
            raise UnsupportedModel(
                f"{place}: reaches outside of the network, where its answers cannot be vouched for; {_REGISTER}"
            )
    elif not _is_understood(value):
        raise UnsupportedModel(
            f"{place}: what a {type(value).__module__}.{type(value).__qualname__} holds cannot be seen; {_REGISTER}"
        )


def _check_function(function: types.FunctionType) -> None:
    """Refuse code that reads what is outside of the network."""
    names = names_read(function.__code__)
    scope = function.__globals__
    outside = [name for name in names.in_globals if name not in scope and name in _OF_BUILTINS]
    outside += [
        name
        for name in names.in_globals
        if getattr(scope.get(name), "__module__", "") in _OUTSIDE and callable(scope.get(name))
    ]
    outside += [name for name in names.imported if name.split(".")[0] in _OUTSIDE]
    if outside:
        raise UnsupportedModel(
            f"{function.__qualname__}: uses {outside[0]}, which reaches outside of the network, where its answers "
            f"cannot be vouched for; {_REGISTER}"
        )


def _is_understood(value: object) -> bool:
    """Whether all that ``value`` holds was seen."""
    aliases = (types.GenericAlias, types.UnionType)
    kinds = (bool, int, float, complex, str, bytes, type(None), type, np.generic, enum.Enum, range, slice)
    holders = (
        dict,
        list,
        tuple,
        set,
        frozenset,
        deque,
        types.MappingProxyType,
        weakref.ref,
        property,
        PurePath,
    )
    routines = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, classmethod, staticmethod)
    more = (functools.partial, Pattern, nn.Module, Opened, bytearray, type(...), type(NotImplemented))
    if isinstance(value, (*aliases, *kinds, *holders, *routines, *more, *WITHOUT_CONTENT)):
        return True
    if isinstance(value, (torch._ops.OpOverload, torch._ops.OpOverloadPacket)):
        return True
    return all(_is_written_in_python(cls) for cls in type(value).__mro__[:-1])


def _is_written_in_python(cls: type) -> bool:
    """Whether instances have attributes and slots, and no memory besides.

    Types written in C keep what they hold in memory of their own, beyond that of their base.
    """
    slots = sum(isinstance(value, types.MemberDescriptorType) for value in vars(cls).values())
    base = cls.__base__ or object
    own = sum(
        getattr(cls, name) > 0 and getattr(base, name) == 0
        for name in ("__dictoffset__", "__weakrefoffset__")
    )
    made_by_class_statement = bool(cls.__flags__ & (1 << 9))
    word = tuple.__itemsize__
    return (
        made_by_class_statement
        and cls.__itemsize__ == 0
        and cls.__basicsize__ - base.__basicsize__ <= word * (slots + own)
    )


def _check_settings(data: HeldData, arrays: int) -> None:
    allowed = FREE_BITS + FREE_BITS_FOR_EACH_ARRAY * arrays
    total = 0
    before: dict[str, tuple[type, object]] = {}
    names = {key for _, value in data.found if isinstance(value, nn.Module) for key in _names_of(value)}
    for place, value, kind in settings(data):
        bits = _bits(value, names)
        if bits > LONGEST:
            raise UnsupportedModel(
                f"{place}: {bits:,} bits of data outside of the coded state, at most {LONGEST} allowed; {_REGISTER}"
            )
        if before.get(kind) != (type(value), value):  # layers that are alike say nothing new
            total += bits
            before[kind] = (type(value), value)
        if total > allowed:
            raise UnsupportedModel(
                f"{place}: the network holds more than {allowed:,} bits of settings outside of its coded state; "
                f"{_REGISTER}"
            )


def _names_of(module: nn.Module) -> Iterator[str]:
    yield from (*module._parameters, *module._buffers, *module._modules)


def _bits(value: object, names: set[str]) -> int:
    """About as many bits as it takes to write ``value`` down."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Pattern):
        value = value.pattern
    if isinstance(value, str) and value in names:
        return len(names).bit_length()
    if isinstance(value, (bool, type(None))):
        return 1
    if isinstance(value, int):
        return value.bit_length() + 1
    if isinstance(value, float):
        return min(64, 4 * len(repr(value)))
    if isinstance(value, complex):
        return 128
    return 8 * len(value if isinstance(value, (str, bytes, bytearray)) else repr(value))
