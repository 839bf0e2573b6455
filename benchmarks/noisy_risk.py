"""Time of the noisy risk with a slack of 0.3 points, against as many plain passes over the same examples.

    python benchmarks/noisy_risk.py [RUN] [--data NAME] [--share SHARE]

RUN is a directory that `netrazor certify` wrote. Each weight tensor of its decoded network gets noise of SHARE of
the range of its magnitudes; a pilot says how many draws bring the empirical Bernstein bound at delta 0.01 within
0.003 of the mean; these are drawn and timed, and so are as many passes of the plain count of errors. The plain
count is timed on the network without its empty units too, though no certificate counts so. Writes
results/noisy_risk.json.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import torch

import netrazor
from netrazor import bounds, data
from netrazor.certification import parse
from netrazor.counting import count_errors
from netrazor.files import write_atomically
from netrazor.perturb import DrawPlan, draw_error_rates, draws_needed, largest_divisor, mean_and_variance
from netrazor.pipeline.noisy_draws import PILOT_DRAWS
from netrazor.simplify import shrink

SLACK, DELTA, EXAMPLES_PER_DRAW, TARGET = 0.003, 0.01, 20, 1.25
Found = TypeVar("Found")


def timed(what: Callable[[], Found]) -> tuple[Found, float]:
    """What it gives, and its seconds of one core."""
    started = time.process_time()
    return what(), time.process_time() - started


def noise_of(model: torch.nn.Module, share: float) -> dict[str, float]:
    """Sigma of each weight tensor: a share of the difference between its largest and smallest magnitude."""
    sigma = {}
    for name, parameter in model.named_parameters():
        magnitudes = parameter.detach().abs()[parameter != 0]
        if parameter.ndim > 1 and len(magnitudes):
            sigma[name] = share * float(magnitudes.max() - magnitudes.min())
    return sigma


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", nargs="?", type=Path, default=Path("certificates/lenet5-mnist"))
    parser.add_argument("--data", help="a known name; default: the certificate's")
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--out", default="results/noisy_risk.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    certificate = parse((arguments.run / "certificate.json").read_text())
    dataset = data.load(arguments.data or certificate.sample.name)
    model = netrazor.load(arguments.run)
    sigma, group = noise_of(model, arguments.share), largest_divisor(len(dataset), EXAMPLES_PER_DRAW)

    pilot_passes = math.ceil(PILOT_DRAWS * group / len(dataset))
    pilot = draw_error_rates(model, sigma, dataset, DrawPlan(group, pilot_passes))
    wanted = draws_needed(float(pilot.var()), SLACK, DELTA)
    passes = math.ceil(wanted * group / len(dataset))
    rates, noisy_seconds = timed(
        lambda: draw_error_rates(model, sigma, dataset, DrawPlan(group, passes, seed=1))
    )
    mean, variance = mean_and_variance(rates, group)
    upper = bounds.empirical_bernstein(mean, variance, len(rates), DELTA)
    counts, plain_seconds = timed(lambda: [count_errors(model, dataset) for _ in range(passes)])
    small = shrink(model, dataset.batch(torch.arange(8))[0])
    _, small_seconds = timed(lambda: [count_errors(small, dataset) for _ in range(passes)])
    content = {
        "command": f"python benchmarks/noisy_risk.py {arguments.run} --share {arguments.share}",
        "cores": 1,
        "machine_cores": os.cpu_count(),
        "date": date.today().isoformat(),
        "delta": DELTA,
        "slack": float(upper) - mean,
        "slack_wanted": SLACK,
        "examples_per_draw": group,
        "independent_draws": len(rates),
        "passes": passes,
        "noisy_risk": mean,
        "plain_risk": counts[0].risk,
        "noisy_seconds": round(noisy_seconds, 2),
        "plain_seconds": round(plain_seconds, 2),
        "plain_seconds_without_empty_units": round(small_seconds, 2),
        "ratio": round(noisy_seconds / plain_seconds, 3),
        "ratio_wanted": TARGET,
    }
    print(json.dumps(content, indent=2))
    write_atomically(arguments.out, json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
