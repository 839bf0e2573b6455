"""Examples as people have them, made pairs of one tensor and one class.

An item may be a pair (input, label), a tuple whose last part is the label, or a dictionary with a key for it; an
input may be a tensor, an array, a number, a list of numbers, or several of these. All parts of an input travel as one
tensor, from which the network's are cut again, so that everything between sees tensors only.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.data.items import BatchedDataset, described
from netrazor.errors import BadDataset

LABEL_KEYS = ("label", "labels", "y", "target")


@dataclass(frozen=True)
class Part:
    """One tensor of an input: its key or place, its type and its shape."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ExampleForm:
    """What the items of a data set are made of.

    Attributes:
        parts: of an input, in order.
        named: whether they come from a dictionary.
    """

    parts: tuple[Part, ...]
    named: bool

    @property
    def is_one_tensor(self) -> bool:
        """Whether an input is one tensor, which stays as it is."""
        return len(self.parts) == 1

    @property
    def packed_type(self) -> torch.dtype:
        """A type that holds all parts exactly: whole numbers up to 2^53 do so in float64."""
        kinds = {part.dtype for part in self.parts}
        if not any(kind.is_floating_point for kind in kinds):
            return torch.int64
        return torch.float32 if kinds <= {torch.float32, torch.float16, torch.bfloat16} else torch.float64

    def packed(self, parts: Sequence[Tensor]) -> Tensor:
        """The parts of an input as one tensor."""
        if self.is_one_tensor:
            return parts[0]
        return torch.cat([part.reshape(-1).to(self.packed_type) for part in parts])

    def unpacked(self, inputs: Tensor) -> list[Tensor]:
        """The parts of a batch of inputs."""
        if self.is_one_tensor:
            return [inputs]
        sizes = [math.prod(part.shape) for part in self.parts]
        batch = inputs.shape[0]  # a symbol, where the call is exported for any batch; len() would be a number
        return [
            piece.reshape(batch, *part.shape).to(part.dtype)
            for part, piece in zip(self.parts, torch.split(inputs, sizes, dim=1), strict=True)
        ]


class PlainExamples(Dataset[tuple[Tensor, int]]):
    """The examples of ``dataset``, each as one tensor and one class.

    Raises:
        BadDataset: an item of another form than the first.
    """

    def __init__(self, dataset: Any, form: ExampleForm) -> None:
        self.dataset, self.form = dataset, form
        self.name = str(getattr(dataset, "name", type(dataset).__name__))
        self.split = str(getattr(dataset, "split", "train"))

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        form, parts, label = read_item(self.dataset[index], index)
        if form != self.form:
            raise BadDataset(
                f"item {index}: parts {_told(self.form)} needed, as item 0 has them, got {_told(form)}; give all "
                "items one form (pad texts to one length)"
            )
        return form.packed(parts), class_of(label, f"label {index}")


class CollatedExamples(Dataset[Any]):
    """Items of ``dataset`` as a collate function makes them, each as a batch of one, from which the one is taken.

    What a tokenizer or a data collator of transformers does for batches is done for each example by itself, so that
    its answer depends on no other one. It must pad to a fixed length.
    """

    def __init__(self, dataset: Any, collate: Any) -> None:
        self.dataset, self.collate = dataset, collate
        self.name = str(getattr(dataset, "name", type(dataset).__name__))
        self.split = str(getattr(dataset, "split", "train"))

    def __len__(self) -> int:
        return len(self.dataset)

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


def read_item(item: object, index: int) -> tuple[ExampleForm, list[Tensor], object]:
    """The form of an item, its parts, and its label as it is.

    Raises:
        BadDataset: no label, or parts that are no numbers.
    """
    inputs: object
    if isinstance(item, Mapping):
        inputs, label = _without_label(item, index)
    elif isinstance(item, (tuple, list)) and len(item) >= 2:
        *first, label = item
        inputs = first[0] if len(first) == 1 else tuple(first)
    else:
        raise BadDataset(
            f"item {index}: must be a pair (input, label) or a dictionary with a label, got {described(item)}; "
            "return such items, or give a collate function"
        )
    named = isinstance(inputs, Mapping)
    held = inputs if isinstance(inputs, Mapping) else dict(_numbered(inputs))
    parts = {str(name): _tensor(value, f"item {index}, {name!r}") for name, value in held.items()}
    form = ExampleForm(
        tuple(Part(name, part.dtype, tuple(part.shape)) for name, part in parts.items()), named
    )
    return form, list(parts.values()), label


def _without_label(item: Mapping[Any, Any], index: int) -> tuple[dict[Any, Any], Any]:
    found = [key for key in LABEL_KEYS if key in item]
    if len(found) != 1 or len(item) < 2:
        problem = "no label" if not found else "no input" if len(found) == 1 else f"{len(found)} labels"
        raise BadDataset(
            f"item {index}: a dictionary with one of the keys {', '.join(LABEL_KEYS)}, and inputs besides, needed, "
            f"got {problem} among the keys {', '.join(map(str, item))[:200]}; rename the key that holds the class"
        )
    return {key: value for key, value in item.items() if key != found[0]}, item[found[0]]


def _numbered(inputs: object) -> list[tuple[str, object]]:
    """Several tensors by their places; what is one array, or a list of numbers, is one part."""
    if isinstance(inputs, (tuple, list)) and any(isinstance(part, (Tensor, np.ndarray)) for part in inputs):
        return [(str(place), part) for place, part in enumerate(inputs)]
    return [("0", inputs)]


def _tensor(value: object, where: str) -> Tensor:
    """Numbers as a tensor.

    Raises:
        BadDataset: text, or anything else that is no dense array of real numbers.
    """
    if isinstance(value, Tensor):
        if value.layout is torch.strided and not value.is_complex():
            return value.detach().cpu()
        raise BadDataset(
            f"{where}: a dense tensor of real numbers needed, got {described(value)}; convert it"
        )
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "buif" or array.dtype.itemsize > 8:
        what = "text" if array.dtype.kind in "US" else described(value)
        raise BadDataset(
            f"{where}: numbers needed, got {what}; leave this key out (remove_columns), encode it as numbers, or "
            "give a collate function that tokenizes to a fixed length"
        )
    if array.dtype == np.float64 and not isinstance(value, (np.ndarray, np.generic)):
        array = array.astype(np.float32)  # Python's own numbers, as torch takes them
    return torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape).copy())


def class_of(label: object, where: str) -> int:
    """A label as a class: whole numbers in any type; 0.0 and 1.0, False and True are classes too.

    Raises:
        BadDataset: anything else.
    """
    if isinstance(label, (Tensor, np.ndarray)) and math.prod(label.shape) == 1:
        label = label.item()
    if isinstance(label, (list, tuple)) and len(label) == 1:
        label = label[0]
    if isinstance(label, (bool, np.bool_)):
        return int(label)
    if isinstance(label, (int, np.integer)) and -(2**63) <= label < 2**63:
        return int(label)
    if isinstance(label, (float, np.floating)) and float(label) in (0.0, 1.0):
        return int(label)
    raise BadDataset(
        f"{where}: one whole number needed, or 0.0 and 1.0, or False and True, got {described(label)}; number the "
        "classes from 0"
    )


def _told(form: ExampleForm) -> str:
    return ", ".join(
        f"{part.name} {str(part.dtype).removeprefix('torch.')}{list(part.shape)}" for part in form.parts
    )
