"""A smaller network for training: the dead channels that `simplify` moved to the end are cut off.

The message holds zeros in place, but multiplying by them takes time. Where every layer's live channels come first,
the leading blocks of all tensors are a network of their own with the same function.
"""

import copy

import torch
from torch import Tensor, nn

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@torch.no_grad()
def shrink(model: nn.Module, example: Tensor) -> nn.Module:
    """A copy of ``model`` without its trailing dead channels, or a plain copy where cutting would change it.

    Layers are cut in the order in which ``example`` passes them. Each layer loses the weights of input channels that
    no longer arrive (these weights must be zero) and its trailing dead output channels. A network with grouped
    convolutions, norms, or sums of branches that lose different numbers of channels is copied in full.
    """
    small = copy.deepcopy(model).eval()
    layers = [
        module for module in small.modules() if next(module.parameters(recurse=False), None) is not None
    ]
    if any(not isinstance(module, _LAYERS) or getattr(module, "groups", 1) != 1 for module in layers):
        return copy.deepcopy(model)
    hooks = [module.register_forward_pre_hook(_cut_layer) for module in layers]
    try:
        scores = small(example.clone())
    except Exception:  # the leading blocks do not make a network; a user's forward pass may say so in any way
        return copy.deepcopy(model)
    finally:
        for hook in hooks:
            hook.remove()
    expected = model.eval()(example.clone())
    same = scores.shape == expected.shape and torch.allclose(scores, expected, rtol=1e-3, atol=1e-4)
    return small.train(model.training) if same else copy.deepcopy(model)


def copy_for_training(model: nn.Module, example: Tensor) -> nn.Module:
    """`shrink`, in the layout channels last where the forward pass allows it (one that calls ``view`` may not)."""
    small = shrink(model, example)
    try:
        fast: nn.Module = copy.deepcopy(small).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        with torch.no_grad():
            fast(example.clone())
    except Exception:
        return small
    return fast


@torch.no_grad()
def expand_into(model: nn.Module, small: nn.Module) -> None:
    """Copy the tensors of ``small`` into the leading blocks of those of ``model``; the rest becomes zero."""
    parts = dict(small.named_parameters())
    for name, parameter in model.named_parameters():
        parameter.zero_()
        parameter[tuple(slice(0, size) for size in parts[name].shape)] = parts[name]
    buffers = dict(small.named_buffers())
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])


def _cut_layer(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Cut the tensors of a layer to the input channels that arrive and to its live output channels."""
    weight: Tensor = module.weight  # type: ignore[assignment]
    bias: Tensor | None = module.bias  # type: ignore[assignment]
    arriving = inputs[0].shape[-1 if isinstance(module, nn.Linear) else 1]
    if bool(weight[:, arriving:].any()):
        raise ValueError("weights of inputs that do not arrive")
    live = weight.flatten(1).any(1) if bias is None else weight.flatten(1).any(1) | (bias != 0)
    outputs = int(live.nonzero().max()) + 1 if bool(live.any()) else 1
    weight.data = weight.data[:outputs, :arriving].clone()
    if bias is not None:
        bias.data = bias.data[:outputs].clone()
