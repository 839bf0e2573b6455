"""Which networks go through the graph: those that people bring, and those that cannot, each with its reason."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from networks_of_users import CASES, CLASSES
from test_users_networks import BROUGHT, Net, grey
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification.graph_literals import price_literals
from netrazor.counting import in_order, scores_of
from netrazor.networks import coded_state, make_plain
from netrazor.networks.graph_network import GraphNetwork
from netrazor.pipeline.coded_network import coded_network

Data = Callable[[], Dataset[tuple[Tensor, int]]]
GRAPHS: dict[str, tuple[Callable[[], nn.Module], Data]] = {
    **{name: (case.build, case.data) for name, case in CASES.items()},
    **BROUGHT,
}
MOST_LITERAL_BITS = 64  # of all these networks


@pytest.mark.parametrize("kind", GRAPHS)
def test_a_network_that_goes_through_the_graph(kind: str) -> None:
    build, data = GRAPHS[kind]
    torch.manual_seed(0)
    model = make_plain(build()).eval()
    coded = coded_network(model, "custom", data())
    assert coded.no_graph is None
    assert isinstance(coded.network, GraphNetwork)
    state, own = coded_state(coded.network), coded_state(model)
    assert list(state) == [name for name in own if name in state], "names and order of the coded state"
    assert not any(name.startswith("constant") for name in state)
    assert price_literals(coded.network.graph).bits <= MOST_LITERAL_BITS
    inputs = next(in_order(data(), 5))[0]
    with torch.no_grad():
        found, expected = scores_of(coded.network, inputs), scores_of(model, inputs)
    if kind == "attention":  # which torch computes by another kernel in a module than in a graph
        assert torch.allclose(found, expected, atol=1e-5)
    else:
        assert torch.equal(found, expected)


def after_flatten(use: Callable[[Any, Tensor], Tensor]) -> nn.Module:
    def make(net: Any) -> None:
        net.fc = nn.Linear(64, CLASSES)
        net.register_buffer("seen", torch.zeros(1))
        net.norm = nn.BatchNorm1d(64, track_running_stats=False)

    return Net(make, lambda net, x: use(net, x.flatten(1)))


def packed(net: Any, x: Tensor) -> Tensor:
    lengths = torch.full((len(x),), 8)
    rows = nn.utils.rnn.pack_padded_sequence(x.view(-1, 8, 8), lengths, batch_first=True)
    return net.fc(nn.utils.rnn.pad_packed_sequence(rows, batch_first=True)[0].flatten(1))


NO_GRAPHS: dict[str, tuple[Callable[[Any, Tensor], Tensor], str]] = {
    "a branch on values": (lambda net, x: net.fc(x) if x.mean() > 0 else -net.fc(x), "cannot be exported"),
    "a loop over values": (lambda net, x: net.fc(x) + sum(range(int(x.sum()) % 3)), "."),
    "a number taken out": (lambda net, x: net.fc(x) * x.sum().item(), "."),
    "numpy of objects": (lambda net, x: net.fc(torch.tensor([list(map(float, r)) for r in x])), "."),
    "packed sequences": (packed, "."),
    "elements under a mask": (lambda net, x: net.fc(x) + x[x > 0.5].mean(), "."),
    "a Fourier transform": (lambda net, x: net.fc(torch.fft.fft(x).real), "none of the operations"),
    "chance": (lambda net, x: net.fc(x + torch.rand_like(x)), "none of the operations"),
    "dropout that is always on": (
        lambda net, x: net.fc(nn.functional.dropout(x, 0.5)),
        "none of the operations",
    ),
    "statistics of the batch": (lambda net, x: net.fc(net.norm(x)), "rest of a batch"),
    "a state that changes": (lambda net, x: net.fc(x) + net.seen.add_(1), "forward pass changes seen"),
}


@pytest.mark.parametrize("kind", NO_GRAPHS)
def test_a_network_that_is_no_graph_has_a_reason(kind: str) -> None:
    use, reason = NO_GRAPHS[kind]
    model = after_flatten(use)
    coded = coded_network(model, "custom", grey())
    assert coded.network is model
    assert coded.no_graph is not None
    assert re.search(reason, coded.no_graph)


def test_a_declared_network_needs_no_graph() -> None:
    case = CASES["lenet5"]
    model = case.build()
    assert coded_network(model, "lenet5", case.data()).network is model
