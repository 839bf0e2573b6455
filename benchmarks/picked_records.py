"""Run a declared recipe of picked examples and write its certificate, message and measurements.

    python benchmarks/picked_records.py mnist [--out certificates/picked-mnist]
    python benchmarks/picked_records.py wine --verify

Data sets and recipes: `netrazor.reproduction.picked_recipes`. A run that was ended goes on from its checkpoint. The
test split, where there is one, is looked at once at the end, by the predictor of the best stop; nothing depends on
it.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from picked import Lines, examples

from netrazor import bounds, verify
from netrazor.certification import measure_yardsticks
from netrazor.data.tables import as_dataset, table_of
from netrazor.files import write_atomically
from netrazor.picking import declared_learner
from netrazor.picking.pool import pool_of
from netrazor.picking.scan import first_wrong
from netrazor.pipeline.learner_certificate import LearnerTerms
from netrazor.pipeline.picked_run import PickedRun, run_picked
from netrazor.reproduction.picked_recipes import PICKED_RECIPES, picked_recipe
from netrazor.runtime import keep_freed_memory
from netrazor.verification import VerifyConfiguration


def measured(name: str, run: PickedRun, seconds: float) -> dict[str, Any]:
    """What is reported beside the certificate, and nothing depends on."""
    certificate = run.certificate
    (claim,) = certificate.claims
    found = {
        "command": f"python benchmarks/picked_records.py {name}",
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "seconds": round(seconds, 1),
        "risk_bound": certificate.risk_bound,
        "yardsticks": asdict(measure_yardsticks(certificate)),
        "learners": {
            learner: [
                {
                    **asdict(count),
                    "bound": float(
                        bounds.preferent_compression(count.size, claim.n, claim.delta_parts["picked"])
                    ),
                }
                for count in picking.counts
            ]
            for learner, picking in run.pickings.items()
        },
    }
    test = examples(name, "test")
    if test is not None:
        best = min(run.pickings.values(), key=lambda picking: picking.best.size)
        pool = pool_of(test)
        wrong = first_wrong(best.predictor, pool, np.arange(pool.size), 500)
        found["test"] = {"errors": len(wrong), "n": pool.size}
    return found


def main() -> None:
    """Pick, certify, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=PICKED_RECIPES)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--verify", action="store_true", help="replay the record instead")
    arguments = parser.parse_args()
    name = arguments.data
    keep_freed_memory()
    out = arguments.out or Path("certificates") / f"picked-{name}"
    recipe, dataset = picked_recipe(name), examples(name, "train")
    if isinstance(dataset, tuple):
        dataset = table_of(*dataset, name=name)
    if arguments.verify:
        verdict = verify(out, dataset, configuration=VerifyConfiguration(reporter=Lines()))
        print(verdict.to_json())
        sys.exit(verdict.exit_code)
    learners = {learner: declared_learner(learner) for learner in recipe.learners}
    terms = LearnerTerms(
        config=recipe.config,
        names={learner: learner for learner in learners},
        candidates=recipe.candidates,
        reporter=Lines(),
    )
    started = time.monotonic()
    run = run_picked(learners, as_dataset(dataset), terms=terms, out=out)
    result = measured(name, run, time.monotonic() - started)
    write_atomically(out / "measurements.json", json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2), run.certificate.claim, sep="\n")


if __name__ == "__main__":
    main()
