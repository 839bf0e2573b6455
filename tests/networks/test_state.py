"""The coded state: everything that shapes the output, once, and back into a fresh network."""

import functools

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netrazor import networks
from netrazor.errors import CheckpointMismatch, NonFiniteWeights, UnsupportedModel
from netrazor.networks import coded_state, load_coded_state

TABLE = torch.ones(3)


class Odd(nn.Module):
    """State in every place where a module can hold it."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first = nn.Linear(3, 3)
        self.tied = nn.Linear(3, 3)
        self.tied.weight = self.first.weight
        self.norm = nn.BatchNorm1d(3)
        self.norm.running_mean.normal_()
        self.register_buffer("hidden", torch.randn(3), persistent=False)
        self.plain = torch.randn(3)
        self.listed = [torch.randn(3), {"inner": torch.randn(3)}]
        self.unregistered = [nn.Linear(3, 3)]
        self.array = np.random.default_rng(seed).normal(size=3)
        self.short = nn.Parameter(torch.randn(3).bfloat16())
        shift = torch.randn(3)
        self.function = lambda x: x + shift
        self.bound = functools.partial(torch.add, other=torch.randn(3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.tied(self.first(x))) + self.hidden + self.plain
        x = self.unregistered[0](x + self.listed[0] + self.listed[1]["inner"])
        return self.bound(self.function(x) + torch.from_numpy(self.array).float() + self.short)


def test_state_in_any_place_is_found_once_and_loaded_back() -> None:
    model, fresh = Odd(0).eval(), Odd(1).eval()
    state = coded_state(model)
    assert "tied.weight" not in state
    assert {"first.weight", "tied.bias", "norm.running_var", "hidden", "plain", "listed.1.inner"} <= set(
        state
    )
    assert {"unregistered.0.weight", "array", "function.shift", "bound.keywords.other"} <= set(state)
    assert not any("num_batches_tracked" in name for name in state)
    assert state["short"].dtype == np.float32
    assert state["array"].dtype == np.float64
    x = torch.randn(5, 3)
    assert not torch.equal(model(x), fresh(x))
    load_coded_state(fresh, state)
    assert torch.equal(model(x), fresh(x))
    assert fresh.tied.weight is fresh.first.weight


@pytest.mark.parametrize("name", networks.ARCHITECTURES[1:])
def test_every_declared_network_round_trips_to_the_bit(name: str) -> None:
    model, fresh = networks.build(name), networks.build(name)
    state = coded_state(model)
    load_coded_state(fresh, state)
    again = coded_state(fresh)
    assert list(again) == list(state)
    assert all(np.array_equal(again[key], state[key]) for key in state)


def test_names_follow_definition_and_hold_every_parameter() -> None:
    model = networks.build("lenet5")
    assert list(coded_state(model)) == [name for name, _ in model.named_parameters()]
    recurrent = nn.LSTM(4, 5)
    assert list(coded_state(recurrent)) == [name for name, _ in recurrent.named_parameters()]


def test_state_is_a_copy_unless_views_are_asked_for() -> None:
    model = nn.Linear(2, 2)
    copied, viewed = coded_state(model), coded_state(model, copy=False)
    nn.init.constant_(model.weight, 7.0)
    assert not (copied["weight"] == 7).any()
    assert (viewed["weight"] == 7).all()


def test_loading_the_wrong_state_names_what_differs_and_changes_nothing() -> None:
    model = networks.build("lenet5")
    before = coded_state(model)
    other = coded_state(networks.build("lenet5"))
    with pytest.raises(CheckpointMismatch, match=r"missing fc2\.bias, unexpected none"):
        load_coded_state(model, {key: value for key, value in other.items() if key != "fc2.bias"})
    with pytest.raises(CheckpointMismatch, match="unexpected extra"):
        load_coded_state(model, other | {"extra": np.zeros(1)})
    with pytest.raises(CheckpointMismatch, match=r"fc2\.bias: shape \(10,\) expected, got \(11,\)"):
        load_coded_state(model, other | {"fc2.bias": np.zeros(11, np.float32)})
    with pytest.raises(CheckpointMismatch, match=r"fc2\.bias: type"):
        load_coded_state(model, other | {"fc2.bias": np.zeros(10)})
    after = coded_state(model)
    assert all(np.array_equal(before[key], after[key]) for key in before)


def test_values_that_half_precision_cannot_hold_are_refused() -> None:
    model = nn.Linear(2, 2).half()
    state = coded_state(model)
    load_coded_state(model, state)
    with pytest.raises(CheckpointMismatch, match="cannot hold"):
        load_coded_state(model, state | {"bias": np.full(2, 1.0001, np.float32)})


def test_non_finite_values_are_refused_but_for_masks_in_buffers() -> None:
    model = nn.Linear(2, 2)
    model.register_buffer("mask", torch.full((2,), float("-inf")))
    coded_state(model)
    nn.init.constant_(model.bias, float("inf"))
    with pytest.raises(NonFiniteWeights, match=r"bias: .* 2 of 2"):
        coded_state(model)
    nn.init.zeros_(model.bias)
    model.mask[0] = float("nan")
    with pytest.raises(NonFiniteWeights, match="mask"):
        coded_state(model)


class UsesGlobal(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return self._shift(x)

    @staticmethod
    def _shift(x: Tensor) -> Tensor:
        return next(y + TABLE for y in (x,))


class UsesClass(nn.Module):
    table = torch.ones(3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table


class NamedLikeAGlobal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.TABLE = nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.TABLE


def hooked() -> nn.Module:
    model = nn.Linear(3, 3)
    model.register_forward_hook(lambda module, inputs, output: output * 2)
    return model


def with_buffer(value: object) -> nn.Module:
    model = nn.Linear(3, 3)
    model.extra = value
    return model


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (UsesGlobal(), "TABLE: a tensor outside"),
        (UsesClass(), r"UsesClass\.table: a tensor outside"),
        (hooked(), "forward hooks"),
        (torch.jit.script(nn.Linear(3, 3)), "scripted"),
        (nn.LazyLinear(3), "not initialized"),
        (nn.Linear(3, 3, device="meta"), "meta device"),
        (with_buffer(torch.zeros(3, dtype=torch.complex64)), "extra: .*complex64"),
        (with_buffer(torch.eye(3).to_sparse()), "extra: .*sparse"),
        (with_buffer(torch.zeros(1).expand(3)), "extra: .* repeats"),
        (with_buffer(torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)), "extra: .* quantized"),
        (with_buffer({"a.b": torch.ones(1), "a": {"b": torch.ones(1)}}), r"extra\.a\.b: two pieces"),
        (with_buffer(np.array([object()])), "extra: an array of objects"),
    ],
)
def test_state_that_cannot_be_coded_is_refused(model: nn.Module, match: str) -> None:
    with pytest.raises(UnsupportedModel, match=match):
        coded_state(model)


def test_a_parameter_named_like_a_global_tensor_is_no_global() -> None:
    assert list(coded_state(NamedLikeAGlobal())) == ["TABLE"]


def test_an_overridden_part_of_a_layer_is_searched() -> None:
    """Of which only torch's code knows the name."""
    numbers = [7] * 2000

    class Looking(nn.Conv2d):
        def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
            return super()._conv_forward(x, weight, bias) + numbers[0]

    with pytest.raises(UnsupportedModel, match=r"numbers\.\d+: .*bits of settings"):
        coded_state(nn.Sequential(Looking(1, 1, 1)))
