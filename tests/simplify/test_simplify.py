"""Simplified networks compute the same, only shorter, and are simplified once and for all."""

import sys
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from zoo import DECLARED, ZOO, inputs, pruned

from netrazor import networks
from netrazor.errors import ConfigurationError
from netrazor.networks import coded_state
from netrazor.simplify import order_for_coding
from netrazor.simplify.channel_groups import ChannelAxis, ChannelGroup, find_channel_groups
from netrazor.simplify.folding import fold_constants
from netrazor.simplify.live_elements import find_live_elements
from netrazor.simplify.simplification import SimplifyReport, simplify
from netrazor.simplify.traced_graph import Graph, trace
from netrazor.simplify.undo_log import UndoLog

ALL = {**ZOO, **DECLARED}


def assert_same_function(expected: Tensor, got: Tensor) -> None:
    assert torch.allclose(got, expected, atol=1e-4 * expected.abs().max().item() + 1e-7)


def nonzero_values(model: nn.Module) -> Counter:
    return Counter(float(v) for array in coded_state(model).values() for v in array[array != 0])


def random_order(seed: int):
    generator = np.random.default_rng(seed)
    return lambda patterns: generator.permutation(len(patterns.incoming))


@pytest.mark.parametrize("name", ALL)
def test_function_stays_and_a_second_call_changes_nothing(name: str) -> None:
    make, kind = ALL[name]
    model = pruned(make, 0.15 if name in ZOO else 0.03, seed=1)
    x = inputs(kind)
    expected = model(x)
    report = simplify(model, inputs(kind, seed=5))
    assert report.untouched == ""
    assert report.zeroed > 0
    assert_same_function(expected, model(x))
    first = coded_state(model)
    assert simplify(model, inputs(kind, seed=7)) == SimplifyReport(
        channels=report.channels, live_channels=report.live_channels
    )
    assert all(np.array_equal(first[key], array) for key, array in coded_state(model).items())


@pytest.mark.parametrize("name", ZOO)
@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(density=st.floats(0.02, 0.9), seed=st.integers(0, 10**6), fold=st.booleans())
def test_any_mask_and_any_order_leave_the_function(name: str, density: float, seed: int, fold: bool) -> None:
    make, kind = ZOO[name]
    model = pruned(make, density, seed)
    x = inputs(kind, seed=seed)
    expected, before = model(x), nonzero_values(model)
    report = simplify(model, inputs(kind, seed=seed + 1), order=random_order(seed), fold=fold)
    assert report.untouched == ""
    assert_same_function(expected, model(x))
    if not fold:
        assert nonzero_values(model) <= before
        assert before.total() - nonzero_values(model).total() == report.zeroed


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("lenet5", [20, 50, 500]),
        ("lenet-300-100", [300, 100]),
        ("text-classifier", [32, 64]),
        ("residual", [6, 8]),
        ("dense", [2, 2, 5, 6]),
        ("grouped", [5, 4]),
        ("recurrent", []),
        ("gapped", [6, 3, 3, 2]),
        ("matrices", [4, 4, 4, 4]),
        ("small-resnet", [4, 4, 8, 4, 16, 8]),
        ("small-transformer", [8, 4, 4, 4, 4, 16]),
        ("encoder", [8, 4, 4, 4, 4, 12]),
    ],
)
def test_groups_of_interchangeable_channels(name: str, sizes: list[int]) -> None:
    make, kind = ALL[name]
    groups = find_channel_groups(trace(make(), inputs(kind)))
    assert sorted(len(group) for group in groups) == sorted(sizes)


def test_a_channel_without_a_way_out_or_in_is_cleared() -> None:
    model = networks.MLP((3, 4, 2))
    with torch.no_grad():
        model.layers[1].weight[0] = 0.0
        model.layers[1].bias[0] = 0.0
        model.layers[3].weight[:, 1] = 0.0
    simplify(model, torch.rand(2, 3), fold=False)
    assert (model.layers[1].weight[2:] == 0).all()
    assert (model.layers[1].bias[2:] == 0).all()
    assert (model.layers[3].weight[:, 2:] == 0).all()
    assert (model.layers[1].weight[:2] != 0).all()


