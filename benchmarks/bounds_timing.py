"""Seconds for each function, one call on plain numbers, and for the large cases; the least of several runs.

    OMP_NUM_THREADS=1 python benchmarks/bounds_timing.py [--only preferent]

Seconds are of processor time, which other programs on the machine lengthen less than the clock's.
Writes results/bounds_timing.json.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from bounds_results import record

from netrazor import bounds

KIB = 8 * 1024 * np.log(2)
CENTERS = np.linspace(-1, 1, 16)
EVEN = np.full(16, 1 / 16)
CALLS = {
    "kl_inverse": lambda: bounds.kl_inverse(0.1, 0.03),
    "maurer": lambda: bounds.maurer(0.35, 350 * KIB, 1_281_167),
    "mcallester": lambda: bounds.mcallester(0.1, 3000, 60_000),
    "dr17": lambda: bounds.dr17(0.1, 3000, 60_000),
    "catoni": lambda: bounds.catoni(0.35, 350 * KIB, 1_281_167),
    "catoni_at": lambda: bounds.catoni_at(0.1, 3000, 60_000, 20_000),
    "occam, n 60,000, 30,000 bits, 5 % errors": lambda: bounds.occam(3000, 60_000, 30_000),
    "occam, n 1,281,167, 2.8 million bits, 35 % errors": lambda: bounds.occam(448_409, 1_281_167, 2.8e6),
    "clopper_pearson": lambda: bounds.clopper_pearson(200, 10_000),
    "clopper_pearson, n 1e8, half errors": lambda: bounds.clopper_pearson(5 * 10**7, 10**8),
    "kl_chernoff": lambda: bounds.kl_chernoff(0.03, 6000, 0.01),
    "empirical_bernstein": lambda: bounds.empirical_bernstein(0.03, 0.001, 6000, 0.01),
    "mean_upper": lambda: bounds.mean_upper(DRAWS, 0.01),
    "preferent_compression, n 60,000": lambda: bounds.preferent_compression(858, 60_000, 0.05 / 32),
    "preferent_compression, n 1e7, 1,000 in the set": lambda: bounds.preferent_compression(1000, 10**7),
    "preferent_compression, n 1e7, half in the set": lambda: bounds.preferent_compression(5 * 10**6, 10**7),
    "perturbation_kl": lambda: bounds.perturbation_kl(CENTERS[3], 0.1, CENTERS, EVEN, 0.1),
    "memorization_floor": lambda: bounds.memorization_floor(0.0, 0.9, 50_000),
    "memorized_bits": lambda: bounds.memorized_bits(0.0, 0.9, 50_000),
    "test_error_allowed": lambda: bounds.test_error_allowed(0.0, 30_000, 50_000),
}
DRAWS = np.random.default_rng(0).random(6000) / 10


def main() -> None:
    for name, call in CALLS.items():
        report(name, call, runs=20)
    rng = np.random.default_rng(0)
    report("occam, 10,000 values at once", lambda: bounds.occam(np.arange(10_000), 60_000, 30_000), runs=3)
    sizes = np.arange(10_000)
    report(
        "preferent_compression, 10,000 values", lambda: bounds.preferent_compression(sizes, 60_000), runs=3
    )
    report("catoni, 10,000 values at once", lambda: bounds.catoni(rng.random(10_000), 3000, 60_000), runs=3)
    for share in (0.05, 0.02, 0.01):
        layers = [network_layer(rng, share) for _ in range(50)]
        name = f"perturbation KL, 25 million weights, noise {share:.0%} of the range"
        report(name, lambda layers=layers: [choose(layer) for layer in layers], runs=3)


def network_layer(rng: np.random.Generator, share: float) -> tuple:
    """500,000 weights as indices into a codebook of 64 values, the noise, and 32 lambdas around it."""
    centers = np.sort(rng.normal(size=64))
    symbols = rng.choice(64, size=500_000, p=rng.dirichlet(np.full(64, 3.0))).astype(np.uint8)
    sigma = share * np.ptp(centers)
    return centers, symbols, sigma, sigma * np.geomspace(0.25, 4, 32)


def choose(layer: tuple) -> bounds.LambdaChoice:
    """The layer's divergence at the best lambda of its grid, from its 500,000 symbols."""
    centers, symbols, sigma, lams = layer
    counts = np.bincount(symbols, minlength=64)
    layer = bounds.NoisyLayer(centers, counts, sigma, centers, counts / counts.sum())
    return bounds.choose_lambda(layer, lams)


def report(name: str, call, runs: int) -> None:
    if not any(part in name for part in OPTIONS.only):
        return
    call()
    seconds = []
    for _ in range(runs):
        started = time.process_time()
        call()
        seconds.append(time.process_time() - started)
    record("bounds_timing.json", name, {"seconds": min(seconds)})
    print(f"{1e3 * min(seconds):10.3f} ms  {name}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[""], help="parts of names")
    OPTIONS = parser.parse_args()
    main()
