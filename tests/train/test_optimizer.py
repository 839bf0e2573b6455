"""Rates and optimizers, against their formulas."""

import math

import pytest
import torch
from pydantic import ValidationError

from netrazor.train import OptimizerConfig


def test_inverse_decay_falls_every_so_many_steps() -> None:
    config = OptimizerConfig(kind="sgd", rate=0.01, decay="inverse", decay_rate=0.1, decay_every=125)
    assert [config.rate_at(step, 20_000) for step in (0, 124, 125, 250)] == [
        0.01,
        0.01,
        0.01 / 1.1,
        0.01 / 1.2,
    ]


def test_cosine_goes_from_the_rate_to_its_floor() -> None:
    config = OptimizerConfig(rate=1.0, decay="cosine", floor=0.1)
    for step in range(11):
        wave = 0.1 + 0.9 * (1 + math.cos(math.pi * step / 10)) / 2
        assert config.rate_at(step, 10) == pytest.approx(wave, abs=1e-6)


def test_constant_stays() -> None:
    assert {OptimizerConfig(rate=0.5, decay="constant").rate_at(step, 9) for step in range(9)} == {0.5}


def test_sgd_takes_momentum_and_the_penalty() -> None:
    weight = torch.ones(1, requires_grad=True)
    sgd = OptimizerConfig(kind="sgd", rate=0.1, momentum=0.5, l2=0.2).build([weight])
    w, velocity = 1.0, 0.0
    for _ in range(4):
        sgd.zero_grad()
        (3 * weight).sum().backward()
        sgd.step()
        velocity = 0.5 * velocity + (3 + 0.2 * w)
        w -= 0.1 * velocity
        assert weight.item() == pytest.approx(w, abs=1e-6)


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"momentum": 1}, {"kind": "lion"}, {"rat": 1}])
def test_what_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises((ValidationError, TypeError)):
        OptimizerConfig(**wrong)
