"""Items in every form that people have them in become pairs of one tensor and one class; others are named errors."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from netrazor.data import CollatedExamples, table_of
from netrazor.data.example_form import ExampleForm, Part, class_of
from netrazor.data.plain_examples import in_form_of, in_plain_form
from netrazor.errors import BadDataset

ROW = [0.5, 1.0, -2.0]


@pytest.mark.parametrize(
    ("item", "inputs", "label"),
    [
        ((torch.tensor(ROW), 1.0), torch.tensor(ROW), 1),
        ((torch.tensor(ROW), True), torch.tensor(ROW), 1),
        ((torch.tensor(ROW), torch.tensor([2])), torch.tensor(ROW), 2),
        ((ROW, 2), torch.tensor(ROW), 2),
        ((np.array(ROW), np.float32(0)), torch.tensor(ROW, dtype=torch.float64), 0),
        ({"x": ROW, "y": 3}, torch.tensor(ROW), 3),
        ({"x": ROW, "label": np.bool_(True)}, torch.tensor(ROW), 1),
        ({"ids": [1, 2], "mask": [1, 0], "labels": 1}, torch.tensor([1, 2, 1, 0]), 1),
        ({"ids": [1, 2], "size": 0.5, "target": 1}, torch.tensor([1.0, 2.0, 0.5]).double(), 1),
        ((torch.tensor([1, 2]), torch.tensor([[3], [4]]), 1), torch.tensor([1, 2, 3, 4]), 1),
        (((torch.tensor([1.0]), torch.tensor([2.0])), 0), torch.tensor([1.0, 2.0]), 0),
    ],
)
def test_items_become_a_tensor_and_a_class(item: object, inputs: Tensor, label: int) -> None:
    examples, form = in_plain_form([item, item])
    assert form is not None
    found, found_label = examples[1]
    assert torch.equal(found, inputs)
    assert found.dtype == inputs.dtype
    assert found_label == label
    assert type(found_label) is int
    assert len(examples) == 2


@pytest.mark.parametrize(
    "item", [(torch.tensor(ROW), 1), (np.array(ROW), np.int64(2)), [torch.tensor(ROW), 0]]
)
def test_pairs_of_a_tensor_and_a_class_stay_as_they_are(item: object) -> None:
    dataset = [item]
    assert in_plain_form(dataset) == (dataset, None)
    table = table_of(np.zeros((2, 3)), np.array([0, 1]))
    assert in_plain_form(table) == (table, None)


SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)
TYPES = st.sampled_from([torch.float32, torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool])


@given(st.lists(st.tuples(TYPES, SHAPES), min_size=2, max_size=4), st.integers(0, 2**31), st.integers(1, 3))
def test_what_was_packed_is_cut_into_the_same_parts(
    parts: list[tuple[torch.dtype, tuple[int, ...]]], seed: int, n: int
) -> None:
    form = ExampleForm(tuple(Part(str(i), dtype, shape) for i, (dtype, shape) in enumerate(parts)), True)
    generator = torch.Generator().manual_seed(seed)
    batches = [torch.randint(0, 200, (n, *shape), generator=generator).to(dtype) for dtype, shape in parts]
    packed = torch.stack([form.packed([batch[i] for batch in batches]) for i in range(n)])
    for batch, found in zip(batches, form.unpacked(packed), strict=True):
        assert torch.equal(batch, found)
        assert batch.dtype == found.dtype


@pytest.mark.parametrize(
    ("item", "match"),
    [
        ({"text": ROW, "class": 1}, "no label among the keys text, class; rename"),
        ({"label": 1}, "no input among the keys label"),
        ({"x": ROW, "y": 1, "label": 1}, "2 labels among"),
        ({"text": "Dear friend", "label": 1}, r"'text': numbers needed, got text; leave this key out"),
        ({"x": [[1], [1, 2]], "label": 1}, "numbers needed"),
        ({"x": None, "label": 1}, "numbers needed, got NoneType"),
        ({"x": torch.zeros(2, dtype=torch.complex64), "y": 0}, "real numbers needed"),
        (({"x": ROW}, "spam"), "label 0: one whole number needed"),
        ((ROW, 0.5), "or 0.0 and 1.0"),
        ((ROW, torch.tensor([0, 1])), "one whole number"),
    ],
)
def test_items_without_numbers_or_a_label_are_named(item: object, match: str) -> None:
    with pytest.raises(BadDataset, match=match):
        in_plain_form([item])


def test_an_item_of_another_form_is_named() -> None:
    examples, _ = in_plain_form([{"x": [1, 2], "y": 0}, {"x": [1, 2, 3], "y": 0}])
    with pytest.raises(BadDataset, match=r"item 1: parts x int64\[2\] needed.* got x int64\[3\].*pad"):
        examples[1]


def test_other_examples_take_the_same_form() -> None:
    examples, _ = in_plain_form([{"x": [1, 2], "y": 0}])
    assert torch.equal(in_form_of(examples, [{"x": [3, 4], "y": 0}])[0][0], torch.tensor([3, 4]))
    plain = [(torch.zeros(2), 0)]
    assert in_form_of(plain, plain) is plain


def words(batch: list[dict]) -> dict[str, Tensor]:
    """A collate function as a tokenizer's: texts to rows of one length."""
    ids = torch.zeros(len(batch), 4, dtype=torch.int64)
    for row, item in enumerate(batch):
        for place, word in enumerate(item["text"].split()[:4]):
            ids[row, place] = len(word)
    return {"input_ids": ids, "labels": torch.tensor([item["label"] for item in batch])}


@pytest.mark.parametrize(
    "collate", [words, lambda batch: (words(batch)["input_ids"], words(batch)["labels"])]
)
def test_a_collate_function_makes_items_of_texts(collate: Callable) -> None:
    texts = [{"text": "a bb ccc", "label": 1}, {"text": "dddd", "label": 0}]
    examples, _ = in_plain_form(CollatedExamples(texts, collate))
    assert [examples[i][0].tolist() for i in range(2)] == [[1, 2, 3, 0], [4, 0, 0, 0]]
    assert [examples[i][1] for i in range(2)] == [1, 0]
    with pytest.raises(BadDataset, match="collate: must give a dictionary or a tuple"):
        CollatedExamples(texts, lambda batch: 3)[0]


def test_classes_in_every_type() -> None:
    for label in (3, np.int8(3), torch.tensor(3), np.array([3]), [3]):
        assert class_of(label, "label") == 3
    for label in (2.0, float("nan"), "1", None, 2**63):
        with pytest.raises(BadDataset, match="label: one whole number needed"):
            class_of(label, "label")
