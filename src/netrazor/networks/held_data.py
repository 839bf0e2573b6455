"""What a network's code can read besides its coded state: attributes, globals, defaults, classes, all that they hold.

The search starts from the network and follows what is held, by whatever holds it, and what the user's functions name.
Libraries' functions and classes are not opened: they are the same for everybody. What is looked up under a name that
is only computed, or read from outside of the process, no search can see.
"""

import collections.abc
import functools
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from logging import Logger
from pathlib import PurePath
from re import Pattern
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from netrazor.holdings import Holding, held, reachable
from netrazor.networks.names_read import names_read
from netrazor.networks.origin import is_library_class, is_library_function, is_library_module
from netrazor.networks.plain_call import own_class
from netrazor.networks.walk import is_out_of_reach, is_step_count

_FORM = "_example_form"  # how `netrazor.networks.plain_call` calls a network, which it puts there meanwhile
_MODULE_INTERNALS = (frozenset(vars(nn.Module())) | {_FORM}) - {"_parameters", "_buffers", "_modules"}
# What makes, prints, saves and trains a network does not shape an answer.
_NOT_FORWARD = frozenset(
    {
        "__init__", "__new__", "__init_subclass__", "__repr__", "__str__", "__getstate__", "__setstate__",
        "__reduce__", "__reduce_ex__", "__deepcopy__", "__del__", "__dir__", "extra_repr",
        "reset_parameters", "_save_to_state_dict", "_load_from_state_dict", "state_dict", "load_state_dict",
        "get_extra_state", "set_extra_state",
    }
)  # fmt: skip


class _Pair(NamedTuple):
    first: int


_ABOUT_CODE = frozenset(
    {
        "__annotations__", "__doc__", "__name__", "__qualname__", "__module__",
    }
)  # fmt: skip
WITHOUT_CONTENT = (
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    torch.device,
    torch.dtype,
    torch.layout,
    torch.memory_format,
    np.dtype,
    np.ufunc,
    Logger,
    type(vars(collections.abc.Hashable)["_abc_impl"]),  # which classes an abstract one knows
    type(vars(_Pair)["first"]),  # the place of a field of a named tuple
)

# torch's operations, which a graph of them holds; what torch remembers of each call of one is none of the network's.
# What torch.export and torch.compile leave on the tensors of a network that they saw.
_TORCHS_MARKS = tuple(("_dynamo_static_input_type", kind) for kind in ("guarded", "unguarded"))
_OPERATIONS = (torch._ops.OpOverload, torch._ops.OpOverloadPacket)


@dataclass(frozen=True, eq=False)
class Opened:
    """A class of the user's, as something that holds: its attributes, and the functions that are reached in it."""

    cls: type


@dataclass
class HeldData:
    """All that was found.

    Attributes:
        found: name and value of everything that was reached, holders and what they hold.
        functions: of the user's, that an answer may use.
        classes: of the user's.
        private: places of what a library's code keeps on a module under a private name, such as how training went.
    """

    found: list[Holding] = field(default_factory=list)
    functions: list[types.FunctionType] = field(default_factory=list)
    classes: list[type] = field(default_factory=list)
    private: set[str] = field(default_factory=set)


def held_data(model: nn.Module) -> HeldData:
    """Search ``model``."""
    return _Search().run(model)


def settings(data: HeldData) -> Iterator[tuple[str, object, str]]:
    """Place, value and kind (by which layers that are alike hold the like) of all plain data that was found."""
    owners: dict[str, str] = {}
    for place, value in data.found:
        owner = owners.get(place.rpartition(".")[0], "")
        key = place.rpartition(".")[2]
        kind = f"{owner}.{key}"
        if isinstance(value, nn.Module):
            owners[place] = type(value).__qualname__
            continue
        owners[place] = kind
        if isinstance(value, (dict, types.MappingProxyType)):
            yield from ((place, key, kind) for number, key in enumerate(value) if key != number)
        elif isinstance(value, Enum) or value is None or isinstance(value, (bool, type)):
            continue
        elif isinstance(value, (int, float, complex, str, bytes, bytearray, np.generic, Pattern, PurePath)):
            yield place, value, kind
        elif isinstance(value, (range, slice)):
            yield place, repr(value), kind


