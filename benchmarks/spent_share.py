"""What spending some examples gives: picks after a start from the spent ones, and the hold-out of the same split.

    python benchmarks/spent_share.py breast-cancer digits wine mails synthetic [--out results/spent_share.json]

For each table one declared learner and declared shares. Every figure is a certificate of its own at delta 0.05: they
do not hold together, and the least of them is not a claim. Picks share delta among four stops. The synthetic rows are
counted with boosted trees too, whose fits take too long for picks. These tables have
records of their own and were looked at before; nothing here was chosen by them. Results are added to the file, table
by table.
"""

import argparse
import json
import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import torch
from picked import DELTA, Lines, examples
from sklearn.ensemble import HistGradientBoostingClassifier

from netrazor import certify_hold_out
from netrazor.certification import PicksRecord
from netrazor.data.subsets import size_of
from netrazor.data.tables import as_dataset
from netrazor.files import write_atomically
from netrazor.picking import PickingConfig, declared_learner
from netrazor.pipeline.learner_certificate import LearnerTerms
from netrazor.pipeline.learner_hold_out import run_learner_hold_out
from netrazor.pipeline.picked_run import run_picked
from netrazor.units import percent_up

LEARNERS = {
    "breast-cancer": "standardised-logistic-regression",
    "digits": "support-vectors",
    "wine": "standardised-logistic-regression",
    "mails": "support-vectors",
    "synthetic": "standardised-support-vectors",
}
SHARES = {"mails": (10, 20, 50), "synthetic": (20,)}  # percent; each round fits to all that was spent
USUAL_SHARES = (10, 20, 40, 60, 80)
COUNTED_ONLY = {
    "synthetic": (20, 40, 60)
}  # with boosted trees, the learner of the yardstick in benchmarks/tables.py
STOPS = (100, 50, 25)  # a hundredth of the examples, a fiftieth, ...; and none


def stops_of(n: int) -> tuple[int, ...]:
    """The declared numbers of picks."""
    return tuple(sorted({0, *(n // part for part in STOPS)}))


def measured(name: str, dataset: Any, percent: int) -> dict[str, Any]:
    """Both certificates at one share."""
    n, word = size_of(dataset), LEARNERS[name]
    spent = n * percent // 100
    config = PickingConfig(stops=stops_of(n), batch=max(1, n // 300), spent=spent)
    started = time.monotonic()
    picked = run_picked(
        {word: declared_learner(word)},
        dataset,
        terms=LearnerTerms(config, DELTA, names={word: word}, reporter=Lines()),
    ).certificate
    held = run_learner_hold_out(
        declared_learner(word), dataset, spent=spent, terms=LearnerTerms(delta=DELTA)
    ).certificate
    assert isinstance(picked.message, PicksRecord)
    return {
        "percent": percent,
        "spent": spent,
        "counted": n - spent,
        "stops": config.stops,
        "picked": {
            "picks": picked.message.picked,
            "errors": picked.claims[0].errors,
            "bound": picked.risk_bound,
        },
        "hold_out": {"errors": held.claims[0].errors, "bound": held.risk_bound},
        "seconds": round(time.monotonic() - started, 1),
    }


def counted_with_trees(dataset: Any, percent: int) -> dict[str, Any]:
    """The hold-out kind alone at one share."""
    n = size_of(dataset)
    started = time.monotonic()
    trees = HistGradientBoostingClassifier(random_state=0)
    certificate = certify_hold_out(trees, dataset, spent=n * percent // 100, delta=DELTA)
    return {
        "percent": percent,
        "counted": certificate.claims[0].n,
        "errors": certificate.claims[0].errors,
        "bound": certificate.risk_bound,
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> None:
    """Measure the named tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="+", choices=LEARNERS)
    parser.add_argument("--out", type=Path, default=Path("results/spent_share.json"))
    arguments = parser.parse_args()
    result = json.loads(arguments.out.read_text()) if arguments.out.is_file() else {}
    for name in arguments.names:
        dataset = as_dataset(examples(name, "train"))
        result[name] = {
            "command": f"python benchmarks/spent_share.py {name}",
            "date": date.today().isoformat(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "learner": LEARNERS[name],
            "delta": DELTA,
            "shares": [measured(name, dataset, percent) for percent in SHARES.get(name, USUAL_SHARES)],
            "boosted_trees": [counted_with_trees(dataset, percent) for percent in COUNTED_ONLY.get(name, ())],
        }
        write_atomically(arguments.out, json.dumps(result, indent=1) + "\n")
        for row in result[name]["shares"]:
            picked, held = (percent_up(row[kind]["bound"]) for kind in ("picked", "hold_out"))
            print(f"{name}: {row['percent']} % spent: picks {picked}, hold-out {held}, {row['seconds']} s")
        for row in result[name]["boosted_trees"]:
            print(f"{name}: {row['percent']} % spent: trees {percent_up(row['bound'])}, {row['seconds']} s")


if __name__ == "__main__":
    main()
