"""The default run with three seeds: bound, charged size, test error and time, each from the files it left.

    python benchmarks/quick.py [SEED ...]         runs `netrazor certify lenet5-mnist` once for each seed
    python benchmarks/quick.py --read DIR ...     reads runs that are there already

Writes results/quick.json.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from netrazor.files import write_atomically
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB

SEEDS = (0, 1, 2)


def certify(seed: int) -> dict[str, object]:
    """One run, in a directory of its own, as a user would start it."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "run"
        command = [sys.executable, "-m", "netrazor", "certify", "lenet5-mnist", "--out", str(out)]
        started = time.monotonic()
        subprocess.run([*command, "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - started
        return {**figures(out), "seconds": round(seconds, 1)}


def figures(out: Path) -> dict[str, object]:
    """What a run left."""
    certificate = json.loads((out / "certificate.json").read_text())
    result = json.loads((out / "result.json").read_text())
    return {
        "seed": certificate["provenance"]["seed"],
        "risk_bound": certificate["risk_bound"],
        "method": certificate["method"],
        "effective_kib": certificate["effective_bits"] / BITS_PER_BYTE / BYTES_PER_KIB,
        "message_bytes": certificate["message_bytes"],
        "train_errors": certificate["errors"],
        "test_risk": result["test"]["risk"],
        "seconds": round(sum(result["seconds"].values()), 1),
        "seconds_by_stage": result["seconds"],
    }


def main() -> None:
    """Measure and write."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--read"]:
        runs = [figures(Path(directory)) for directory in arguments[1:]]
    else:
        runs = [certify(int(seed)) for seed in arguments or SEEDS]
    print(json.dumps(runs, indent=2))
    content = {
        "command": "python benchmarks/quick.py",
        "cores": os.cpu_count(),
        "date": date.today().isoformat(),
        "runs": runs,
    }
    write_atomically("results/quick.json", json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
