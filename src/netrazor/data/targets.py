"""Examples whose target is no single class: yes or no for each of several labels, numbers, or a class for each pixel.

Inputs take the forms that those of classes take; what differs is the target, which is an array. The claim that comes
first says which of them it is.
"""

from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netrazor.certification.claim_terms import Task
from netrazor.certification.claims import AnyClaim
from netrazor.data.example_form import ExampleForm, read_item
from netrazor.data.items import BatchedDataset, described
from netrazor.data.tables import as_dataset, rows_of_numbers
from netrazor.errors import BadDataset

LARGEST_WHOLE = 2**53  # up to which a float64 is the whole number itself


class TargetDataset(BatchedDataset):
    """Pairs of one tensor and a target.

    Targets are int64 of 0 and 1, N x labels; float64, N x numbers; or int64 classes, N x height x width.

    Attributes:
        headline: the claim whose loss is the risk of a network on these examples.
        form: what inputs are made of; None: one tensor, as the network takes it.
        name: for people.
        split: for people.
        source: the user's own data set.
    """

    headline: AnyClaim
    form: ExampleForm | None = None
    name: str
    split: str
    source: Any

    @property
    def task(self) -> Task:
        """What the targets are."""
        return self.headline.task

    def __getitem__(self, index: int) -> tuple[Tensor, Any]:
        inputs, targets = self.batch(torch.tensor([index]))
        return inputs[0], targets[0]

    @abstractmethod
    def at(self, positions: NDArray[np.int64]) -> "TargetDataset":
        """The examples at ``positions``, in that order."""


class TargetTable(TargetDataset):
    """Examples held in memory: ``inputs`` N x ..., ``targets`` as `targets_of` makes them."""

    def __init__(self, inputs: Tensor, targets: Tensor, headline: AnyClaim, named: Any = None) -> None:
        self.inputs, self.targets, self.headline, self.source = inputs, targets, headline, named
        self.name, self.split = str(getattr(named, "name", "table")), str(getattr(named, "split", "train"))

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """See `BatchedDataset`."""
        return self.inputs[indices], self.targets[indices]

    def at(self, positions: NDArray[np.int64]) -> "TargetTable":
        """See `TargetDataset`."""
        chosen = torch.from_numpy(positions)
        return TargetTable(self.inputs[chosen], self.targets[chosen], self.headline, self)


class TargetItems(TargetDataset):
    """The items of a map-style data set, read when they are asked for.

    Raises:
        BadDataset: when an item is read: one of another form than the first, or a target that is none.
    """

    def __init__(self, source: Any, headline: AnyClaim, positions: NDArray[np.int64] | None = None) -> None:
        self.source = self.dataset = source  # the name by which what wraps a data set is seen through
        self.headline = headline
        self.positions = np.arange(len(source)) if positions is None else positions
        self.name = str(getattr(source, "name", type(source).__name__))
        self.split = str(getattr(source, "split", "train"))
        self._read_form, _, target = read_item(source[0], 0)
        is_plain = self._read_form.is_one_tensor and not self._read_form.named
        self.form = None if is_plain else self._read_form
        self._shape = tuple(self._target(target, 0).shape)

    def __len__(self) -> int:
        return len(self.positions)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """See `BatchedDataset`."""
        read = [self._read(int(self.positions[index])) for index in indices.tolist()]
        inputs, targets = zip(*read, strict=True)
        return torch.stack(inputs), torch.stack(targets)

    def at(self, positions: NDArray[np.int64]) -> "TargetItems":
        """See `TargetDataset`."""
        return TargetItems(self.source, self.headline, self.positions[positions])

    def _read(self, place: int) -> tuple[Tensor, Tensor]:
        form, parts, found = read_item(self.source[place], place)
        target = self._target(found, place)
        if form != self._read_form or tuple(target.shape) != self._shape:
            raise BadDataset(
                f"item {place}: input and target in the form and shape of item 0 needed (a target of shape "
                f"{self._shape}), got a target of shape {tuple(target.shape)} or another input; bring all items "
                "into one"
            )
        return form.packed(parts), target

    def _target(self, found: Any, place: int) -> Tensor:
        array = found.detach().cpu().numpy() if isinstance(found, Tensor) else np.asarray(found)
        return targets_of(array[None], self.task, f"target {place}")[0]


