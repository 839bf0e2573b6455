"""A graph that runs: a module without any code of the author's, its parameters and buffers the graph's arrays."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from netrazor.certification.graph_operation_names import ON_SIZES
from netrazor.certification.graph_text import ExportedGraph, GraphArray, Step, values_in
from netrazor.errors import CheckpointMismatch, UnsupportedModel
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


class GraphNetwork(nn.Module):
    """A network that is a graph of operations, with its arrays as parameters and buffers of their names."""

    def __init__(self, graph: ExportedGraph, arrays: Mapping[str, Tensor]) -> None:
        """A network with these arrays, whose memory it shares where they are of the right type.

        Raises:
            UnsupportedModel: names or operations that are not allowed.
        """
        super().__init__()
        refuse_names(array.name for array in graph.arrays)
        self._program = GraphProgram(graph)
        for array in graph.arrays:
            put_array(self, array, arrays[array.name].detach())
        self.eval()

    @classmethod
    def blank(cls, graph: ExportedGraph, available: Mapping[str, tuple[int, ...]]) -> "GraphNetwork":
        """The network of a graph, to be filled with arrays that are available, in the order of the graph.

        Args:
            graph: of a file that may say anything: no memory is taken but for arrays that there are.
            available: names and shapes of these.

        Raises:
            CheckpointMismatch: it reads others.
            UnsupportedModel: names or operations that are not allowed.
        """
        differing = [a.name for a in graph.arrays if available.get(a.name) != a.shape]
        if differing:
            raise CheckpointMismatch(
                f"graph: arrays of its shapes needed for {', '.join(differing[:5])}, got none or others; get all "
                "files of the run again"
            )
        return cls(
            graph,
            {array.name: torch.zeros(array.shape, dtype=dtype_named(array.dtype)) for array in graph.arrays},
        )

    @property
    def graph(self) -> ExportedGraph:
        """What it computes."""
        return self._program.graph

    def forward(self, inputs: Tensor) -> Tensor:
        """The scores of a batch."""
        return self._program.run([self._found(*place) for place in self._program.places], inputs)

    def _found(self, kind: str, path: list[str], name: str) -> Tensor:
        holder: nn.Module = self
        for part in path:
            holder = holder._modules[part]  # type: ignore[assignment]
        found = (holder._parameters if kind == "parameter" else holder._buffers)[name]
        assert found is not None
        return found


def put_array(root: nn.Module, array: GraphArray, tensor: Tensor) -> None:
    """Put ``tensor`` under the dotted name of ``array`` into ``root``, in modules that are made for it."""
    *path, name = array.name.split(".")
    for part in path:
        root = root._modules.setdefault(part, nn.Module())  # type: ignore[assignment]
    if array.kind == "parameter":
        root._parameters[name] = nn.Parameter(tensor, requires_grad=tensor.is_floating_point())
    else:
        root._buffers[name] = tensor


def named_arrays(root: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """The arrays that `put_array` put into ``root``, in the order of `coded_state`."""
    for path, module in root.named_modules():
        for name, tensor in (*module._parameters.items(), *module._buffers.items()):
            assert tensor is not None
            yield f"{path}.{name}" if path else name, tensor


def is_name(name: str) -> bool:
    """Whether an array of a graph network can have this name: dotted, no part of it an attribute of modules."""
    return all(part and not hasattr(_BLANK, part) and part != "_program" for part in name.split("."))


def refuse_names(names: Iterable[str]) -> None:
    """Refuse names that cannot be those of a module's arrays, or of which one is inside another.

    Raises:
        UnsupportedModel: there are some.
    """
    held = set(names)
    for name in held:
        parts = name.split(".")
        inside = any(".".join(parts[:length]) in held for length in range(1, len(parts)))
        if inside or not is_name(name):
            raise UnsupportedModel(f"graph: no array can have the name {name[:80]!r} beside the others")


_BLANK = nn.Module()


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
