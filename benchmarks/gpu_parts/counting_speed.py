"""Part 3: counting, noisy risk, the scoring of picking, and the coder beside them."""

from functools import partial

import torch
from torch import nn

from gpu_parts.part import Figures, Part, Setting, Task, seconds_of
from netrazor.counting import count_errors
from netrazor.networks import build
from netrazor.networks.network_message import encode
from netrazor.perturb import DrawPlan, draw_error_rates, largest_divisor
from netrazor.picking import TorchLearner
from netrazor.picking.declared_learners import declared_learner
from netrazor.runtime import devices

NETWORKS = {"LeNet-5": ("lenet5", "mnist"), "ResNet-20": ("resnet-20", "cifar10")}
BATCH = 500


def tasks(setting: Setting) -> dict[str, Task]:
    """Of two networks, of a learner, and of the coder."""
    counts = {
        f"counting: {name}": partial(counting, setting, architecture, data)
        for name, (architecture, data) in NETWORKS.items()
    }
    return {
        **counts,
        "noisy risk": partial(noisy, setting),
        "picking's scoring": partial(scoring, setting),
        "encode": partial(encoding, setting),
    }


COUNTING = Part("counting", 40, tasks)


def network(architecture: str) -> nn.Module:
    """With random weights."""
    torch.manual_seed(0)
    return build(architecture).eval()


@torch.inference_mode()
def plain_pass(setting: Setting, model: nn.Module, data: str) -> None:
    """What a PyTorch user writes to count: images on the device, every switch as it is by default."""
    dataset = getattr(setting, data)().on(setting.device)
    wrong = torch.zeros((), dtype=torch.int64, device=setting.device)
    for positions in torch.arange(len(dataset)).split(BATCH):
        inputs, labels = dataset.batch(positions)
        wrong += (model(inputs).argmax(1) != labels).sum()
    int(wrong)


def counting(setting: Setting, architecture: str, data: str) -> Figures:
    """Seconds of a count for a certificate, in full float32, over those of a plain pass."""
    model = devices.copy_on(network(architecture), setting.device)
    dataset = getattr(setting, data)()
    tasks = (partial(plain_pass, setting, model, data), partial(count_errors, model, dataset))
    for task in tasks:
        task()
    plain, counted = (seconds_of(task, setting.device) for task in tasks)
    return {
        "examples": len(dataset),
        "seconds, plain": round(plain, 4),
        "seconds": round(counted, 4),
        "ratio": round(counted / plain, 2),
    }


def noisy(setting: Setting) -> Figures:
    """Seconds of a pass with a draw of noise for every twenty examples, over those of a count."""
    model, dataset = devices.copy_on(network("lenet5"), setting.device), setting.mnist()
    sigma = {name: 0.02 for name, p in model.named_parameters() if p.ndim > 1}
    plan = DrawPlan(largest_divisor(len(dataset), 20))
    tasks = (partial(count_errors, model, dataset), partial(draw_error_rates, model, sigma, dataset, plan))
    for task in tasks:
        task()
    plain, drawn = (seconds_of(task, setting.device) for task in tasks)
    return {
        "draws": len(dataset) // plan.examples_per_draw,
        "seconds": round(drawn, 3),
        "ratio": round(drawn / plain, 2),
    }


def scoring(setting: Setting) -> Figures:
    """Images a second of the learner of CIFAR-10 that looks for what is still wrong."""
    learner = declared_learner("small-resnet")
    assert isinstance(learner, TorchLearner)
    learner.computing_on(str(setting.device)).start(0)
    inputs, _ = setting.cifar10().batch(torch.arange(setting.choose(20_000, 200)))
    learner.predict(inputs[:BATCH])
    taken = seconds_of(partial(learner.predict, inputs), setting.device)
    return {"images a second": round(len(inputs) / taken, 1)}


def encoding(setting: Setting) -> Figures:
    """Seconds of the coder, on the CPU, for LeNet-5 with one weight in a hundred left."""
    model = network("lenet5")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((8 * parameter).round() * (torch.rand_like(parameter) < 0.01))
    blobs: list[bytes] = []
    taken = seconds_of(lambda: blobs.append(encode(model, "lenet5")), devices.CPU)
    return {"bytes": len(blobs[0]), "seconds": round(taken, 3)}
