"""A network as the graph of operations that it is: everything that it computes, without its Python.

``torch.export`` traces the forward pass, for a batch of any size, into operations of torch's ATen library on inputs,
arrays (parameters, buffers, constants) and literals. Written down canonically, that is a text from which, with the
arrays, anyone computes the same answers; nothing of the author's code is needed or executed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.graph_signature import InputKind
from torch.fx import Node

from netrazor.errors import UnsupportedModel
from netrazor.networks.graph_operations import changes_values, check_call, operation, reference

FORMAT = 1
_REMEDY = "certify it as a network that is no graph, or write its forward pass without such a thing"


@dataclass(frozen=True)
class Step:
    """One operation: its name, and its arguments with references to earlier values by their number."""

    name: str
    arguments: list[Any]
    keywords: Mapping[str, Any]


@dataclass(frozen=True)
class ExportedGraph:
    """Operations in order. Values are numbered: the arrays first, then the input, then what each step gives.

    Attributes:
        arrays: names, in the order in which the graph reads them.
        steps: the operations.
        output: number of the value that is the scores.
    """

    arrays: tuple[str, ...]
    steps: tuple[Step, ...]
    output: int

    @cached_property
    def text(self) -> str:
        """The canonical text: the same for the same operations, whatever the author called things."""
        content = {
            "format": FORMAT,
            "arrays": list(self.arrays),
            "steps": [[step.name, step.arguments, step.keywords] for step in self.steps],
            "output": self.output,
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def literals(self) -> dict[int, int]:
        """How many numbers stand in the arguments of each step that has any."""
        counts = {
            place: _numbers([s.arguments, list(s.keywords.values())]) for place, s in enumerate(self.steps)
        }
        return {place: count for place, count in counts.items() if count}


def export(model: nn.Module, example: Tensor) -> tuple[ExportedGraph, dict[str, Tensor]]:
    """The graph of ``model`` in evaluation mode, and its arrays by name; ``example`` is a batch of two or more.

    Raises:
        UnsupportedModel: a forward pass that cannot be traced for any batch (control flow on data, NumPy, packed
            sequences), that changes its own state, draws random numbers, or takes statistics of its batch.
    """
    model.eval()
    try:
        program = _traced(model, example, strict=False)
    except Exception:  # each part of the tracers has its own
        try:
            program = _traced(model, example, strict=True)  # slower; understands len(x)
        except Exception as error:
            reason = next(iter(str(error).strip().splitlines()), "")[:200]
            raise UnsupportedModel(
                f"model: cannot be exported as a graph ({type(error).__name__}: {reason}); {_REMEDY}"
            ) from error
    signature = program.graph_signature
    if signature.buffers_to_mutate or signature.user_inputs_to_mutate:
        changed = ", ".join(
            [*signature.buffers_to_mutate.values(), *signature.user_inputs_to_mutate.values()][:5]
        )
        raise UnsupportedModel(f"model: its forward pass changes {changed}; {_REMEDY}")
    held = {**program.state_dict, **program.constants}
    names = {
        spec.arg.name: str(spec.target) for spec in signature.input_specs if spec.kind != InputKind.USER_INPUT
    }
    return _written(list(program.graph.nodes), names, held)


@torch.no_grad()
def _traced(model: nn.Module, example: Tensor, *, strict: bool) -> torch.export.ExportedProgram:
    """The program for any number of examples; by running the forward pass, or, strictly, by reading its bytecode."""
    batch = torch.export.Dim("batch", min=1, max=2**20)
    program = torch.export.export(model, (example,), dynamic_shapes=({0: batch},), strict=strict)
    if any(changes_values(node.target) for node in program.graph.nodes):
        program = program.run_decompositions({})  # the same operations, giving new values instead
    return program


def _written(
    nodes: list[Node], names: Mapping[str, str], held: Mapping[str, Any]
) -> tuple[ExportedGraph, dict[str, Tensor]]:
    """The nodes of an exported program as numbered steps, with the arrays that they read."""
    read = [node for node in nodes if node.op == "placeholder" and node.name in names and node.users]
    arrays: dict[str, Tensor] = {}
    places: dict[tuple[object, ...], int] = {}
    numbers: dict[Node, int] = {}
    for node in read:
        tensor = held[names[node.name]]
        if not isinstance(tensor, Tensor):
            raise UnsupportedModel(f"{names[node.name]}: a {type(tensor).__name__} in the graph; {_REMEDY}")
        place = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)  # tied weights are one array
        if tensor.numel() == 0 or place not in places:
            places[place] = len(arrays)
            arrays[names[node.name]] = tensor
        numbers[node] = places[place]
    given = [node for node in nodes if node.op == "placeholder" and node.name not in names]
    numbers |= {node: len(arrays) + place for place, node in enumerate(given)}
    steps: list[Step] = []
    for node in (node for node in nodes if node.op not in ("placeholder", "output")):
        name, arguments, keywords = reference(node, numbers)
        if name == "identity":  # dropout in evaluation mode
            numbers[node] = arguments[0]["value"]
        elif name:
            numbers[node] = len(arrays) + len(given) + len(steps)
            steps.append(Step(name, arguments, keywords))
    (outputs,) = next(node for node in nodes if node.op == "output").args
    if not isinstance(outputs, (tuple, list)) or len(outputs) != 1 or not isinstance(outputs[0], Node):
        raise UnsupportedModel(
            "output: must be one tensor of scores; wrap the network in a module that returns it"
        )
    return ExportedGraph(tuple(arrays), tuple(steps), numbers[outputs[0]]), arrays


def run(graph: ExportedGraph, arrays: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
    """What the graph computes from its arrays and a batch of inputs, where these are.

    Raises:
        UnsupportedModel: an operation that does not exist or is not allowed; a reference to a later value.
    """
    values: list[Any] = [*(arrays[name] for name in graph.arrays), inputs]
    last = _last_uses(graph, len(values))
    for place, step in enumerate(graph.steps):
        call = operation(step.name)
        arguments = resolved(step.arguments, values, inputs.device)
        keywords = {key: resolved(held, values, inputs.device) for key, held in step.keywords.items()}
        values.append(call(*arguments, **keywords))
        for done in last.get(place, ()):
            values[done] = None  # memory as in the network itself
    scores = values[graph.output]
    if not isinstance(scores, Tensor):
        raise UnsupportedModel(f"output: must be a tensor of scores, got {type(scores).__name__}")
    return scores


def read_graph(text: str) -> ExportedGraph:
    """The graph in a canonical text.

    Raises:
        UnsupportedModel: no such text, or operations that are not allowed.
    """
    try:
        content = json.loads(text)
        steps = tuple(Step(name, arguments, keywords) for name, arguments, keywords in content["steps"])
        graph = ExportedGraph(tuple(content["arrays"]), steps, content["output"])
        if graph.text != text:
            raise ValueError("it is not in canonical form")
        for place, step in enumerate(graph.steps):
            check_call(step.name, step.arguments, step.keywords, len(graph.arrays) + 1 + place)
        if not 0 <= graph.output <= len(graph.arrays) + len(steps):
            raise ValueError(f"output {graph.output} is none of its values")
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise UnsupportedModel(f"graph: must be one that netrazor writes, got {str(error)[:200]}") from error
    return graph


def resolved(held: Any, values: Any, device: torch.device) -> Any:
    """Arguments of a step with references and names replaced by what they mean."""
    if isinstance(held, list):
        return [resolved(one, values, device) for one in held]
    if not isinstance(held, dict):
        return held
    ((kind, named),) = held.items()
    if kind == "value":
        return values[named]
    if kind == "device":
        return device
    return float(named) if kind == "float" else getattr(torch, named)


def _last_uses(graph: ExportedGraph, given: int) -> dict[int, list[int]]:
    """The values that no step after this one reads, by step."""
    last: dict[int, int] = {}
    for place, step in enumerate(graph.steps):
        for value in values_in([step.arguments, list(step.keywords.values())]):
            last[value] = place
    free: dict[int, list[int]] = {}
    for value, place in last.items():
        if value >= given and value != graph.output:
            free.setdefault(place, []).append(value)
    return free


def values_in(held: Any) -> list[int]:
    """Numbers of the values that an argument refers to."""
    if isinstance(held, dict):
        return [held["value"]] if "value" in held else []
    return [value for one in held for value in values_in(one)] if isinstance(held, list) else []


def _numbers(held: Any) -> int:
    if isinstance(held, dict):
        return 0 if "float" not in held else 1
    if isinstance(held, list):
        return sum(map(_numbers, held))
    return int(isinstance(held, (int, float)) and not isinstance(held, bool))
