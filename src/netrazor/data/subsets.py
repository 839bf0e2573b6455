"""Some examples of a data set, by their positions."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Subset

from netrazor.data.images import ImageDataset
from netrazor.data.squares import Squares


def size_of(dataset: Dataset[tuple[Tensor, int]]) -> int:
    """Number of examples; map-style data sets have one, though torch's type does not say so."""
    return len(dataset)  # type: ignore[arg-type]


def take(dataset: Dataset[tuple[Tensor, int]], positions: NDArray[np.int64]) -> Dataset[tuple[Tensor, int]]:
    """The examples of ``dataset`` at ``positions``, in that order, held or read as those of ``dataset`` are.

    All positions, in order, give ``dataset`` itself.
    """
    n = size_of(dataset)
    if len(positions) == n and bool((positions == np.arange(n)).all()):
        return dataset
    chosen = positions.tolist()
    if isinstance(dataset, ImageDataset):
        return replace(dataset, images=dataset.images[chosen], labels=dataset.labels[chosen])
    if isinstance(dataset, Squares):
        return dataset.at(chosen)
    return Subset(dataset, chosen)
