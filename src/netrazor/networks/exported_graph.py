"""A network as the graph of operations that it is: everything that it computes, without its Python.

``torch.export`` traces the forward pass, for a batch of any size, into operations of torch's ATen library on inputs,
arrays (parameters, buffers, constants) and literals. Written down canonically, that is a text from which, with the
arrays, anyone computes the same answers; nothing of the author's code is needed or executed.
"""

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.graph_signature import InputKind
from torch.fx import Node

from netrazor.certification.graph_text import DTYPES, ExportedGraph, GraphArray, Kind, Step, parse_graph
from netrazor.errors import CertificateError, UnsupportedModel
from netrazor.networks.graph_network import GraphNetwork, is_name, named_arrays, put_array, refuse_names
from netrazor.networks.graph_operations import changes_values, reference
from netrazor.networks.walk import set_evaluation_mode, tensors

_REMEDY = "certify it as a network that is no graph, or write its forward pass without such a thing"
CONSTANT = "constant"  # the name of arrays that no attribute holds, with a number
_TOLERANCE = 1e-4  # of the largest score: what rounding may do


def export(model: nn.Module, example: Tensor) -> GraphNetwork:
    """``model`` in evaluation mode as a graph, with its own arrays; ``example`` is a batch of two or more.

    Its arrays have the names and the order that they have in `coded_state`. Those that the graph reads and
    `coded_state` does not know (tensors in globals, or made from other numbers while it ran) are named "constant.0"
    and so on, and come last.

    Raises:
        UnsupportedModel: a forward pass that cannot be traced for any batch (control flow on data, NumPy, packed
            sequences), that changes its own state, draws random numbers, takes statistics of its batch, uses
            operations that are not listed, or answers otherwise than its graph.
    """
    set_evaluation_mode(model)
    program = _program(model, example)
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
    arrays, places = _arrays_read(model, list(program.graph.nodes), names, held)
    steps, output = _steps(list(program.graph.nodes), places, len(arrays))
    described = tuple(_described(name, tensor) for name, tensor in arrays.items())
    dtype = str(example.dtype).removeprefix("torch.")
    graph = ExportedGraph(described, dtype, tuple(example.shape[1:]), steps, output)
    try:
        parse_graph(graph.text.encode())
    except CertificateError as error:
        raise UnsupportedModel(f"model: {error}; {_REMEDY}") from error
    network = GraphNetwork(graph, arrays)
    _compare(model, network, example)
    return network


def _program(model: nn.Module, example: Tensor) -> torch.export.ExportedProgram:
    with _quietly():
        try:
            return _traced(model, example, strict=False)
        except Exception:  # each part of the tracers has its own
            try:
                return _traced(model, example, strict=True)  # slower; understands len(x)
            except Exception as error:
                reason = next(iter(str(error).strip().splitlines()), "")[:200]
                raise UnsupportedModel(
                    f"model: cannot be exported as a graph ({type(error).__name__}: {reason}); {_REMEDY}"
                ) from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep to itself what torch prints, logs and warns of while it tries: its error says why it failed."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


@torch.no_grad()
def _traced(model: nn.Module, example: Tensor, *, strict: bool) -> torch.export.ExportedProgram:
    """The program for any number of examples; by running the forward pass, or, strictly, by reading its bytecode."""
    if isinstance(model, nn.DataParallel):  # which shares a batch out, and computes nothing itself
        model = model.module
    batch = torch.export.Dim("batch", min=1, max=2**20)
    program = torch.export.export(model, (example,), dynamic_shapes=({0: batch},), strict=strict)
    if any(changes_values(node.target) for node in program.graph.nodes):
        program = program.run_decompositions({})  # the same operations, giving new values instead
    return program


