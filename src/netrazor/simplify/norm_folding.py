"""Folding batch norms into the layers that they follow, so that a norm has nothing left but a shift.

In evaluation mode a norm is an affine map of each channel, and so is part of the convolution or linear layer whose
output nothing but the norm reads. Residual graphs are no exception: what matters is that one edge.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, fx, nn

from netrazor.errors import UnsupportedModel
from netrazor.simplify.batch_norms import fold_statistics
from netrazor.simplify.interpretation import Call, find_exclusive_state, interpret
from netrazor.simplify.live_elements import InputDependence
from netrazor.simplify.operations import CONVOLUTIONS
from netrazor.simplify.traced_graph import Graph, trace


@dataclass(frozen=True)
class _NormedLayer:
    """The tensors of a layer and of the norm behind it, none of which anything else uses."""

    layer_bias: Tensor | None
    layer_weight: Tensor
    weight: Tensor
    bias: Tensor
    mean: Tensor
    var: Tensor
    eps: float = field(kw_only=True)


@torch.no_grad()
def fold_norms(model: nn.Module, example: Tensor) -> int:
    """Fold the batch norms of ``model`` into the layers before them, in place; returns how many.

    Afterwards such a norm has scale one, mean zero and variance one, all of which cost next to nothing in a message,
    and its shift is what the layer's bias was; the layer's own bias is zero. The function in evaluation mode stays
    the same up to rounding. Norms that follow no layer, or share it, keep a scale for each channel and lose their
    statistics (`fold_statistics`); so do those of a network whose forward pass cannot be traced. Fold before weights
    are quantized.
    """
    folded = 0
    try:
        graph = trace(model, example)
    except UnsupportedModel:
        fold_statistics(model)
        return 0
    for normed in _find_normed_layers(graph):
        scale = normed.weight.double() / torch.sqrt(normed.var.double() + normed.eps)
        shift = normed.bias.double() - normed.mean.double() * scale
        if normed.layer_bias is not None:
            shift += normed.layer_bias.double() * scale
            normed.layer_bias.zero_()
        rows = scale.view(-1, *[1] * (normed.layer_weight.ndim - 1)) * (1 + normed.eps) ** 0.5
        normed.layer_weight.copy_(normed.layer_weight.double() * rows)
        normed.bias.copy_(shift)
        normed.weight.fill_(1)
        normed.mean.zero_()
        normed.var.fill_(1)
        folded += 1
    fold_statistics(model)
    return folded


def _find_normed_layers(graph: Graph) -> Iterator[_NormedLayer]:
    """The layers of ``graph`` that nothing but a batch norm reads."""
    layers: dict[fx.Node, Call] = {}
    norms: list[Call] = []

    def visit(call: Call) -> None:
        if call.name == "linear" or (call.name in CONVOLUTIONS and "transpose" not in call.name):
            layers[call.node] = call
        elif call.name == "batch_norm" and call["running_mean"] is not None:
            norms.append(call)

    interpret(graph, InputDependence(visit))
    for norm in norms:
        layer = layers.get(norm["input"].node)
        if layer is None or len(layer.node.users) > 1 or (layer.name == "linear" and layer.result.ndim != 2):
            continue  # the channels of a linear layer on more axes are not those of the norm
        bias = find_exclusive_state(graph, layer["bias"])
        if layer["bias"] is not None and bias is None:
            continue
        own = [layer["weight"], *(norm[name] for name in ("weight", "bias", "running_mean", "running_var"))]
        tensors = [find_exclusive_state(graph, argument) for argument in own]
        held = [tensor for tensor in tensors if tensor is not None]
        if len(held) == len(own):
            yield _NormedLayer(bias, *held, eps=float(norm["eps"]))
