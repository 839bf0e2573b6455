"""What a learner in exact arithmetic costs beside one in float32: in bound and in time.

    python benchmarks/exact_price.py [--out results/exact_price.json]

The same small network picks from the first 10,000 training images of MNIST, with the same stops, batches and numbers
of steps, three times: as `ExactLearner` (fixed-point grids in float64; squared hinge; rate, momentum and averaging in
powers of two), by the same rule in float32, and as `TorchLearner` learns by default (float32, Adam, cross entropy).
Each has delta 0.05, shared among its stops.
"""

import argparse
import json
import os
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from picked import DELTA, Lines
from torch import Tensor, nn

from netrazor import bounds, data
from netrazor.data.subsets import take
from netrazor.files import write_atomically
from netrazor.picking import (
    ExactLearner,
    ExactTraining,
    Learner,
    PickingConfig,
    TorchLearner,
    TorchTraining,
    pick,
    share_of_delta,
)
from netrazor.train import OptimizerConfig

EXAMPLES, STEPS = 10_000, 60
CONFIG = PickingConfig(stops=(60, 120, 200), first=20, batch=10, scoring_batch=500)


def network() -> nn.Sequential:
    """Two convolutions and a linear layer, all of which `ExactLearner` can compute."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(8, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(256, 10),
    )  # fmt: skip


def fresh_network() -> nn.Sequential:
    """The same, with first weights drawn as `ExactLearner` draws them."""
    layers = network()
    for parameter in layers.parameters():
        if parameter.ndim == 1:
            nn.init.zeros_(parameter)
        else:
            nn.init.kaiming_uniform_(parameter, nonlinearity="relu")
    return layers


def squared_hinge(scores: Tensor, labels: Tensor) -> Tensor:
    """Half the sum over classes of max(0, 1 - sign * score)^2, on average over a batch."""
    signs = 2 * nn.functional.one_hot(labels, scores.shape[1]) - 1
    return (1 - signs * scores).clamp_min(0).square().sum(1).mean() / 2


def same_rule() -> TorchLearner:
    """What `ExactTraining` says, in float32."""
    rule = ExactTraining()
    optimizer = OptimizerConfig(
        "sgd", rate=2.0**-rule.rate, momentum=1 - 2.0**-rule.friction, decay="constant"
    )
    training = TorchTraining(
        optimizer, 2**rule.batch, steps=STEPS, steps_per_pick=0, averaging=1 - 2.0**-rule.averaging
    )
    return TorchLearner(fresh_network, training, loss=squared_hinge)


def measured(learner: Learner, dataset: Any) -> dict[str, Any]:
    """Stops and bounds of one learner, and its time."""
    started, used = time.monotonic(), time.process_time()
    picking = pick(learner, dataset, CONFIG, reporter=Lines())
    share = share_of_delta(DELTA, CONFIG.stops)
    stops = [
        {**asdict(c), "bound": float(bounds.preferent_compression(c.size, picking.counted, share))}
        for c in picking.counts
    ]
    return {
        "stops": stops,
        "bound": min(stop["bound"] for stop in stops),
        "seconds": round(time.monotonic() - started, 1),
        "processor_seconds": round(time.process_time() - used, 1),
    }


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("results/exact_price.json"))
    arguments = parser.parse_args()
    dataset = take(data.load("mnist"), np.arange(EXAMPLES))
    learners: dict[str, Learner] = {
        "exact": ExactLearner(network, ExactTraining(steps=STEPS, steps_per_pick=0)),
        "float32, the same rule": same_rule(),
        "float32, Adam": TorchLearner(network, TorchTraining(steps=STEPS, steps_per_pick=0)),
    }
    result = {
        "command": "python benchmarks/exact_price.py",
        "date": date.today().isoformat(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "examples": EXAMPLES,
        "config": asdict(CONFIG),
        **{name: measured(learner, dataset) for name, learner in learners.items()},
    }
    write_atomically(arguments.out, json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
