"""What the processes of `test_processes` do: certify tiny networks together; "killed": one of them dies."""

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import netrazor
import tiny
from netrazor import processes
from netrazor.files import write_atomically
from netrazor.pipeline import RECIPES as NAMED
from netrazor.pipeline import run
from netrazor.train import Checkpoint, Silent

_SHORT = replace(NAMED["post-training"].post_training, search_examples=200, gradient_batches=2, rounds=0)
_NOISE = replace(tiny.NOISY.noise, slack=0.2, shares=(0.1,), search_examples=200)
RECIPES = {
    "as-is": NAMED["as-is"],
    "post-training": replace(NAMED["post-training"], post_training=_SHORT, noise=None),
    "noise": replace(NAMED["post-training"], post_training=_SHORT, noise=_NOISE),
    "trained": tiny.NO_NOISE,
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


def certify(place: Path) -> None:
    """Every recipe; verified by both processes together."""
    verdicts = []
    for name, recipe in RECIPES.items():
        run(tiny.small(), tiny.images(), recipe=recipe, out=place / name)
        verdicts.append(netrazor.verify(place / name, tiny.images(), model=tiny.small()).status)
    if processes.is_first():
        write_atomically(place / "verdicts.json", json.dumps(verdicts))


def main() -> None:
    """Do what the words say."""
    what, place = sys.argv[1], Path(sys.argv[2])
    if what == "certify":
        certify(place)
        return
    Checkpoint.due = lambda self: processes.is_first()  # type: ignore[method-assign]
    reporter = Dies(place.with_suffix(".steps"))
    run(tiny.small(), tiny.images(), recipe=tiny.NO_NOISE, out=place, reporter=reporter)


if __name__ == "__main__":
    main()
