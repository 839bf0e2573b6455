"""DR17's data: ten digits as two classes, and the same with labels that mean nothing."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from netrazor.data import ImageDataset


def two_classes(dataset: ImageDataset) -> ImageDataset:
    """The lower half of the classes as 0, the upper half as 1; for MNIST 0-4 against 5-9."""
    labels = (dataset.labels >= dataset.classes // 2).long()
    return replace(dataset, labels=labels, classes=2, name=f"{dataset.name}, two classes", class_names=())


def coin_flips(dataset: ImageDataset, seed: int) -> ImageDataset:
    """Two classes, each label drawn by a fair coin."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + 17)  # unlike any that drew the data
    labels = torch.randint(0, 2, (len(dataset),), generator=generator)
    return replace(dataset, labels=labels, classes=2, name=f"{dataset.name}, random labels", class_names=())


class TwoScores(nn.Module):
    """A network of one score s, whose sign decides, as one of two scores, -s/2 and s/2."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor) -> Tensor:
        """Scores N x 2."""
        score = self.network(inputs) / 2
        return torch.cat([-score, score], 1)
