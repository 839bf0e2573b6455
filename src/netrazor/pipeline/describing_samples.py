"""How a certificate names the training examples: counted, recognised, spent or not."""

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import SampleRecord
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions_of
from netrazor.counting import check_fit_of_targets, majority_errors, outputs_of, scores_of
from netrazor.data import check
from netrazor.data.items import Images, Labels, item_batches
from netrazor.data.subsets import size_of, take
from netrazor.data.targets import TargetDataset
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
    classes = _outputs_on(model, *first, dataset)
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


@torch.inference_mode()
def _outputs_on(
    model: nn.Module, inputs: Images, labels: Labels, dataset: Dataset[tuple[Tensor, int]]
) -> int:
    """How many outputs the network has, classes or others, once it fits the first example."""
    if not isinstance(dataset, TargetDataset):
        return int(scores_of(model.eval(), torch.as_tensor(inputs[:1])).shape[1])
    outputs = outputs_of(model.eval(), torch.as_tensor(inputs[:1]))
    check_fit_of_targets(outputs, torch.as_tensor(labels[:1]), dataset.task)
    return int(outputs.shape[1])
