"""A named experiment, certified on the data it names or on an image folder."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from netrazor import data as datasets
from netrazor.data import Squares
from netrazor.errors import ConfigurationError
from netrazor.networks import build, load_weights, read_weights
from netrazor.pipeline import (
    RECIPES,
    Recipe,
    Run,
    RunConfiguration,
    RunInputs,
    recipe_from_file,
    recipe_named,
    run,
)
from netrazor.pipeline.recipe import recipe_scaled
from netrazor.reproduction.experiments import Experiment
from netrazor.reproduction.record_recipes import ALL_RECIPES
from netrazor.runtime import keep_freed_memory
from netrazor.train import flush_denormals


def certify_experiment(experiment: Experiment, inputs: RunInputs, configuration: RunConfiguration) -> Run:
    """Certify the experiment's architecture on its entire training set.

    Args:
        experiment: which architecture and data.
        inputs: other data instead, whose classes are then the network's; trained weights.
        configuration: of the run; architecture, test set and claims are the experiment's own.

    Raises:
        ConfigurationError: no data said, by the experiment or otherwise.
        NetrazorError: as for `netrazor.pipeline.run`.
    """
    reference = reference_of(experiment, inputs)
    dataset = experiment_data(experiment, inputs)
    test = None
    if reference in datasets.names():
        test = datasets.load(reference, split="test", directory=inputs.data_directory)
    flush_denormals()
    keep_freed_memory()
    model, architecture = experiment_network(experiment, dataset.classes, configuration.seed)
    if inputs.weights is not None:
        load_weights(model, read_weights(inputs.weights))
    own = replace(
        configuration,
        architecture=architecture,
        test=test,
        tops=(1,)
        if configuration.claims is not None
        else tuple(top for top in experiment.tops if top < dataset.classes),
    )
    return run(model, dataset, own)


def reference_of(experiment: Experiment, inputs: RunInputs) -> str:
    """The name or folder of an experiment's training set.

    Raises:
        ConfigurationError: none said, by the experiment or otherwise.
    """
    reference = inputs.data or experiment.dataset
    if reference is None:
        raise ConfigurationError(
            f"data: {experiment.name} needs a folder of images or shards, got none; give one with --data (`netrazor "
            "paper` has the figures that follow from published sizes)"
        )
    return reference


def experiment_data(experiment: Experiment, inputs: RunInputs) -> datasets.ImageDataset | Squares:
    """The training set of an experiment."""
    side = inputs.size or experiment.size
    shape = None if side is None else (3, side, side)
    return datasets.open_dataset(
        reference_of(experiment, inputs), shape=shape, directory=inputs.data_directory
    )


def experiment_network(experiment: Experiment, classes: int, seed: int) -> tuple[nn.Module, str]:
    """A fresh network of an experiment, and the name of its architecture: "custom" for another number of classes."""
    torch.manual_seed(seed)
    declared = build(experiment.architecture)
    if classes == experiment.classes:
        return declared, experiment.architecture
    return build(experiment.architecture, classes=classes), "custom"


def recipe_of(
    named: str | Path, *, scale: float = 1.0, pretrained: bool = False, own: bool = False
) -> Recipe:
    """The recipe of that name, of the product or a record, or in that YAML file; every stage's steps scaled.

    MobileNets without trained weights are trained first. For a network of the user's ``own``, ``quick`` searches for
    the size; the named experiments have theirs.

    Raises:
        ConfigurationError: no such recipe, a file that is none, a scale that is not above 0.
    """
    if named == "mobilenet" and not pretrained:
        named = "mobilenet-scratch"
    catalogue = {**ALL_RECIPES, **RECIPES} if own else ALL_RECIPES
    if isinstance(named, Path):
        recipe = recipe_from_file(named, catalogue=catalogue)
    else:
        recipe = recipe_named(named, catalogue)
    return recipe if scale == 1 else recipe_scaled(recipe, scale)
