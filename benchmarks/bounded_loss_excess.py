"""The bound of losses in [0, 1] against the exact optimum: how much of the excess over the mean is not needed.

    OMP_NUM_THREADS=1 python benchmarks/bounded_loss_excess.py [--count 2000]

The optimum is the largest mean of a distribution on [0, 1] within a divergence of log(2^bits / delta) / n of the
sample's, solved for by its Lagrangian (`best_in_ball` of tests/bounds/test_bounded_loss.py); no bound that sees the
sample's frequencies alone can be less for every long message. Samples are random: 400 to 200,000 examples, 2 to 9
values in [0, 1], most of the mass at 0 or not. Writes results/bounded_loss_excess.json, for each number of bits.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
from circumstances import circumstances

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "bounds"))

from test_bounded_loss import best_in_ball  # noqa: E402

from netrazor import bounds  # noqa: E402

RESULT = ROOT / "results" / "bounded_loss_excess.json"
DELTA = 0.05
BITS = (0.0, 20.0, 50.0, 150.0, 500.0, 2194.0, 6000.0)


def sample(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Values, 0 among them, and how many examples have each."""
    n = round(math.exp(rng.uniform(math.log(400), math.log(200_000))))
    values = np.append(0.0, np.sort(rng.uniform(0.02, 1, rng.integers(1, 9))))
    if rng.random() < 0.5:
        values[-1] = 1.0
    shares = rng.dirichlet(np.append(rng.choice([1.0, 20.0]), np.full(len(values) - 1, 0.5)))
    return values, rng.multinomial(n, shares).astype(float)


def excess(values: np.ndarray, counts: np.ndarray, bits: float) -> float:
    """What the bound lies above the optimum, as a share of what this lies above the mean; negative is below."""
    mean = float(counts @ values) / counts.sum()
    best = best_in_ball(values, counts, bits * math.log(2) - math.log(DELTA))
    return (float(bounds.bounded_loss(values, counts, bits, DELTA)) - best) / (best - mean)


def main() -> None:
    """Random samples at each number of bits, printed and written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    count = parser.parse_args().count
    found = {}
    for bits in BITS:
        rng = np.random.default_rng(11)
        shares = np.array([excess(*sample(rng), bits) for _ in range(count)])
        found[f"{bits:g} bits"] = {
            "below": int((shares < 0).sum()),
            "median": float(np.median(shares)),
            "largest": float(shares.max()),
            "share above 5 %": float((shares > 0.05).mean()),
        }
        print(bits, found[f"{bits:g} bits"], flush=True)
    content = {
        **circumstances("benchmarks/bounded_loss_excess.py"),
        "samples": count,
        "delta": DELTA,
        "excess": found,
    }
    RESULT.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
