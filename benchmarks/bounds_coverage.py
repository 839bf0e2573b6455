"""How often a certified bound lies below the true risk, for sound methods and for planted faults.

    OMP_NUM_THREADS=1 python benchmarks/bounds_coverage.py [--tight 20000] [--noisy 2000] [--pipeline 300]

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
    options = parser.parse_args()

    errors = synthetic.tight_errors(np.random.default_rng(0), options.tight)
    rates = synthetic.tight_rates(errors) | synthetic.tight_fault_rates(errors)
    report("tight", rates, options.tight)
    report("noisy", synthetic.noisy_rates(np.random.default_rng(1), options.noisy), options.noisy)

    rng, below = np.random.default_rng(2), Counter()
    for seed in range(options.pipeline):
        below.update({name: value < true for name, value, true in synthetic.through_pipeline(rng, seed)})
    report("pipeline", {name: n / options.pipeline for name, n in below.items()}, options.pipeline)


def report(design: str, rates: dict[str, float], runs: int) -> None:
    allowed = synthetic.allowance(runs)
    record("bounds_coverage.json", design, {"runs": runs, "below": rates, "allowed": allowed})
    print(f"{design}: {runs} training sets, allowed {allowed:.2%}")
    for name, rate in rates.items():
        print(f"  {rate:8.2%}  {name}", flush=True)


if __name__ == "__main__":
    main()
