"""Seconds for a LeNet-5 of 431,080 weights, 1.2 % of them not zero, with compiled models and without, in turns.

    python benchmarks/codec_speed_small.py --out results/codec_speed_small.json

Each turn is a process of its own on one core. It codes one message first, which loads numba and what was compiled
before, and measures the next; what the first takes is given beside it. Seconds are CPU seconds.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from circumstances import circumstances
from codec_arrays import cases

from netrazor import coding
from netrazor.coding import compiled
from netrazor.files import write_atomically

CASE = "LeNet-5 with dead units, seed 0"


def main() -> None:
    """Take turns, print medians and ratios, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("results/codec_speed_small.json"))
    parser.add_argument("--child", choices=("compiled", "python"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps(measure(chosen.child)))
        return
    turns = [{side: child(side) for side in ("compiled", "python")} for _ in range(chosen.turns)]
    assert len({turn[side]["sha256"] for turn in turns for side in turn}) == 1, "the same bytes in any way"
    found: dict[str, Any] = {**circumstances("benchmarks/codec_speed_small.py"), "case": CASE}
    for task in ("first_s", "encode_s", "decode_s"):
        seconds = {side: statistics.median(turn[side][task] for turn in turns) for side in turns[0]}
        found[task] = {**seconds, "times_faster": seconds["python"] / seconds["compiled"]}
    found["turns"] = turns
    print(json.dumps({name: value for name, value in found.items() if name != "turns"}, indent=1))
    write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")


def child(side: str) -> dict[str, Any]:
    """What a process of this script prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--child", side]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(side: str) -> dict[str, Any]:
    """Encode twice, decode once."""
    if side == "python":
        compiled.WORTHWHILE_READ = compiled.WORTHWHILE = compiled.WORTHWHILE_LOADED = 2**62
    (case,) = (case for case in cases(large=False) if case.name == CASE)
    arrays = case.floats()
    seconds = {}
    for name in ("first_s", "encode_s"):
        start = time.process_time()
        message = coding.encode(arrays)
        seconds[name] = time.process_time() - start
    start = time.process_time()
    coding.decode(message)
    seconds["decode_s"] = time.process_time() - start
    return {**seconds, "bytes": len(message), "sha256": hashlib.sha256(message).hexdigest()}


if __name__ == "__main__":
    main()
