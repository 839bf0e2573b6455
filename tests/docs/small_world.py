"""The smoke form: published data sets become a few made-up images, recipes and studies a few steps."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from documents import ROOT
from PIL import Image
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors
from torch import nn

from netrazor import data
from netrazor.baselines import DR17Config
from netrazor.data import ImageDataset, opening
from netrazor.pipeline import recipes
from netrazor.reproduction import record_recipes
from netrazor.reproduction.compare import run_comparison
from netrazor.reproduction.randomize.study import STUDIES
from netrazor.train import FitConfig, OptimizerConfig

sys.path.insert(0, str(ROOT / "examples"))
from smoke import SHORT, rows

RECORD = ROOT / "certificates" / "mnist" / "network.nrz"
FEW = FitConfig(5, 50, OptimizerConfig(rate=1e-2))
MINE = """
from torch import nn

def build():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2))
"""


def few_images(name: str, split: str = "train", *, directory: object = None) -> ImageDataset:
    """Instead of `netrazor.data.load`."""
    return replace(rows(600 if split == "train" else 100, len(split)), name=name, split=split, classes=10)


def make_small(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images and few steps, and in ``place`` the files that the documents speak of."""
    monkeypatch.chdir(place)
    for module in (data, opening):
        monkeypatch.setattr(module, "load", few_images)
    for name in ("quick", "paper"):
        prune = tuple(replace(stage, sparsity=0.998) for stage in SHORT.prune)
        for catalogue in (recipes.RECIPES, record_recipes.ALL_RECIPES):
            monkeypatch.setitem(catalogue, name, replace(SHORT, name=name, prune=prune))
    small = DR17Config(hidden=8, start=FEW, optimize=FEW, passes=1)
    for name in ("TRUE", "RANDOM"):
        monkeypatch.setattr(run_comparison, name, small)
    for name, study in STUDIES.items():
        settings = {"widths": (784, 8, 10)}
        few = replace(study, architecture="normed-mlp", dataset="mnist", settings=settings, examples=100,
                      train=FEW, tune=FEW, quantize=replace(study.quantize, fit=FEW), sparsities=(0.5, 0.9),
                      levels=(0.0, 1.0), seeds=(0,), refinements=0)  # fmt: skip
        monkeypatch.setitem(STUDIES, name, few)
    _write_files(place)


def _write_files(place: Path) -> None:
    generator = np.random.default_rng(0)
    Image.fromarray(generator.integers(0, 255, (28, 28), dtype=np.uint8)).save(place / "digit.png")
    Image.fromarray(generator.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(place / "photo.jpg")
    (place / "digits.nrz").write_bytes(RECORD.read_bytes())
    save_file({"weight": np.float32(generator.integers(-2, 3, (20, 30)))}, place / "weights.safetensors")
    (place / "mine.py").write_text(MINE)
    linear = nn.Linear(3 * 8 * 8, 2)
    with torch.no_grad():
        linear.weight.mul_(8).round_().div_(8)
    save_tensors(
        {f"1.{name}": p.detach() for name, p in linear.named_parameters()}, place / "mine.safetensors"
    )
    for label in ("cat", "dog"):
        (place / "photos" / label).mkdir(parents=True)
        for number in range(8):
            image = generator.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(image).save(place / "photos" / label / f"{number}.png")