def _arrays_read(
    model: nn.Module, nodes: list[Node], names: Mapping[str, str], held: Mapping[str, Any]
) -> tuple[dict[str, Tensor], dict[Node, int]]:
    """The arrays that the graph reads, in their order; and the number of each node that stands for one."""
    known: dict[tuple[object, ...], str] = {}
    own = dict(tensors(model))
    order = list(own)
    for name, tensor in own.items():
        known.setdefault(_memory(tensor), name)
    arrays: dict[str, Tensor] = {}
    chosen: dict[tuple[object, ...], str] = {}
    of_node: dict[Node, str] = {}
    for node in (n for n in nodes if n.op == "placeholder" and n.name in names and n.users):
        tensor = held[names[node.name]]
        if not isinstance(tensor, Tensor):
            raise UnsupportedModel(f"{names[node.name]}: a {type(tensor).__name__} in the graph; {_REMEDY}")
        place = _memory(tensor) if tensor.numel() else (node.name,)  # tied weights are one array
        if place not in chosen:
            name = known.get(place, "")
            taken = not name or name in arrays or not is_name(name)
            chosen[place] = f"{CONSTANT}.{len(arrays)}" if taken else name
            arrays[chosen[place]] = own.get(chosen[place], tensor)  # a parameter, by whatever way it is read
        of_node[node] = chosen[place]
    rank = {name: number for number, name in enumerate(order)}
    ordered = _as_held({name: arrays[name] for name in sorted(arrays, key=lambda n: rank.get(n, len(rank)))})
    places = {name: number for number, name in enumerate(ordered)}
    return ordered, {node: places[name] for node, name in of_node.items()}


def _as_held(arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``arrays`` in the order in which a graph network holds them, which is that of its message."""
    root = nn.Module()
    refuse_names(arrays)
    for name, tensor in arrays.items():
        put_array(root, _described(name, tensor), tensor.detach())
    return {name: arrays[name] for name, _ in named_arrays(root)}


def _memory(tensor: Tensor) -> tuple[object, ...]:
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


def _described(name: str, tensor: Tensor) -> GraphArray:
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in DTYPES or tensor.layout is not torch.strided:
        raise UnsupportedModel(f"{name}: an array of {dtype} in the graph; {_REMEDY}")
    kind: Kind = "parameter" if isinstance(tensor, nn.Parameter) else "buffer"
    return GraphArray(name, kind, dtype, tuple(tensor.shape))


def _steps(nodes: list[Node], places: Mapping[Node, int], arrays: int) -> tuple[tuple[Step, ...], int]:
    """The nodes of an exported program as numbered steps, and the number of the value that is the output."""
    numbers = dict(places)
    given = [node for node in nodes if node.op == "placeholder" and node.users and node not in places]
    if len(given) > 1:
        raise UnsupportedModel(f"inputs: one tensor needed, got {len(given)}; {_REMEDY}")
    numbers |= dict.fromkeys(given, arrays)
    steps: list[Step] = []
    for node in (node for node in nodes if node.op not in ("placeholder", "output")):
        name, arguments, keywords = reference(node, numbers)
        if name == "identity":  # dropout in evaluation mode
            numbers[node] = arguments[0]["value"]
        elif name:
            numbers[node] = arrays + 1 + len(steps)
            steps.append(Step(name, arguments, keywords))
    (outputs,) = next(node for node in nodes if node.op == "output").args
    if not isinstance(outputs, (tuple, list)) or len(outputs) != 1 or not isinstance(outputs[0], Node):
        raise UnsupportedModel(
            "output: must be one tensor of scores; wrap the network in a module that returns it"
        )
    return tuple(steps), numbers[outputs[0]]


@torch.no_grad()
def _compare(model: nn.Module, network: GraphNetwork, example: Tensor) -> None:
    """Refuse a graph that does not answer as the network does."""
    expected, found = model(example.clone()), network(example)
    allowed = _TOLERANCE * float(expected.abs().nan_to_num().max()) if expected.numel() else 0.0
    if expected.shape != found.shape or not torch.allclose(
        expected.double(), found.double(), rtol=0, atol=allowed, equal_nan=True
    ):
        raise UnsupportedModel(f"model: it answers otherwise than its graph; {_REMEDY}")
