"""The operations that a graph may consist of: torch's ATen, without what is random, reads files or changes values."""

import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch.fx import Node

from netrazor.errors import UnsupportedModel

# Arithmetic on sizes, and taking one of several results.
_ON_SIZES: dict[str, Callable[..., Any]] = {
    name: getattr(operator, name)
    for name in (
        "add",
        "sub",
        "mul",
        "floordiv",
        "truediv",
        "mod",
        "neg",
        "getitem",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
    )
}
_ON_SIZES |= {"sym_max": torch.sym_max, "sym_min": torch.sym_min, "sym_not": torch.sym_not}
_ON_SIZES |= {"sym_float": torch.sym_float, "sym_int": torch.sym_int, "sym_ite": torch.sym_ite}
# Statements about sizes, which hold where the graph was traced and compute nothing.
_ASSERTIONS = ("_assert", "sym_constrain_range", "_assert_async", "_assert_scalar", "_assert_tensor_metadata")
_DROPOUTS = {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}
_FOREIGN = {
    "from_file",
    "set",
    "set_",
    "resize_",
    "set_data",
    "empty",
    "empty_like",
    "new_empty",
    "empty_strided",
}
_OFF = {
    "train": False,
    "training": False,
    "dropout_p": 0.0,
}  # the values with which an operation draws nothing
_OF_THE_INPUTS = "of the inputs"
_LONGEST = 10_000  # elements of an argument, nested ones included


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
        name = next((key for key, made in _ON_SIZES.items() if made is target), "")
        if not name:
            raise UnsupportedModel(
                f"model: the graph has {str(target)[:100]}, which is no plain operation of torch"
            )
    arguments = [_plain(held, numbers) for held in node.args]
    keywords = {key: _plain(held, numbers) for key, held in node.kwargs.items()}
    check_call(name, arguments, keywords, 2**62)
    return name, arguments, keywords


def changes_values(target: object) -> bool:
    """Whether an operation writes into one of its arguments."""
    return isinstance(target, torch._ops.OpOverload) and target._schema.is_mutable


def check_call(name: str, arguments: list[Any], keywords: Mapping[str, Any], known: int) -> None:
    """Refuse a call that is random, depends on the batch, or refers to a value that is not there yet.

    Raises:
        UnsupportedModel: it is one.
    """
    called = operation(name)
    if isinstance(called, torch._ops.OpOverload):
        expected = called._schema.arguments
        given = {argument.name: value for argument, value in zip(expected, arguments, strict=False)} | dict(
            keywords
        )
        for argument in expected:
            if (
                argument.name in _OFF
                and given.get(argument.name, argument.default_value) != _OFF[argument.name]
            ):
                raise UnsupportedModel(
                    f"model: {name} in training mode: answers would depend on chance or on the rest of a batch"
                )
    _check_arguments([arguments, *keywords.values()], known)


@cache
def operation(name: str) -> Callable[..., Any]:
    """The operation called ``name``.

    Raises:
        UnsupportedModel: there is none, or it is not allowed in a graph.
    """
    if name in _ON_SIZES:
        return _ON_SIZES[name]
    parts = name.split(".")
    if len(parts) != 3 or parts[0] != "aten" or not all(part.isidentifier() for part in parts):
        raise UnsupportedModel(f"graph: operations of ATen allowed, got {name[:100]!r}")
    found = getattr(getattr(torch.ops.aten, parts[1], None), parts[2], None)
    if not isinstance(found, torch._ops.OpOverload):
        raise UnsupportedModel(f"graph: this version of torch has no operation {name[:100]!r}")
    can_be_off = any(argument.name in _OFF for argument in found._schema.arguments)
    draws = torch.Tag.nondeterministic_seeded in found.tags and not can_be_off
    if draws or found._schema.is_mutable or parts[1] in _FOREIGN:
        raise UnsupportedModel(
            f"graph: {name[:100]} is random, changes values, or reads what is not in the graph"
        )
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
        return {"device": _OF_THE_INPUTS}
    raise UnsupportedModel(f"model: the graph has an argument that is no plain value: {type(held).__name__}")


def _check_arguments(held: Any, known: int) -> None:
    waiting, seen = [held], 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if seen > _LONGEST:
            raise UnsupportedModel(f"graph: arguments of more than {_LONGEST:,} elements; make them a buffer")
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            _check_named(one, known)
        elif one is not None and type(one) not in (bool, int, float, str):
            raise UnsupportedModel(f"graph: an argument that is no plain value: {type(one).__name__}")


def _check_named(named: dict[str, Any], known: int) -> None:
    """A reference to an earlier value, or a type, layout, device or infinity by its name."""
    kind, value = next(iter(named.items()), ("", None))
    kinds = {"dtype": torch.dtype, "layout": torch.layout, "memory_format": torch.memory_format}
    if len(named) == 1 and (
        (kind == "value" and type(value) is int and 0 <= value < known)
        or (kind == "device" and value == _OF_THE_INPUTS)
        or (kind == "float" and value in ("inf", "-inf", "nan"))
        or (kind in kinds and type(value) is str and isinstance(getattr(torch, value, None), kinds[kind]))
    ):
        return
    raise UnsupportedModel(
        f"graph: {str(named)[:80]} is no argument, or refers to none of {known} earlier values"
    )
