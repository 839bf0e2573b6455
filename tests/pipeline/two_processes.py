"""What the processes of `test_processes` do: certify tiny networks together; "killed": one of them dies."""

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

import netrazor
import tiny
from netrazor.compress import DescentConfig, IntegerConfig
from netrazor.files import write_atomically
from netrazor.pipeline import RECIPES as NAMED
from netrazor.pipeline import Recipe, RunConfiguration, run
from netrazor.pipeline.stages import IntegerStage, PolishStage, RunContext, Turn
from netrazor.runtime import Silent, processes
from netrazor.train import Checkpoint, FitConfig, OptimizerConfig

_SHORT = replace(NAMED["post-training"].post_training, search_examples=200, gradient_batches=2, rounds=0)
_NOISE = replace(tiny.NOISY.noise, slack=0.2, shares=(0.1,), search_examples=200)
_LEARNS = FitConfig(steps=60, batch_size=50, optimizer=OptimizerConfig(rate=0.03))
RECIPES = {
    "as-is": NAMED["as-is"],
    "post-training": replace(NAMED["post-training"], post_training=_SHORT, noise=None),
    "noise": replace(NAMED["post-training"], post_training=_SHORT, noise=_NOISE),
    "trained": tiny.NO_NOISE,
    "polished": Recipe(
        "polished",
        integers=IntegerStage(_LEARNS, IntegerConfig(target_bits=100.0, every=2, price=1e-3)),
        polish=PolishStage(_LEARNS, cycles=3),
        noise=None,
    ),
}
_DIES_AT = 8


class Dies(Silent):
    """Notes at which step a run begins; when it begins for the first time, kills its process at a later one."""

    def __init__(self, steps: Path) -> None:
        self.steps, self.kill = steps, not steps.exists()
        self.first = True

    def stage(self, name: str, steps: int, done: int = 0) -> AbstractContextManager[Any]:
        if self.first and name == "train":
            self.first = False
            with self.steps.open("a") as file:
                file.write(f"{done}\n")
        left = [_DIES_AT - done]

        def tick(_: int = 1) -> None:
            left[0] -= 1
            if self.kill and left[0] == 0:
                os._exit(1)

        return nullcontext(tick)


def network(name: str) -> nn.Module:
    """What the recipe of that name works on; a norm's statistics are each process's own while it trains."""
    if name != "polished":
        return tiny.small()
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, tiny.CLASSES))


def certify(place: Path) -> None:
    """Every recipe; verified by both processes together."""
    verdicts = []
    for name, recipe in RECIPES.items():
        run(network(name), tiny.images(), RunConfiguration(recipe=recipe, out=place / name))
        verdicts.append(netrazor.verify(place / name, tiny.images(), model=network(name)).status)
    if processes.is_rank_zero():
        write_atomically(place / "verdicts.json", json.dumps(verdicts))


def polished_alike() -> None:
    """What one process holds after polish, norms included, the other holds too."""
    model, stage = network("polished"), replace(RECIPES["polished"].polish, descend=DescentConfig(rounds=1))
    stage.run(RunContext(model, tiny.images(), tiny.images()), Turn("polish", seed=0))
    for name, tensor in model.state_dict().items():
        assert torch.equal(processes.on_rank_zero(tensor.clone), tensor), f"{name}: the processes parted"


def main() -> None:
    """Do what the words say."""
    what, place = sys.argv[1], Path(sys.argv[2])
    if what == "certify":
        certify(place)
        polished_alike()
        return
    Checkpoint.due = lambda self: processes.is_rank_zero()  # type: ignore[method-assign]
    reporter = Dies(place.with_suffix(".steps"))
    run(tiny.small(), tiny.images(), RunConfiguration(recipe=tiny.NO_NOISE, out=place, reporter=reporter))


if __name__ == "__main__":
    main()
