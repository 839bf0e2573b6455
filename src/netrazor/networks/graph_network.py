"""A graph that runs: a module without any code of the author's, its parameters and buffers the graph's arrays."""

from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn

from netrazor.certification.graph_text import ExportedGraph, GraphArray
from netrazor.errors import CheckpointMismatch, UnsupportedModel
from netrazor.networks.graph_operations import dtype_named
from netrazor.networks.graph_program import GraphProgram


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
