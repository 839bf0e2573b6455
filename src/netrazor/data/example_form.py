"""The forms of examples as people have them.

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

from netrazor.data.items import described
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


def told(form: ExampleForm) -> str:
    """Names, types and shapes of the parts, for a message."""
    return ", ".join(
        f"{part.name} {str(part.dtype).removeprefix('torch.')}{list(part.shape)}" for part in form.parts
    )
