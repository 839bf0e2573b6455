"""Result files of the benchmarks of `bounds`: an entry for each figure, with command, cores and date."""

import datetime
import json
import os
import shlex
import sys
from pathlib import Path

from netrazor.files import write_atomically

RESULTS = Path(__file__).parents[1] / "results"


def command() -> str:
    """What was run, as one would type it."""
    return shlex.join(["python", *sys.argv])


def record(file: str, name: str, entry: dict) -> None:
    """Put ``entry`` under ``name`` into a file of results/, beside what is there; it may name its own command."""
    path = RESULTS / file
    known = json.loads(path.read_text()) if path.exists() else {}
    known[name] = {
        "command": command(),
        **entry,
        "cores": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
    }
    write_atomically(path, json.dumps(known, indent=2, sort_keys=True) + "\n")