def test_a_channel_with_a_bias_alone_goes_to_the_next_bias() -> None:
    model = networks.MLP((3, 4, 2))
    with torch.no_grad():
        model.layers[1].weight[0] = 0.0
        model.layers[1].bias[0] = 0.5
    bias, weight = model.layers[3].bias.clone(), model.layers[3].weight.clone()
    report = simplify(model, torch.rand(2, 3))
    assert report == SimplifyReport(zeroed=1, folded=2, reordered=1, channels=4, live_channels=3)
    assert torch.allclose(model.layers[3].bias, bias + 0.5 * weight[:, 0])
    assert (model.layers[3].weight[:, 3] == 0).all()


def test_a_constant_behind_padding_stays() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 2, 3, padding=1), nn.Flatten())
    with torch.no_grad():
        model[0].weight[0] = 0.0
        model[0].bias[:] = 1.0
    assert fold_constants(trace(model, torch.rand(2, 1, 5, 5)), UndoLog()) == 0
    model[2].padding = (0, 0)
    assert fold_constants(trace(model, torch.rand(2, 1, 5, 5)), UndoLog()) == 18


def test_constants_go_through_batch_norm() -> None:
    model = pruned(lambda: networks.MobileNet(0.25, 3, stem_stride=1), 1.0, seed=0)
    x = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        model.stem[0].weight[:4] = 0.0
        model.stem[1].bias[:4] = 1.0
    expected = model(x)
    report = simplify(model, x)
    assert report.folded >= 4
    assert_same_function(expected, model(x))
    assert (model.stem[1].running_var[-4:] == 0).all()


def test_channels_stand_in_descending_order_of_their_weights() -> None:
    model = pruned(lambda: networks.build("lenet5"), 0.02, seed=3)
    report = simplify(model, torch.rand(2, 1, 28, 28))
    counts = (model.fc1.weight != 0).sum(1) + (model.fc2.weight != 0).sum(0) + (model.fc1.bias != 0)
    assert (counts.diff() <= 0).all()
    assert (counts == 0).any()
    assert report.live_channels < report.channels == 570


@pytest.mark.parametrize(
    ("order", "sides"), [("incoming", (1, 0)), ("outgoing", (0, 1)), ("lexicographic", (0, 0))]
)
def test_other_orders(order: str, sides: tuple[int, int]) -> None:
    model = pruned(lambda: networks.MLP((6, 20, 3)), 0.3, seed=0)
    simplify(model, torch.rand(2, 6), order=order)
    first, second = model.layers[1], model.layers[3]
    incoming = (first.weight != 0).sum(1) + (first.bias != 0)
    counts = sides[0] * incoming + sides[1] * (second.weight != 0).sum(0)
    assert (counts.diff() <= 0).all()
    live = (incoming > 0).int()
    assert (live.diff() <= 0).all()


def test_an_order_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="order: one of count"):
        simplify(networks.MLP((3, 4, 2)), torch.rand(2, 3), order="size")


def test_order_does_not_depend_on_where_channels_stood() -> None:
    one, other = (pruned(lambda: networks.build("lenet5"), 0.03, seed=2) for _ in range(2))
    simplify(other, torch.rand(2, 1, 28, 28), order=random_order(0))
    for model in (one, other):
        simplify(model, torch.rand(2, 1, 28, 28))
    for (name, a), b in zip(coded_state(one).items(), coded_state(other).values(), strict=True):
        assert (a != 0).sum() == (b != 0).sum(), name
        assert [(row != 0).sum() for row in a] == [(row != 0).sum() for row in b] or name != "conv1.weight"


class Branching(nn.Module):
    """Which way its forward takes depends on the values of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) if x.sum() > 0 else -self.fc(x)


def test_a_network_that_cannot_be_followed_stays_untouched() -> None:
    model = Branching()
    before = coded_state(model)
    report = simplify(model, torch.rand(2, 3))
    assert "cannot be traced" in report.untouched
    assert all(np.array_equal(before[name], array) for name, array in coded_state(model).items())


class Ungraded(nn.Module):
    """Its forward holds a region that torch.export keeps whole, and one that it cannot have channels in."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            x = self.fc(x)
        return x


def test_a_network_of_other_than_plain_operations_keeps_its_function() -> None:
    model = Ungraded()
    x = torch.rand(2, 3)
    expected = model(x)
    simplify(model, x)
    assert_same_function(expected, model(x))


