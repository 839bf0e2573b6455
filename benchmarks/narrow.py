"""A declared network with a few channels in every layer, trained on CIFAR-10 (JPEG): a start for `certify`.

    OMP_NUM_THREADS=1 python benchmarks/narrow.py mobilenet-0.5-cifar runs/narrow.safetensors --channels 8 --epochs 14
    netrazor certify mobilenet-cifar10 --weights runs/narrow.safetensors \
        --config benchmarks/recipes/narrow.yaml --out runs/mobilenet-narrow

Pruning weight by weight leaves the last blocks one channel or two, through which every answer has to go. Here whole
channels go first: the network that is trained has ``--channels`` in every layer, and is written as the declared one
whose other channels are zero. What is certified is that network, decoded, of the declared architecture.
"""

import argparse
import os
import time
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

from netrazor.data import ImageDataset, load
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.networks.resnet_cifar import Block, PadShortcut
from netrazor.runtime import keep_freed_memory
from netrazor.train import (
    AllParameters,
    Batches,
    FitConfig,
    FitProgress,
    OptimizerConfig,
    fit,
    flush_denormals,
)

DATA = "cifar10-jpeg"
NARROWEST = 16  # channels of the first layer of both


def main() -> None:
    """Train the narrow network and write the wide one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("architecture", choices=("mobilenet-0.5-cifar", "resnet-20"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--epochs", type=float, default=14)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if not 1 <= chosen.channels <= NARROWEST:
        parser.error(f"--channels: 1 to {NARROWEST}, the narrowest layer's, allowed, got {chosen.channels}")
    if chosen.out.exists():
        parser.error(f"{chosen.out} is there already; choose another file or delete it")
    keep_freed_memory()
    flush_denormals()
    torch.manual_seed(chosen.seed)
    wide, images = build(chosen.architecture), load(DATA)
    narrow = narrowed(chosen.architecture, chosen.channels).to(memory_format=torch.channels_last)
    batches = Batches(images, 128, seed=chosen.seed)
    config = FitConfig(
        round(chosen.epochs * batches.per_epoch), 128, OptimizerConfig(rate=chosen.rate, floor=0.02)
    )
    started = time.time()
    fit(narrow, AllParameters(narrow), batches, config, progress=FitProgress("narrow"))
    print(f"{config.steps} steps in {time.time() - started:.0f} s, {os.cpu_count()} cores")
    print(f"train error {error(narrow, images):.2%}")
    embed(narrow, wide)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(chosen.out, safetensors.torch.save(wide.state_dict()))


def narrowed(architecture: str, channels: int) -> nn.Module:
    """A network of the same layers with at most so many channels each, its weights drawn anew."""
    narrow = build(architecture)
    for name, module in list(narrow.named_modules()):
        parent, _, own = name.rpartition(".")
        small = _narrower(module, channels)
        if small is not None:
            setattr(narrow.get_submodule(parent), own, small)
    return narrow


def _narrower(module: nn.Module, channels: int) -> nn.Module | None:
    """The layer in place of ``module``, if there is one."""
    if isinstance(module, nn.Conv2d):
        outputs = min(channels, module.out_channels)
        inputs = module.in_channels if module.in_channels == 3 else min(channels, module.in_channels)
        return nn.Conv2d(
            inputs,
            outputs,
            module.kernel_size,  # type: ignore[arg-type]
            module.stride,  # type: ignore[arg-type]
            module.padding,  # type: ignore[arg-type]
            groups=outputs if module.groups > 1 else 1,
            bias=False,
        )
    if isinstance(module, nn.BatchNorm2d):
        return nn.BatchNorm2d(min(channels, module.num_features), eps=module.eps, momentum=module.momentum)
    if isinstance(module, nn.Linear):
        return nn.Linear(min(channels, module.in_features), module.out_features)
    if isinstance(module, PadShortcut):
        return PadShortcut(0, 0)
    return None


@torch.no_grad()
def embed(narrow: nn.Module, wide: nn.Module) -> None:
    """Copy the tensors of ``narrow`` into blocks of those of ``wide``; the rest gives zeros."""
    small, starts = narrow.state_dict(), _starts(wide)
    for name, tensor in wide.state_dict().items():
        if tensor.ndim == 0:
            tensor.copy_(small[name])
            continue
        tensor.fill_(1.0 if name.endswith("running_var") else 0.0)
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


@torch.no_grad()
def error(network: nn.Module, images: ImageDataset) -> float:
    """The share of the training images that a network gets wrong."""
    network.eval()
    batches = Batches(images, 1000, seed=0)
    steps = batches.steps(0, batches.per_epoch)
    wrong = sum(int((network(inputs).argmax(1) != labels).sum()) for _, inputs, labels in steps)
    return wrong / batches.n


if __name__ == "__main__":
    main()
