"""What the steps of a graph say: a table that was learnt could be written as a program instead of an array.

Doubling and adding 0 or 1, a few thousand times, makes any number of free constants. So the steps are paid for too,
by what it takes to describe them (Ziv and Lempel 1978): they are cut into phrases, each an earlier phrase and one
more step. References to values nearby are distances, and those to values far away, such as the size of the batch or a
mask, are their numbers; so a block of layers that comes again is the same again and costs little. And so much is free
as networks of these arrays need.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from netrazor.certification.graph_text import ExportedGraph, Step

FREE_BITS, FREE_BITS_FOR_EACH_ARRAY, MOST_FREE_ARRAYS = 3072, 16, 128  # any number of arrays may be empty
MOST_FREE_BITS = FREE_BITS + FREE_BITS_FOR_EACH_ARRAY * MOST_FREE_ARRAYS
_OPERATION_BITS = 10  # which of some 700
_PLAIN_BITS = 4  # which type or keyword, where a list ends; a digit or a letter
_NUMBER_BITS = 3  # that it is a whole number, and where its digits end
_CONSTANT_BITS = 8  # which free constant; more where there are many others
_VALUE_BITS, _ARRAY_BITS, _FAR_BITS = 3, 3, 5  # which kind of reference
_DIMENSIONS_BITS = 9  # how many, of an array of which type
_NEAR = 32  # steps; references that are farther are by number


def price_structure(graph: ExportedGraph) -> int:
    """The bits that the arrays and steps of ``graph`` take beyond those that are free."""
    free = FREE_BITS + FREE_BITS_FOR_EACH_ARRAY * min(MOST_FREE_ARRAYS, len(graph.arrays))
    return max(0, describe_arrays(graph) + describe_steps(graph) - free)


@dataclass
class _Phrases:
    """Lengths by phrases: each is an earlier one, or none, and one more entry."""

    bits: int = 0
    entries: dict[str, int] = field(default_factory=dict)  # different ones, numbered
    known: dict[tuple[int, int], int] = field(default_factory=dict)
    current: int = 0

    def add(self, written: str) -> bool:
        """Whether the next entry was not there before: then its own description is to be added to ``bits``."""
        is_new = written not in self.entries
        pair = self.current, self.entries.setdefault(written, len(self.entries))
        if pair in self.known:
            self.current = self.known[pair]
        else:
            self.bits += len(self.known).bit_length() + len(self.entries).bit_length()
            self.known[pair] = len(self.known) + 1
            self.current = 0
        return is_new

    def end(self) -> int:
        """All bits: the last phrase may be an earlier one with nothing more."""
        return self.bits + (len(self.known).bit_length() if self.current else 0)


def describe_arrays(graph: ExportedGraph) -> int:
    """The length in bits of a description of the types and shapes of the arrays, in their order."""
    phrases, sizes = _Phrases(), set[int]()
    for array in graph.arrays:
        if phrases.add(repr((array.dtype, array.shape))):
            phrases.bits += _DIMENSIONS_BITS + sum(
                _one_of(sizes, size, _NUMBER_BITS + _PLAIN_BITS * len(str(size))) for size in array.shape
            )
    return phrases.end()


def _one_of(known: set[Any], one: Any, bits_if_new: int) -> int:
    """Bits of one of those ``known`` so far, or of a new one, which is added to them."""
    if one in known:
        return 1 + len(known).bit_length()
    known.add(one)
    return 1 + bits_if_new


def describe_steps(graph: ExportedGraph) -> int:
    """The length in bits of a description of the steps."""
    phrases, operations, constants, read = _Phrases(), set[str](), set[str](), -1
    for place, step in enumerate(graph.steps):
        symbols, read = _relative(step, len(graph.arrays) + 1 + place, len(graph.arrays), read)
        if phrases.add(repr((step.name, symbols))):
            phrases.bits += _one_of(operations, step.name, _OPERATION_BITS) + _length(symbols, constants)
    return phrases.end()


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


def _length(symbols: list[Any], constants: set[str]) -> int:
    """Bits of the symbols of a step that was not there before: text and whole numbers as spelled, others one of few.

    Numbers that are neither are constants, or paid for where literals are; they are added to the ``constants`` so
    far, among which one is chosen. The sum of 2^-bits over all that may stand in one place is at most 1.
    """
    bits = 0
    for symbol in symbols:
        if isinstance(symbol, tuple):
            bits += _PLAIN_BITS if symbol[0] == "keyword" else _reference_bits(*symbol)
        elif symbol.startswith('"'):
            bits += _PLAIN_BITS * len(symbol)
        elif symbol.lstrip("-").isdigit():
            bits += _NUMBER_BITS + _PLAIN_BITS * len(symbol)
        elif symbol[0] in "{ntf":  # a type, null, true, false
            bits += _PLAIN_BITS
        else:
            constants.add(symbol)
            bits += _CONSTANT_BITS + len(constants).bit_length()
    return bits


def _reference_bits(kind: str, number: int) -> int:
    """The value that is expected takes one bit; others, arrays and far values their kind and twice their digits."""
    if (kind, number) == ("value", 0):
        return 1
    told = {"value": _VALUE_BITS, "array": _ARRAY_BITS, "far": _FAR_BITS}[kind]
    return told + 2 * abs(number).bit_length()
