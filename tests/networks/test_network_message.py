"""Networks as messages: also those with infinite values in a buffer."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netrazor import coding
from netrazor.certification.noise_description import Noise
from netrazor.errors import CheckpointMismatch, MessageTooLarge, NonFiniteWeights
from netrazor.networks import coded_state
from netrazor.networks.network_message import codable_arrays, decode_into, encode, limits_of


class Masked(nn.Module):
    """Attention with the usual causal mask in a buffer."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4, dtype=dtype)
        self.register_buffer("mask", torch.triu(torch.full((4, 4), float("-inf"), dtype=dtype), 1))

    def forward(self, x: Tensor) -> Tensor:
        return (self.fc(x)[:, None] + self.mask).softmax(-1).sum(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_mask_of_infinities_is_carried(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    model, fresh = Masked(dtype), Masked(dtype)
    fresh.mask.zero_()
    decoded = decode_into(fresh, encode(model, "custom"))
    assert torch.equal(decoded.mask, model.mask)
    x = torch.randn(3, 4, dtype=dtype)
    assert torch.equal(decoded(x), model(x))


def test_bits_are_only_for_arrays_with_infinities() -> None:
    model = Masked()
    arrays = {name: np.array(array) for name, array in codable_arrays(model).items()}
    assert arrays["mask"].dtype == np.int32
    for name, values in (("fc.bias", np.ones(4, np.float32)), ("mask", np.full((4, 4), np.nan, np.float32))):
        with pytest.raises(CheckpointMismatch, match="type"):
            decode_into(model, coding.encode(arrays | {name: values.view(np.int32)}))


def test_infinite_parameters_and_nan_are_refused() -> None:
    for name, value in (("fc.bias", float("inf")), ("mask", float("nan"))):
        model = Masked()
        with torch.no_grad():
            dict([*model.named_parameters(), *model.named_buffers()])[name].fill_(value)
        with pytest.raises(NonFiniteWeights, match=name):
            codable_arrays(model)


def test_minus_zeros_are_zeros_and_the_rest_are_views() -> None:
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.bias.copy_(torch.tensor([-0.0, 1.0]))
    arrays = codable_arrays(model)
    assert not np.signbit(arrays["bias"]).any()
    assert np.shares_memory(arrays["weight"], model.weight.detach().numpy())
    assert np.signbit(coded_state(model)["bias"][0])


def test_another_order_of_the_arrays_is_refused() -> None:
    model = nn.Linear(2, 2)
    arrays = dict(reversed(codable_arrays(model).items()))
    with pytest.raises(CheckpointMismatch, match="order of the network's definition"):
        decode_into(model, coding.encode(arrays))


@pytest.mark.parametrize("static", [False, True])
def test_a_message_is_read_back_within_the_limits_of_its_network(static: bool) -> None:
    torch.manual_seed(0)
    model = Masked()
    noise = Noise(dict.fromkeys(("fc.weight", "fc.bias"), 0.1), dict.fromkeys(("fc.weight", "fc.bias"), 60))
    for blob in (encode(model, "custom", static=static), encode(model, "custom", noise)):
        assert coding.decode(blob, limits=limits_of(model))
    with pytest.raises(MessageTooLarge, match="arrays"):
        coding.decode(
            encode(nn.Sequential(*(nn.Linear(1, 1) for _ in range(4))), "custom"), limits=limits_of(model)
        )
