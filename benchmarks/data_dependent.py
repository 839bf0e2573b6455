"""MNIST with a prior learnt on half of the examples, beside the plain hold-out bound of the same split.

    python benchmarks/data_dependent.py [--out results/data_dependent.json]

LeNet-5 is trained, densely, on the examples of even number; nothing of the others is used. Under the prior centred
there, a message holds the differences of the last layer's weights, in whole steps of a hundredth of the largest
weight, coded by `netrazor.coding`; the bound counts on the examples of odd number alone. The empty difference is
such a message too, and its bound is the hold-out bound but for the bits that say that it is empty.
"""

import argparse
import json
import os
import time
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor import bounds, coding, data
from netrazor.charging import charge
from netrazor.compress.descent import last_layer
from netrazor.data import ImageDataset
from netrazor.evaluate import count_errors
from netrazor.files import write_atomically
from netrazor.networks import ARCHITECTURES, LeNet5
from netrazor.train import Batches, FitConfig, OptimizerConfig, Whole, fit

FIT = FitConfig(steps=1500, optimizer=OptimizerConfig(rate=2e-3))
DELTA = 0.05
SHIFT = 2  # pixels, at most, by which the prior's training images are moved
STEPS = (-8, -4, -2, -1, 1, 2, 4, 8)  # differences tried for each weight


def half(dataset: ImageDataset, first: int) -> ImageDataset:
    """Every other example, from ``first`` on."""
    return replace(dataset, images=dataset.images[first::2], labels=dataset.labels[first::2])


def shifted_loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy on images that are moved together by a few pixels."""
    down, across = torch.randint(-SHIFT, SHIFT + 1, (2,)).tolist()
    return F.cross_entropy(model(torch.roll(images, (down, across), (2, 3))), labels)


def bits_of(differences: np.ndarray) -> float:
    """Charged bits of a message of differences, its header included."""
    index = ARCHITECTURES.index("lenet5")
    return charge(coding.encode({"fc2.weight": differences.astype(np.int8)}, architecture=index)).charged_bits


def best_difference(model: nn.Module, rest: ImageDataset) -> tuple[np.ndarray, int, int]:
    """Of the changes of one weight of the last layer, that with the fewest errors: it, before, after."""
    layer, features, labels = last_layer(model, rest)
    step = float(layer.weight.abs().max()) / 100
    scores = features @ layer.weight.T + layer.bias
    before = after = int((scores.argmax(1) != labels).sum())
    found = np.zeros(layer.weight.shape, dtype=np.int8)
    for label in range(len(scores[0])):
        others = scores.clone()
        others[:, label] = -torch.inf
        rival, best = others.max(1)
        own, kept = labels == label, best == labels
        for size in STEPS:
            above = scores[:, label, None] + size * step * features > rival[:, None]
            errors = len(labels) - (above[own].sum(0) + (~above[kept & ~own]).sum(0))
            if int(errors.min()) < after:
                after = int(errors.min())
                found = np.zeros_like(found)
                found[label, int(errors.argmin())] = size
    return found, before, after


def measure(seed: int = 0) -> dict[str, object]:
    """Both bounds, and what the best change of one weight would give."""
    started = time.monotonic()
    whole, test = data.load("mnist"), data.load("mnist", "test")
    torch.manual_seed(seed)
    model = LeNet5()
    fit(
        model,
        Whole(model),
        Batches(half(whole, 0), FIT.batch_size, seed=seed),
        FIT,
        training_step=shifted_loss,
    )
    rest = half(whole, 1)
    seconds = time.monotonic() - started
    count = count_errors(model, rest)
    with torch.no_grad():
        difference, before, after = best_difference(model, rest)
    empty, one = bits_of(np.zeros_like(difference)), bits_of(difference)
    return {
        "seed": seed,
        "prior_examples": len(whole) - len(rest),
        "bounding_examples": len(rest),
        "errors": count.errors,
        "hold_out_bound": float(bounds.clopper_pearson(count.errors, count.n, DELTA)),
        "empty_difference": {
            "bits": empty,
            "bound": float(bounds.occam(count.errors, count.n, empty, DELTA)),
        },
        "best_single_change": {
            "bits": one,
            "errors_before": before,
            "errors_after": after,
            "bound": float(bounds.occam(after, count.n, one, DELTA)),
        },
        "test": asdict(count_errors(model, test)),
        "training_seconds": round(seconds, 1),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/data_dependent.json"))
    arguments = parser.parse_args()
    result = {
        "command": "python benchmarks/data_dependent.py",
        "date": date.today().isoformat(),
        "cores": torch.get_num_threads(),
        "machine_cores": os.cpu_count(),
        "delta": DELTA,
        "fit": asdict(FIT),
        "result": measure(),
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    write_atomically(arguments.out, text.encode())


if __name__ == "__main__":
    main()
