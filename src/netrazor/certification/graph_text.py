"""The canonical text of a graph: a network as operations on named arrays and literals, without any code.

    {"arrays": [[name, "parameter" or "buffer", type, shape], ...],
     "format": 1,
     "input": [type, shape of one example],
     "output": number of the value that is the scores,
     "steps": [[operation, arguments, keywords], ...]}

Values are numbered: the arrays, then the batch of inputs, then what each step gives. An argument is plain JSON, a
reference ``{"value": 3}``, a type ``{"dtype": "float32"}`` (``layout`` and ``memory_format`` likewise), an infinity
``{"float": "inf"}``, or ``{"device": "of the inputs"}``. One graph has one text: keys sorted, no spare space, one
newline at the end. Which operations there are is known where they can be run, in `netrazor.networks`.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from netrazor.errors import CertificateError

FORMAT = 1
MAX_BYTES, MAX_STEPS, MAX_ARRAYS, MAX_DIMENSIONS = 4 * 2**20, 10_000, 2**16, 16
MAX_NAME, MAX_TEXT, MAX_NESTING, MAX_ARGUMENTS = 1000, 64, 4, 10_000
LARGEST_INTEGER, LARGEST_SIZE = 2**63 - 1, 2**40
OF_THE_INPUTS = "of the inputs"
WIDENED = ("float16", "bfloat16")  # in a message they are float32
DTYPES = (*WIDENED, "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
_NAMED = {
    "dtype": DTYPES,
    "layout": ("strided",),
    "memory_format": ("contiguous_format", "preserve_format", "channels_last"),
    "device": (OF_THE_INPUTS,),
    "float": ("inf", "-inf", "nan"),
}

Kind = Literal["parameter", "buffer"]


@dataclass(frozen=True)
class GraphArray:
    """An array that a graph reads: its name in the message, and what must be found there."""

    name: str
    kind: Kind
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One operation: its name, and its arguments with references to earlier values by their number."""

    name: str
    arguments: list[Any]
    keywords: Mapping[str, Any]

    @property
    def held(self) -> list[Any]:
        """All arguments, those with keywords included."""
        return [self.arguments, *self.keywords.values()]


