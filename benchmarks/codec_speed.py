"""Seconds and memory at ResNet-50's shapes, in turns with NNC on the same integers in one run.

    python benchmarks/codec_speed.py --others /path/to/python --out results/codec_speed.json

Each turn is a process of its own on one core: this codec from float32 arrays to bytes and back, then nncodec from
int32 arrays to bytes and back, by its C++ coder alone (`codec_others.py`) and, if it can be imported there, by its
own interface (`nncodec.nnc.compress`). Seconds are CPU seconds; memory is the peak of the process, what the
interpreter and the libraries take before the arrays are made included and given beside it.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from circumstances import circumstances
from codec_arrays import cases

from netrazor import coding
from netrazor.files import write_atomically


def main() -> None:
    """Take turns, print medians and ratios, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--others", help="interpreter that has nncodec")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("results/codec_speed.json"))
    parser.add_argument("--child", choices=("prepare", "encode", "decode"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(
            json.dumps({"prepare": prepare, "encode": encode, "decode": decode}[chosen.child](chosen.folder))
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        weights = child("prepare", folder)  # memory of this process would count as that of its children
        turns = [turn(chosen.others, folder) for _ in range(chosen.turns)]
    found = {
        **circumstances("benchmarks/codec_speed.py"),
        "weights": weights,
        **summarize(turns),
        "turns": turns,
    }
    print(json.dumps({name: value for name, value in found.items() if name != "turns"}, indent=1))
    write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")


def prepare(folder: Path) -> int:
    """The integers for the others, the floats for this codec; how many there are."""
    case = list(cases(large=True))[-1]
    np.savez(folder / "arrays.npz", **{f"a{i}": array for i, array in enumerate(case.arrays.values())})
    np.savez(folder / "floats.npz", **case.floats())
    return sum(array.size for array in case.arrays.values())


def turn(others: str | None, folder: str) -> dict[str, Any]:
    """Once this codec, once the others."""
    found = {side: child(side, folder) for side in ("encode", "decode")}
    if others:
        script = Path(__file__).with_name("codec_others.py")
        found["nnc"] = json.loads(run([others, str(script), f"{folder}/arrays.npz", "speed"]))
    return found


def child(task: str, folder: str) -> Any:
    """What a process of this script prints."""
    return json.loads(run([sys.executable, __file__, "--child", task, "--folder", folder]))


def run(command: list[str]) -> str:
    """The last line that a process prints, on one core."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return done.stdout.splitlines()[-1]


def encode(folder: Path) -> dict[str, float]:
    """From float32 arrays to a message, which is left in the folder."""
    before = peak_mib()
    arrays = dict(np.load(folder / "floats.npz"))
    size = sum(array.nbytes for array in arrays.values())
    start = time.process_time()
    message = coding.encode(arrays)
    seconds = time.process_time() - start
    (folder / "message.nrz").write_bytes(message)
    return {"bytes": len(message), "seconds": seconds, **memory(before, size)}


def decode(folder: Path) -> dict[str, float]:
    """From the message to arrays."""
    before = peak_mib()
    message = (folder / "message.nrz").read_bytes()
    start = time.process_time()
    arrays = coding.decode(message)
    seconds = time.process_time() - start
    return {"seconds": seconds, **memory(before, sum(array.nbytes for array in arrays.values()))}


def memory(before: float, size: int) -> dict[str, float]:
    """The peak beside what was there before, and beside the arrays."""
    peak = peak_mib()
    return {
        "before_mib": before,
        "peak_mib": peak,
        "arrays_mib": size / 2**20,
        "peak_over_arrays": peak / (size / 2**20),
    }


def peak_mib() -> float:
    """Most memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def summarize(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians, and how many times faster than NNC."""
    found: dict[str, Any] = {}
    for side in ("encode", "decode"):
        ours = statistics.median(turn[side]["seconds"] for turn in turns)
        found[f"{side}_s"] = ours
        found[f"{side}_peak_over_arrays"] = max(turn[side]["peak_over_arrays"] for turn in turns)
        for name in turns[0].get("nnc", {}):
            theirs = statistics.median(turn["nnc"][name][f"{side}_s"] for turn in turns)
            found[f"{side}_{name}_s"] = theirs
            found[f"{side}_times_faster_than_{name}"] = theirs / ours
    return found


if __name__ == "__main__":
    main()
