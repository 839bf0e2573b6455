"""The loop: what plain PyTorch does, resumable at every step."""

import copy
import io
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import tiny
from netrazor.compress import CodebookConfig, MaskedWeights, QuantizedWeights, RatePruning
from netrazor.errors import CheckpointMismatch, NonFiniteWeights
from netrazor.train import AllParameters, Batches, FitConfig, FitProgress, OptimizerConfig, Trainable, fit

CONFIG = FitConfig(6, 20, OptimizerConfig(rate=1e-2))


def masked(model: nn.Module) -> Trainable:
    names = [name for name, _ in model.named_parameters()]
    return MaskedWeights(model, names, RatePruning(150, end=4, stop=5, every=2), saliency=True)


def quantized(model: nn.Module) -> Trainable:
    return QuantizedWeights(model, CodebookConfig(bits=2, reassign_every=2), CONFIG.steps)


def saved(state: dict[str, Any]) -> dict[str, Any]:
    """A state as it comes back from a file."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


def same(one: nn.Module, other: nn.Module) -> bool:
    states = one.state_dict(), other.state_dict()
    return all(torch.equal(a, b) for a, b in zip(*(s.values() for s in states), strict=True))


def test_it_is_the_plain_loop() -> None:
    torch.manual_seed(1)
    fitted, plain = tiny.small(), tiny.small()
    config = FitConfig(4, 20, OptimizerConfig(kind="sgd", rate=0.1, decay="constant", momentum=0.5))
    torch.manual_seed(2)
    fit(fitted, AllParameters(fitted), Batches(tiny.images(), 20, seed=0), config)
    torch.manual_seed(2)
    sgd = torch.optim.SGD(plain.parameters(), 0.1, momentum=0.5)
    plain.train()
    for _, inputs, labels in Batches(tiny.images(), 20, seed=0).steps(0, 4):
        sgd.zero_grad()
        F.cross_entropy(plain(inputs), labels).backward()
        sgd.step()
    assert same(fitted, plain)
    assert not fitted.training


@pytest.mark.parametrize("behind", [AllParameters, masked, quantized])
def test_resumed_at_any_step_it_ends_as_if_never_stopped(behind: Any) -> None:
    states: list[dict[str, Any]] = []
    start = tiny.small()
    whole = copy.deepcopy(start)
    weights = behind(whole)
    torch.manual_seed(3)
    fit(
        whole,
        weights,
        Batches(tiny.images(), 20, seed=0),
        CONFIG,
        progress=FitProgress(save=lambda state: states.append(saved(state()))),
    )
    weights.finish()
    assert [state["done"] for state in states] == [1, 2, 3, 4, 5, 6]
    for state in states:
        torch.manual_seed(99)  # the state, not what happens to be around, decides
        resumed = copy.deepcopy(start)
        weights = behind(resumed)
        batches = Batches(tiny.images(), 20, seed=0)
        fit(resumed, weights, batches, CONFIG, progress=FitProgress(resume=state))
        weights.finish()
        assert same(resumed, whole), state["done"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_it(bad: float) -> None:
    model = tiny.linear()
    before = copy.deepcopy(model)
    with pytest.raises(NonFiniteWeights, match="loss in stage 'train', step 0: must be finite, got"):
        fit(
            model,
            AllParameters(model),
            Batches(tiny.images(), 20, seed=0),
            CONFIG,
            loss=lambda scores, labels: F.cross_entropy(scores, labels) * bad,
        )
    assert same(model, before)


def test_no_steps_change_nothing() -> None:
    model = tiny.small()
    before = copy.deepcopy(model)
    fit(model, AllParameters(model), Batches(tiny.images(), 20, seed=0), FitConfig(0))
    assert same(model, before)


def test_frozen_parameters_stay() -> None:
    model = tiny.small()
    model.conv.weight.requires_grad_(False)
    before = model.conv.weight.clone()
    fit(model, AllParameters(model), Batches(tiny.images(), 20, seed=0), CONFIG)
    assert torch.equal(model.conv.weight, before)


def test_bfloat16_is_for_forward_passes_only() -> None:
    model, seen = tiny.small(), []
    model.fc2.register_forward_hook(lambda *call: seen.append(call[-1].dtype))
    fit(model, AllParameters(model), Batches(tiny.images(), 20, seed=0), FitConfig(2, precision="bf16-mixed"))
    assert seen == [torch.bfloat16] * 2
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())


@pytest.mark.parametrize(
    "edit", [{"done": "many"}, {"model": {}}, {"random": 3}, {"optimizer": []}, {"weights": None}]
)
def test_an_edited_state_is_refused_by_name(edit: dict[str, Any]) -> None:
    model, states = tiny.small(), []
    batches = Batches(tiny.images(), 20, seed=0)
    saving = FitProgress(save=lambda state: states.append(state()))
    fit(model, masked(model), batches, CONFIG, progress=saving)
    with pytest.raises(CheckpointMismatch, match="its state does not fit this stage"):
        fit(model, masked(model), batches, CONFIG, progress=FitProgress(resume=states[0] | edit))
