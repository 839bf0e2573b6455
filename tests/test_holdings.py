"""Whatever holds something shows it, once, without the user's code being run."""

import functools
import types
import weakref
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netrazor.errors import InvalidArgument
from netrazor.holdings import held, reachable


class Treasure:
    """What is to be found."""


class Slotted:
    """With a slot whose name Python mangles, and one that is never filled."""

    __slots__ = ("__inner", "empty")

    def __init__(self, inner: object) -> None:
        self.__inner = inner


class Careful:
    """Counts how often its property is read."""

    reads = 0

    def __init__(self, inner: object) -> None:
        self.kept = inner

    @property
    def computed(self) -> object:
        type(self).reads += 1
        return None

    def method(self) -> object:
        return self.kept


class Table(dict[str, object]):
    """A dictionary with an attribute."""


def closing_over(inner: object) -> object:
    return lambda: inner


def with_default(inner: object) -> object:
    def function(x: object = inner) -> object:
        return x

    return function


def with_keyword(inner: object) -> object:
    def function(*, x: object = inner) -> object:
        return x

    return function


def attribute_of_a_dictionary(inner: object) -> object:
    table = Table()
    table.extra = inner  # type: ignore[attr-defined]
    return table


def bound_builtin(inner: Any) -> object:
    return [inner].append


def cached(inner: object) -> object:
    return functools.lru_cache(lambda: inner)


KEPT: list[object] = []  # what weak references speak of


def weak(inner: object) -> object:
    KEPT.append(inner)
    return weakref.ref(inner)


HOLDERS: dict[str, Any] = {
    "dict": lambda inner: {"a": inner},
    "key of a dict": lambda inner: {(inner, 1): 2},
    "list": lambda inner: [inner],
    "tuple": lambda inner: (inner,),
    "set": lambda inner: {inner},
    "frozenset": lambda inner: frozenset({inner}),
    "deque": lambda inner: deque([inner]),
    "mapping proxy": lambda inner: types.MappingProxyType({"a": inner}),
    "attribute": Careful,
    "slot": Slotted,
    "attribute of a dict": attribute_of_a_dictionary,
    "closure": closing_over,
    "default": with_default,
    "keyword default": with_keyword,
    "cached function": cached,
    "bound method": lambda inner: Careful(inner).method,
    "bound builtin": bound_builtin,
    "partial": lambda inner: functools.partial(print, inner),
    "partial's keyword": lambda inner: functools.partial(print, sep=inner),
    "static method": lambda inner: staticmethod(closing_over(inner)),
    "property": lambda inner: property(closing_over(inner)),
    "namespace": lambda inner: types.SimpleNamespace(a=inner),
    "weak reference": weak,
}


def found(root: object) -> list[str]:
    return [name for name, value in reachable(root) if isinstance(value, Treasure)]


@pytest.mark.parametrize("kind", HOLDERS)
def test_every_holder_shows_what_it_holds(kind: str) -> None:
    assert len(found(HOLDERS[kind](Treasure()))) == 1


@given(
    st.lists(st.sampled_from(sorted(set(HOLDERS) - {"weak reference", "set", "frozenset", "key of a dict"})))
)
def test_holders_in_holders(kinds: list[str]) -> None:
    inner: object = Treasure()
    for kind in kinds:
        inner = HOLDERS[kind](inner)
    assert len(found([inner, inner])) == 1


def test_properties_are_not_read() -> None:
    list(reachable(Careful(Treasure())))
    assert Careful.reads == 0


def test_constants_on_request() -> None:
    def outer() -> object:
        return lambda: 0.125

    assert not [name for name, value in reachable(outer) if value == 0.125]
    opened = reachable(outer, holdings=lambda _, value: held(value, constants=True))
    assert [name for name, value in opened if value == 0.125]


def test_circles_and_depth_end() -> None:
    circle: list[object] = []
    circle.append(circle)
    assert len(list(reachable(circle))) == 1
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidArgument, match="nested too deep"):
        list(reachable(deep))


def test_names_and_order() -> None:
    shared = Treasure()
    root = {"b": [shared, 1], "a": (shared, 1)}
    assert [name for name, _ in reachable(root, "root")] == [
        "root", "root.b", "root.b.0", "root.b.1", "root.a", "root.a.1",
    ]  # fmt: skip
    assert [name for name, _ in held({"x", "y", "a"})] == ["0", "1", "2"]
    assert [value for _, value in held({"x", "y", "a"})] == ["a", "x", "y"]
