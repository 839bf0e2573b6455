"""The coded part of a network computes what the network computes, from inputs and from features alike."""

import copy

import pytest
import torch
from torch import Tensor, nn

import tiny
from netrazor.errors import UnsupportedModel
from netrazor.networks import coded_state
from netrazor.networks.coded_part import coded_part
from netrazor.networks.exported_graph import export
from netrazor.networks.given_arrays import given_names

INPUTS = tiny.images(30).batch(torch.arange(30))[0]


class Masked(nn.Module):
    """A frozen encoder, an adapter behind it, and a mean over tokens that reads the inputs again."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(40, 8)
        self.encoder = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.down, self.up = nn.Parameter(torch.randn(8, 2)), nn.Parameter(torch.randn(2, 8))
        self.head = nn.Linear(8, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        mask = tokens != 0
        hidden = self.encoder(self.embedding(tokens))
        hidden = hidden + hidden @ self.down @ self.up
        return self.head((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True))


def masked_inputs() -> Tensor:
    tokens = torch.randint(0, 40, (7, 5), generator=torch.Generator().manual_seed(0))
    tokens[:, 0] = 1
    return tokens


NETWORKS = {
    "head": (tiny.small, ["conv", "fc1"], INPUTS),
    "two layers": (tiny.small, "conv", INPUTS),
    "an early layer": (tiny.small, "fc*", INPUTS),
    "several features": (Masked, ["embedding", "encoder"], masked_inputs()),
    "head alone": (Masked, ["embedding", "encoder", "down", "up"], masked_inputs()),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_features_change_no_bit_of_the_scores(name: str) -> None:
    build, given, inputs = NETWORKS[name]
    torch.manual_seed(0)
    model = build().eval()
    names = given_names(model, given)
    part = coded_part(export(model, inputs[:4]), names, inputs[:4])
    assert list(coded_state(part)) == [n for n in coded_state(model) if n not in names]
    with torch.no_grad():
        expected = part(inputs)
        whole = model(inputs)
        assert torch.equal(expected, whole)
        features = part.features_of(inputs)
        assert len(features) == len(inputs)
        assert features[0].numel() * features.element_size() == part.bytes_of_features
        part.reads_features = True
        assert torch.equal(part(features), expected)
        some = torch.tensor([3, 0, 5])
        assert torch.allclose(part(features[some]), expected[some], atol=1e-5)
    assert part.fixed.parts.uses_given == (name != "an early layer")


def test_a_head_is_a_linear_layer_and_copies_share_what_is_given() -> None:
    model = tiny.small().eval()
    part = coded_part(export(model, INPUTS[:4]), given_names(model, ["conv", "fc1"]), INPUTS[:4])
    assert isinstance(part.fc2, nn.Linear)
    twin = copy.deepcopy(part)
    assert twin.fixed is part.fixed
    assert twin.fc2.weight is not part.fc2.weight
    part.fc2.weight.data.zero_()
    assert bool(model.fc2.weight.any())  # the network that it came from stays


def test_gradients_reach_the_coded_arrays() -> None:
    model = Masked().eval()
    part = coded_part(
        export(model, masked_inputs()), given_names(model, ["embedding", "encoder"]), masked_inputs()
    )
    part(masked_inputs()).sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in part.parameters())


class OfTheBatch(tiny.Small):
    """Its given part looks at the rest of the batch."""

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv(x)).mean(0)
        return self.fc2(torch.relu(self.fc1(x.reshape(1, -1)))).expand(4, -1)


def test_a_given_part_that_mixes_examples_does_not_come_apart() -> None:
    model = OfTheBatch().eval()
    with pytest.raises(UnsupportedModel, match="come apart"):
        coded_part(export(model, INPUTS[:4]), given_names(model, ["conv", "fc1"]), INPUTS[:4])
