"""Computing with the channels in use alone: the gradients of the entire network, and the same training."""

import copy

import pytest
import torch
from torch import Tensor, nn

import tiny
from netrazor.compress import LiveChannels, MaskedWeights, RatePruning, masked_weights
from netrazor.networks import build
from netrazor.train import Batches, FitConfig, FitProgress, fit

IMAGES = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(16) % 10


@pytest.fixture(autouse=True)
def _for_small_networks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masked_weights, "_MANY", 0)


def lenet5(*, layout: torch.memory_format = torch.contiguous_format) -> nn.Module:
    torch.manual_seed(0)
    model = build("lenet5").to(memory_format=layout)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data.zero_()  # no constants, which pass gradients to masked weights
    return model


def weight_names(model: nn.Module) -> list[str]:
    return [name for name, p in model.named_parameters() if p.ndim > 1]


def masks_of(model: nn.Module, first: int = 3, second: int = 7, hidden: int = 40) -> dict[str, Tensor]:
    """Half of the weights, of so many channels."""
    drawn = torch.Generator().manual_seed(1)
    masks = {
        name: torch.rand(model.get_parameter(name).shape, generator=drawn) < 0.5
        for name in weight_names(model)
    }
    masks["conv1.weight"][first:] = masks["conv2.weight"][:, first:] = False
    masks["conv2.weight"][second:] = masks["fc1.weight"][:, 16 * second :] = False
    masks["fc1.weight"][hidden:] = masks["fc2.weight"][:, hidden:] = False
    return masks


def shapes(model: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(p.shape) for p in model.parameters()]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradients_are_those_of_the_entire_network(layout: torch.memory_format) -> None:
    gradients = []
    for live in (False, True):
        model = lenet5(layout=layout)
        find = (lambda model=model: LiveChannels.of(model, IMAGES)) if live else None
        weights = MaskedWeights(model, weight_names(model), live=find, saliency=True)
        weights.masks = masks_of(model)
        before = [p.data for p in model.parameters()]
        with weights.applied():
            if live:
                assert shapes(model)[:6] == [(3, 1, 5, 5), (3,), (7, 3, 5, 5), (7,), (40, 112), (40,)]
                assert model.conv2.weight.is_contiguous(memory_format=layout)
            nn.functional.cross_entropy(model(IMAGES), LABELS).backward()
        assert all(
            p.data is held or torch.equal(p.data, held)
            for p, held in zip(model.parameters(), before, strict=True)
        )
        gradients.append([p.grad for p in model.parameters()] + [*weights.squared_gradients.values()])
    for whole, cut in zip(*gradients, strict=True):
        torch.testing.assert_close(cut, whole, rtol=1e-4, atol=1e-7)


def test_a_channel_comes_back_with_its_first_mask() -> None:
    model = lenet5()
    weights = MaskedWeights(model, weight_names(model), live=lambda: LiveChannels.of(model, IMAGES))
    weights.masks = masks_of(model)
    with weights.applied():
        assert model.fc1.weight.shape == (40, 112)
    renewed = weights.masks["fc1.weight"].clone()
    renewed[100, 5] = True
    weights.masks["fc1.weight"] = renewed
    with weights.applied():
        assert model.fc1.weight.shape == (41, 112)


def test_where_nothing_is_left_one_channel_stays() -> None:
    model = lenet5()
    weights = MaskedWeights(model, weight_names(model), live=lambda: LiveChannels.of(model, IMAGES))
    weights.masks = masks_of(model, 0, 0, 0)
    with weights.applied():
        assert shapes(model)[0] == (1, 1, 5, 5)
        assert model(IMAGES).shape == (16, 10)


class Sized(nn.Module):
    """Knows the size of its hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(784, 30), nn.Linear(30, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.fc1(x.flatten(1))).view(-1, 30))


class Branches(Sized):
    """Cannot be traced."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if bool(x.sum() > 0) else -x)


@pytest.mark.parametrize(
    "network", [Sized, Branches, lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10))]
)
def test_networks_that_cannot_do_without_a_channel(network: type[nn.Module]) -> None:
    model = network()
    assert LiveChannels.of(model, IMAGES) is None
    weights = MaskedWeights(model, weight_names(model), live=lambda: LiveChannels.of(model, IMAGES))
    weights.masks = {name: torch.zeros_like(mask) for name, mask in weights.masks.items()}
    with weights.applied():
        assert shapes(model) == shapes(network())


def test_channels_that_a_norm_takes_part_in_stay() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 26 * 26, 10)
    )
    assert LiveChannels.of(model, IMAGES) is None


def test_while_most_weights_are_in_use_nobody_looks() -> None:
    model = lenet5()
    weights = MaskedWeights(model, weight_names(model), live=lambda: pytest.fail("looked"))
    with weights.applied():
        pass


def test_a_resumed_fit_ends_as_if_never_stopped() -> None:
    def trained(resume: dict | None = None) -> tuple[nn.Module, list]:
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 30), nn.ReLU(), nn.Dropout(0.2), nn.Linear(30, tiny.CLASSES)
        )
        names, states = [name for name, _ in model.named_parameters()], []
        example = tiny.images().batch(torch.arange(8))[0]
        schedule = RatePruning(25, end=8, stop=16, every=2)
        weights = MaskedWeights(
            model, names, schedule, saliency=True, live=lambda: LiveChannels.of(model, example)
        )
        progress = FitProgress(resume=resume, save=lambda state: states.append(copy.deepcopy(state())))
        torch.manual_seed(1)
        fit(
            model,
            weights,
            Batches(tiny.images(), 40, seed=2),
            FitConfig(20, 40, tiny.FAST),
            progress=progress,
        )
        with weights.applied():
            assert len(model[1].weight) < 30
        return model, states

    whole, states = trained()
    resumed, _ = trained(states[11])
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))
