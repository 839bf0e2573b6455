"""The forward pass of a network as a graph of torch's own operations, traced by `torch.export`."""

import contextlib
import operator
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn

from netrazor.errors import UnsupportedModel
from netrazor.networks.walk import tensors

_EXAMPLES = 2  # more than one, so that the batch axis is not mistaken for an axis that broadcasts

_Layout = tuple[int, torch.Size, tuple[int, ...], torch.dtype]


@dataclass(frozen=True)
class Graph:
    """The operations of ``forward`` in evaluation mode, on inputs of the example's shape.

    Attributes:
        nodes: in the order of evaluation.
        state: the network's own parameters and buffers, by the placeholder that stands for them.
        constants: tensors that are written in the source of ``forward``, by their placeholder.
        inputs: the example's tensors, by their placeholder.
    """

    nodes: Sequence[fx.Node]
    state: Mapping[fx.Node, Tensor]
    constants: Mapping[fx.Node, Tensor]
    inputs: Mapping[fx.Node, Tensor]

    def compute_outputs(self) -> list[Tensor]:
        """The outputs of the network on the example, in double precision."""
        values: dict[fx.Node, Any] = {**self.state, **self.constants, **self.inputs}
        with torch.no_grad():
            for node in self.nodes:
                if node.op == "call_function":
                    args, kwargs = fx.map_arg((node.args, node.kwargs), values.__getitem__)
                    values[node] = call_target(node)(*args, **kwargs)
        (output,) = (node for node in self.nodes if node.op == "output")
        results = (values[node] for node in output.all_input_nodes)
        return [result.double() for result in results if isinstance(result, Tensor)]


def trace(model: nn.Module, example: Tensor | tuple[Tensor, ...]) -> Graph:
    """The graph of ``model`` in evaluation mode; only the first examples of ``example`` are computed.

    Raises:
        UnsupportedModel: the forward pass cannot be traced (it branches on the values of its input, say).
    """
    inputs = tuple(x[:_EXAMPLES] for x in (example if isinstance(example, tuple) else (example,)))
    with _in_evaluation_mode(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program = torch.export.export(model, inputs, strict=False)
            if not _make_functional(program.graph):
                program = program.run_decompositions({})
        except Exception as error:  # whatever the user's forward raises while it is traced
            reason = str(error).strip().splitlines()[:1]
            raise UnsupportedModel(
                f"forward pass cannot be traced: {type(error).__name__} {reason}"
            ) from error
    return _build_graph(model, program, inputs)


def call_target(node: fx.Node) -> Any:
    """The function that an operation's node calls; `trace` lets no other nodes through."""
    return node.target


def schema_of(node: fx.Node) -> Any:
    """The schema of the torch operation that ``node`` calls, or None where it calls something else."""
    return getattr(node.target, "_schema", None)


def _make_functional(graph: fx.Graph) -> bool:
    """Replace in-place operations by their functional forms; False where views make that wrong."""
    order = {node: index for index, node in enumerate(graph.nodes)}
    for node in order:
        if node.op != "call_function" or not getattr(schema_of(node), "is_mutable", False):
            continue
        target = node.all_input_nodes[0]
        packet, _, overload = str(node.target).removeprefix("aten.").partition("_.")
        functional = getattr(getattr(torch.ops.aten, packet, None), overload, None)
        shared = target.op == "placeholder" or any(_is_view(n) for n in (target, *target.users))
        if functional is None or shared or node.args[0] is not target:
            return False
        node.target = functional
        now = order[node]
        target.replace_all_uses_with(node, delete_user_cb=lambda user, now=now: order[user] > now)
    return True


def _is_operation(node: fx.Node) -> bool:
    return node.op == "call_function" and (node.target is operator.getitem or schema_of(node) is not None)


def _is_view(node: fx.Node) -> bool:
    returned = getattr(schema_of(node), "returns", ())
    return any(value.alias_info is not None and not value.alias_info.is_write for value in returned)


def _build_graph(model: nn.Module, program: Any, inputs: tuple[Tensor, ...]) -> Graph:
    """The graph of ``program`` with its placeholders tied to the tensors of ``model``."""
    own = {_layout_of(tensor): tensor for _, tensor in tensors(model)}
    exported = {**program.state_dict, **program.constants}
    waiting = list(inputs)
    state: dict[fx.Node, Tensor] = {}
    constants: dict[fx.Node, Tensor] = {}
    given: dict[fx.Node, Tensor] = {}
    first: dict[int, fx.Node] = {}
    placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
    for node, spec in zip(placeholders, program.graph_signature.input_specs, strict=True):
        if spec.kind == torch.export.graph_signature.InputKind.USER_INPUT:
            given[node] = waiting.pop(0)
        elif _layout_of(exported[spec.target]) in own:
            tensor = own[_layout_of(exported[spec.target])]
            if first.setdefault(id(tensor), node) is node:
                state[node] = tensor
            else:  # tied weights have a placeholder for each name
                node.replace_all_uses_with(first[id(tensor)])
        else:
            constants[node] = exported[spec.target]
    for node in program.graph.nodes:
        if node.op not in ("placeholder", "output") and not _is_operation(node):
            raise UnsupportedModel(f"forward pass cannot be traced: {node.target} is no plain operation")
    known = state.keys() | constants.keys() | given.keys()
    nodes = [node for node in program.graph.nodes if node.op != "placeholder" or node in known]
    return Graph(nodes, state, constants, given)


def _layout_of(tensor: Tensor) -> _Layout:
    """What tells tensors of one network apart: two of the same layout share all of their memory."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


@contextlib.contextmanager
def _in_evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without fused attention; both are restored afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    fused = torch.backends.mha.get_fastpath_enabled()
    model.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
        torch.backends.mha.set_fastpath_enabled(fused)


def floats_of(graph: Graph) -> dict[str, NDArray[np.generic]]:
    """The floating-point state of a graph as arrays, half precision widened."""
    return {
        node.name: (tensor.float() if tensor.element_size() < 4 else tensor).detach().cpu().numpy()
        for node, tensor in graph.state.items()
        if tensor.is_floating_point()
    }
