"""Networks that `torch.ao` quantized statically, made plain: the same weights, nearly the same scores."""

import pytest
import torch
from torch import Tensor, nn
from torch.ao.nn.quantized import FloatFunctional

from netrazor.networks.plain import make_plain, plain_copy

pytestmark = [
    pytest.mark.filterwarnings("ignore:torch.ao.quantization is deprecated"),
    pytest.mark.filterwarnings("ignore:Please use quant_min"),
    pytest.mark.filterwarnings("ignore:must run observer before calling calculate_qparams"),
]


class Residual(nn.Module):
    """Stub, a convolution behind which its input is added, stub."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = torch.ao.quantization.QuantStub()
        self.inner = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.addition = FloatFunctional()
        self.leave = torch.ao.quantization.DeQuantStub()

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x)
        return self.leave(self.addition.add(x, self.inner(x))).flatten(1)


def chain() -> nn.Module:
    return nn.Sequential(
        torch.ao.quantization.QuantStub(),
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 4, 3, groups=2, dilation=2, padding=2),
        nn.Hardswish(),
        nn.Conv2d(4, 4, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 4, 1),
        nn.ReLU6(),
        nn.Flatten(),
        nn.Linear(64, 8),
        nn.ReLU(),
        nn.Linear(8, 3),
        torch.ao.quantization.DeQuantStub(),
    )


def quantized(model: nn.Module, fuse: list[list[str]], x: Tensor) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    model.eval()
    if fuse:
        torch.ao.quantization.fuse_modules(model, fuse, inplace=True)
    model.qconfig = torch.ao.quantization.get_default_qconfig("fbgemm")
    torch.ao.quantization.prepare(model, inplace=True)
    model(x)
    return torch.ao.quantization.convert(model)


@pytest.mark.parametrize("fuse", [[], [["1", "2", "3"], ["11", "12"]], [["2", "3"]]])
def test_layers_that_torch_quantized_statically_are_plain(fuse: list[list[str]]) -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 3, 8, 8)
    packed = quantized(chain(), fuse, x)
    plain = plain_copy(packed)
    assert not [module for module in plain.modules() if ".quantized" in type(module).__module__]
    assert torch.equal(plain[4].weight, packed[4].weight().dequantize())
    assert torch.equal(plain[13].bias, packed[13].bias())
    with torch.no_grad():
        difference, spread = (plain(x) - packed(x)).abs(), packed(x).std()
    assert difference.max() < 0.2 * spread  # its activations are exact now
    assert difference.mean() < 0.03 * spread


def test_a_sum_of_quantized_activations_is_plain() -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 3, 8, 8)
    packed = quantized(Residual(), [], x)
    plain = make_plain(packed)
    assert torch.equal(plain(x), (x + plain.inner(x)).flatten(1))
    assert list(plain.state_dict()) == ["inner.weight"]
