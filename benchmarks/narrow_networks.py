"""Declared networks with a few channels in every layer, and back: the same function as the declared network's.

The channels and blocks that a narrow network lacks are zero in the declared one. A block of a ResNet whose
convolutions are zero hands on what it is given.
"""

import torch
from torch import nn

from netrazor.networks import build
from netrazor.networks.resnet_cifar import Block, PadShortcut

NARROWEST = 16  # channels of the first layer of both networks
_STAGES = 3  # of a ResNet for CIFAR


def narrowed(
    architecture: str, channels: tuple[int, ...], blocks: tuple[int, ...] | None = None
) -> nn.Module:
    """A network of the declared one's layers with fewer channels, its weights drawn anew.

    Args:
        architecture: "mobilenet-0.5-cifar" or "resnet-20".
        channels: of every layer, at most; of a ResNet one number for each of its three stages, none of them below the
            one before, or one for all.
        blocks: of a ResNet, how many blocks of each stage are left; None: all.
    """
    narrow = build(architecture)
    if architecture != "resnet-20":
        _replace(narrow, lambda name, module: _narrower(module, channels[0], channels[0]))
        return narrow
    widths = channels * _STAGES if len(channels) == 1 else channels
    each = len(narrow.blocks) // _STAGES  # type: ignore[arg-type]
    for place in range(len(narrow.blocks)):  # type: ignore[arg-type]
        if blocks is not None and place % each >= blocks[place // each]:
            narrow.blocks[place] = nn.Identity()  # type: ignore[operator]

    def smaller(name: str, module: nn.Module) -> nn.Module | None:
        stage = int(name.split(".")[1]) // each if name.startswith("blocks.") else 0
        first = name.startswith("blocks.") and int(name.split(".")[1]) % each == 0
        before = widths[max(0, stage - 1)] if first else widths[stage]
        if isinstance(module, PadShortcut):
            return PadShortcut(0, widths[stage] - before)
        if isinstance(module, nn.Linear):
            return _narrower(module, widths[-1], widths[-1])
        return _narrower(module, before if name.endswith("conv1") else widths[stage], widths[stage])

    _replace(narrow, smaller)
    return narrow


def _replace(network: nn.Module, smaller) -> None:  # type: ignore[no-untyped-def]
    """Put what ``smaller`` gives for a name and module in the place of the module, unless it is None."""
    for name, module in list(network.named_modules()):
        parent, _, own = name.rpartition(".")
        found = smaller(name, module)
        if found is not None:
            setattr(network.get_submodule(parent), own, found)


def _narrower(module: nn.Module, inputs: int, outputs: int) -> nn.Module | None:
    """The layer in place of ``module`` with so many channels at most, if there is one."""
    if isinstance(module, nn.Conv2d):
        outputs = min(outputs, module.out_channels)
        return nn.Conv2d(
            module.in_channels if module.in_channels == 3 else min(inputs, module.in_channels),
            outputs,
            module.kernel_size,  # type: ignore[arg-type]
            module.stride,  # type: ignore[arg-type]
            module.padding,  # type: ignore[arg-type]
            groups=outputs if module.groups > 1 else 1,
            bias=False,
        )
    if isinstance(module, nn.BatchNorm2d):
        return nn.BatchNorm2d(min(outputs, module.num_features), eps=module.eps, momentum=module.momentum)
    if isinstance(module, nn.Linear):
        return nn.Linear(min(inputs, module.in_features), module.out_features)
    return None


@torch.no_grad()
def embed(narrow: nn.Module, wide: nn.Module) -> None:
    """Copy the tensors of ``narrow`` into blocks of those of ``wide``; the rest gives zeros."""
    small, starts = narrow.state_dict(), _starts(wide)
    for name, tensor in wide.state_dict().items():
        if tensor.ndim == 0:
            tensor.copy_(small.get(name, torch.zeros_like(tensor)))
            continue
        tensor.fill_(1.0 if name.endswith("running_var") else 0.0)
        if name not in small:
            continue  # of a block that is left out
        first = (*starts.get(name.rpartition(".")[0], ()), 0, 0, 0, 0)
        block = tuple(
            slice(start, start + size) for start, size in zip(first, small[name].shape, strict=False)
        )
        tensor[block] = small[name]


def _starts(wide: nn.Module) -> dict[str, tuple[int, int]]:
    """Where the channels of a layer begin, and those that it reads: behind what the shortcuts of a ResNet pad."""
    starts, before = {}, 0
    for name, module in wide.named_modules():
        if isinstance(module, Block):
            read, before = before, before + getattr(module.shortcut, "padding", (0,) * 5)[4]
            starts[f"{name}.conv1"] = (0, read)
            starts[f"{name}.conv2"] = (before, 0)
            starts[f"{name}.bn2"] = (before, 0)
    if before:
        starts["fc"] = (0, before)
    return starts
