"""The operations of graphs, by name, as torch has them: what is listed, and is neither random nor changes values."""

import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch.fx import Node

from netrazor.certification.graph_operation_names import ON_SIZES, is_listed
from netrazor.certification.graph_text import DTYPES, LARGEST_INTEGER, OF_THE_INPUTS, check_arguments
from netrazor.errors import UnsupportedModel

# Statements about sizes, which hold where the graph was traced and compute nothing.
_ASSERTIONS = ("_assert", "sym_constrain_range", "_assert_async", "_assert_scalar", "_assert_tensor_metadata")
_DROPOUTS = {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}
_OFF = {
    "train": False,
    "training": False,
    "dropout_p": 0.0,
}  # the values with which an operation draws nothing


def reference(node: Node, numbers: Mapping[Node, int]) -> tuple[str, list[Any], dict[str, Any]]:
    """A node's operation by name, its arguments and keywords; without a name where it computes nothing.

    Raises:
        UnsupportedModel: an operation that is not allowed.
    """
    target = node.target
    if isinstance(target, torch._ops.OpOverload) and target.namespace == "aten":
        name = str(target)
        short = name.split(".")[1]
        if short.startswith(_ASSERTIONS):
            return "", [], {}
        if short in _DROPOUTS and node.args[-1] is False:
            return "identity", [_plain(node.args[0], numbers)], {}
    else:
        name = next((key for key in sorted(ON_SIZES) if _on_sizes(key) is target), "")
        if not name:
            raise UnsupportedModel(
                f"model: the graph has {str(target)[:100]}, which is no plain operation of torch"
            )
    arguments = [_plain(held, numbers) for held in node.args]
    keywords = {key: _plain(held, numbers) for key, held in node.kwargs.items()}
    check_call(name, arguments, keywords)
    try:
        check_arguments([arguments, *keywords.values()], 2**62)
    except ValueError as error:
        raise UnsupportedModel(f"model: {name} has {error}") from error
    return name, arguments, keywords


def changes_values(target: object) -> bool:
    """Whether an operation writes into one of its arguments."""
    return isinstance(target, torch._ops.OpOverload) and target._schema.is_mutable


def check_call(name: str, arguments: list[Any], keywords: Mapping[str, Any]) -> None:
    """Refuse a call that is not allowed, or that would be random or take statistics of its batch.

    Raises:
        UnsupportedModel: it is one.
    """
    called = operation(name)
    if not isinstance(called, torch._ops.OpOverload):
        return
    expected = called._schema.arguments
    given = {argument.name: value for argument, value in zip(expected, arguments, strict=False)} | dict(
        keywords
    )
    for argument in expected:
        if argument.name in _OFF and given.get(argument.name, argument.default_value) != _OFF[argument.name]:
            raise UnsupportedModel(
                f"model: {name} in training mode: answers would depend on chance or on the rest of a batch"
            )


@cache
def operation(name: str) -> Callable[..., Any]:
    """The operation called ``name``.

    Raises:
        UnsupportedModel: there is none, or it is not allowed in a graph.
    """
    if not is_listed(name):
        raise UnsupportedModel(f"graph: {name[:100]!r} is none of the operations that a graph may consist of")
    if name in ON_SIZES:
        return _on_sizes(name)
    _, base, overload = name.split(".")
    found = getattr(getattr(torch.ops.aten, base, None), overload, None)
    if not isinstance(found, torch._ops.OpOverload):
        raise UnsupportedModel(f"graph: this version of torch has no operation {name[:100]!r}")
    can_be_off = any(argument.name in _OFF for argument in found._schema.arguments)
    draws = torch.Tag.nondeterministic_seeded in found.tags and not can_be_off
    if draws or found._schema.is_mutable:
        raise UnsupportedModel(f"graph: {name[:100]} is random or changes values")
    return found


@cache
def _on_sizes(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(torch if name.startswith("sym_") else operator, name)
    return found


def on_sizes(name: str, *arguments: Any) -> Any:
    """Arithmetic on sizes, whose results stay sizes; and one of several results.

    Raises:
        UnsupportedModel: something else than numbers, or numbers too large to be a size.
    """
    if name == "getitem":
        if not isinstance(arguments[0], (tuple, list)) or type(arguments[1]) is not int:
            raise UnsupportedModel("graph: getitem takes one of several results, got something else")
    elif any(not isinstance(argument, (int, float)) for argument in arguments):
        raise UnsupportedModel(f"graph: {name} on sizes takes numbers, got something else")
    found = _on_sizes(name)(*arguments)
    if isinstance(found, (int, float)) and abs(found) > LARGEST_INTEGER:
        raise UnsupportedModel(f"graph: {name} gives a size above 2^63")
    return found


def _plain(held: Any, numbers: Mapping[Node, int]) -> Any:
    """An argument in plain JSON."""
    if isinstance(held, Node):
        return {"value": numbers[held]}
    if isinstance(held, (list, tuple)):
        return [_plain(one, numbers) for one in held]
    if isinstance(held, float) and not math.isfinite(held):
        return {"float": repr(held)}
    if held is None or type(held) in (bool, int, float, str):
        return held
    for kind, key in (
        (torch.dtype, "dtype"),
        (torch.layout, "layout"),
        (torch.memory_format, "memory_format"),
    ):
        if isinstance(held, kind):
            return {key: str(held).removeprefix("torch.")}
    if isinstance(held, torch.device):
        return {"device": OF_THE_INPUTS}
    raise UnsupportedModel(f"model: the graph has an argument that is no plain value: {type(held).__name__}")


def dtype_named(name: str) -> torch.dtype:
    """The type of numbers of that name in a graph."""
    assert name in DTYPES
    found = getattr(torch, name)
    assert isinstance(found, torch.dtype)
    return found
