"""A declared network with a few channels in every layer, trained on CIFAR-10 (JPEG): a start for `certify`.

    OMP_NUM_THREADS=1 python benchmarks/narrow.py mobilenet-0.5-cifar runs/narrow.safetensors --channels 8 --epochs 14
    netrazor certify mobilenet-cifar10 --weights runs/narrow.safetensors \
        --config benchmarks/recipes/narrow.yaml --out runs/mobilenet-narrow

Pruning weight by weight leaves the last blocks one channel or two, through which every answer has to go. Here whole
channels go first: the network that is trained has ``--channels`` in every layer (of a ResNet a number for each stage,
and ``--blocks`` of each), and is written as the declared one whose other channels are zero. What is certified is that
network, decoded, of the declared architecture.

With ``--recipe`` the narrow network is made shorter by `netrazor.certify` before it is written, at the price of a
step of the narrow network and not of the declared one. The same command goes on where a killed one left off.
"""

import argparse
import os
import time
from pathlib import Path

import safetensors.torch
import torch
from narrow_networks import NARROWEST, embed, narrowed
from torch import nn

import netrazor
from netrazor.data import ImageDataset, load
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.pipeline import recipe_from_file
from netrazor.runtime import keep_freed_memory
from netrazor.train import (
    AllParameters,
    Batches,
    Checkpoint,
    FitConfig,
    FitProgress,
    OptimizerConfig,
    fit,
    flush_denormals,
)

DATA = "cifar10-jpeg"


def main() -> None:
    """Train the narrow network, make it shorter if asked to, and write the declared one."""
    chosen = parse()
    keep_freed_memory()
    flush_denormals()
    torch.manual_seed(chosen.seed)
    wide, images = build(chosen.architecture), load(DATA)
    narrow = narrowed(chosen.architecture, chosen.channels, chosen.blocks)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    train(narrow, images, chosen)
    print(f"train error {error(narrow, images):.2%}", flush=True)
    if chosen.recipe is not None:
        recipe, run = recipe_from_file(chosen.recipe), chosen.out.with_suffix("")
        certificate = netrazor.certify(narrow, images, recipe=recipe, out=run, seed=chosen.seed)
        print(f"the narrow network, train error {error(narrow, images):.2%}: {certificate.claim}")
    embed(narrow, wide)
    write_atomically(chosen.out, safetensors.torch.save(wide.state_dict()))


def parse() -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("architecture", choices=("mobilenet-0.5-cifar", "resnet-20"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--channels", type=numbers, default=(8,), help="one number, or one for each stage")
    parser.add_argument("--blocks", type=numbers, help="of each stage of a ResNet; all by default")
    parser.add_argument("--epochs", type=float, default=14)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--recipe", help="makes the narrow network shorter")
    chosen = parser.parse_args()
    stages = 3 if chosen.architecture == "resnet-20" else 1
    if len(chosen.channels) not in (1, stages) or sorted(chosen.channels) != [*chosen.channels]:
        parser.error(f"--channels: 1 or {stages} numbers that do not fall needed, got {chosen.channels}")
    if not all(1 <= number <= NARROWEST for number in chosen.channels):
        parser.error(f"--channels: 1 to {NARROWEST}, the narrowest layer's, allowed, got {chosen.channels}")
    if chosen.blocks is not None and (
        stages == 1 or len(chosen.blocks) != stages or not all(1 <= number <= 3 for number in chosen.blocks)
    ):
        parser.error(f"--blocks: three numbers from 1 to 3 allowed, of resnet-20, got {chosen.blocks}")
    if chosen.out.suffix != ".safetensors":
        parser.error(
            f"out: a name that ends in .safetensors needed, got {chosen.out}; the run is kept beside it"
        )
    if chosen.out.exists():
        parser.error(f"{chosen.out} is there already; choose another file or delete it")
    return chosen


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers that commas part."""
    return tuple(int(part) for part in text.split(","))


def train(narrow: nn.Module, images: ImageDataset, chosen: argparse.Namespace) -> None:
    """Train ``narrow`` in place, or take it from the file of its checkpoint."""
    batches = Batches(images, 128, seed=chosen.seed)
    config = FitConfig(
        round(chosen.epochs * batches.per_epoch), 128, OptimizerConfig(rate=chosen.rate, floor=0.02)
    )
    names = ("architecture", "channels", "blocks", "epochs", "rate", "seed")
    settings = {name: str(getattr(chosen, name)) for name in names}
    checkpoint = Checkpoint(chosen.out.with_suffix(".checkpoint"), settings)
    saved = checkpoint.load() or {"fit": None}
    if "trained" in saved:
        narrow.load_state_dict(saved["trained"])
        return
    started = time.time()
    progress = FitProgress(
        "narrow",
        resume=saved["fit"],
        save=lambda state: checkpoint.save({"fit": state()}) if checkpoint.due() else None,
    )
    fit(narrow, AllParameters(narrow), batches, config, progress=progress)
    checkpoint.save({"trained": dict(narrow.state_dict())})
    print(f"{config.steps} steps, in this piece {time.time() - started:.0f} s, {os.cpu_count()} cores")


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
