"""What an object holds, and everything that can be reached from it: the one walker over objects of any kind.

Weights are looked for in networks, measured numbers in transforms of a data set, and all that determines a run in its
configuration; all of these are objects that users write as they like. Looking executes nothing of the user's:
contents are read as the built-in types hold them, attributes from ``__dict__`` and slots, never through properties.
"""

import functools
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from netrazor.errors import InvalidArgument

Holding = tuple[str, object]  # the name under which something is held, and what it is

_LONGEST_NAME = 2000  # characters; a name of more parts than that would tell nobody anything
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type)


def held(value: object, *, constants: bool = False) -> Iterator[Holding]:
    """What ``value`` holds directly, each with a name.

    - Dictionaries: their values by key, and those keys that are more than plain values.
    - Lists, tuples, deques, and sets (in the order of their elements' ``repr``): their elements by number.
    - Functions: what they close over, their defaults and, with ``constants``, the constants in their code.
    - Bound methods (of built-in types too), partials, properties, class and static methods, weak references,
      mapping proxies and memory views: what they are made from.
    - All of these and every other object: the attributes in ``__dict__`` and in slots.
    """
    yield from _contents(value)
    if constants and isinstance(value, (types.FunctionType, types.CodeType)):
        code = value.__code__ if isinstance(value, types.FunctionType) else value
        yield "constants", code.co_consts
    if not isinstance(value, type):
        yield from getattr(value, "__dict__", {}).items()
        yield from _slots(value)


def reachable(
    root: object,
    name: str = "",
    holdings: Callable[[str, object], Iterable[Holding]] = lambda _, value: held(value),
) -> Iterator[Holding]:
    """``root`` and everything that it reaches, depth first, with dotted names.

    Objects come once, under the first name that leads to them; plain values (numbers, text, classes) each time.

    Args:
        root: where to start.
        name: of the root.
        holdings: name and object to what is to be visited below it; nothing for what is not to be opened.

    Raises:
        InvalidArgument: holders nested hundreds deep.
    """
    seen: dict[int, object] = {}  # by id; held, so that no id is used again
    waiting: list[Holding] = [(name, root)]  # not recursion: nesting may be deeper than Python's stack
    while waiting:
        place, value = waiting.pop()
        if is_plain(value):
            yield place, value
        elif id(value) not in seen:
            seen[id(value)] = value
            if len(place) > _LONGEST_NAME:
                raise InvalidArgument(f"{place[:60]}...: nested too deep to be looked through; make it flat")
            yield place, value
            below = [(f"{place}.{key}" if place else key, inner) for key, inner in holdings(place, value)]
            waiting += reversed(below)


def is_plain(value: object) -> bool:
    """Whether ``value`` is a number, text, bytes, a class or None, of exactly that type: it holds nothing else."""
    return type(value) in _PLAIN or isinstance(value, type)


def _contents(value: object) -> Iterator[Holding]:
    if isinstance(value, dict):
        yield from _items(dict.items(value))
    elif isinstance(value, types.MappingProxyType):
        yield from _items(value.items())
    elif isinstance(value, (list, tuple, deque)):
        yield from ((str(place), element) for place, element in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield from ((str(place), element) for place, element in enumerate(sorted(value, key=repr)))
    elif isinstance(value, types.FunctionType):
        yield from _of_function(value)
    elif isinstance(value, types.MethodType):
        yield from (("self", value.__self__), ("function", value.__func__))
    elif isinstance(value, types.BuiltinFunctionType):
        if not isinstance(value.__self__, types.ModuleType):
            yield "self", value.__self__
    elif isinstance(value, functools.partial):
        yield from (("function", value.func), ("args", value.args), ("keywords", value.keywords))
    elif isinstance(value, (classmethod, staticmethod)):
        yield "function", value.__func__
    elif isinstance(value, property):
        yield from (("get", value.fget), ("set", value.fset))
    elif isinstance(value, weakref.ref):
        yield "referent", value()
    elif isinstance(value, memoryview):
        yield "memory", value.obj


def _items(items: Iterable[tuple[object, object]]) -> Iterator[Holding]:
    for key, inner in items:
        yield str(key), inner
        if not is_plain(key):
            yield f"key {key!r:.40}", key


def _of_function(function: types.FunctionType) -> Iterator[Holding]:
    for key, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield key, cell.cell_contents
        except ValueError:  # a cell that is not filled yet
            continue
    yield "defaults", function.__defaults__
    yield "keywords", function.__kwdefaults__


def _slots(value: object) -> Iterator[Holding]:
    for cls in type(value).__mro__:
        if "__slots__" in vars(cls):
            for key, slot in vars(
                cls
            ).items():  # by the descriptors, whose names are mangled as the attributes are
                if isinstance(slot, types.MemberDescriptorType):
                    try:
                        yield key, slot.__get__(value)
                    except AttributeError:  # a slot that is not filled
                        continue
