"""What the steps of a graph say: a table that was learnt could be written as a program instead of an array.

Doubling and adding 0 or 1, a few thousand times, makes any number of free constants. So the steps are paid for too,
by what it takes to describe them (Ziv and Lempel 1978): they are cut into phrases, each an earlier phrase and one
more step. References to values nearby are distances, and those to values far away, such as the size of the batch or a
mask, are their numbers; so a block of layers that comes again is the same again and costs little. And so much is free
as networks of these arrays need.
"""

import json
from collections.abc import Iterator
from typing import Any

from netrazor.certification.graph_text import ExportedGraph, Step

FREE_BITS, FREE_BITS_FOR_EACH_ARRAY = 2048, 16  # the usual networks take a thousand in all
_OPERATION_BITS = 9  # which of some 500
_PLAIN_BITS = 4  # which type or keyword, where a list ends; a digit or a letter
_CONSTANT_BITS = 6  # which free constant
_NEAR = 32  # steps; references that are farther are by number


def price_structure(graph: ExportedGraph) -> int:
    """The bits that the steps of ``graph`` take beyond those that are free."""
    return max(0, describe_steps(graph) - FREE_BITS - FREE_BITS_FOR_EACH_ARRAY * len(graph.arrays))


def describe_steps(graph: ExportedGraph) -> int:
    """The length in bits of a description of the steps."""
    steps: dict[str, int] = {}  # different ones, numbered
    phrases: dict[tuple[int, int], int] = {}  # an earlier phrase (0: none) and one more step
    phrase, bits, read = 0, 0, -1
    for place, step in enumerate(graph.steps):
        symbols, read = _relative(step, len(graph.arrays) + 1 + place, len(graph.arrays), read)
        written = repr((step.name, symbols))
        is_new = written not in steps
        number = steps.setdefault(written, len(steps))
        if is_new:
            bits += _OPERATION_BITS + _length(symbols)
        if (phrase, number) in phrases:
            phrase = phrases[phrase, number]
        else:
            bits += len(phrases).bit_length() + len(steps).bit_length()
            phrases[phrase, number] = len(phrases) + 1
            phrase = 0
    return bits


def _relative(step: Step, own: int, arrays: int, read: int) -> tuple[list[Any], int]:
    """The arguments of value number ``own``, flat: a reference as its distance from where it is expected.

    That is the value before or, of an array, the one after that which was ``read`` last; further ones in a step
    are as far from the one before as this was. A value far before ``own`` is referred to by its number.
    """
    symbols: list[Any] = []
    before, distance = own - 1, 0
    keywords = [[("keyword", name), value] for name, value in step.keywords.items()]
    for one in _flat([step.arguments, *keywords]):
        if isinstance(one, tuple):
            symbols.append(one)
        elif not (isinstance(one, dict) and "value" in one):
            symbols.append(json.dumps(one))
        elif one["value"] < arrays:
            symbols.append(("array", one["value"] - read - 1))
            read = one["value"]
        elif own - one["value"] > _NEAR:
            symbols.append(("far", one["value"] - arrays))
        else:
            found = one["value"] - before
            symbols.append(("value", found - distance))
            before, distance = one["value"], found
    return symbols, read


def _flat(held: Any) -> Iterator[Any]:
    for one in held:
        if isinstance(one, list):
            yield from _flat(one)
            yield None  # where it ends
        else:
            yield one


def _length(symbols: list[Any]) -> int:
    """Bits of the symbols of a step that was not there before: text and whole numbers as spelled, others one of few.

    Numbers that are neither are constants, or paid for where literals are.
    """
    bits = 0
    for symbol in symbols:
        if isinstance(symbol, tuple):
            kind, number = symbol
            told = (
                3 if kind == "far" else 1
            )  # a third kind of reference must not be free beside the other two
            bits += _PLAIN_BITS if kind == "keyword" else 2 * abs(number).bit_length() + told
        elif symbol.startswith('"') or symbol.lstrip("-").isdigit():
            bits += _PLAIN_BITS * len(symbol)
        else:
            bits += _PLAIN_BITS if symbol[0] in "{ntf" else _CONSTANT_BITS  # a type, null, true, false
    return bits
