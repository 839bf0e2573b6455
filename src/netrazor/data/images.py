"""A classified image data set that is held in memory as bytes."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from netrazor.data.fingerprint import fingerprint
from netrazor.data.items import BatchedDataset
from netrazor.errors import BadDataset

WHITE = 255


@dataclass(frozen=True, eq=False)
class ImageDataset(BatchedDataset):
    """Images as bytes and their labels; items come as float32 in [0, 1], divided by 255 and nothing else.

    Attributes:
        images: uint8, N x C x H x W.
        labels: int64, N, each in 0 .. classes - 1.
        classes: number of classes.
        name: what the data set is called in a certificate.
        split: "train" or "test".
        class_names: a word for each class, or empty.

    Raises:
        BadDataset: types, shapes or labels other than these.
    """

    images: Tensor
    labels: Tensor
    classes: int
    name: str = "unnamed"
    split: str = "train"
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.ndim != 4:
            raise BadDataset(
                f"images: must be uint8 of shape N x C x H x W, got {self.images.dtype} of shape "
                f"{tuple(self.images.shape)}"
            )
        if self.labels.dtype != torch.int64 or self.labels.shape != self.images.shape[:1]:
            raise BadDataset(
                f"labels: must be int64 of shape ({len(self.images)},), one for each image, got "
                f"{self.labels.dtype} of shape {tuple(self.labels.shape)}"
            )
        if len(self.labels) and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < self.classes:
            raise BadDataset(
                f"labels: must be in 0 .. {self.classes - 1}, got {int(self.labels.min())} .. "
                f"{int(self.labels.max())}; correct the labels or the number of classes"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Image C x H x W float32 in [0, 1], and its label."""
        return unit_scaled(self.images[index]), int(self.labels[index])

    def tensors(self) -> tuple[Tensor, Tensor]:
        """All images at once, float32 in [0, 1] N x C x H x W, and all labels, int64 N.

        Equal to the stacked items, bit for bit, and much faster.
        """
        return unit_scaled(self.images), self.labels

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The items at ``indices``: images float32 in [0, 1] and labels, equal to the stacked items.

        They are where the data set is (`on`), the same bits everywhere.
        """
        indices = indices.to(self.images.device)
        return unit_scaled(self.images[indices]), self.labels[indices]

    def on(self, device: torch.device) -> "ImageDataset":
        """The same images on ``device``, as bytes: batches are made there."""
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the items as they are now (see :func:`netrazor.data.fingerprint`), in hexadecimal."""
        return fingerprint(self)


def unit_scaled(images: Tensor) -> Tensor:
    """Bytes as float32 in [0, 1]: the same bits on every device."""
    if images.device.type == "cpu":
        return images.to(torch.float32).div_(WHITE)
    # By a tensor that is there: other devices multiply by the rounded inverse of a number instead.
    return images.to(torch.float32).div_(torch.tensor(WHITE, dtype=torch.float32, device=images.device))
