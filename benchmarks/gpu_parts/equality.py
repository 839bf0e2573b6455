"""Part 1: what the CPU and the device make of the same weights."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

import netrazor
from gpu_parts.part import Figures, Part, Setting, Task
from netrazor.counting import BATCH_SIZE, in_counting_order, scores_of, wrong
from netrazor.counting.answers import answers_and_margins
from netrazor.data import ImageDataset
from netrazor.data.subsets import take
from netrazor.networks import build
from netrazor.networks.network_message import encode
from netrazor.perturb import DrawPlan, draw_error_rates, largest_divisor
from netrazor.picking import ExactAugmentation, ExactLearner, ExactTraining, PickingConfig, pick
from netrazor.pipeline import RECIPES, RunConfiguration, run
from netrazor.runtime import devices

ROOT = Path(__file__).parents[2]
# Networks of whole numbers give the same answers everywhere; of floats, some may differ.
RECORDS = {
    "whole numbers (record of MNIST)": ("certificates/mnist", "mnist"),
    "whole numbers (record of CIFAR-10)": ("certificates/cifar10-jpeg", "cifar10"),
    "LeNet-5, whole numbers": ("certificates/lenet5-mnist-tight", "mnist"),
    "LeNet-5, codebooks": ("certificates/lenet5-mnist", "mnist"),
    "ResNet-20, floats": ("results/resnet20-cifar10", "cifar10"),
    "MobileNet 0.5, floats": ("results/mobilenet-cifar10", "cifar10"),
}


def tasks(setting: Setting) -> dict[str, Task]:
    """The message, errors, noisy draws and picks."""
    counts = {
        f"errors: {name}": partial(count, setting, partial(netrazor.load, ROOT / place), data)
        for name, (place, data) in RECORDS.items()
    }
    if setting.small:
        counts = {"errors: LeNet-5, floats": partial(count, setting, lenet5, "mnist")}
    return {"message": partial(message, setting), **counts, "draws": partial(draws, setting)} | {
        "picks": partial(picks, setting)
    }


EQUALITY = Part("equality", 65, tasks)


def lenet5() -> nn.Module:
    """With random weights."""
    torch.manual_seed(0)
    return build("lenet5")


def linear() -> nn.Module:
    """The same of one layer."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def message(setting: Setting) -> Figures:
    """The bytes of a network that was taken there and back, and of one that was cut down there."""
    network = setting.choose(lenet5, linear)
    model = network()
    with devices.placed(model, setting.device):
        pass
    search = replace(
        RECIPES["post-training"].post_training, search_examples=200, gradient_batches=2, rounds=0
    )
    recipe = replace(RECIPES["post-training"], post_training=search, noise=None)
    examples = take(setting.mnist(), torch.arange(setting.choose(2000, 200)).numpy())
    found = [
        run(network(), examples, RunConfiguration(recipe=recipe, device=device)).issued.blob
        for device in ("cpu", str(setting.device))
    ]
    return {
        "same as it is": encode(model, "custom") == encode(network(), "custom"),
        "same cut down there": found[0] == found[1],
        "bytes": [len(blob) for blob in found],
    }


def count(setting: Setting, network: Callable[[], nn.Module], data: str) -> Figures:
    """Errors on all examples, and how many answers differ."""
    dataset: ImageDataset = getattr(setting, data)()
    model = network()
    home, there = (answers(devices.copy_on(model, at), dataset) for at in (devices.CPU, setting.device))
    return {
        "examples": len(dataset),
        "errors on the CPU": home[0],
        "errors there": there[0],
        "answers that differ": int((home[1] != there[1]).sum()),
    }


@torch.inference_mode()
@devices.full_float32()
def answers(model: nn.Module, dataset: ImageDataset) -> tuple[int, Tensor]:
    """Errors, and each answer, in the batches of a certificate's count."""
    errors, given, device = 0, [], devices.device_of(model)
    for inputs, labels in in_counting_order(dataset, BATCH_SIZE):
        scores = scores_of(model.eval(), inputs.to(device))
        errors += int(wrong(scores, labels.to(device)).sum())
        given.append(answers_and_margins(scores.cpu())[0])
    return errors, torch.cat(given)


def draws(setting: Setting) -> Figures:
    """Error rates under the same noise."""
    dataset, model = setting.mnist(), lenet5()
    sigma = {name: 0.02 for name, p in model.named_parameters() if p.ndim > 1}
    examples = take(dataset, torch.arange(setting.choose(10_000, 100)).numpy())
    plan = DrawPlan(largest_divisor(len(examples), 20))
    home, there = (
        draw_error_rates(devices.copy_on(model, device), sigma, examples, plan)
        for device in (devices.CPU, setting.device)
    )
    return {
        "draws": len(home),
        "draws that differ": int((home != there).sum()),
        "largest difference": float((home - there).abs().max()),
        "means": [float(home.mean()), float(there.mean())],
    }


def picks(setting: Setting) -> Figures:
    """What the exact learner picks, and its weights."""
    examples = take(setting.mnist(), torch.arange(setting.choose(5000, 100)).numpy())
    stop = setting.choose(60, 8)
    config = PickingConfig(stops=(stop,), first=stop // 2, growth_percent=50)
    training = ExactTraining(steps=setting.choose(100, 3), steps_per_pick=setting.choose(10, 0))
    changes = ExactAugmentation(linear=20, shift=16, elastic=8)
    found = []
    for device in (devices.CPU, setting.device):
        learner = ExactLearner(exact_layers, training, augmentation=changes, device=str(device))
        picking = pick(learner, examples, config)
        found.append((picking.picks.tolist(), picking.best.errors, learner.state()["fine"]))
    weights = all(torch.equal(a, b) for a, b in zip(found[0][2], found[1][2], strict=True))
    return {
        "picks": len(found[0][0]),
        "same picks": found[0][0] == found[1][0],
        "errors": [each[1] for each in found],
        "same weights": weights,
    }


def exact_layers() -> nn.Sequential:
    """Two convolutions and a linear layer, as exact arithmetic has them."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(8, 16, 5), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(256, 10),
    )  # fmt: skip
