"""Noise reaches the numbers that a network reads, by whatever way it reads them: none is charged and not applied."""

import functools
import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import tiny
from netrazor.perturb import DrawPlan, draw_error_rates
from netrazor.perturb.draws import _choose_forward


class Plain(nn.Module):
    """One layer that reads its weight as torch's layers do."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(tiny.CLASSES, 64, generator=torch.Generator().manual_seed(0)))

    def weight(self) -> Tensor:
        return self.w

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weight().mT


class Aliased(Plain):
    """The same, by a way that torch does not know."""

    def __init__(self, keep: Callable[[nn.Parameter], Any], read: Callable[[Any], Tensor]) -> None:
        super().__init__()
        self.kept, self.read = keep(self.w), read

    def weight(self) -> Tensor:
        return self.read(self.kept)


WAYS: dict[str, tuple[Callable[[nn.Parameter], Any], Callable[[Any], Tensor]]] = {
    "list": (lambda w: [w], lambda kept: kept[0]),
    "dict": (lambda w: {"w": w}, lambda kept: kept["w"]),
    "object": (lambda w: types.SimpleNamespace(w=w), lambda kept: kept.w),
    "partial": (lambda w: functools.partial(torch.clone, w), lambda kept: kept()),
    "view": (lambda w: [w.data.view(-1)], lambda kept: kept[0].view(tiny.CLASSES, 64)),
    "detached": (lambda w: [w.detach()], lambda kept: kept[0]),
    "slice of rows": (lambda w: list(w.detach()), lambda kept: torch.stack(kept)),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_reading_a_parameter_reads_the_noise(way: str) -> None:
    data, plan = tiny.images(200), DrawPlan(10, passes=2, seed=3)
    expected = draw_error_rates(Plain(), {"w": 2.0}, data, plan)
    assert len(set(expected.tolist())) > 3
    model = Aliased(*WAYS[way])
    before = model.w.detach().clone()
    assert torch.equal(draw_error_rates(model, {"w": 2.0}, data, plan), expected)
    assert torch.equal(model.w, before)


class Memory(nn.Module):
    """Scores of each example as they were learnt, read through a list: random labels without an error."""

    def __init__(self, labels: Tensor) -> None:
        super().__init__()
        self.w = nn.Parameter(nn.functional.one_hot(labels, 10).float() + 1)
        self.tied = [self.w]

    def forward(self, x: Tensor) -> Tensor:
        return self.tied[0][x[:, 0].long()]


def test_labels_learnt_by_heart_do_not_survive_noise_that_washes_them_out() -> None:
    """Charged are a few bits for the noisy values: so few say nothing of the labels, and the risk must show it."""
    labels = torch.randint(0, 10, (500,), generator=torch.Generator().manual_seed(1))
    items = [(torch.tensor([float(number)]), int(label)) for number, label in enumerate(labels)]
    rates = draw_error_rates(Memory(labels), {"w": 50.0}, items, DrawPlan(50, passes=4))
    assert float(rates.mean()) > 0.8


def test_draws_at_once_only_where_they_give_the_same() -> None:
    inputs = torch.rand(4, 1, 8, 8)
    plain, aliased = Plain(), Aliased(*WAYS["list"])
    with torch.inference_mode():
        for model, name in ((plain, "<lambda>"), (aliased, "run_one_by_one")):
            chosen: Any = _choose_forward(model, {"w": model.w}, inputs)
            assert (getattr(chosen, "__name__", "<lambda>") == "run_one_by_one") == (name == "run_one_by_one")


def test_a_forward_pass_that_fails_leaves_no_noise_behind() -> None:
    class Failing(Plain):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            type(self).calls += 1
            if float(self.w[0, 0]) != float(first) and self.calls > 3:
                raise RuntimeError("out of memory")
            return super().forward(x)

    model = Failing()
    first, before = model.w.detach()[0, 0].clone(), model.w.detach().clone()
    with pytest.raises(Exception, match="out of memory"):
        draw_error_rates(model, {"w": 2.0}, tiny.images(20), DrawPlan(2))
    assert torch.equal(model.w, before)
