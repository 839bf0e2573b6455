"""A named experiment, or a network of the user's own, certified on a known data set or an image folder."""

import os
from pathlib import Path

import torch
from torch import nn

from netrazor import data as datasets
from netrazor.errors import ConfigurationError
from netrazor.networks import ARCHITECTURES, build, build_from, load_weights, read_weights
from netrazor.pipeline import Recipe, Run, recipe_from_file, recipe_named, recipe_scaled, run
from netrazor.reproduction.experiments import Experiment
from netrazor.runtime import Reporter, devices, keep_freed_memory
from netrazor.train import flush_denormals


def certify_experiment(
    experiment: Experiment,
    out: str | os.PathLike[str],
    *,
    recipe: str | Path | None = None,
    scale: float = 1.0,
    delta: float = 0.05,
    seed: int = 0,
    data: str | None = None,
    size: int | None = None,
    weights: Path | None = None,
    data_directory: Path | None = None,
    device: str = devices.AUTO,
    count_on: str = devices.CPU.type,
    reporter: Reporter | None = None,
) -> list[Run]:
    """Certify the experiment's architecture on its whole training set.

    Args:
        experiment: which architecture, data and recipe.
        out: directory of the run.
        recipe: name of a recipe, or a YAML file, instead of the experiment's.
        scale: multiplies the steps of every stage.
        delta: failure probability of all claims together.
        seed: of the initial weights and of everything else that is random.
        data: a name or a folder of images or shards instead of the experiment's data; its classes are then the
            network's.
        size: side of a folder's images, instead of the experiment's.
        weights: trained weights; dense training is then left out.
        data_directory: where data sets with names are kept.
        device: what trains and searches, as for `netrazor.pipeline.run`.
        count_on: what counts for the certificate.
        reporter: told of the progress.

    Returns:
        One run; its certificates for more than one number of answers hold together.
    """
    reference = data or experiment.dataset
    if reference is None:
        raise ConfigurationError(
            f"data: {experiment.name} needs a folder of images or shards, got none; give one with --data (`netrazor "
            "paper` has the figures that follow from published sizes)"
        )
    side = size or experiment.size
    shape = None if side is None else (3, side, side)
    dataset = datasets.open_dataset(reference, shape=shape, directory=data_directory)
    named = reference in datasets.names()
    flush_denormals()
    keep_freed_memory()
    torch.manual_seed(seed)
    declared = build(experiment.architecture)
    same = dataset.classes == experiment.classes
    model = declared if same else build(experiment.architecture, classes=dataset.classes)
    if weights is not None:
        load_weights(model, read_weights(weights))
    return [
        run(
            model,
            dataset,
            recipe=_recipe(recipe or experiment.recipe, scale, pretrained=weights is not None),
            delta=delta,
            seed=seed,
            out=out,
            architecture=experiment.architecture if same else "custom",
            test=datasets.load(reference, split="test", directory=data_directory) if named else None,
            tops=tuple(top for top in experiment.tops if top < dataset.classes),
            device=device,
            count_on=count_on,
            reporter=reporter,
        )
    ]


def certify_own(
    model: str,
    out: str | os.PathLike[str],
    *,
    data: str | None,
    weights: Path | None = None,
    recipe: str | Path | None = None,
    scale: float = 1.0,
    delta: float = 0.05,
    seed: int = 0,
    size: int | None = None,
    data_directory: Path | None = None,
    device: str = devices.AUTO,
    count_on: str = devices.CPU.type,
    reporter: Reporter | None = None,
) -> Run:
    """Certify a network that the user's own module builds, on a known data set or a folder.

    Args:
        model: "file.py:function" or "package.module:function", or the name of a declared architecture, which gets as
            many classes as the data has.
        weights: its weights, without which it starts as it is built.
        data: a name or a folder of images or shards.
        size: side of a folder's images; default: by the network's ``input_shape``, or the first image.
        others: as for `certify_experiment`.
    """
    if data is None:
        raise ConfigurationError(
            "data: a known name or a folder of images or shards needed, got none; give one with --data"
        )
    torch.manual_seed(seed)
    declared = model in ARCHITECTURES
    network = None if declared else own_network(model, weights)
    dataset = datasets.open_dataset(data, shape=own_shape(network, size), directory=data_directory)
    return run(
        network or own_network(model, weights, classes=dataset.classes),
        dataset,
        recipe=_recipe(recipe or "quick", scale, pretrained=weights is not None),
        delta=delta,
        seed=seed,
        out=out,
        device=device,
        count_on=count_on,
        reporter=reporter,
    )


def own_network(reference: str, weights: Path | None = None, *, classes: int = 0) -> nn.Module:
    """The network that ``reference`` builds or, with so many classes, names; with the weights of a file."""
    network = build(reference, classes=classes) if reference in ARCHITECTURES else build_from(reference)
    if weights is not None:
        load_weights(network, read_weights(weights))
    return network


def own_shape(network: nn.Module | None, size: int | None) -> tuple[int, int, int] | None:
    """The shape of a folder's images for ``network``: RGB of ``size``, or what it says of itself, or None."""
    if size is not None:
        return (3, size, size)
    shape = getattr(network, "input_shape", None)
    return None if shape is None else tuple(shape)  # type: ignore[return-value]


def _recipe(named: str | Path, scale: float, *, pretrained: bool) -> Recipe:
    """The recipe; MobileNets without weights are trained first."""
    if named == "mobilenet" and not pretrained:
        named = "mobilenet-scratch"
    recipe = recipe_from_file(named) if isinstance(named, Path) else recipe_named(named)
    return recipe if scale == 1 else recipe_scaled(recipe, scale)
