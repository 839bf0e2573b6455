"""Counting errors: the empirical risk that a certificate stands on."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting.reading_order import BATCH_SIZE, in_counting_order
from netrazor.counting.scoring import scores_of, wrong
from netrazor.data.subsets import size_of
from netrazor.errors import BadDataset
from netrazor.networks.walk import set_evaluation_mode
from netrazor.runtime import devices, processes
from netrazor.runtime.reporting import Reporter, Silent


@dataclass(frozen=True)
class ErrorCount:
    """Wrong answers on ``n`` examples: for each example one answer, right if the label is among the top k."""

    errors: int
    n: int

    @property
    def risk(self) -> float:
        """The share of wrong answers."""
        return self.errors / self.n


@torch.inference_mode()
@devices.full_float32()
def count_errors(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    batch_size: int = BATCH_SIZE,
    top: int = 1,
    name: str = "count errors",
    reporter: Reporter | None = None,
) -> ErrorCount:
    """0-1 errors of ``model`` in evaluation mode over all examples of ``dataset``, in `counting_order`.

    Scores are computed where the network is, in full float32, in fixed batches. Of several processes each takes its
    share of the batches, which are the same for any number of them.

    An answer that is not a number counts as an error, and so does a tie for the last place that the label takes
    part in: ties are never decided in the network's favour.

    Raises:
        BadDataset: empty, or labels that the network has no output for.
        InvalidArgument: a batch size outside 1 .. LARGEST_BATCH.
        UnsupportedModel: the forward pass fails or gives something other than N x classes scores.
    """
    set_evaluation_mode(model)
    device = devices.device_of(model)
    found = torch.zeros(2, dtype=torch.int64)
    batches = math.ceil(size_of(dataset) / max(1, batch_size) / processes.count())
    with (reporter or Silent()).stage(name, batches) as tick:
        for inputs, labels in in_counting_order(dataset, batch_size, shared=True):
            errors = wrong(scores_of(model, inputs.to(device)), labels.to(device), top).sum()
            found += torch.tensor([int(errors), len(labels)])
            tick()
    errors, n = processes.all_reduce(found).tolist()
    if n == 0:
        raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
    return ErrorCount(errors, n)
