"""What is encoded and counted of a network: the graph of a user's own, or the network itself with the reason why."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import GraphRecord
from netrazor.certification.graph_literals import price_literals
from netrazor.counting import in_order
from netrazor.errors import UnsupportedModel
from netrazor.networks import index_of
from netrazor.networks.exported_graph import export
from netrazor.networks.graph_network import GraphNetwork

_EXAMPLES = 2  # of a batch to trace: one would be taken for a size that never changes


@dataclass(frozen=True)
class CodedNetwork:
    """What is encoded, decoded again and counted.

    Attributes:
        network: a `GraphNetwork`, or the network that was brought.
        no_graph: why it is no graph; None for graphs and declared architectures.
        whole: the network of which it is a part; None: it is all.
    """

    network: nn.Module
    no_graph: str | None = None
    whole: nn.Module | None = None

    @property
    def described(self) -> nn.Module:
        """The network that a certificate is about."""
        return self.network if self.whole is None else self.whole


def coded_network(model: nn.Module, architecture: str, examples: Dataset[tuple[Tensor, int]]) -> CodedNetwork:
    """The graph of ``model`` if it is the user's own and can be exported; otherwise ``model`` itself."""
    if index_of(architecture) > 0:
        return CodedNetwork(model)
    inputs = next(in_order(examples, _EXAMPLES))[0]
    try:
        return CodedNetwork(export(model, torch.cat([inputs, inputs]) if len(inputs) == 1 else inputs))
    except UnsupportedModel as error:
        return CodedNetwork(model, str(error))


def graph_record(network: nn.Module) -> GraphRecord | None:
    """What a certificate says of the graph of ``network``; None where it is none."""
    if not isinstance(network, GraphNetwork):
        return None
    literals = price_literals(network.graph)
    return GraphRecord(
        sha256=network.graph.digest,
        bytes=len(network.graph.text),
        literals=literals.count,
        literal_bits=literals.bits,
    )


def graph_text(network: nn.Module) -> bytes | None:
    """The file of the graph of ``network``; None where it is none."""
    return network.graph.text.encode() if isinstance(network, GraphNetwork) else None


def literal_bits(network: nn.Module) -> int:
    """What the numbers in the graph of ``network`` cost."""
    return price_literals(network.graph).bits if isinstance(network, GraphNetwork) else 0
