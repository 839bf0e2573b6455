"""What a message says of small tables, beside what guessing and a hold-out say of them.

    OMP_NUM_THREADS=1 python benchmarks/tables.py [breast-cancer] [digits] [wine] [synthetic] [--kicks 600]

The tables come with scikit-learn: breast cancer (569 rows), digits (1,797), wine (178), and 20,000 rows that its
make_classification draws (10 columns of 20 tell the classes apart). For each, the architectures below are certified
by the recipe `small`, each at its share of delta 0.05, so that all hold together and the tightest may be quoted. The
hold-out is what a fifth of the rows says of a support vector machine (of boosted trees for the synthetic rows) that
learned the others: Clopper and Pearson's bound at delta 0.05, mean of five splits. Writes results/tables.json.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import netrazor
from netrazor import bounds
from netrazor.certification import measure_yardsticks
from netrazor.certification.delta_shares import equal_share
from netrazor.compress import SmallSearchConfig
from netrazor.data import TableDataset, table_of
from netrazor.files import write_atomically
from netrazor.networks import LogScale
from netrazor.pipeline import recipe_named

DELTA = 0.05
RESULT = "results/tables.json"


class Pooled(nn.Module):
    """Means of 2 x 2 pixels of digits of 8 x 8."""

    def forward(self, inputs: Tensor) -> Tensor:
        """N x 16."""
        return nn.functional.avg_pool2d(inputs.reshape(-1, 1, 8, 8).float(), 2).flatten(1)


def linear(features: nn.Module, inputs: int, outputs: int, *, bias: bool = True) -> Callable[[], nn.Module]:
    """A linear classifier behind constant features."""
    return lambda: nn.Sequential(features, nn.Linear(inputs, outputs, bias))


def hidden(features: nn.Module, inputs: int, units: int, outputs: int) -> Callable[[], nn.Module]:
    """One hidden layer behind constant features."""
    return lambda: nn.Sequential(features, nn.Linear(inputs, units), nn.ReLU(), nn.Linear(units, outputs))


ARCHITECTURES: dict[str, dict[str, Callable[[], nn.Module]]] = {
    "breast-cancer": {"linear on logarithms": linear(LogScale(), 30, 1)},
    "wine": {"linear on logarithms": linear(LogScale(), 13, 3)},
    "digits": {"linear on means of 2 x 2": linear(Pooled(), 16, 10, bias=False)},
    "synthetic": {"8 hidden units": hidden(nn.Identity(), 20, 8, 1)},
}


def table(name: str) -> TableDataset:
    """One of scikit-learn's tables as float32."""
    from sklearn import datasets as known

    read = {
        "breast-cancer": lambda: known.load_breast_cancer(return_X_y=True),
        "wine": lambda: known.load_wine(return_X_y=True),
        "digits": lambda: known.load_digits(return_X_y=True),
        "synthetic": lambda: known.make_classification(20_000, 20, n_informative=10, random_state=0),
    }
    inputs, labels = read[name]()
    return table_of(inputs.astype(np.float32), labels, name)


def certified(name: str, dataset: TableDataset, kicks: int, seed: int) -> dict[str, Any]:
    """The certificate of each architecture of a table, and what each took."""
    recipe = recipe_named("small")
    assert recipe.small is not None
    recipe = replace(recipe, small=replace(recipe.small, kicks=kicks))
    found = {}
    for architecture, build in ARCHITECTURES[name].items():
        torch.manual_seed(0)
        started, used = time.monotonic(), time.process_time()
        certificate = netrazor.certify(
            build(),
            dataset,
            recipe=recipe,
            delta=equal_share(DELTA, len(ARCHITECTURES[name])),
            seed=seed,
            progress=False,
        )
        found[architecture] = {
            "bound": certificate.risk_bound,
            "delta": certificate.delta,
            "errors": certificate.errors,
            "n": certificate.n,
            "charged_bits": certificate.effective_bits,
            "guessing": measure_yardsticks(certificate).majority_bound,
            "seconds": round(time.monotonic() - started, 1),
            "cpu_seconds": round(time.process_time() - used, 1),
        }
        print(name, architecture, found[architecture], flush=True)
    return found


def hold_out(name: str, dataset: TableDataset) -> dict[str, Any]:
    """The mean over five splits of the bound that a fifth of the rows gives."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    inputs, labels, found = dataset.inputs.numpy(), dataset.labels.numpy(), []
    for split in range(5):
        order = np.random.default_rng(split).permutation(len(labels))
        held, others = np.split(order, [len(labels) // 5])
        estimator = make_pipeline(StandardScaler(), SVC())
        if name == "synthetic":
            estimator = HistGradientBoostingClassifier(random_state=0)
        estimator.fit(inputs[others], labels[others])
        errors = int((estimator.predict(inputs[held]) != labels[held]).sum())
        found.append(float(bounds.clopper_pearson(errors, len(held), DELTA)))
    learner = "boosted trees" if name == "synthetic" else "support vectors"
    return {"learner": learner, "bound": float(np.mean(found)), "splits": found}


def main() -> None:
    """Run the tables named, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(ARCHITECTURES))
    parser.add_argument("--kicks", type=int, default=SmallSearchConfig().kicks)
    parser.add_argument(
        "--seed", type=int, default=0, help="of the search: chooses among messages, so it is free"
    )
    arguments = parser.parse_args()
    for name in arguments.names:
        dataset = table(name)
        entry = {
            "n": len(dataset),
            "architectures": certified(name, dataset, arguments.kicks, arguments.seed),
            "hold_out": hold_out(name, dataset),
            "kicks": arguments.kicks,
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "date": date.today().isoformat(),
            "command": f"python benchmarks/tables.py {name} --kicks {arguments.kicks} --seed {arguments.seed}",
        }
        entry["bound"] = min(one["bound"] for one in entry["architectures"].values())
        place = Path(RESULT)
        content = json.loads(place.read_text()) if place.exists() else {}
        write_atomically(RESULT, json.dumps({**content, name: entry}, indent=2) + "\n")
        print(
            name,
            f"{100 * entry['bound']:.2f} %, hold-out {100 * entry['hold_out']['bound']:.2f} %",
            flush=True,
        )


if __name__ == "__main__":
    main()
