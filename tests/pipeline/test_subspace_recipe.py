"""The recipe for a random subspace, end to end on a small task: training, message, certificate, check."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

import netrazor
from netrazor.compress import IntegerConfig
from netrazor.data import ImageDataset
from netrazor.networks import Subspace, coded_state
from netrazor.pipeline import RunConfiguration, run
from netrazor.pipeline.stages import IntegerStage
from netrazor.reproduction.record_recipes import ALL_RECIPES, SUBSPACE
from netrazor.train import FitConfig, OptimizerConfig

RECIPE = replace(
    SUBSPACE,
    integers=IntegerStage(
        FitConfig(steps=150, batch_size=50, optimizer=OptimizerConfig(rate=0.05), freeze_norms=True),
        IntegerConfig(limit=7, target_bits=100.0, zeros=0.3, every=5, freeze=1.0, price=1e-3),
    ),
)


def images(n: int = 400) -> ImageDataset:
    generator = torch.Generator().manual_seed(7)
    labels = torch.randint(0, 3, (n,), generator=generator)
    patterns = torch.randint(0, 256, (3, 1, 6, 6), generator=generator)
    noise = torch.randint(0, 256, (n, 1, 6, 6), generator=generator)
    return ImageDataset((0.7 * patterns[labels] + 0.3 * noise).to(torch.uint8), labels, 3, name="tiny")


def network() -> Subspace:
    inner = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(96, 3))
    return Subspace(inner, 40)


def test_a_few_whole_coordinates_make_a_valid_certificate(tmp_path: Path) -> None:
    whole = run(network(), images(), RunConfiguration(recipe=RECIPE, out=tmp_path))
    certificate = whole.issued.certificate
    state = coded_state(whole.issued.decoded)
    coordinates = state["coordinates"]
    assert (coordinates == coordinates.round()).all()
    assert abs(coordinates).max() <= 7
    assert (state["network.1.running_var"] == 1).all()  # norms stay as they started
    assert certificate.errors < 0.2 * len(images())
    assert netrazor.verify(tmp_path, images(), model=network()).status == "VALID"


def test_the_recipe_can_be_named() -> None:
    assert ALL_RECIPES["subspace"] is SUBSPACE