class _Search:
    def __init__(self) -> None:
        self.result = HeldData()
        self.opened: dict[type, Opened] = {}
        self.read: set[str] = set()  # names of attributes that the functions found so far read

    def run(self, model: nn.Module) -> HeldData:
        """Until no function reads a name of an attribute that was not known."""
        while True:
            before = len(self.read)
            self.result = HeldData()
            self.result.found = list(reachable(model, "", self._holdings))
            if len(self.read) == before:
                return self.result

    def _holdings(self, place: str, value: object) -> Iterator[Holding]:
        if isinstance(value, nn.Module):
            kind: type = type(value)
            stored = stored_by_libraries(kind)
            self.result.private |= {
                f"{place}.{key}".lstrip(".") for key in stored & vars(value).keys() if key[0] == "_"
            }
        for name, inner in self._held(value):
            if name in _ABOUT_CODE and name not in self.read:
                continue
            if isinstance(inner, type):
                if not is_library_class(inner):
                    yield name, self._open(inner)
            else:
                yield name, inner

    def _held(self, value: object) -> Iterator[Holding]:
        if isinstance(value, Opened):
            yield from self._of_class(value.cls)
        elif isinstance(value, nn.Module):
            yield from _of_module(value)
            yield from self._of_type(value)
        elif isinstance(value, types.FunctionType):
            if not is_library_function(value):
                yield from self._of_function(value)
        elif isinstance(value, types.ModuleType):
            if not is_library_module(value):
                yield from ((name, held) for name, held in list(vars(value).items()) if name in self.read)
        elif isinstance(value, (Tensor, np.ndarray)):
            marks = getattr(value, "__dict__", {}).items()
            yield from ((name, held) for name, held in marks if (name, held) not in _TORCHS_MARKS)
        elif isinstance(value, Logger) or type(value) in _OPERATIONS:
            return
        elif isinstance(value, (types.GenericAlias, types.UnionType)):
            yield "args", value.__args__
        elif not isinstance(value, type):
            yield from held(value)
            if not isinstance(value, WITHOUT_CONTENT):
                yield from self._of_type(value)

    def _open(self, cls: type) -> Opened:
        return self.opened.setdefault(cls, Opened(cls))

    def _of_type(self, value: object) -> Iterator[Holding]:
        cls = own_class(value)
        if not is_library_class(cls):
            yield cls.__qualname__, cls

    def _of_class(self, cls: type) -> Iterator[Holding]:
        """Data of a user's class and of those above it, and its functions that an answer may use."""
        self.result.classes.append(cls)
        yield from ((base.__qualname__, base) for base in cls.__bases__)
        yield "metaclass", type(cls)
        above = {name for base in cls.__mro__ if is_library_class(base) for name in dir(base)}
        for name, value in list(vars(cls).items()):
            if _is_routine(value):
                if name in self.read or self._may_be_called(cls, name, above):
                    yield name, value
            elif not name.startswith("__") or name in self.read:
                yield name, value

    def _may_be_called(self, cls: type, name: str, above: set[str]) -> bool:
        """Whether torch or Python may call a function of the user's without its being named."""
        if name in _NOT_FORWARD:
            return False
        if not issubclass(cls, nn.Module):
            return True
        own_of_torch = name in above and any(name in dir(base) for base in _torch_bases(cls))
        return name == "forward" or own_of_torch or (name.startswith("__") and name.endswith("__"))

    def _of_function(self, function: types.FunctionType) -> Iterator[Holding]:
        self.result.functions.append(function)
        yield from held(function)
        names = names_read(function.__code__)
        self.read.update(names.of_objects)
        scope = function.__globals__
        for name in names.in_globals:
            if name in scope:
                yield name, scope[name]
        for name in names.imported:
            yield name, _imported(name, function)


def _of_module(module: nn.Module) -> Iterator[Holding]:
    """Everything that is kept on a module; its parameters and buffers for what hangs on them."""
    for key, value in vars(module).items():
        if key in ("_parameters", "_buffers", "_modules"):
            yield from ((name, each) for name, each in value.items() if not is_step_count(module, name))
        elif key not in _MODULE_INTERNALS and not is_out_of_reach(module, value):
            yield key, value


@functools.cache
def stored_by_libraries(cls: type) -> frozenset[str]:
    """Names of the attributes that the code of libraries above ``cls`` keeps on its instances."""
    functions = [
        value
        for base in cls.__mro__
        if is_library_class(base)
        for each in vars(base).values()
        for value in (getattr(each, "fget", None), getattr(each, "fset", None), each)
        if isinstance(value, types.FunctionType)
    ]
    return frozenset(name for function in functions for name in names_read(function.__code__).stored)


def _torch_bases(cls: type) -> list[type]:
    return [
        base for base in cls.__mro__ if base.__module__.split(".")[0] == "torch" and is_library_class(base)
    ]


def _is_routine(value: object) -> bool:
    return isinstance(value, (types.FunctionType, classmethod, staticmethod, property))


def _imported(name: str, function: types.FunctionType) -> object:
    package = function.__globals__.get("__package__") or ""
    return sys.modules.get(name) or sys.modules.get(f"{package}.{name}")
