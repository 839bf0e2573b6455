"""How a certificate names the training examples: counted, recognised, spent or not."""

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import SampleRecord
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions_of
from netrazor.counting import majority_errors, scores_of
from netrazor.data import check
from netrazor.data.items import item_batches
from netrazor.data.subsets import size_of, take
from netrazor.errors import BadDataset
from netrazor.runtime import Reporter, processes

LEAST_EXAMPLES = 8  # what the bounds are proved for


def describe_sample(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    reporter: Reporter,
    spent: int = 0,
    spending: Spending = "none",
) -> SampleRecord:
    """The training examples as a certificate names them, the first ``spent`` in the declared order spent."""
    first, n = next(item_batches(dataset), None), size_of(dataset)
    if first is None or n < LEAST_EXAMPLES:
        raise BadDataset(f"dataset: at least {LEAST_EXAMPLES} examples needed, got {n}; give one with more")
    with torch.inference_mode():
        classes = scores_of(model.eval(), torch.as_tensor(first[0][:1])).shape[1]
    summary = processes.on_rank_zero(lambda: check(dataset, classes))
    if summary.duplicates:
        reporter.say(
            f"{summary.duplicates} of {summary.n} inputs equal an earlier one: the bound takes all {summary.n} "
            "as independent draws, so copies that were made on purpose must go"
        )
    _, counted = split_positions_of(spending, summary.n, spent)
    return SampleRecord(
        name=str(getattr(dataset, "name", type(dataset).__name__)),
        split=str(getattr(dataset, "split", "train")),
        fingerprint=summary.fingerprint,
        classes=classes,
        n=summary.n,
        spent=spent,
        spending=spending,
        duplicates=summary.duplicates,
        majority_errors=majority_errors(take(dataset, counted)),
    )
