"""Random inputs, extremes included, against 60 digits: understated values and the largest excess.

    OMP_NUM_THREADS=1 python benchmarks/bounds_exactness.py [--count 100000] [--only occam] [...]

Writes results/bounds_exactness.json, an entry for each function as it is done.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "bounds"), str(ROOT / "benchmarks")]

import random_inputs  # noqa: E402
from bounds_results import record  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(random_inputs.CASES))
    options = parser.parse_args()
    for name in options.only:
        started = time.process_time()
        understated, excess = random_inputs.run(
            random_inputs.CASES[name], np.random.default_rng(options.seed), options.count
        )
        entry = {
            "inputs": options.count,
            "understated": understated,
            "largest_excess": excess,
            "seconds": round(time.process_time() - started, 1),
        }
        record("bounds_exactness.json", name, entry)
        print(name, entry, flush=True)


if __name__ == "__main__":
    main()
