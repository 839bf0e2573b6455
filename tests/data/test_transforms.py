"""Numbers that may have been measured are found wherever a transform holds them; short constants may stay."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset, Subset

from netrazor.data.transforms import refuse_learnt_transforms
from netrazor.errors import BadDataset

MEASURED = 0.1307


class Scale:
    def __init__(self, by: object) -> None:
        self.by = by

    def method(self, x: object) -> object:
        return x


class Transformed(Dataset[tuple[torch.Tensor, int]]):
    def __init__(self, transform: object) -> None:
        self.transform = transform


def closure(number: Any) -> Callable[[Any], Any]:
    return lambda x: x - number


HOLDERS: dict[str, Callable[[Any], Any]] = {
    "attribute": Scale,
    "list of transforms": lambda number: [Scale(0.5), Scale(number)],
    "closure": closure,
    "partial": lambda number: functools.partial(torch.sub, other=number),
    "bound method": lambda number: Scale(number).method,
    "dictionary": lambda number: {"mean": number},
}


@pytest.mark.parametrize("kind", HOLDERS)
@pytest.mark.parametrize("number", [MEASURED, np.float64(MEASURED), torch.tensor(0.5), np.ones(3)])
def test_measured_numbers_are_refused(kind: str, number: object) -> None:
    with pytest.raises(BadDataset, match="may have been computed from the examples") as raised:
        refuse_learnt_transforms(Transformed(HOLDERS[kind](number)))
    assert str(raised.value).startswith("dataset.transform")


def test_a_constant_in_the_code_is_found() -> None:
    with pytest.raises(BadDataset, match=r"holds 0\.1307"):
        refuse_learnt_transforms(Transformed(lambda x: x - 0.1307))


def test_inner_data_sets_are_looked_into() -> None:
    with pytest.raises(BadDataset, match=r"^dataset\.dataset\.transform"):
        refuse_learnt_transforms(Subset(Transformed(Scale(MEASURED)), [0]))


@pytest.mark.parametrize("kind", HOLDERS)
@pytest.mark.parametrize("number", [0.5, 255.0, 3, float("inf"), "name", None])
def test_short_constants_may_stay(kind: str, number: object) -> None:
    refuse_learnt_transforms(Transformed(HOLDERS[kind](number)))