@dataclass(frozen=True)
class ExportedGraph:
    """Operations in order, on arrays and a batch of inputs.

    Attributes:
        arrays: in the order of the message.
        input_dtype: of the inputs.
        input_shape: of one example.
        steps: the operations.
        output: number of the value that is the scores.
    """

    arrays: tuple[GraphArray, ...]
    input_dtype: str
    input_shape: tuple[int, ...]
    steps: tuple[Step, ...]
    output: int

    @cached_property
    def text(self) -> str:
        """The canonical text: the same for the same operations, whatever the author called things."""
        content = {
            "format": FORMAT,
            "arrays": [[a.name, a.kind, a.dtype, list(a.shape)] for a in self.arrays],
            "input": [self.input_dtype, list(self.input_shape)],
            "steps": [[step.name, step.arguments, step.keywords] for step in self.steps],
            "output": self.output,
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def parse_graph(text: bytes) -> ExportedGraph:
    """The graph in a canonical text; whether its operations exist is not looked at.

    Raises:
        CertificateError: too long, or no such text.
    """
    if len(text) > MAX_BYTES:
        raise CertificateError(f"graph: at most {MAX_BYTES:,} bytes allowed, got {len(text):,}")
    try:
        content = json.loads(text.decode("ascii"))
        if content["format"] != FORMAT or type(content["format"]) is not int:
            raise ValueError(f"format {FORMAT} needed, got {str(content['format'])[:20]}")
        graph = _built(content)
        if graph.text.encode() != text:
            raise ValueError("it is not in canonical form")
    except (KeyError, TypeError, ValueError, IndexError, RecursionError, AttributeError) as error:
        raise CertificateError(
            f"graph: must be a text that netrazor writes, got another ({str(error)[:200]}); get the file again"
        ) from error
    return graph


def _built(content: Any) -> ExportedGraph:
    arrays = tuple(map(_array, content["arrays"]))
    dtype, shape = content["input"]
    if len(arrays) > MAX_ARRAYS or len({array.name for array in arrays}) < len(arrays):
        raise ValueError(f"at most {MAX_ARRAYS:,} arrays with names of their own allowed")
    if len(content["steps"]) > MAX_STEPS:
        raise ValueError(f"at most {MAX_STEPS:,} steps allowed, got {len(content['steps']):,}")
    graph = ExportedGraph(
        arrays, _dtype(dtype), _shape(shape), tuple(map(_step, content["steps"])), content["output"]
    )
    for place, step in enumerate(graph.steps):
        check_arguments(step.held, len(arrays) + 1 + place)
    if type(graph.output) is not int or not 0 <= graph.output <= len(arrays) + len(graph.steps):
        raise ValueError("the output is none of its values")
    return graph


def check_arguments(held: list[Any], known: int) -> None:
    """Refuse arguments that are no plain values, or refer to none of the ``known`` earlier values.

    Raises:
        ValueError: some are.
    """
    waiting: list[tuple[Any, int]] = [(held, 0)]
    seen = 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1
        if seen > MAX_ARGUMENTS or depth > MAX_NESTING:
            raise ValueError(f"more than {MAX_ARGUMENTS:,} arguments, or nested lists; make them a buffer")
        if isinstance(one, list):
            waiting += [(inner, depth + 1) for inner in one]
        elif isinstance(one, dict):
            _check_reference(one, known)
        else:
            _check_plain(one)


def numbers_in(held: Any) -> Iterator[int | float | str]:
    """The numbers among arguments, in order; infinities by name."""
    if isinstance(held, dict):
        yield from (value for kind, value in held.items() if kind == "float")
    elif isinstance(held, list):
        for one in held:
            yield from numbers_in(one)
    elif isinstance(held, (int, float)) and not isinstance(held, bool):
        yield held


def values_in(held: Any) -> Iterator[int]:
    """The numbers of the values that arguments refer to."""
    if isinstance(held, dict):
        yield from (value for kind, value in held.items() if kind == "value")
    elif isinstance(held, list):
        for one in held:
            yield from values_in(one)


def _array(written: Any) -> GraphArray:
    name, kind, dtype, shape = written
    if type(name) is not str or not 0 < len(name) <= MAX_NAME or kind not in ("parameter", "buffer"):
        raise ValueError("the name and kind of an array needed")
    return GraphArray(name, kind, _dtype(dtype), _shape(shape))


def _dtype(written: Any) -> str:
    if written not in DTYPES:
        raise ValueError(f"one of the types {', '.join(DTYPES)} needed, got {str(written)[:40]}")
    return str(written)


def _shape(written: Any) -> tuple[int, ...]:
    if len(written) > MAX_DIMENSIONS or any(
        type(n) is not int or not 0 <= n <= LARGEST_SIZE for n in written
    ):
        raise ValueError("the shape of an array needed")
    return tuple(written)


def _step(written: Any) -> Step:
    name, arguments, keywords = written
    if type(name) is not str or type(arguments) is not list or type(keywords) is not dict:
        raise ValueError("an operation, a list of arguments and keywords needed in each step")
    return Step(name, arguments, keywords)


def _check_reference(named: dict[str, Any], known: int) -> None:
    kind, value = next(iter(named.items()), ("", None))
    is_value = kind == "value" and type(value) is int and 0 <= value < known
    if len(named) != 1 or not (is_value or value in _NAMED.get(kind, ())):
        raise ValueError(f"{str(named)[:80]} is no argument, or refers to none of {known} earlier values")


def _check_plain(one: object) -> None:
    if type(one) is int:
        plain = abs(one) <= LARGEST_INTEGER
    elif type(one) is float:
        plain = math.isfinite(one)
    elif type(one) is str:
        plain = len(one) <= MAX_TEXT
    else:
        plain = one is None or type(one) is bool
    if not plain:
        raise ValueError(f"an argument that is no plain value, or too large: {str(one)[:40]}")
