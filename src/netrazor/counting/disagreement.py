"""On how many inputs two networks do not give the same answer."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting.answers import answers_and_margins
from netrazor.counting.reading_order import BATCH_SIZE, in_counting_order
from netrazor.counting.scoring import scores_of
from netrazor.data.subsets import size_of
from netrazor.data.tables import as_dataset, table_of
from netrazor.errors import BadDataset, UnsupportedModel
from netrazor.networks.walk import set_evaluation_mode
from netrazor.runtime import devices, processes


def as_inputs(inputs: Any) -> Dataset[tuple[Tensor, int]]:
    """Inputs without labels as a data set; the labels of a data set that has some are not looked at.

    Args:
        inputs: a tensor or array N x ..., or a map-style data set of (input, label).
    """
    if isinstance(inputs, (Tensor, np.ndarray)):
        return table_of(inputs, np.zeros(len(inputs), dtype=np.int64), name="inputs", split="unlabelled")
    dataset: Dataset[tuple[Tensor, int]] = as_dataset(inputs)
    return dataset


@torch.inference_mode()
@devices.full_float32()
def count_disagreements(short: nn.Module, large: nn.Module, inputs: Dataset[tuple[Tensor, int]]) -> int:
    """Inputs on which the answers of two networks in evaluation mode differ, or on which either has none.

    Raises:
        BadDataset: no inputs.
        UnsupportedModel: a forward pass that fails, or scores of different numbers of classes.
    """
    for network in (short, large):
        set_evaluation_mode(network)
    if size_of(inputs) == 0:
        raise BadDataset("unlabelled: at least one input needed, got none; give inputs")
    found = torch.zeros(1, dtype=torch.int64)
    for batch, _ in in_counting_order(inputs, BATCH_SIZE, shared=True):
        scores = [
            scores_of(network, batch.to(devices.device_of(network))).cpu() for network in (short, large)
        ]
        classes = scores[0].shape[1]
        if scores[1].shape[1] != classes:
            raise UnsupportedModel(
                f"model: scores of {classes} classes needed, as the certified network has, got {scores[1].shape[1]}; "
                "give a network of the same classes"
            )
        first, second = (answers_and_margins(each)[0] for each in scores)
        found += ((first != second) | (first == classes)).sum()
    return int(processes.all_reduce(found)[0])
