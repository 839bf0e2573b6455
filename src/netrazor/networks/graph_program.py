"""The steps of a graph, ready to run, in memory that is known to be bounded before they do."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from netrazor.certification.graph_operation_names import ON_SIZES
from netrazor.certification.graph_text import ExportedGraph, Step, values_in
from netrazor.errors import UnsupportedModel
from netrazor.networks.graph_operations import check_call, dtype_named, on_sizes, operation

FLOOR_BYTES = 2**28  # what the values of a run may take at least,
TIMES_THE_INPUTS = 64  # and as many times its inputs and arrays
_TORCHS_LOG = logging.getLogger("torch._subclasses.fake_tensor")


@dataclass(frozen=True)
class _Value:
    """A reference to an earlier value."""

    number: int


@dataclass(frozen=True)
class _Call:
    """A step that is ready to run."""

    function: Any
    arguments: list[Any]
    keywords: Mapping[str, Any]
    finished: tuple[int, ...]


_DEVICE = object()  # of the inputs


class GraphProgram:
    """The steps of a graph, ready to run on arrays and inputs. It holds no numbers but those of its text."""

    def __init__(self, graph: ExportedGraph) -> None:
        """Raises: UnsupportedModel: operations that are not allowed."""
        for step in graph.steps:
            check_call(step.name, step.arguments, step.keywords)
        self.graph = graph
        self._calls = [
            prepared(step, done) for step, done in zip(graph.steps, _last_uses(graph), strict=True)
        ]
        self.places = [(a.kind, a.name.split(".")[:-1], a.name.split(".")[-1]) for a in graph.arrays]
        self._sized: set[int] = set()  # batches whose memory is known to be bounded

    def __deepcopy__(self, _: object) -> "GraphProgram":
        return self

    def run(self, arrays: list[Tensor], inputs: Tensor) -> Tensor:
        """The scores of a batch of inputs.

        Raises:
            UnsupportedModel: other inputs than the graph is of; more memory than `check_memory` allows.
        """
        graph = self.graph
        if inputs.shape[1:] != graph.input_shape or inputs.dtype != dtype_named(graph.input_dtype):
            raise UnsupportedModel(
                f"inputs: a batch of {graph.input_dtype}, each of shape {graph.input_shape}, needed, got "
                f"{str(inputs.dtype).removeprefix('torch.')} of shape {tuple(inputs.shape)}"
            )
        # Of these the batches were seen before they were wrapped.
        batched = torch._C._functorch.is_functorch_wrapped_tensor(inputs)
        if not batched and not torch.compiler.is_compiling():  # nor are there numbers when it is exported
            self.check_memory(len(inputs))
        values: list[Any] = [*arrays, inputs]
        for call in self._calls:
            values.append(run_call(call, values, inputs.device))
            for done in call.finished:
                values[done] = None  # memory as in the network itself
        scores = values[graph.output]
        if not isinstance(scores, Tensor):
            raise UnsupportedModel(f"output: must be a tensor of scores, got {type(scores).__name__}")
        return scores

    def check_memory(self, batch: int) -> None:
        """Refuse the graph if values of ``batch`` examples take more than they may, which needs no memory to know.

        Every step is computed on shapes alone. What is held at one time may come to 256 MiB, or to 64 times inputs
        and arrays where that is more.

        Raises:
            UnsupportedModel: they do, or shapes do not fit together.
        """
        if batch in self._sized:
            return
        was_disabled, _TORCHS_LOG.disabled = _TORCHS_LOG.disabled, True  # what fails is an error, named below
        try:
            with (
                torch.inference_mode(False),
                torch.no_grad(),
                FakeTensorMode(),
            ):  # shapes and strides, no values
                self._compute_shapes(batch)
        finally:
            _TORCHS_LOG.disabled = was_disabled
        self._sized.add(batch)

    def _compute_shapes(self, batch: int) -> None:
        inputs = _of_shape(self.graph.input_dtype, (batch, *self.graph.input_shape))
        values: list[Any] = [*(_of_shape(array.dtype, array.shape) for array in self.graph.arrays), inputs]
        memory = _Memory(values)
        allowed = memory.bytes + max(FLOOR_BYTES, TIMES_THE_INPUTS * memory.bytes)
        for place, (call, step) in enumerate(zip(self._calls, self.graph.steps, strict=True)):
            try:
                values.append(run_call(call, values, inputs.device))
            except UnsupportedModel:
                raise
            except Exception as error:  # torch's operations raise anything
                raise UnsupportedModel(
                    f"graph: step {place} ({step.name}) does not fit its arguments: "
                    f"{' '.join(str(error).split())[:200]}"
                ) from error
            memory.add(values[-1])
            if memory.bytes > allowed:
                raise UnsupportedModel(
                    f"graph: values of a batch of {batch} may take {allowed:,} bytes, got {memory.bytes:,} at step "
                    f"{place} ({step.name})"
                )
            for done in call.finished:
                memory.drop(values[done])
                values[done] = None


def prepared(step: Step, finished: tuple[int, ...]) -> _Call:
    """A step ready to run, and the values that no later step reads."""
    function = partial(on_sizes, step.name) if step.name in ON_SIZES else operation(step.name)
    keywords = {key: _template(held) for key, held in step.keywords.items()}
    return _Call(function, _template(step.arguments), keywords, finished)


def _template(held: Any) -> Any:
    """An argument with all that does not change from run to run in its final form."""
    if isinstance(held, list):
        return [_template(one) for one in held]
    if not isinstance(held, dict):
        return held
    ((kind, named),) = held.items()
    if kind == "value":
        return _Value(named)
    if kind == "device":
        return _DEVICE
    return float(named) if kind == "float" else getattr(torch, named)


def run_call(call: _Call, values: Any, device: torch.device) -> Any:
    """What a step gives, of values by their number."""
    arguments = [_resolved(held, values, device) for held in call.arguments]
    keywords = {key: _resolved(held, values, device) for key, held in call.keywords.items()}
    return call.function(*arguments, **keywords)


def _resolved(held: Any, values: Any, device: torch.device) -> Any:
    kind = type(held)
    if kind is _Value:
        return values[held.number]
    if kind is list:
        return [_resolved(one, values, device) for one in held]
    return device if held is _DEVICE else held


def _last_uses(graph: ExportedGraph) -> list[tuple[int, ...]]:
    """For each step, the values that no later step reads; its own among them if nobody does."""
    given = len(graph.arrays) + 1
    last = {given + place: place for place in range(len(graph.steps))}
    for place, step in enumerate(graph.steps):
        last |= dict.fromkeys(values_in(step.held), place)
    finished: list[list[int]] = [[] for _ in graph.steps]
    for value, place in last.items():
        if value >= given and value != graph.output:
            finished[place].append(value)
    return [tuple(done) for done in finished]


def _of_shape(dtype: str, shape: tuple[int, ...]) -> Tensor:
    return torch.empty(shape, dtype=dtype_named(dtype))


class _Memory:
    """The bytes of tensors that are held; views of one memory count once."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.bytes = 0
        self._holders: dict[int, int] = {}
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        for storage in _storages(value):
            holders = self._holders.get(storage._cdata, 0)
            self._holders[storage._cdata] = holders + 1
            self.bytes += 0 if holders else storage.nbytes()

    def drop(self, value: Any) -> None:
        for storage in _storages(value):
            self._holders[storage._cdata] -= 1
            if not self._holders[storage._cdata]:
                del self._holders[storage._cdata]
                self.bytes -= storage.nbytes()


def _storages(value: Any) -> list[torch.UntypedStorage]:
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return [part.untyped_storage() for part in parts if isinstance(part, Tensor)]
