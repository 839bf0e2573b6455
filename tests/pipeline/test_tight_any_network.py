"""The recipe `tight` for networks of every kind: whole numbers, rung by rung, descent, certificate, check."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from networks_of_users import CASES, Case, images
from torch import Tensor, nn

import command_line
import netrazor
import tiny
from netrazor.compress import WholeDescentConfig
from netrazor.errors import ConfigurationError
from netrazor.networks import coded_state
from netrazor.pipeline import Run, RunConfiguration, recipe_named, run
from netrazor.pipeline.recipe import recipe_without_classes
from netrazor.pipeline.stages import PolishStage, RateStage, ShortenStage
from netrazor.runtime import Silent
from netrazor.train import FitConfig

FIT = FitConfig(8, 24, tiny.FAST)
FROZEN = replace(FIT, freeze_norms=True)
TIGHT = recipe_named("tight")
RUNGS = replace(TIGHT.shorten, fit=FROZEN, per_example=4.0, rungs=2, refine=False)
RECIPE = replace(
    TIGHT,
    train=FIT,
    prune=(RateStage(FIT, share=0.5, every=3),),
    shorten=RUNGS,
    descend_everywhere=WholeDescentConfig(1, 5, 24),
    polish=replace(TIGHT.polish, fit=replace(FROZEN, steps=4), cycles=1),
)


class Residual(nn.Module):
    """A residual block with batch norms, one of its convolutions depthwise, and a norm that follows no layer."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.deep = nn.Sequential(
            nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 6, 1)
        )
        self.norm = nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.fc(torch.relu(self.norm(x + self.deep(x))).mean((2, 3)))


OF_EVERY_KIND = {
    **{name: CASES[name] for name in ("mlp", "transformer", "text")},
    "residual": Case(Residual, lambda: images((3, 8, 8))),
}


@pytest.mark.parametrize("name", OF_EVERY_KIND)
def test_every_kind_of_network_becomes_whole_numbers(name: str, tmp_path: Path) -> None:
    case = OF_EVERY_KIND[name]
    torch.manual_seed(0)
    done = run(case.build(), case.data(), RunConfiguration(recipe=RECIPE, out=tmp_path))
    for array in coded_state(done.issued.decoded).values():
        if array.dtype.kind == "f" and array.any():
            assert len(np.unique(array)) <= 64
            assert (array * 2.0**24 == np.round(array * 2.0**24)).all()  # units are powers of two
    arrays = coded_state(done.issued.decoded)
    assert not any(array.any() for name, array in arrays.items() if name.endswith("running_mean"))
    assert done.issued.certificate.method == "occam"
    torch.manual_seed(0)
    assert netrazor.verify(tmp_path, case.data(), model=case.build()).status == "VALID"


def normed() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(216, tiny.CLASSES),
    )


class Listener(Silent):
    """Notes the rungs; interrupts the run after some of them."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.rungs: list[float] = []
        self.interrupt_after = interrupt_after

    def say(self, line: str) -> None:
        if "bits aimed at" in line:
            self.rungs.append(float(line.split()[0]))
            if len(self.rungs) == self.interrupt_after:
                raise KeyboardInterrupt


LADDER = replace(
    RECIPE,
    shorten=replace(RUNGS, per_example=1.0, ratio=0.5, rungs=3, refine=True),
    descend=None,
    descend_everywhere=None,
    polish=None,
)


def ladder_run(listener: Listener, out: Path | None = None) -> Run:
    return run(normed(), tiny.images(), RunConfiguration(recipe=LADDER, reporter=listener, out=out))


def test_rungs_end_where_nothing_is_gained_and_lengths_between_are_tried(tmp_path: Path) -> None:
    listener = Listener()
    whole = ladder_run(listener)
    coarse = [target for target in listener.rungs if target in (400, 200, 100)]
    assert coarse == [400, 200, 100]
    fine = listener.rungs[len(coarse) :]
    assert 1 <= len(fine) <= 2
    assert all(min(coarse) < target < max(coarse) for target in fine)
    for interrupted in (2, len(coarse) + 1):
        out = tmp_path / str(interrupted)
        with pytest.raises(KeyboardInterrupt):
            ladder_run(Listener(interrupted), out)
        rest = Listener()
        assert ladder_run(rest, out).issued.blob == whole.issued.blob
        assert rest.rungs == listener.rungs[interrupted - 1 :]  # the last was interrupted before it was saved


def test_a_network_that_does_not_end_in_a_linear_layer_goes_down_the_rungs_too() -> None:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, tiny.CLASSES), nn.Tanh())
    listener = Listener()
    certified = run(model, tiny.images(), RunConfiguration(recipe=RECIPE, reporter=listener))
    assert len(listener.rungs) == 2
    assert certified.issued.certificate.n == len(tiny.images())


def test_a_stage_that_cannot_be_is_refused_by_name() -> None:
    for wrong in ({"ratio": 1.0}, {"per_example": 0.0}, {"rungs": 0}, {"rung": 3}):
        with pytest.raises(ValueError, match="|".join(wrong)):
            ShortenStage(**wrong)
    assert PolishStage().fit.freeze_norms is False  # records have no norms; tight says it for itself
    assert TIGHT.polish.fit.freeze_norms


def test_other_targets_than_classes_are_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="without 'shorten' needed, got 'tight'"):
        recipe_without_classes(replace(TIGHT, polish=None))


def test_tight_from_the_command_line_with_a_users_model(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "import torch\n"
        "from torch import nn\n\n"
        "def build():\n"
        "    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))\n\n"
        "def data():\n"
        "    inputs = torch.randn(300, 6, generator=torch.Generator().manual_seed(0))\n"
        "    return inputs, (inputs[:, 0] + inputs[:, 1] > 0).long()\n"
    )
    code, printed = command_line.netrazor(
        "certify", "--model", f"{tmp_path}/own.py:build", "--data", f"{tmp_path}/own.py:data",
        "--recipe", "tight", "--scale", "0.01", "--out", f"{tmp_path}/run",
    )  # fmt: skip
    assert code == 0, printed
    assert (tmp_path / "run" / "certificate.json").exists()
