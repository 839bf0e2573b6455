"""Training behind a front that is fixed: what it makes of each example is computed once."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting.error_count import BATCH_SIZE
from netrazor.data import ImageDataset
from netrazor.data.images import WHITE


@runtime_checkable
class Fronted(Protocol):
    """A network that is ``learned`` after ``features``; these have no state, and are whole numbers over 255."""

    features: nn.Module
    learned: nn.Module


@torch.no_grad()
def without_front(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]]
) -> tuple[nn.Module, Dataset[tuple[Tensor, int]]]:
    """The learned part and the features of ``dataset``, or both as given where the model has no fixed front."""
    if not isinstance(model, Fronted) or not isinstance(dataset, ImageDataset):
        return model, dataset
    parts = torch.arange(len(dataset)).split(BATCH_SIZE)
    features = [torch.round(WHITE * model.features(dataset.batch(part)[0])).to(torch.uint8) for part in parts]
    return model.learned, ImageDataset(torch.cat(features), dataset.labels, dataset.classes)