def test_live_elements_are_those_on_paths() -> None:
    """Against the definition, for a chain: a path in from the input or a bias, and a path out."""
    for seed in range(5):
        model = pruned(lambda: networks.MLP((5, 7, 6, 3)), 0.25, seed)
        graph = trace(model, torch.rand(2, 5))
        live = {id(graph.state[node]): mask for node, mask in find_live_elements(graph).items()}
        layers = [model.layers[index] for index in (1, 3, 5)]
        weights = [(layer.weight != 0).float() for layer in layers]
        biases = [(layer.bias != 0).float() for layer in layers]
        fed = [torch.ones(5)]
        for weight, bias in zip(weights, biases, strict=True):
            fed.append(((weight @ fed[-1] + bias) > 0).float())
        needed = [torch.ones(3)]
        for weight in reversed(weights):
            needed.insert(0, ((needed[0] @ weight) > 0).float())
        for i, layer in enumerate(layers):
            on_path = weights[i] * fed[i] * needed[i + 1][:, None]
            assert torch.equal(live[id(layer.weight)], on_path > 0)
            assert torch.equal(live[id(layer.bias)], biases[i] * needed[i + 1] > 0)


def test_a_wrong_order_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)  # other weights may leave all units silent on these inputs, and then any order does
    model = networks.MLP((3, 4, 2)).train()
    before = coded_state(model)

    def wrong(graph: Graph) -> list[ChannelGroup]:
        node = next(node for node in graph.state if "layers_1_weight" in str(node))
        return [ChannelGroup((ChannelAxis(node, 0, np.arange(4)[:, None]),))]

    monkeypatch.setattr(sys.modules[simplify.__module__], "find_channel_groups", wrong)
    report = simplify(model, torch.rand(2, 3), order=lambda patterns: np.arange(4)[::-1])
    assert report == SimplifyReport()
    assert model.training
    assert all(np.array_equal(before[name], array) for name, array in coded_state(model).items())


def test_a_wrong_zero_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = networks.MLP((3, 4, 2))
    before = coded_state(model)

    def wrong(graph: Graph) -> dict:
        return {node: torch.zeros_like(tensor, dtype=torch.bool) for node, tensor in graph.state.items()}

    monkeypatch.setattr(sys.modules[simplify.__module__], "find_live_elements", wrong)
    assert simplify(model, torch.rand(2, 3)) == SimplifyReport(untouched="its outputs would change")
    assert all(np.array_equal(before[name], array) for name, array in coded_state(model).items())


def test_channels_that_a_shortcut_mixes_up_are_checked_by_their_outputs() -> None:
    make, kind = ZOO["gapped"]
    model = pruned(make, 0.5, seed=0)
    model.order.copy_(torch.tensor([1, 2, 0, 5, 3, 4, 6, 7, 8]))  # one circle each way round
    x = inputs(kind)
    expected = model(x)
    report = simplify(model, x, order=lambda patterns: np.arange(len(patterns.incoming))[::-1])
    assert report.channels == 6 + 3 + 3
    assert_same_function(expected, model(x))


def test_state_that_is_used_nowhere_is_cleared() -> None:
    make, kind = ZOO["recurrent"]
    model = make()
    simplify(model, inputs(kind))
    assert (model.spare.weight == 0).all()
    assert (model.lstm.weight_hh_l0 != 0).all()


def test_tied_weights_stay_tied() -> None:
    make, kind = ZOO["matrices"]
    model = pruned(make, 0.3, seed=0)
    simplify(model, inputs(kind))
    assert model.out.weight is model.embedding.weight


def test_groups_of_weights_with_a_scale_are_not_torn_apart() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 256), nn.ReLU(), nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 4))
    with torch.no_grad():
        groups = model[2].weight.reshape(-1, 32)
        scales = groups.abs().amax(1, keepdim=True) / 7
        model[2].weight.copy_((torch.round(groups / scales).to(torch.int8) * scales).reshape(64, 256))
    before = model[2].weight.clone()
    assert simplify(model, torch.rand(4, 8)).reordered == 0
    assert order_for_coding(model, torch.rand(4, 8)).reordered == 0
    assert torch.equal(model[2].weight, before)
