"""Line and branch coverage of each room, from the report that pytest-cov wrote: ``make coverage``."""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path, PurePath

from netrazor.files import write_atomically

COUNTED = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def room_of(file: str) -> str:
    """The folder of a module below ``netrazor``, or the module itself."""
    parts = PurePath(file).parts
    return PurePath(parts[parts.index("netrazor") + 1]).stem


def by_room(report: dict[str, dict[str, dict[str, dict[str, int]]]]) -> dict[str, dict[str, float]]:
    """For each room, and for all of them together, the shares of lines and of branches that ran."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for file, found in report["files"].items():
        summary = {name: found["summary"][name] for name in COUNTED}
        counts[room_of(file)].update(summary)
        counts["all"].update(summary)
    return {room: shares(counted) for room, counted in sorted(counts.items())}


def shares(counted: Counter[str]) -> dict[str, float]:
    """Per cent of lines and of branches (100 where there are none), rounded down."""

    def percent(part: int, total: int) -> float:
        return 10_000 * part // total / 100 if total else 100.0

    return {
        "lines_percent": percent(counted["covered_lines"], counted["num_statements"]),
        "branches_percent": percent(counted["covered_branches"], counted["num_branches"]),
        "lines": counted["num_statements"],
        "branches": counted["num_branches"],
    }


def main(source: Path, target: Path) -> None:
    """Print the table and write it."""
    rooms = by_room(json.loads(source.read_text()))
    print(f"{'room':<16}{'lines':>10}{'branches':>10}")
    for room, found in sorted(rooms.items(), key=lambda item: item[0] == "all"):
        print(f"{room:<16}{found['lines_percent']:>8.2f} %{found['branches_percent']:>8.2f} %")
    write_atomically(target, json.dumps(rooms, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
