"""A network as a graph of torch's own operations, and its interpretation in any algebra."""

import contextlib
import operator
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, fx, nn

from netrazor.errors import UnsupportedModel
from netrazor.networks.walk import tensors

_EXAMPLES = 2  # more than one, so that a batch axis is not mistaken for an axis that broadcasts


@dataclass(frozen=True)
class Graph:
    """The operations of ``forward`` in evaluation mode, on inputs of the example's shape."""

    nodes: Sequence[fx.Node]
    leaves: Mapping[fx.Node, Tensor]
    """The network's own tensors behind the placeholders that stand for its state."""
    constants: Mapping[fx.Node, Tensor]
    """Tensors that are written in the source of ``forward``."""
    inputs: Mapping[fx.Node, Tensor]


class Algebra(Protocol):
    """What the values of an interpretation are; each method sees the concrete tensors too."""

    def leaf(self, node: fx.Node, tensor: Tensor) -> Any:
        """The value of a piece of the network's state."""

    def constant(self, tensor: Tensor) -> Any:
        """The value of a tensor that neither state nor input shapes."""

    def input(self, tensor: Tensor) -> Any:
        """The value of an input of the network."""

    def apply(self, call: "Call") -> Any:
        """The value of an operation: one for each tensor in ``call.result``, in the same nesting."""

    def output(self, values: list[Any]) -> None:
        """Take the values of the network's outputs."""


@dataclass(frozen=True)
class Argument:
    """A tensor argument of an operation: its concrete tensor and its value in the algebra."""

    tensor: Tensor
    value: Any
    node: fx.Node | None = None


@dataclass(frozen=True)
class Call:
    """One operation with its arguments by the names of its schema, and its concrete result."""

    node: fx.Node
    name: str
    arguments: Mapping[str, Any]
    result: Any

    def __getitem__(self, name: str) -> Any:
        return self.arguments.get(name)

    def run(self, replaced: Mapping[str, Any]) -> Any:
        """Run the operation on tensors, some arguments replaced (by ones in the usual layout, as a view asks for)."""
        values = {name: plain(value) for name, value in self.arguments.items()}
        values |= {name: _laid_out(value) for name, value in replaced.items()}
        first = next(iter(values))  # often called self, which cannot be passed by name
        return self.node.target(values.pop(first), **values)  # type: ignore[operator]

    def tensors(self) -> Iterator[tuple[str, Argument]]:
        """Every tensor argument with the name of its place, those inside lists too."""
        for name, value in self.arguments.items():
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(item, Argument):
                    yield name, item


def _laid_out(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_laid_out(item) for item in value]
    return value.contiguous() if isinstance(value, Tensor) else value


def trace(model: nn.Module, example: Tensor | tuple[Tensor, ...]) -> Graph:
    """The graph of ``model`` in evaluation mode; only the first examples of ``example`` are looked at.

    Raises:
        UnsupportedModel: its forward pass cannot be followed (it branches on the values of its input, say).
    """
    inputs = tuple(x[:_EXAMPLES] for x in (example if isinstance(example, tuple) else (example,)))
    with _evaluating(model), _quiet():
        try:
            program = torch.export.export(model, inputs, strict=False)
            if not _made_functional(program.graph):
                program = program.run_decompositions({})
        except Exception as error:  # whatever the user's forward raises while it is traced
            reason = str(error).strip().splitlines()[:1]
            raise UnsupportedModel(
                f"forward pass cannot be traced: {type(error).__name__} {reason}"
            ) from error
    return _resolved(model, program, inputs)


def interpret(graph: Graph, algebra: Algebra) -> None:
    """Run ``graph`` on its inputs, concretely and in ``algebra`` side by side."""
    environment: dict[fx.Node, Any] = {}
    remaining = {node: len(node.users) for node in graph.nodes}
    for node in graph.nodes:
        if node.op == "output":
            outputs = [environment[n] for n in node.all_input_nodes]
            algebra.output([value.value for value in outputs if isinstance(value, Argument)])
        else:
            environment[node] = _evaluate(graph, algebra, node, environment)
        for used in node.all_input_nodes:
            remaining[used] -= 1
            if remaining[used] == 0:
                del environment[used]


def plain(value: Any) -> Any:
    """``value`` with each argument replaced by its concrete tensor."""
    return map_arguments(value, lambda argument: argument.tensor)


def map_arguments(value: Any, function: Any) -> Any:
    """``value`` with ``function`` applied to each tensor argument in it."""
    if isinstance(value, Argument):
        return function(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map_arguments(item, function) for item in value)
    return value


