"""Labels drawn anew with a given probability: the randomization test of Zhang et al. (2017)."""

from dataclasses import dataclass, replace

import torch

from netrazor.data import ImageDataset
from netrazor.errors import BadDataset, InvalidArgument


@dataclass(frozen=True)
class Sample:
    """A training sample and the test set, their labels from one process."""

    train: ImageDataset
    test: ImageDataset


def draw_sample(train: ImageDataset, test: ImageDataset, examples: int, level: float, seed: int) -> Sample:
    """``examples`` of ``train``, drawn by ``seed``, and all of ``test``, both with labels randomized at ``level``.

    The images drawn, and which label would become what, depend on ``seed`` alone: a label that is randomized at
    one level is the same at every higher one, so that levels are compared on one sample.

    Raises:
        BadDataset: ``train`` holds fewer examples.
        InvalidArgument: a level outside [0, 1].
    """
    if examples > len(train):
        raise BadDataset(
            f"examples: at most the {len(train)} of {train.name} allowed, got {examples}; lower the number"
        )
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(train), generator=generator)[:examples]
    drawn = replace(train, images=train.images[chosen], labels=train.labels[chosen])
    return Sample(_randomized(drawn, level, generator), _randomized(test, level, generator))


def _randomized(dataset: ImageDataset, level: float, generator: torch.Generator) -> ImageDataset:
    """Each label, independently and with probability ``level``, replaced by a uniform one."""
    if not 0 <= level <= 1:
        raise InvalidArgument(f"level: a probability allowed, got {level!r}; 0.25 randomizes a quarter")
    replaced = torch.rand(len(dataset), generator=generator) < level
    uniform = torch.randint(dataset.classes, (len(dataset),), generator=generator)
    labels = torch.where(replaced, uniform, dataset.labels)
    return replace(dataset, labels=labels, name=f"{dataset.name}, {level:.0%} of labels random")
