"""Some examples of a data set, by their positions."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Subset

from netrazor.data.images import ImageDataset
from netrazor.data.squares import Squares
from netrazor.data.targets import TargetDataset

_WRAPPED = 10  # data sets in one another, at most


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
    if isinstance(dataset, TargetDataset):
        return dataset.at(positions)
    if isinstance(dataset, Squares):
        return dataset.at(chosen)
    return Subset(dataset, chosen)


def class_names_in(dataset: Any) -> tuple[str, ...]:
    """What a data set, or one that it wraps, calls its classes: ``class_names``, or ``classes`` of words."""
    for _ in range(_WRAPPED):
        for name in ("class_names", "classes"):
            found = getattr(dataset, name, None)
            if isinstance(found, (list, tuple)) and found and all(isinstance(word, str) for word in found):
                return tuple(found)
        dataset = getattr(dataset, "dataset", getattr(dataset, "source", None))
    return ()
