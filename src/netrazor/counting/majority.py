"""The classifier that nobody needs to train: always the most frequent label."""

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.counting.reading_order import labels_in_order


def majority_errors(dataset: Dataset[tuple[Tensor, int]]) -> int:
    """Errors, on all examples of ``dataset``, of always answering their most frequent label."""
    labels = labels_in_order(dataset)
    return len(labels) - int(np.unique(labels, return_counts=True)[1].max(initial=0))