def as_examples(dataset: Any, headline: AnyClaim) -> Any:
    """``dataset`` for networks whose first claim is ``headline``: of classes as `as_dataset` has it, or with targets.

    Args:
        dataset: map-style, or a pair of arrays (inputs, targets).
        headline: the claim that comes first.

    Raises:
        BadDataset: targets that do not fit the claim's task; anything that `as_dataset` refuses.
    """
    if headline.task == "single-label":
        return as_dataset(dataset)
    if isinstance(dataset, TargetDataset) or dataset is None:
        return dataset
    if isinstance(dataset, tuple) and len(dataset) == 2 and all(hasattr(part, "shape") for part in dataset):
        inputs = rows_of_numbers(dataset[0])
        targets = targets_of(np.asarray(dataset[1]), headline.task, "targets")
        if len(inputs) != len(targets):
            raise BadDataset(
                f"targets: one for each of {len(inputs)} inputs needed, got {len(targets)}; give a pair of one length"
            )
        return TargetTable(inputs, targets, headline)
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__") or not len(dataset):
        raise BadDataset(
            f"dataset: map-style with at least one item, or a pair of arrays (inputs, targets), needed, got "
            f"{described(dataset)}"
        )
    return TargetItems(dataset, headline)


def targets_of(values: NDArray[Any], task: Task, where: str) -> Tensor:
    """Targets of N examples as a tensor: see `TargetDataset`.

    Raises:
        BadDataset: other types, values or dimensions than those of the task.
    """
    values = values[:, None] if values.ndim == 1 and task == "regression" else values
    if 0 in values.shape[1:]:
        raise BadDataset(
            f"{where}: at least one label, number or pixel in each needed, got {_told(values)}; leave out examples "
            "without any"
        )
    if task == "multi-label":
        if values.dtype.kind not in "biuf" or values.ndim != 2 or not np.isin(values, (0, 1)).all():
            raise BadDataset(
                f"{where}: 0 or 1 for each label needed, N x labels, got {_told(values, (0, 1))}; give a column for "
                "each label"
            )
        return torch.from_numpy(values.astype(np.int64))
    if task == "regression":
        if values.dtype.kind not in "iuf" or values.ndim != 2 or not np.isfinite(values).all():
            raise BadDataset(
                f"{where}: finite numbers needed, N or N x numbers, got {_told(values)}; drop the examples whose "
                "target is missing"
            )
        least, most = values.min(initial=0), values.max(initial=0)
        if values.dtype.kind in "iu" and not -LARGEST_WHOLE <= int(least) <= int(most) <= LARGEST_WHOLE:
            raise BadDataset(
                f"{where}: whole numbers from -2^53 to 2^53 allowed, which float64 tells apart, got "
                f"{least} to {most}; subtract a constant, or give them in larger units"
            )
        return torch.from_numpy(values.astype(np.float64))
    if values.dtype.kind not in "iu" or values.ndim < 3:
        raise BadDataset(
            f"{where}: a whole number for each pixel needed, N x height x width, got {_told(values)}; give the class "
            "of each"
        )
    return torch.from_numpy(values.astype(np.int64))


def _told(values: NDArray[Any], allowed: tuple[int, ...] = ()) -> str:
    """Shape and type, and the first value that is not as it should be."""
    told = f"{values.dtype} of shape {values.shape}"
    if values.dtype.kind not in "biuf":
        return told
    bad = ~np.isin(values, allowed) if allowed else ~np.isfinite(values)
    return f"{told} with {values[bad][0]!r} among them" if bad.any() else told
