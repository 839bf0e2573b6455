"""The graph is the network: the same answers from text and arrays alone, and nothing held anywhere else."""

import copy
import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from netrazor.certification.graph_literals import price_literals
from netrazor.certification.graph_text import ExportedGraph, GraphArray, Step, parse_graph
from netrazor.errors import CheckpointMismatch, UnsupportedModel
from netrazor.networks import coded_state
from netrazor.networks.exported_graph import export
from netrazor.networks.graph_network import GraphNetwork
from netrazor.networks.network_message import decode_into, encode

TABLE = torch.rand(4, generator=torch.Generator().manual_seed(3))


class Usual(nn.Module):
    """What users write: in-place ReLU, batch norm, dropout, a mask of infinities, tied weights, a view."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.5)
        )
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True, dropout=0.1)
        self.register_buffer("mask", torch.triu(torch.full((36, 36), float("-inf")), 1))
        self.fc = nn.Linear(4, 4)
        self.tied = [self.fc.weight]

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).view(len(x), 4, -1).transpose(1, 2)
        x = self.attention(x, x, x, attn_mask=self.mask, need_weights=False)[0].mean(1)
        return nn.functional.linear(self.fc(x), self.tied[0])


def usual() -> nn.Module:
    torch.manual_seed(0)
    return Usual().eval()


def images(n: int) -> Tensor:
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(n))


def test_text_and_arrays_give_the_same_answers_for_any_batch() -> None:
    model = usual()
    network = export(model, images(3))
    assert (
        list(coded_state(network))
        == [array.name for array in network.graph.arrays]
        == list(coded_state(model))
    )
    again = GraphNetwork(parse_graph(network.graph.text.encode()), network.state_dict())
    assert again.graph.digest == network.graph.digest
    for n in (1, 2, 7):
        with torch.no_grad():
            assert torch.equal(again(images(n)), model(images(n)))


def test_a_graph_network_is_a_module_like_any_other() -> None:
    model = usual()
    network = export(model, images(3))
    assert len(list(network.parameters())) == len(list(model.parameters()))
    blob = encode(network, "custom")
    assert blob == encode(model, "custom")
    decoded = decode_into(network, blob)
    copied = copy.deepcopy(network)
    nn.init.zeros_(network.get_parameter("tied.0"))
    with torch.no_grad():
        assert torch.equal(decoded(images(4)), copied(images(4)))
        assert not torch.equal(network(images(4)), copied(images(4)))


def test_weights_are_swapped_where_the_graph_reads_them() -> None:
    network, inputs = export(usual(), images(3)), images(3)
    zero = {"tied.0": torch.zeros(2, 4, 4), "fc.bias": torch.zeros(2, 4)}
    with torch.no_grad():
        swapped = functional_call(network, {name: tensor[0] for name, tensor in zero.items()}, (inputs,))
        assert not swapped.any()
        both = vmap(lambda weights: functional_call(network, weights, (inputs,)))(zero)
    assert both.shape == (2, 3, 4)
    assert not both.any()


def test_the_digest_is_of_the_computation_alone() -> None:
    class Renamed(Usual):
        """The same under another name, traced with another batch."""

    torch.manual_seed(1)
    digests = {export(usual(), images(3)).graph.digest, export(Renamed(), images(5)).graph.digest}
    assert len(digests) == 1
    other = usual()
    other.conv[0].padding = (1, 1)
    other.mask = torch.zeros(64, 64)
    assert export(other, images(3)).graph.digest not in digests


class Hiding(nn.Module):
    """A table that no parameter or buffer holds."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.fc = nn.Linear(64, 4)
        self.place = place
        self.held = {"t": TABLE.clone()}
        self.number = int.from_bytes(bytes(TABLE.view(torch.uint8).tolist()), "big")
        self.cached = functools.lru_cache(lambda: TABLE)

    def forward(self, x: Tensor, default: Tensor = TABLE) -> Tensor:
        scores = self.fc(x.flatten(1))
        if self.place == "dict":
            return scores + self.held["t"]
        if self.place == "global":
            return scores + TABLE
        if self.place == "cache":
            return scores + self.cached()
        if self.place == "default":
            return scores + default
        return scores + torch.frombuffer(bytearray(self.number.to_bytes(16, "big")), dtype=torch.float32)


@pytest.mark.parametrize("place", ["dict", "global", "cache", "default", "number"])
def test_a_table_held_anywhere_is_one_of_the_arrays(place: str) -> None:
    network = export(Hiding(place).eval(), images(3))
    arrays = dict(network.state_dict())
    assert len(arrays) == 3
    assert any(torch.equal(array, TABLE) for array in arrays.values())
    for array in arrays.values():
        array.zero_()
    assert not network(images(2)).any()


def test_constants_that_nothing_holds_come_last() -> None:
    *_, name = coded_state(export(Hiding("number").eval(), images(3)))
    assert name == "constant.2"


class Calls(nn.Module):
    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1, track_running_stats=False)
        self.fc = nn.Linear(64, 4)
        self.steps: Tensor
        self.register_buffer("steps", torch.zeros(4))
        self.call = forward
        self.calls = itertools.count(1)  # another number each time

    def forward(self, x: Tensor) -> Tensor:
        return self.call(self, x)  # type: ignore[call-arg,arg-type]


