"""Examples as people have them, made pairs of one tensor and one class."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.data.example_form import ExampleForm, class_of, read_item, told
from netrazor.data.items import BatchedDataset, described
from netrazor.errors import BadDataset


class _Around(Dataset[Any]):
    """As many items as ``dataset`` has, under its name."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self.name = str(getattr(dataset, "name", type(dataset).__name__))
        self.split = str(getattr(dataset, "split", "train"))

    def __len__(self) -> int:
        return len(self.dataset)


class PlainExamples(_Around):
    """The examples of ``dataset``, each as one tensor and one class.

    Raises:
        BadDataset: an item of another form than the first.
    """

    def __init__(self, dataset: Any, form: ExampleForm) -> None:
        super().__init__(dataset)
        self.form = form

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        form, parts, label = read_item(self.dataset[index], index)
        if form != self.form:
            raise BadDataset(
                f"item {index}: parts {told(self.form)} needed, as item 0 has them, got {told(form)}; give all "
                "items one form (pad texts to one length)"
            )
        return form.packed(parts), class_of(label, f"label {index}")


class CollatedExamples(_Around):
    """Items of ``dataset`` as a collate function makes them, each as a batch of one, from which the one is taken.

    What a tokenizer or a data collator of transformers does for batches is done for each example by itself, so that
    its answer depends on no other one. It must pad to a fixed length.
    """

    def __init__(self, dataset: Any, collate: Any) -> None:
        super().__init__(dataset)
        self.collate = collate

    def __getitem__(self, index: int) -> Any:
        batch = self.collate([self.dataset[index]])
        if isinstance(batch, Mapping):
            return {key: value[0] for key, value in batch.items()}
        if isinstance(batch, (tuple, list)):
            return tuple(part[0] for part in batch)
        raise BadDataset(
            f"collate: must give a dictionary or a tuple of batches, got {described(batch)}; return inputs and labels"
        )


def in_plain_form(dataset: Any, form: ExampleForm | None = None) -> tuple[Any, ExampleForm | None]:
    """``dataset`` as pairs of one tensor and one class, and the form of its items; itself, where it has them.

    Args:
        dataset: map-style; anything else is returned as it is, for others to refuse.
        form: that of the examples that the network was adapted to; None: to be found.

    Raises:
        BadDataset: a first item without a label, or with parts that are no numbers.
    """
    is_map_style = hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")
    if isinstance(dataset, (BatchedDataset, PlainExamples)) or not is_map_style or len(dataset) == 0:
        return dataset, form
    item = dataset[0]
    if form is None and _is_plain(item):
        return dataset, None
    if form is None:
        form, _, label = read_item(item, 0)
        class_of(label, "label 0")
    return PlainExamples(dataset, form), form


def in_form_of(examples: Any, others: Any) -> Any:
    """Other examples (a test set, an augmented copy) in the form that ``examples`` were brought into."""
    return in_plain_form(others, examples.form)[0] if isinstance(examples, PlainExamples) else others


def _is_plain(item: object) -> bool:
    """A pair of a tensor or array and a whole number; and what no form is known for, which the checks name."""
    if isinstance(item, Mapping):
        return False
    if not isinstance(item, (tuple, list)) or len(item) < 2:
        return True
    is_tensor = isinstance(item[0], (Tensor, np.ndarray))
    return (
        len(item) == 2
        and is_tensor
        and isinstance(item[1], (int, np.integer))
        and not isinstance(item[1], bool)
    )