def _evaluate(graph: Graph, algebra: Algebra, node: fx.Node, environment: dict[fx.Node, Any]) -> Any:
    if node in graph.leaves:
        tensor = graph.leaves[node].detach()
        return Argument(tensor, algebra.leaf(node, tensor), node)
    if node in graph.constants:
        return Argument(graph.constants[node], algebra.constant(graph.constants[node]), node)
    if node in graph.inputs:
        return Argument(graph.inputs[node], algebra.input(graph.inputs[node]), node)
    args = fx.map_arg(node.args, environment.__getitem__)
    kwargs = fx.map_arg(node.kwargs, environment.__getitem__)
    if node.target is operator.getitem:
        return args[0][args[1]]
    with torch.no_grad():
        result = node.target(*plain(args), **{name: plain(value) for name, value in kwargs.items()})
    if not _holds_tensor(result):
        return result
    call = Call(node, _operation(node), _bound(node, args, kwargs), result)
    return _paired(result, algebra.apply(call), node)


def _paired(result: Any, value: Any, node: fx.Node) -> Any:
    if isinstance(result, Tensor):
        return Argument(result, value, node)
    if isinstance(result, (list, tuple)):
        return [_paired(item, part, node) for item, part in zip(result, value, strict=True)]
    return result


def _holds_tensor(result: Any) -> bool:
    if isinstance(result, (list, tuple)):
        return any(_holds_tensor(item) for item in result)
    return isinstance(result, Tensor)


def _operation(node: fx.Node) -> str:
    """The name of an operation without namespace and overload: ``conv2d``."""
    return str(node.target).split(".")[1]


def _bound(node: fx.Node, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    names = [argument.name for argument in node.target._schema.arguments]  # type: ignore[union-attr]
    return dict(zip(names, args, strict=False)) | dict(kwargs)


def _made_functional(graph: fx.Graph) -> bool:
    """Replace operations that work in place by their functional forms; False where views forbid that."""
    order = {node: index for index, node in enumerate(graph.nodes)}
    for node in order:
        if node.op != "call_function" or not getattr(_schema(node), "is_mutable", False):
            continue
        target = node.all_input_nodes[0]
        packet, _, overload = str(node.target).removeprefix("aten.").partition("_.")
        functional = getattr(getattr(torch.ops.aten, packet, None), overload, None)
        shared = target.op == "placeholder" or any(_is_view(n) for n in (target, *target.users))
        if functional is None or shared or node.args[0] is not target:
            return False
        node.target = functional
        target.replace_all_uses_with(node, delete_user_cb=lambda user, at=order[node]: order[user] > at)
    return True


def _is_operation(node: fx.Node) -> bool:
    return node.op == "call_function" and (node.target is operator.getitem or _schema(node) is not None)


def _schema(node: fx.Node) -> Any:
    return getattr(node.target, "_schema", None)


def _is_view(node: fx.Node) -> bool:
    returned = getattr(_schema(node), "returns", ())
    return any(value.alias_info is not None and not value.alias_info.is_write for value in returned)


def _resolved(model: nn.Module, program: Any, inputs: tuple[Tensor, ...]) -> Graph:
    """The graph of ``program`` with its placeholders tied to the tensors of ``model``."""
    own = {_place(tensor): tensor for _, tensor in tensors(model)}
    state = {**program.state_dict, **program.constants}
    waiting = list(inputs)
    leaves, constants, given = {}, {}, {}
    first: dict[int, fx.Node] = {}
    placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
    for node, spec in zip(placeholders, program.graph_signature.input_specs, strict=True):
        if spec.kind == torch.export.graph_signature.InputKind.USER_INPUT:
            given[node] = waiting.pop(0)
        elif _place(state[spec.target]) in own:
            tensor = own[_place(state[spec.target])]
            if first.setdefault(id(tensor), node) is node:
                leaves[node] = tensor
            else:  # tied weights have a placeholder for each name
                node.replace_all_uses_with(first[id(tensor)])
        else:
            constants[node] = state[spec.target]
    for node in program.graph.nodes:
        if node.op not in ("placeholder", "output") and not _is_operation(node):
            raise UnsupportedModel(f"forward pass cannot be traced: {node.target} is no plain operation")
    known = leaves.keys() | constants.keys() | given.keys()
    nodes = [node for node in program.graph.nodes if node.op != "placeholder" or node in known]
    return Graph(nodes, leaves, constants, given)


def _place(tensor: Tensor) -> tuple[int, torch.Size, tuple[int, ...], torch.dtype]:
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


@contextlib.contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode and no fused attention, put back afterwards."""
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


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
