"""Errors are counted one by one, and never in the network's favour."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import tiny
from netrazor.counting.error_count import ErrorCount, count_errors, in_order, scores_of, wrong
from netrazor.errors import BadDataset, UnsupportedModel

SCORES = st.sampled_from([float("nan"), float("-inf"), -1.0, 0.0, 0.5, 1.0, float("inf")])


def is_wrong(scores: list[float], label: int, top: int) -> bool:
    """Wrong unless the label has one of the ``top`` first places by itself."""
    if any(score != score for score in scores):
        return True
    rivals = sum(score >= scores[label] for place, score in enumerate(scores) if place != label)
    return rivals >= top


@given(rows=st.lists(st.lists(SCORES, min_size=4, max_size=4), min_size=1, max_size=5), data=st.data())
@settings(deadline=None, max_examples=100)
def test_against_the_definition(rows: list[list[float]], data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    for top in (1, 2, 4):
        found = wrong(torch.tensor(rows), torch.tensor(labels), top).tolist()
        assert found == [is_wrong(row, label, top) for row, label in zip(rows, labels, strict=True)]


def test_a_tie_is_an_error() -> None:
    assert wrong(torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([0])).tolist() == [True]
    assert wrong(torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([0]), top=2).tolist() == [False]


def test_a_network_that_says_the_same_of_all_classes_is_always_wrong() -> None:
    model = tiny.linear()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    assert count_errors(model, tiny.images()) == ErrorCount(400, 400)


@pytest.mark.parametrize("batch_size", [1, 7, 400, 1000])
def test_all_examples_count_once_whatever_the_batch(batch_size: int) -> None:
    model, dataset = tiny.small(), tiny.images(50)
    naive = sum(is_wrong(model.eval()(x[None])[0].tolist(), y, 1) for x, y in (dataset[i] for i in range(50)))
    assert count_errors(model, dataset, batch_size=batch_size) == ErrorCount(naive, 50)
    assert count_errors(model, [dataset[i] for i in range(50)], batch_size=batch_size).errors == naive


def test_counting_leaves_training_mode() -> None:
    """Dropout and batch statistics would make an answer depend on chance and on its batch mates."""
    model = nn.Sequential(nn.BatchNorm2d(1), tiny.small()).train()
    assert count_errors(model, tiny.images()) == count_errors(model.train(), tiny.images(), batch_size=3)


def test_labels_out_of_range() -> None:
    dataset = tiny.images()
    for bad in (-1, 4):
        items = [dataset[0], (dataset[1][0], bad)]
        with pytest.raises(BadDataset, match=r"labels: must be in 0 \.\. 3, got"):
            count_errors(tiny.small(), items)


def test_an_empty_data_set() -> None:
    with pytest.raises(BadDataset, match="at least one example"):
        count_errors(tiny.small(), [])


@pytest.mark.parametrize("output", [lambda x: x, lambda x: x.flatten(1).sum(), lambda x: (x.flatten(1),)])
def test_outputs_that_are_no_scores(output: object) -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> object:
            return output(x)

    with pytest.raises(UnsupportedModel, match=r"output: must be scores of shape \(2, classes\), got"):
        scores_of(Odd(), torch.zeros(2, 1, 8, 8))


def test_a_forward_pass_that_fails() -> None:
    with pytest.raises(UnsupportedModel, match=r"forward pass on inputs of shape \(2, 5\) failed"):
        scores_of(tiny.small(), torch.zeros(2, 5))


def test_short_label_types_become_long() -> None:
    import numpy as np

    items = [(torch.zeros(1), np.uint8(3))] * 3
    (_, labels), *_ = in_order(items, 3)
    assert labels.dtype == torch.int64
