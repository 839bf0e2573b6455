"""Batch norms in evaluation mode: the function of four vectors that two vectors describe as well."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def find_batch_norms(model: nn.Module) -> Iterator[_BatchNorm]:
    """The batch norms of ``model``."""
    return (module for module in model.modules() if isinstance(module, _BatchNorm))


@torch.no_grad()
def fold_statistics(model: nn.Module) -> int:
    """Move the running statistics of batch norms into their scales and shifts; returns how many norms changed.

    In evaluation mode a norm computes weight * (x - mean) / sqrt(var + eps) + bias, which two vectors describe:
    afterwards the mean is 0 and the variance 1, both of which cost next to nothing in a message. The function
    stays the same up to rounding. Norms without scales, and those whose tensors something else uses too, are
    left alone. Fold before scales and shifts are quantized.
    """
    uses = _count_uses(model)
    changed = 0
    for norm in find_batch_norms(model):
        mean, var = norm.running_mean, norm.running_var
        if mean is None or var is None or not norm.affine:
            continue
        if any(uses[id(tensor)] > 1 for tensor in (norm.weight, norm.bias, mean, var)):
            continue
        if not bool(mean.any()) and bool(torch.eq(var, 1).all()):
            continue
        scale = norm.weight.double() / torch.sqrt(var.double() + norm.eps)
        norm.bias.copy_(norm.bias.double() - mean.double() * scale)
        norm.weight.copy_(scale * (1 + norm.eps) ** 0.5)
        mean.zero_()
        var.fill_(1)
        changed += 1
    return changed


def _count_uses(model: nn.Module) -> dict[int, int]:
    """In how many places of ``model`` each tensor is, by its identity."""
    uses: dict[int, int] = {}
    for module in model.modules():
        own: list[Tensor | None] = [*module._parameters.values(), *module._buffers.values()]
        for tensor in own:
            uses[id(tensor)] = uses.get(id(tensor), 0) + 1
    return uses
