"""Training behind features that are fixed: what they are for each example is computed once."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting import BATCH_SIZE
from netrazor.data import ImageDataset
from netrazor.data.images import WHITE


@runtime_checkable
class HasFrozenFeatures(Protocol):
    """A network that is ``learned`` after ``features``; these have no state, and are whole numbers over 255."""

    features: nn.Module
    learned: nn.Module


@torch.no_grad()
def precompute_features(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]]
) -> tuple[nn.Module, Dataset[tuple[Tensor, int]]]:
    """The learned part and the features of ``dataset``, or both as given where the model has no fixed features."""
    if not isinstance(model, HasFrozenFeatures) or not isinstance(dataset, ImageDataset):
        return model, dataset
    parts = torch.split(torch.arange(len(dataset)), BATCH_SIZE)
    features = [torch.round(WHITE * model.features(dataset.batch(part)[0])).to(torch.uint8) for part in parts]
    return model.learned, ImageDataset(torch.cat(features), dataset.labels, dataset.classes)
