"""Parts 4 to 6: the paper's recipe whole, networks of CIFAR-10, picking; each goes on from its checkpoint."""

from dataclasses import replace
from functools import partial
from typing import Any

import torch

from gpu_parts.part import Figures, Part, Setting, Task
from netrazor.certification import Certificate
from netrazor.data import ImageDataset
from netrazor.networks import build
from netrazor.picking import PickingConfig, TorchLearner, TorchTraining
from netrazor.picking.declared_learners import declared_learner
from netrazor.pipeline import LearnerTerms, Recipe, RunConfiguration, run, run_picked
from netrazor.pipeline.recipe import recipe_scaled
from netrazor.reproduction.picked_recipes import picked_recipe
from netrazor.reproduction.record_recipes import PAPER, RECORD_RECIPES, SUBSPACE
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB

PICKED_SMALL = PickingConfig(stops=(12, 20), first=8, growth_percent=50)


def paper_tasks(setting: Setting) -> dict[str, Task]:
    """Appendix A.1 from the first step to the certificate."""
    scale = setting.choose(1.0, 2e-4)
    recipe = recipe_scaled(PAPER, scale)
    if setting.small:
        recipe = replace(recipe, noise=None)
    return {"LeNet-5 by the paper's recipe": partial(certified, setting, "lenet5", "mnist", recipe)}


def cifar_tasks(setting: Setting) -> dict[str, Task]:
    """ResNet-20 in a random subspace, and the recipe of the record."""
    names = {"resnet-20-subspace-wide": SUBSPACE, "integer-overlap-cifar": RECORD_RECIPES["tight-cifar10"]}
    if setting.small:
        names = {"resnet-20-subspace-wide": replace(recipe_scaled(SUBSPACE, 3e-4), noise=None)}
    return {name: partial(certified, setting, name, "cifar10", recipe) for name, recipe in names.items()}


def picked_tasks(setting: Setting) -> dict[str, Task]:
    """The declared recipe of CIFAR-10."""
    return {"picked examples of CIFAR-10": partial(picked, setting)}


PAPER_WHOLE = Part("paper", 110, paper_tasks)
CIFAR = Part("cifar10", 50, cifar_tasks)
PICKED = Part("picked", 45, picked_tasks)


def certified(setting: Setting, architecture: str, data: str, recipe: Recipe) -> Figures:
    """A certificate by ``recipe``, trained and counted there."""
    dataset: ImageDataset = getattr(setting, data)()
    torch.manual_seed(0)
    done = run(
        build(architecture),
        dataset,
        RunConfiguration(
            recipe=recipe,
            architecture=architecture,
            out=setting.place / architecture,
            device=str(setting.device),
            count_on=str(setting.device),
        ),
    )
    return {**told(done.issued.certificate), "seconds by stage": done.result.seconds}


def picked(setting: Setting) -> Figures:
    """A certificate by picked examples."""
    recipe = picked_recipe("cifar10-jpeg")
    learner: Any = declared_learner(recipe.learners[0])
    config = recipe.config
    if setting.small:
        learner, config = (
            TorchLearner(learner.network, TorchTraining(steps=2, steps_per_pick=0.0)),
            PICKED_SMALL,
        )
    learner.computing_on(str(setting.device))
    done = run_picked(
        {recipe.learners[0]: learner} if not setting.small else learner,
        setting.cifar10(),
        terms=LearnerTerms(config=config),
        out=setting.place / "picked-cifar10",
    )
    return {**told(done.certificate), "seconds of the run": done.seconds}


def told(certificate: Certificate) -> Figures:
    """What a certificate comes to."""
    bits = getattr(certificate, "effective_bits", None)
    return {
        "bound": certificate.risk_bound,
        "method": certificate.method,
        "errors": certificate.claims[0].errors,
        "n": certificate.claims[0].n,
        "charged KiB": None if bits is None else round(bits / BITS_PER_BYTE / BYTES_PER_KIB, 3),
    }
