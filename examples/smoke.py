"""What the examples share: the option ``--smoke``, and images made up for it."""

import argparse
import tempfile
from pathlib import Path

import torch

from netrazor.data import ImageDataset, load
from netrazor.pipeline import Recipe
from netrazor.pipeline.stages import GradualStage, QuantizeStage
from netrazor.train import FitConfig, OptimizerConfig

_FEW = FitConfig(30, 50, OptimizerConfig(rate=5e-3))
SHORT = Recipe(
    name="short",
    train=_FEW,
    prune=(GradualStage(_FEW, sparsity=0.97, every=3),),
    quantize=QuantizeStage(_FEW),
    noise=None,
)


def smoke_wanted(description: str) -> bool:
    """Whether ``--smoke`` was given: made-up images and few steps, seconds instead of minutes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--smoke", action="store_true", help="made-up images, few steps: seconds")
    return bool(parser.parse_args().smoke)


def fashion(smoke: bool) -> tuple[ImageDataset, ImageDataset]:
    """Fashion-MNIST, training and test; for a smoke run, four bright rows under noise instead."""
    if smoke:
        return rows(3000, 0), rows(200, 1)
    return load("fashion-mnist", "train"), load("fashion-mnist", "test")


def rows(n: int, seed: int) -> ImageDataset:
    """``n`` images of noise, each with seven bright rows that tell its class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 4, (n,), generator=generator)
    images = torch.randint(0, 80, (n, 1, 28, 28), generator=generator, dtype=torch.uint8)
    for label in range(4):
        images[labels == label, :, 7 * label : 7 * label + 7] += 120
    return ImageDataset(images, labels, classes=4, name="rows")


def run_directory(name: str, smoke: bool) -> Path:
    """Where an example leaves its files: under runs/, or a temporary directory for a smoke run."""
    return Path(tempfile.mkdtemp()) / name if smoke else Path("runs") / name
