"""Abstract interpretation of a traced network: every tensor is accompanied by a value of an abstract domain.

`netrazor.simplify.liveness` and `netrazor.simplify.channel_domain` are the two domains.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, fx

from netrazor.simplify.traced_graph import Graph, call_target, schema_of


class AbstractDomain(Protocol):
    """What the abstract values of an interpretation are; each method is given the concrete tensors too."""

    def abstract_state(self, node: fx.Node, tensor: Tensor) -> Any:
        """The abstract value of a parameter or buffer."""

    def abstract_constant(self, tensor: Tensor) -> Any:
        """The abstract value of a tensor that depends on neither state nor input."""

    def abstract_input(self, tensor: Tensor) -> Any:
        """The abstract value of an input of the network."""

    def apply(self, call: "Call") -> Any:
        """The abstract value of an operation's result: one for each of its tensors, nested like these."""

    def receive_outputs(self, values: list[Any]) -> None:
        """Take the abstract values of the network's outputs."""


@dataclass(frozen=True)
class Argument:
    """A tensor argument of an operation: its concrete tensor, its abstract value, the node that made it."""

    tensor: Tensor
    value: Any
    node: fx.Node | None = None


@dataclass(frozen=True)
class Call:
    """One operation with its arguments, by their names in torch's schema, and its concrete result."""

    node: fx.Node
    name: str
    arguments: Mapping[str, Any]
    result: Any

    def __getitem__(self, name: str) -> Any:
        return self.arguments.get(name)

    def run(self, replaced: Mapping[str, Any]) -> Any:
        """Run the operation on concrete tensors, those of ``replaced`` in place of its own.

        These are made contiguous, which ``view`` asks for.
        """
        values = {name: to_concrete(value) for name, value in self.arguments.items()}
        values |= {name: _make_contiguous(value) for name, value in replaced.items()}
        first = next(iter(values))  # often called self, which cannot be passed by name
        return call_target(self.node)(values.pop(first), **values)

    def tensors(self) -> Iterator[tuple[str, Argument]]:
        """Every tensor argument, those inside lists too, with the name of the parameter that it is given for."""
        for name, value in self.arguments.items():
            for item in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(item, Argument):
                    yield name, item


def interpret(graph: Graph, domain: AbstractDomain) -> None:
    """Run ``graph`` on its inputs, concretely and in the abstract domain side by side."""
    environment: dict[fx.Node, Any] = {}
    remaining = {node: len(node.users) for node in graph.nodes}
    for node in graph.nodes:
        if node.op == "output":
            outputs = [environment[n] for n in node.all_input_nodes]
            domain.receive_outputs([value.value for value in outputs if isinstance(value, Argument)])
        else:
            environment[node] = _evaluate(graph, domain, node, environment)
        for used in node.all_input_nodes:
            remaining[used] -= 1
            if remaining[used] == 0:  # its memory can be used again
                del environment[used]


def to_concrete(value: Any) -> Any:
    """``value`` with each argument replaced by its concrete tensor."""
    return map_arguments(value, lambda argument: argument.tensor)


def find_exclusive_state(graph: Graph, argument: Argument | None) -> Tensor | None:
    """The parameter or buffer that is an argument, if nothing else uses it."""
    node = None if argument is None else argument.node
    if not isinstance(node, fx.Node) or node not in graph.state or len(node.users) > 1:
        return None
    return graph.state[node]


def map_arguments(value: Any, function: Callable[[Argument], Any]) -> Any:
    """``value`` with ``function`` applied to each tensor argument in it."""
    if isinstance(value, Argument):
        return function(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map_arguments(item, function) for item in value)
    return value


def _make_contiguous(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_make_contiguous(item) for item in value]
    return value.contiguous() if isinstance(value, Tensor) else value


def _evaluate(graph: Graph, domain: AbstractDomain, node: fx.Node, environment: dict[fx.Node, Any]) -> Any:
    if node in graph.state:
        tensor = graph.state[node].detach()
        return Argument(tensor, domain.abstract_state(node, tensor), node)
    if node in graph.constants:
        return Argument(graph.constants[node], domain.abstract_constant(graph.constants[node]), node)
    if node in graph.inputs:
        return Argument(graph.inputs[node], domain.abstract_input(graph.inputs[node]), node)
    args: Any = fx.map_arg(node.args, environment.__getitem__)
    kwargs: Any = fx.map_arg(node.kwargs, environment.__getitem__)
    if node.target is operator.getitem:
        return args[0][args[1]]
    with torch.no_grad():
        concrete = {name: to_concrete(value) for name, value in kwargs.items()}
        result = call_target(node)(*to_concrete(args), **concrete)
    if not _holds_tensor(result):
        return result
    call = Call(node, _name_operation(node), _bind_arguments(node, args, kwargs), result)
    return _pair(result, domain.apply(call), node)


def _pair(result: Any, value: Any, node: fx.Node) -> Any:
    """Each tensor of ``result`` with its abstract value."""
    if isinstance(result, Tensor):
        return Argument(result, value, node)
    if isinstance(result, (list, tuple)):
        return [_pair(item, part, node) for item, part in zip(result, value, strict=True)]
    return result


def _holds_tensor(result: Any) -> bool:
    if isinstance(result, (list, tuple)):
        return any(_holds_tensor(item) for item in result)
    return isinstance(result, Tensor)


def _name_operation(node: fx.Node) -> str:
    """The name of an operation without namespace and overload: ``conv2d``.

    ``view`` as another type reads the same bytes as other numbers, which is no rearranging: it is called view_dtype.
    """
    _, name, overload = str(node.target).split(".")[:3]
    return "view_dtype" if (name, overload) == ("view", "dtype") else name


def _bind_arguments(node: fx.Node, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    names = [argument.name for argument in schema_of(node).arguments]
    return dict(zip(names, args, strict=False)) | dict(kwargs)
