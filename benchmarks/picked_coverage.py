"""How often the bound of picked examples lies below the true risk, in designs that know it, and with planted faults.

    OMP_NUM_THREADS=1 python benchmarks/picked_coverage.py [--runs 20000] [--only boundary circle ...]

The designs are those of tests/bounds/picked_designs.py. Writes results/picked_coverage.json. A fault is caught where
the rate is above delta by more than three standard errors.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "bounds"), str(ROOT / "benchmarks")]

import picked_designs  # noqa: E402
import synthetic  # noqa: E402
from bounds_results import record  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(picked_designs.DESIGNS))
    options = parser.parse_args()
    allowed = synthetic.allowance(options.runs)
    for design in options.only:
        rates = picked_designs.rates(design, np.random.default_rng(options.seed), options.runs)
        sound = {name: rate for name, rate in rates.items() if name in picked_designs.SOUND_WAYS}
        faults = {name: rate for name, rate in rates.items() if name not in sound}
        held = all(rate <= allowed for rate in sound.values())
        caught = all(rate > allowed for rate in faults.values())
        entry = {"runs": options.runs, "sound": sound, "faults": faults, "allowed": allowed}
        record("picked_coverage.json", design, {**entry, "held": held, "caught": caught})
        print(f"{design}: {options.runs} samples, allowed {allowed:.2%}, held {held}, caught {caught}")
        for name, rate in rates.items():
            print(f"  {rate:8.2%}  {name}", flush=True)


if __name__ == "__main__":
    main()
