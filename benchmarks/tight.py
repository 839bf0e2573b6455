"""The recipe `tight` beside `quick`, on networks of the kinds that users bring.

    OMP_NUM_THREADS=1 python benchmarks/tight.py digits cnn --recipe tight --scale 0.5 [--out runs/tight]

`digits`: a hidden layer on scikit-learn's 1,797 rows. `breast-cancer`: the same on its 569 rows. `cnn`: two
convolutions with batch norms on MNIST. `transformer`: one block on means of 2 x 2 pixels of MNIST in rows. Each run
is resumable where --out says a directory. No noise is searched for, and so none of delta is spent on it. Writes
results/tight.json and keeps its other entries. ResNet-20 is one command of its own, see docs/recipes.md.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import netrazor
from netrazor.data import table_of
from netrazor.files import write_atomically
from netrazor.networks import LogScale
from netrazor.reproduction.certified_experiments import recipe_of

RESULT = Path("results/tight.json")


def table(name: str) -> Any:
    """One of scikit-learn's tables as float32; pixels of digits from 0 to 1."""
    from sklearn import datasets as known

    read = {"digits": known.load_digits, "breast-cancer": known.load_breast_cancer}[name]
    inputs, labels = read(return_X_y=True)
    return table_of((inputs / (16 if name == "digits" else 1)).astype(np.float32), labels, name)


def cnn() -> nn.Module:
    """Two convolutions with batch norms, and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 6 * 6, 10),
    )


class RowTransformer(nn.Module):
    """Rows of an image of 14 x 14 means as tokens, one block of attention, and a mean."""

    def __init__(self, width: int = 32, classes: int = 10) -> None:
        super().__init__()
        self.embed = nn.Linear(14, width)
        self.position = nn.Parameter(0.02 * torch.randn(1, 14, width))
        self.block = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, batch_first=True, norm_first=True)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of N x 1 x 28 x 28 images."""
        rows = nn.functional.avg_pool2d(images, 2)[:, 0]
        return self.head(self.norm(self.block(self.embed(rows) + self.position)).mean(1))


@dataclass(frozen=True)
class Case:
    """A network and what it learns."""

    build: Callable[[], nn.Module]
    data: Callable[[], Any]


CASES = {
    "digits": Case(
        lambda: nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), lambda: table("digits")
    ),
    "breast-cancer": Case(
        lambda: nn.Sequential(LogScale(), nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 2)),
        lambda: table("breast-cancer"),
    ),
    "cnn": Case(cnn, lambda: netrazor.data.load("mnist")),
    "transformer": Case(RowTransformer, lambda: netrazor.data.load("mnist")),
}


def measured(name: str, recipe: str, scale: float, out: Path | None) -> dict[str, Any]:
    """The certificate of one case, and what it took."""
    case, started, used = CASES[name], time.monotonic(), time.process_time()
    torch.manual_seed(0)
    certificate = netrazor.certify(
        case.build(),
        case.data(),
        recipe=replace(recipe_of(recipe, scale=scale, own=True), noise=None),
        out=None if out is None else out / f"{name}-{recipe}-{scale:g}",
    )
    return {
        "data": certificate.sample.name,
        "n": certificate.n,
        "recipe": recipe,
        "scale": scale,
        "risk_bound": certificate.risk_bound,
        "errors": certificate.errors,
        "charged_bits": certificate.effective_bits,
        "message_bytes": certificate.message_bytes,
        "seconds": round(time.monotonic() - started, 1),
        "processor_seconds": round(time.process_time() - used, 1),
        "threads": torch.get_num_threads(),
        "machine_cores": os.cpu_count(),
        "date": date.today().isoformat(),
        "command": f"OMP_NUM_THREADS=1 python benchmarks/tight.py {name} --recipe {recipe} --scale {scale:g}",
    }


def main() -> None:
    """Run the cases asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="+", choices=CASES)
    parser.add_argument("--recipe", default="tight")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    for name in arguments.cases:
        row = measured(name, arguments.recipe, arguments.scale, arguments.out)
        print(json.dumps(row, indent=2), flush=True)
        content = json.loads(RESULT.read_text()) if RESULT.exists() else {}
        content[f"{name} {arguments.recipe} {arguments.scale:g}"] = row
        write_atomically(RESULT, json.dumps(dict(sorted(content.items())), indent=2, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
