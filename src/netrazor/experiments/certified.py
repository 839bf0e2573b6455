"""A named experiment, run: a declared architecture on a known data set."""

import os
from pathlib import Path

import torch

from netrazor import data as datasets
from netrazor.experiments.catalogue import Experiment
from netrazor.networks import build
from netrazor.pipeline import Run, recipe_named, recipe_scaled, run
from netrazor.train import Reporter


def certify_experiment(
    experiment: Experiment,
    out: str | os.PathLike[str],
    *,
    recipe: str | None = None,
    scale: float = 1.0,
    delta: float = 0.05,
    seed: int = 0,
    data: Path | None = None,
    reporter: Reporter | None = None,
) -> Run:
    """Certify the experiment's architecture, freshly initialized, on its whole training set.

    The test set is only reported on. ``scale`` multiplies the steps of every stage.
    """
    torch.manual_seed(seed)
    chosen = recipe_named(recipe or experiment.recipe)
    return run(
        build(experiment.architecture),
        datasets.load(experiment.dataset, split="train", directory=data),
        recipe=chosen if scale == 1 else recipe_scaled(chosen, scale),
        delta=delta,
        seed=seed,
        out=out,
        architecture=experiment.architecture,
        test=datasets.load(experiment.dataset, split="test", directory=data),
        reporter=reporter,
    )
