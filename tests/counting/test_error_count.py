"""Errors are counted one by one, and never in the network's favour."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import tiny
from netrazor.counting import ErrorCount, count_errors, in_order, scores_of, wrong
from netrazor.data import ImageDataset
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


class Scattered(nn.Module):
    """With a dropout in a plain list, and one whose ``train`` leaves it in training mode."""

    class Stubborn(nn.Dropout):
        def train(self, mode: bool = True) -> nn.Module:
            self.training = True
            return self

    def __init__(self) -> None:
        super().__init__()
        self.listed = [nn.Dropout(0.9)]
        self.stubborn = self.Stubborn(0.9)
        self.inner = tiny.linear()

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(self.stubborn(self.listed[0](x)))


def test_every_module_is_counted_in_evaluation_mode() -> None:
    model = Scattered()
    expected = count_errors(model.inner, tiny.images())
    assert [count_errors(model.train(), tiny.images()) for _ in range(2)] == [expected, expected]


def test_what_sees_its_batch_mates_gains_nothing_from_a_sorted_folder() -> None:
    class BatchMates(nn.Module):
        """Answers for all what the first example of the batch has in its first pixel: its label."""

        def forward(self, x: Tensor) -> Tensor:
            label = (255 * x[0, 0, 0, 0]).round().long()
            return nn.functional.one_hot(label, 4).float().expand(len(x), 4)

    labels = torch.arange(400) // 100
    sorted_by_class = ImageDataset(labels[:, None, None, None].to(torch.uint8).repeat(1, 1, 2, 2), labels, 4)
    assert count_errors(BatchMates(), sorted_by_class, batch_size=100).errors > 250


@pytest.mark.parametrize(
    ("model", "inputs", "remedy"),
    [
        (
            nn.Linear(3, 2),
            torch.zeros(2, 3, dtype=torch.float64),
            r"give items in float32, such as image\.float",
        ),
        (
            nn.Linear(3, 2),
            torch.zeros(2, 3, dtype=torch.uint8),
            r"give items in float32, such as image\.float",
        ),
        (nn.Linear(3, 2).double(), torch.zeros(2, 3), r"call model\.float"),
    ],
)
def test_types_that_differ_get_a_hint_that_helps(model: nn.Module, inputs: Tensor, remedy: str) -> None:
    with pytest.raises(UnsupportedModel, match=remedy):
        scores_of(model, inputs)


def test_errors_of_a_forward_pass_are_short() -> None:
    def failing(x: Tensor) -> Tensor:
        raise ValueError(f"{list(range(100_000))}")

    with pytest.raises(UnsupportedModel) as raised:
        scores_of(failing, torch.zeros(2, 3))
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("dtype", [torch.complex64, torch.bool])
def test_scores_that_are_no_real_numbers(dtype: torch.dtype) -> None:
    with pytest.raises(UnsupportedModel, match="must be real scores"):
        scores_of(lambda x: x.to(dtype), torch.zeros(2, 3))


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
