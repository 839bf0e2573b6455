"""Writers that are killed, and two writers at once: never files of two runs in one directory.

    python benchmarks/kill_writers.py --out results/kill_writers.json

In each trial a process writes runs into a directory, one after the other, each file of a run holding that run's
number, until it is killed (SIGKILL) at a random instant; or two processes do so at once, each of them a few times.
Before and after, and in the second kind meanwhile too, the directory is read: it may hold the files of one run, or,
where directories cannot be exchanged, a part of one without its certificate. Both ways of writing are tried.
"""

import argparse
import collections
import datetime
import json
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import netrazor.certification.run_writing as writing
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, MESSAGE, PICKS, RESULT
from netrazor.files import write_atomically

OTHER = (MESSAGE, GIVEN, PICKS, RESULT)
LONGEST_S = 0.1  # that a writer lives after its first run
RUNS_EACH = 5  # of each of two writers


def main() -> None:
    """Write, kill, look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=200, help="trials of each kind")
    parser.add_argument("--out", type=Path, default=Path("results/kill_writers.json"))
    chosen = parser.parse_args()
    found: dict[str, object] = {
        "command": " ".join(["python", *sys.argv]),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "trials_of_each_kind": chosen.number,
    }
    failed = 0
    for kind, trial in (("killed", kill_one), ("two_writers", two_writers)):
        outcomes: collections.Counter[str] = collections.Counter()
        for number in range(chosen.number):
            way = ("exchange", "in place")[number % 2]
            with tempfile.TemporaryDirectory() as scratch:
                outcomes[f"{way}: {trial(Path(scratch) / 'run', way, random.Random(number))}"] += 1
        found[kind] = dict(sorted(outcomes.items()))
        failed += sum(count for outcome, count in outcomes.items() if "two runs" in outcome)
        print(kind, found[kind], flush=True)
    found["directories_with_files_of_two_runs"] = failed
    write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")
    sys.exit(bool(failed))


def kill_one(place: Path, way: str, chance: random.Random) -> str:
    """Kill a writer some time after it has written its first run; then another one writes."""
    writer = started(place, 0, 10**6, way)
    while not (place / CERTIFICATE).exists():
        time.sleep(0.002)
    time.sleep(chance.uniform(0, LONGEST_S))
    writer.kill()
    writer.join()
    outcome = state_of(place)
    after = started(place, 10**7, 1, way)
    after.join()
    files = (*place.parent.iterdir(), *place.iterdir())
    rest = [path.name for path in files if path.name.endswith(writing._TEMPORARY)]
    good = state_of(place) == "one run" and not after.exitcode and not rest
    return outcome if good else f"two runs: {state_of(place)} afterwards, {rest}"


def two_writers(place: Path, way: str, chance: random.Random) -> str:
    """Two writers at once; the directory is looked at all the time."""
    writers, seen = [started(place, first, RUNS_EACH, way) for first in (0, 10**6)], set()
    while any(writer.is_alive() for writer in writers):
        seen.add(state_of(place))
        time.sleep(chance.uniform(0, 0.01))
    seen.add(state_of(place))
    if any(writer.exitcode for writer in writers) or state_of(place) != "one run":
        seen.add("two runs: a writer failed")
    return next((state for state in seen if "two runs" in state), "one run")


def started(place: Path, first: int, runs: int, way: str) -> Any:
    """A process that writes runs."""
    process = multiprocessing.get_context("fork").Process(target=write_runs, args=(place, first, runs, way))
    process.start()
    return process


def write_runs(place: Path, first: int, runs: int, way: str) -> None:
    """Runs of different files, each of which holds the run's number."""
    if way == "in place":
        writing._exchange = lambda one, other: False
    for number in range(first, first + runs):
        names = (
            CERTIFICATE,
            *(name for bit, name in enumerate(OTHER) if (number + 1) >> bit & 1 or name == MESSAGE),
        )
        writing.write_run(place, {name: f"{number} {','.join(sorted(names))}" for name in names})


def state_of(place: Path) -> str:
    """One run with all its files, a part of one without its certificate, nothing; or files of two."""
    for _ in range(100):
        before = content_of(place)
        if before == content_of(place):  # else it changed while it was read
            break
    texts = set(before.values())
    if len(texts) > 1:
        return f"two runs: {before}"
    if not texts:
        return "nothing"
    whole = set(before) == set(texts.pop().split()[1].split(","))
    return (
        "one run" if whole else "two runs: not whole" if CERTIFICATE in before else "a part, no certificate"
    )


def content_of(place: Path) -> dict[str, str]:
    found = {}
    for name in (CERTIFICATE, *OTHER):
        try:
            found[name] = (place / name).read_text()
        except FileNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
