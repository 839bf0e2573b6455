"""Run a declared recipe of picked examples, and say what it certifies.

    python benchmarks/picked.py mnist [--out results/picked-mnist.json] [--checkpoints FOLDER]
    torchrun --nproc-per-node=2 benchmarks/picked.py mnist

Data sets: mnist, fashion-mnist, cifar10-jpeg (of netrazor.data), mails (embedded by benchmarks/mails_features.py) and
breast-cancer, digits, wine (of scikit-learn).
A run that was ended goes on from its checkpoint. The test split, where there is one, is looked at once at the end,
by the predictor of the best stop; nothing depends on it. Writes results/picked-NAME.json: picks and errors at each
stop, the bound at delta 0.05 shared among the stops, the time of this process, what was counted on the test split.
"""

import argparse
import hashlib
import json
import math
import os
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mails_features import mails_table

from netrazor import bounds, data
from netrazor.coding.position_set import encode_positions
from netrazor.files import write_atomically
from netrazor.picking import Picking, declared_learner, learner_digest, pick, share_of_delta
from netrazor.picking.pool import pool_of
from netrazor.picking.scan import first_wrong
from netrazor.reproduction.picked_recipes import PICKED_RECIPES, PickedRecipe, picked_recipe
from netrazor.runtime import keep_freed_memory, processes
from netrazor.train import Checkpoint

DELTA = 0.05


class Lines:
    """Prints a line for each stage now and then: time so far, and what is left at this pace."""

    def stage(self, name: str, steps: int, done: int = 0) -> Any:
        """See `netrazor.runtime.Reporter`."""
        return _Line(name, steps, done)

    def say(self, line: str) -> None:
        """See `netrazor.runtime.Reporter`."""
        print(line, flush=True)


class _Line:
    def __init__(self, name: str, steps: int, done: int) -> None:
        self.name, self.steps, self.before, self.done = name, steps, done, done
        self.started = self.shown = time.monotonic()

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, steps: int = 1) -> None:
        self.done += steps
        now = time.monotonic()
        if now - self.shown > 20 and processes.is_rank_zero():
            pace = (now - self.started) / (self.done - self.before)
            left = pace * (self.steps - self.done)
            print(
                f"{self.name}: {self.done} of {self.steps}, {now - self.started:.0f} s, {left:.0f} s left",
                flush=True,
            )
            self.shown = now


def tables(name: str) -> Any:
    """The embedded mails, or a table of scikit-learn, or that it draws, as (inputs, labels)."""
    from sklearn import datasets

    if name == "mails":
        return mails_table()
    if name == "synthetic":  # the same as in benchmarks/tables.py
        return datasets.make_classification(20_000, 20, n_informative=10, random_state=0)
    loaders = {
        "breast-cancer": datasets.load_breast_cancer,
        "digits": datasets.load_digits,
        "wine": datasets.load_wine,
    }
    return loaders[name](return_X_y=True)


def examples(name: str, split: str) -> Any:
    """The data set of that name; None where it has no such split."""
    if name in data.names():
        return data.load(name, split)
    return tables(name) if split == "train" else None


def fingerprint(dataset: Any) -> str:
    """By what the run's data set is recognised."""
    if isinstance(dataset, tuple):
        return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in dataset)).hexdigest()
    return data.fingerprint(dataset)


def run(name: str, recipe: PickedRecipe, dataset: Any, folder: Path) -> dict[str, Picking]:
    """What each declared learner picks."""
    found = {}
    for word in recipe.learners:
        learner = declared_learner(word)
        identity = f"picked {name} {learner_digest(learner)} {recipe.config} {fingerprint(dataset)}"
        checkpoint = Checkpoint(folder / f"picked-{name}-{word}.checkpoint", identity)
        found[word] = pick(learner, dataset, recipe.config, checkpoint=checkpoint, reporter=Lines())
    return found


def stops(picking: Picking, share: float) -> list[dict[str, Any]]:
    """Counts and bound at each stop."""
    sizes = np.array([count.size for count in picking.counts])
    bound = bounds.preferent_compression(sizes, picking.counted, share)
    return [
        {**asdict(c), "size": c.size, "bound": float(b)} for c, b in zip(picking.counts, bound, strict=True)
    ]


def result(name: str, recipe: PickedRecipe, found: dict[str, Picking], seconds: float) -> dict[str, Any]:
    """What the run certifies."""
    share = share_of_delta(DELTA, recipe.config.stops, recipe.candidates or len(found))
    learners = {
        word: {"digest": learner_digest(declared_learner(word)), "stops": stops(picking, share)}
        for word, picking in found.items()
    }
    best = min(found, key=lambda word: found[word].best.size)
    picking = found[best]
    return {
        "data": name,
        "config": asdict(recipe.config),
        "learners": learners,
        "delta": DELTA,
        "share": share,
        "counted": picking.counted,
        "learner": best,
        "best": asdict(picking.best),
        "bound": min(stop["bound"] for stop in learners[best]["stops"]),
        "picks": picking.best_picks.tolist(),
        "position_bytes": len(encode_positions(picking.best_picks, picking.counted + recipe.config.spent)),
        "test": tested(name, picking),
        "seconds": round(seconds, 1),
        "processor_seconds": round(time.process_time(), 1),
        "processes": processes.count(),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "date": date.today().isoformat(),
    }


def tested(name: str, picking: Picking) -> dict[str, Any] | None:
    """Errors on the test split, for comparison."""
    dataset = examples(name, "test")
    if dataset is None:
        return None
    pool = pool_of(dataset)
    errors = len(first_wrong(picking.predictor, pool, np.arange(pool.size), 500))
    return {"errors": errors, "n": pool.size, "rate": errors / pool.size}


def main() -> None:
    """Run one recipe."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted(PICKED_RECIPES))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--checkpoints", type=Path, default=Path("runs"), help="folder; default runs")
    arguments = parser.parse_args()
    keep_freed_memory()
    processes.join()
    name, recipe = arguments.name, picked_recipe(arguments.name)
    started = time.monotonic()
    found = run(name, recipe, examples(name, "train"), arguments.checkpoints)
    written = result(name, recipe, found, time.monotonic() - started)
    if processes.is_rank_zero():
        write_atomically(
            arguments.out or Path("results") / f"picked-{name}.json", json.dumps(written, indent=1) + "\n"
        )
        show(written)


def show(written: dict[str, Any]) -> None:
    """Print the stops of each learner; bounds are rounded up."""
    for word, learner in written["learners"].items():
        for stop in learner["stops"]:
            bound = math.ceil(1e5 * stop["bound"]) / 1e3
            print(
                f"{word}: {stop['picked']:6d} picked, {stop['errors']:6d} wrong: risk at most {bound:.3f} %"
            )
    print(
        f"best {math.ceil(1e5 * written['bound']) / 1e3:.3f} %, test {written['test']}, {written['seconds']} s"
    )


if __name__ == "__main__":
    main()
