"""A certified run and a randomization study, both tiny, made once."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from netrazor import certify
from netrazor.data import ImageDataset
from netrazor.networks import MLP
from netrazor.perturb import NoiseConfig
from netrazor.pipeline.recipes import Recipe
from netrazor.pipeline.stages import QuantizeStage, RateStage
from netrazor.reproduction.randomize.study_records import MessageRecord, Point, RunRecord
from netrazor.reproduction.randomize.summarizing import summarize
from netrazor.reproduction.randomize.summary import Summary
from netrazor.train import FitConfig, OptimizerConfig

Maker = Callable[..., Path]


def _stripes(n: int) -> ImageDataset:
    """Four classes, each with a bright quarter of its own, on noise."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(n) % 4
    images = torch.randint(0, 80, (n, 1, 8, 8), generator=generator, dtype=torch.uint8)
    for label in range(4):
        images[labels == label, :, 2 * label : 2 * label + 2] += 120
    return ImageDataset(images, labels, classes=4, name="stripes")


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run with noise on the weights of an MLP."""
    fit = FitConfig(steps=60, batch_size=50, optimizer=OptimizerConfig(rate=5e-3))
    recipe = Recipe(
        name="tiny",
        train=fit,
        prune=(RateStage(fit=fit, nonzeros=60),),
        quantize=QuantizeStage(fit=fit),
        noise=NoiseConfig(shares=(0.1,), search_examples=200, slack=0.05),
    )
    out = tmp_path_factory.mktemp("runs") / "stripes <&>"
    torch.manual_seed(0)
    certify(MLP((64, 12, 4)), _stripes(1000), recipe=recipe, out=out)
    return out


@pytest.fixture(scope="session")
def study() -> Summary:
    """A study whose networks lose accuracy and grow in a known way."""
    records = [
        RunRecord(
            study="made-up",
            digest="0",
            level=level,
            seed=seed,
            n=1000,
            classes=10,
            train_error=0.0,
            test_error=0.1 + 0.8 * level,
            points=tuple(_point(s, level, seed) for s in (0.0, 0.5, 0.8, 0.9, 0.97)),
            cpu_seconds=1.0,
            netrazor="0",
        )
        for level in (0.0, 0.5, 1.0)
        for seed in (0, 1, 2)
    ]
    return summarize(
        records, {}, (0.99, 0.95), command="netrazor randomize", cores=2, date="2026-01-01T00:00+00:00"
    )


def _point(sparsity: float, level: float, seed: int) -> Point:
    lost = max(0.0, sparsity - 0.5) * (0.5 + level) + 0.001 * seed * (sparsity > 0.5)
    message = MessageRecord(
        bits=round(100_000 * (1 - sparsity) * (1 + level)) + seed,
        nonzeros=round(10_000 * (1 - sparsity)),
        train_error=lost / 2,
        test_error=0.1 + 0.8 * level,
    )
    return Point(sparsity=sparsity, refined=False, one_shot_error=lost, tuned_error=lost / 2, message=message)
