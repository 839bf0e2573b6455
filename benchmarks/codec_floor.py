"""About how many bytes the cases with busy rows and columns need at all, by whoever knows how they were drawn.

    python benchmarks/codec_floor.py --results results/codec.json --out results/codec_floor.json

A mask is worth its row and column totals, under the law that they were drawn from (nothing for the dead; geometric
for the others, a Poisson number with an exponential mean), and the logarithm of the number of masks that have these
totals, estimated by placing the ones row after row. Values are worth what their law says. Activities themselves
are not known to any coder, so that no code is shorter on average, but for what the estimates are off.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
from circumstances import circumstances
from codec_arrays import cases
from numpy.typing import NDArray

from netrazor.files import write_atomically

_DEAD = 0.3


def main() -> None:
    """Estimate, compare with the results of codec.py, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/codec.json"))
    parser.add_argument("--out", type=Path, default=Path("results/codec_floor.json"))
    chosen = parser.parse_args()
    measured = {row["case"]: row for row in json.loads(chosen.results.read_text())["cases"]}
    rows = []
    for case in cases(large=False):
        if not case.name.startswith("rows and columns") or case.name not in measured:
            continue
        row, weights = measured[case.name], case.arrays["weight"]
        floor = (mask_bits(weights != 0) + value_bits(weights[weights != 0], case.name)) / 8
        best = row["content_bytes"] / row["over_best"]
        rows.append(
            {
                "case": case.name,
                "floor_bytes": floor,
                "content_over_floor": row["content_bytes"] / floor,
                "floor_over_best_of_others": floor / best,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    found = {**circumstances("benchmarks/codec_floor.py"), "cases": rows}
    write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")


def mask_bits(mask: NDArray[np.bool_]) -> float:
    """The totals, and how many masks have them."""
    return totals_bits(mask.sum(axis=1)) + totals_bits(mask.sum(axis=0)) + placing_bits(mask)


def totals_bits(totals: NDArray[np.int64]) -> float:
    """Under their law, its mean known."""
    mean = totals.mean() / (1 - _DEAD)
    chance = (1 - _DEAD) * (mean / (1 + mean)) ** totals / (1 + mean) + _DEAD * (totals == 0)
    return -float(np.log2(chance).sum())


def placing_bits(mask: NDArray[np.bool_]) -> float:
    """Ones placed by the odds of what is left in the column and in the row; near the number of such masks."""
    left = mask.sum(axis=0)
    rows = mask[mask.any(axis=1)]
    bits = 0.0
    for rows_left, row in zip(range(len(rows), 0, -1), rows, strict=True):
        undecided = np.flatnonzero((left > 0) & (left < rows_left))
        ones = int(row[undecided].sum())
        supply = int(left[undecided].sum())
        for places, column in zip(range(len(undecided), 0, -1), undecided.tolist(), strict=True):
            total = int(left[column])
            if 0 < ones < places:
                odds = (
                    total
                    / (rows_left - total)
                    * ones
                    / (places - ones)
                    * (places * rows_left - supply)
                    / supply
                )
                bits += math.log2(1 + 1 / odds if row[column] else 1 + odds)
            ones -= int(row[column])
            supply -= total
        left = left - row
    return bits


def value_bits(values: NDArray[np.int32], name: str) -> float:
    """Under the law of `small_values`: a rounded normal size, either sign."""
    top = 2 ** (int(name.split()[-2]) - 1) - 1
    scale = top / 2.5

    def below(size: float) -> float:
        """The chance that the normal number's size is less."""
        return math.erf(max(size, 0.0) / scale / math.sqrt(2))

    edges = [0.0, *(below(size) for size in range(1, top)), 1.0]
    chance = np.diff(edges) / 2
    return -float(np.log2(chance[np.abs(values) - 1]).sum())


if __name__ == "__main__":
    main()
