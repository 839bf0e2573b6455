"""Weights before the cut: counted whole, and the same for a run that was killed in between."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

import tiny
from netrazor import certify
from netrazor.pipeline.histogram import BARS, histograms
from netrazor.runtime import Silent


def test_every_weight_is_counted_once() -> None:
    model = nn.Sequential(nn.Linear(7, 5), nn.Linear(5, 3))
    with torch.no_grad():
        model[1].weight.zero_()
    found = histograms(model)
    assert list(found) == ["0.weight", "1.weight"]
    assert [sum(h.counts) for h in found.values()] == [35, 15]
    assert found["0.weight"].reach == pytest.approx(model[0].weight.abs().max().item())
    assert found["1.weight"].counts[BARS // 2] == 15


class _Stops(Silent):
    def stage(self, name: str, steps: int, done: int = 0):  # type: ignore[no-untyped-def]
        if name.startswith("quantize"):
            raise KeyboardInterrupt
        return super().stage(name, steps, done)


def test_a_killed_run_remembers_them(tmp_path: Path) -> None:
    from netrazor.pipeline import RunConfiguration, run

    directories = tmp_path / "whole", tmp_path / "killed"
    certify(tiny.small(), tiny.images(), recipe=tiny.NO_NOISE, out=directories[0])
    with pytest.raises(KeyboardInterrupt):
        run(
            tiny.small(),
            tiny.images(),
            RunConfiguration(recipe=tiny.NO_NOISE, out=directories[1], reporter=_Stops()),
        )
    certify(tiny.small(), tiny.images(), recipe=tiny.NO_NOISE, out=directories[1])
    first, second = (json.loads((d / "result.json").read_text())["before"] for d in directories)
    assert first
    assert first == second
