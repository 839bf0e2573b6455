"""How often a certified bound lies below the true risk, for sound methods and for planted faults.

    OMP_NUM_THREADS=1 python benchmarks/bounds_coverage.py [--noisy 2000] [--only tight noisy pipeline]

The designs are those of tests/bounds/synthetic.py. Writes results/bounds_coverage.json.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "bounds"), str(ROOT / "benchmarks")]

import synthetic  # noqa: E402
from bounds_results import record  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tight", type=int, default=20_000)
    parser.add_argument("--noisy", type=int, default=2_000)
    parser.add_argument("--pipeline", type=int, default=300)
    parser.add_argument("--only", nargs="*", default=["tight", "noisy", "pipeline"])
    options = parser.parse_args()
    for design in options.only:
        runs = getattr(options, design)
        report(design, RATES[design](runs), runs)


def tight(runs: int) -> dict[str, float]:
    """The best of ten classifiers of equal risk: sound methods and faults."""
    errors = synthetic.tight_errors(np.random.default_rng(0), runs)
    return synthetic.tight_rates(errors) | synthetic.tight_fault_rates(errors)


def noisy(runs: int) -> dict[str, float]:
    """A classifier with noise: bounds in two stages and faults."""
    return synthetic.noisy_rates(np.random.default_rng(1), runs)


def pipeline(runs: int) -> dict[str, float]:
    """Through the functions that issue certificates."""
    rng, below = np.random.default_rng(2), Counter()
    for seed in range(runs):
        below.update({name: value < true for name, value, true in synthetic.through_pipeline(rng, seed)})
    return {name: count / runs for name, count in below.items()}


RATES = {"tight": tight, "noisy": noisy, "pipeline": pipeline}


def report(design: str, rates: dict[str, float], runs: int) -> None:
    allowed = synthetic.allowance(runs)
    record("bounds_coverage.json", design, {"runs": runs, "below": rates, "allowed": allowed})
    print(f"{design}: {runs} training sets, allowed {allowed:.2%}")
    for name, rate in rates.items():
        print(f"  {rate:8.2%}  {name}", flush=True)


if __name__ == "__main__":
    main()