def scores(net: Calls, x: Tensor) -> Tensor:
    return net.fc(x.flatten(1))


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda net, x: scores(net, x) if x.mean() > 0 else -scores(net, x), "cannot be exported"),
        (
            lambda net, x: nn.functional.dropout(scores(net, x), 0.5),
            "none of the operations that a graph may",
        ),
        (lambda net, x: scores(net, x) + torch.rand(4), "none of the operations that a graph may"),
        (lambda net, x: scores(net, x) + next(net.calls), "answers otherwise than its graph"),
        (lambda net, x: scores(net, net.norm(x)), "or on the rest of a batch"),
        (lambda net, x: scores(net, x) + net.steps.add_(1), "forward pass changes steps"),
        (lambda net, x: (scores(net, x), x), "output: must be one tensor"),
    ],
)
def test_what_is_no_graph_or_depends_on_chance_or_on_batch_mates_is_refused(
    forward: Callable[[Tensor], Tensor], reason: str
) -> None:
    with pytest.raises(UnsupportedModel, match=reason):
        export(Calls(forward), images(3))


def test_literals_are_counted() -> None:
    graph = export(
        Calls(lambda net, x: scores(net, x.flatten(1)[:, [3 * i % 64 for i in range(64)]]) / 0.3081),
        images(3),
    ).graph
    assert price_literals(graph).count == 1


def network_of(*steps: tuple[str, list[Any]], shape: tuple[int, ...] = (5,)) -> GraphNetwork:
    """A network of one array, 3 x 5, and these steps, of which the last gives the scores."""
    weight = GraphArray("w", "parameter", "float32", (3, 5))
    listed = tuple(Step(name, held, {}) for name, held in steps)
    return GraphNetwork(
        ExportedGraph((weight,), "float32", shape, listed, len(listed) + 1), {"w": torch.ones(3, 5)}
    )


W, X = {"value": 0}, {"value": 1}


def test_a_text_written_by_hand() -> None:
    network = network_of(("aten.linear.default", [X, W]))
    assert torch.equal(network(torch.ones(2, 5)), torch.full((2, 3), 5.0))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("aten.rand.default", "none of the operations"),
        ("aten.from_file.default", "none of the operations"),
        ("aten.add_.Tensor", "none of the operations"),
        ("prim.device.default", "none of the operations"),
        ("aten.__class__.__init__", "none of the operations"),
        ("os.system", "none of the operations"),
        ("aten.relu.nothing", "has no operation"),
        ("aten.relu.__class__", "has no operation"),
        ("aten.add.out", "is random or changes values"),
    ],
)
def test_operations_that_are_not_allowed(name: str, reason: str) -> None:
    with pytest.raises(UnsupportedModel, match=reason):
        network_of((name, [X]))


def test_training_mode_is_not_allowed() -> None:
    with pytest.raises(UnsupportedModel, match="in training mode"):
        network_of(("aten.batch_norm.default", [X, None, None, None, None, True, 0.1, 1e-5, True]))


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([("aten.repeat.default", [X, [2**20, 2**10]])], "may take"),
        ([("aten.repeat.default", [X, [2**30, 2**30]])], "overflowed"),
        ([("aten.zeros.default", [[2**40]])], "may take"),
        ([("aten.expand.default", [W, [2**30, 3, 5]]), ("aten.relu.default", [{"value": 2}])], "may take"),
        ([("aten.cat.default", [[{"value": place}] * 2, 1]) for place in range(1, 40)], "may take"),
        ([("aten.pad.default", [X, [0, 2**40]])], "may take"),
        ([("aten.linear.default", [W, X, W])], "does not fit its arguments"),
        ([("aten.relu.default", [])], "does not fit its arguments"),
        ([("aten.relu.default", [3])], "does not fit its arguments"),
        ([("getitem", [X, 0])], "getitem takes one of several"),
        ([("mul", [W, X])], "takes numbers"),
        ([("mul", [2**62, 2**62])], "a size above"),
        ([("sym_float", [2])], "must be a tensor of scores"),
    ],
)
def test_steps_that_take_too_much_or_do_not_fit_are_found_on_shapes_alone(
    steps: list[tuple[str, list[Any]]], reason: str
) -> None:
    with pytest.raises(UnsupportedModel, match=reason):
        network_of(*steps)(torch.ones(2, 5))


def test_memory_of_values_that_nobody_reads_again_is_free_again() -> None:
    doubled = [("aten.repeat.default", [X, [1, 2**19]])]
    steps = [*doubled, *(("aten.neg.default", [{"value": place}]) for place in range(2, 40))]
    network = network_of(*steps, ("aten.sum.dim_IntList", [{"value": 40}, [1], True]))
    network._program.check_memory(10)
    with pytest.raises(UnsupportedModel, match="may take"):
        network_of(
            *steps, ("aten.cat.default", [[{"value": place} for place in range(2, 41)], 1])
        )._program.check_memory(10)


@pytest.mark.parametrize("inputs", [torch.ones(2, 4), torch.ones(2, 5, 1), torch.ones(2, 5).double()])
def test_other_inputs_than_the_graph_is_of(inputs: Tensor) -> None:
    with pytest.raises(UnsupportedModel, match="a batch of float32"):
        network_of(("aten.linear.default", [X, W]))(inputs)


@pytest.mark.parametrize(
    "names", [("a", "a.b"), ("a..b",), ("forward",), ("x.training",), ("_program",), ("",)]
)
def test_names_that_no_module_can_have(names: tuple[str, ...]) -> None:
    arrays = tuple(GraphArray(name, "buffer", "float32", (1,)) for name in names)
    with pytest.raises(UnsupportedModel, match="no array can have the name"):
        GraphNetwork(ExportedGraph(arrays, "float32", (1,), (), 0), {name: torch.ones(1) for name in names})


def test_a_blank_network_takes_no_memory_for_arrays_that_are_not_there() -> None:
    huge = ExportedGraph((GraphArray("w", "parameter", "float32", (2**39,)),), "float32", (5,), (), 1)
    for available in ({}, {"w": (3, 5)}):
        with pytest.raises(CheckpointMismatch, match="arrays of its shapes needed for w"):
            GraphNetwork.blank(huge, available)
