"""Layers of which `torch.ao` has packed the weights, as plain ones with the same weights.

What a plain network computes is exact where the quantized one rounded its activations: by dynamic quantization the
inputs of each layer, by static quantization the outputs of each.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.ao.nn import quantized
from torch.ao.nn.intrinsic import quantized as fused
from torch.ao.nn.quantized import dynamic


def unpacked(module: nn.Module) -> nn.Module:
    """The plain layer in place of a quantized one; any other as it is."""
    return _PLAIN.get(type(module), _unchanged)(module)


def _unchanged(module: nn.Module) -> nn.Module:
    return module


def _identity(_: nn.Module) -> nn.Module:
    return nn.Identity()


def _linear(module: Any) -> nn.Module:
    weight, bias = module._weight_bias()
    plain = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    return _with_values(plain, weight=weight.dequantize(), bias=bias)


def _embedding(module: Any) -> nn.Module:
    weight = module.weight()
    return _with_values(nn.Embedding(*weight.shape), weight=weight.dequantize())


def _convolution(kind: type[nn.Module]) -> Callable[[Any], nn.Module]:
    def plain(module: Any) -> nn.Module:
        bias = module.bias()
        convolution = kind(
            module.in_channels,
            module.out_channels,
            module.kernel_size,
            module.stride,
            module.padding,
            module.dilation,
            module.groups,
            bias is not None,
            module.padding_mode,
        )
        return _with_values(convolution, weight=module.weight().dequantize(), bias=bias)

    return plain


def _batch_norm(kind: type[nn.Module]) -> Callable[[Any], nn.Module]:
    def plain(module: Any) -> nn.Module:
        norm = kind(module.num_features, module.eps, module.momentum)
        norm.load_state_dict(module.state_dict(), strict=False)  # but for the scale of its outputs
        return norm

    return plain


def _then_relu(plain: Callable[[Any], nn.Module]) -> Callable[[Any], nn.Module]:
    return lambda module: nn.Sequential(plain(module), nn.ReLU())


def _with_values(module: nn.Module, **values: Tensor | None) -> nn.Module:
    for name, value in values.items():
        if value is not None:
            module._parameters[name] = nn.Parameter(value.detach().float())
    return module


_PLAIN: dict[type[nn.Module], Callable[[Any], nn.Module]] = {
    dynamic.Linear: _linear,
    quantized.Embedding: _embedding,
    quantized.Quantize: _identity,
    quantized.DeQuantize: _identity,
    quantized.Linear: _linear,
    quantized.Conv1d: _convolution(nn.Conv1d),
    quantized.Conv2d: _convolution(nn.Conv2d),
    quantized.Conv3d: _convolution(nn.Conv3d),
    quantized.BatchNorm2d: _batch_norm(nn.BatchNorm2d),
    quantized.BatchNorm3d: _batch_norm(nn.BatchNorm3d),
    quantized.ReLU6: lambda _: nn.ReLU6(),
    quantized.Hardswish: lambda _: nn.Hardswish(),
    quantized.LeakyReLU: lambda module: nn.LeakyReLU(module.negative_slope),
    quantized.QFunctional: lambda _: quantized.FloatFunctional(),
    fused.LinearReLU: _then_relu(_linear),
    fused.ConvReLU1d: _then_relu(_convolution(nn.Conv1d)),
    fused.ConvReLU2d: _then_relu(_convolution(nn.Conv2d)),
    fused.ConvReLU3d: _then_relu(_convolution(nn.Conv3d)),
    fused.BNReLU2d: _then_relu(_batch_norm(nn.BatchNorm2d)),
    fused.BNReLU3d: _then_relu(_batch_norm(nn.BatchNorm3d)),
}
