"""Certificates with spent examples: steps away from a LeNet-5's weights, and a hold-out."""

from functools import cache

import torch
from torch import nn

import tiny
from netrazor.certification.sample_record import Spending
from netrazor.data import ImageDataset
from netrazor.networks import LeNet5
from netrazor.pipeline.spent_examples import run_from_given, run_hold_out
from netrazor.pipeline.spent_run import SpentRun, SpentTerms

EVEN: Spending = "even positions"


def images(n: int = 301) -> ImageDataset:
    """Ten classes, told apart by where a bar lies."""
    generator = torch.Generator().manual_seed(5)
    labels = torch.randint(0, 10, (n,), generator=generator)
    bars = torch.zeros(n, 1, 28, 28, dtype=torch.uint8)
    for image, label in zip(bars, labels.tolist(), strict=True):
        image[:, 2 * label + 3 : 2 * label + 6] = 200
    return ImageDataset(bars, labels, 10, name="bars")


@cache
def prior() -> nn.Module:
    """The given weights: a LeNet-5 that has learnt nothing, few weights on a coarse grid: short, so quickly coded."""
    torch.manual_seed(0)
    model = LeNet5()
    with torch.no_grad():
        for parameter in model.parameters():
            few = torch.arange(parameter.numel()).reshape(parameter.shape) % 20 == 0
            parameter.copy_((16 * parameter).round() / 16 * few)
    return model.eval()


@cache
def issued() -> SpentRun:
    """A certificate of a message relative to `prior`."""
    terms = SpentTerms(architecture="lenet5")
    return run_from_given(prior(), images(), spent=151, spending=EVEN, terms=terms)


@cache
def held_out() -> SpentRun:
    """A certificate of hold-out."""
    return run_hold_out(tiny.small(), tiny.images(), spent=300)
