"""What the best kind of certificate says of small tables, beside a hold-out of a fifth.

    python benchmarks/best_kinds.py

Reads what other programs measured, and computes each bound again at its share of delta 0.05, so that all hold
together and the least may be quoted:

- message: results/tables.json (benchmarks/tables.py);
- picked: certificates/picked-*/measurements.json (benchmarks/picked_records.py), shared among learners and stops;
- spent, then picked; spent, then counted (the hold-out kind): results/spent_share.json (benchmarks/spent_share.py).

The yardstick is that of results/tables.json: Clopper and Pearson's bound from a fifth of the rows at delta 0.05, of a
learner of the other four fifths, mean of five splits. Writes results/best_kinds.json.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from netrazor import bounds
from netrazor.files import write_atomically
from netrazor.units import percent_up

HERE = Path(__file__).parents[1]
DELTA, WITHIN = 0.05, 1.25
YARDSTICK_SHARE = 80  # percent spent: this is the yardstick's own split


def read(path: str) -> Any:
    """A result file, or nothing."""
    place = HERE / path
    return json.loads(place.read_text()) if place.is_file() else {}


def kinds(name: str) -> Iterator[tuple[str, Any]]:
    """What is known of a table: the kind, and its bound as a function of delta."""
    for one in read("results/tables.json")[name]["architectures"].values():
        yield (
            "message",
            lambda delta, one=one: bounds.occam(one["errors"], one["n"], one["charged_bits"], delta),
        )
    picked = [
        stop
        for stops in read(f"certificates/picked-{name}/measurements.json").get("learners", {}).values()
        for stop in stops
    ]
    n = read("results/tables.json")[name]["n"]
    if picked:
        yield (
            "picked",
            lambda delta: min(
                float(bounds.preferent_compression(stop["picked"] + stop["errors"], n, delta / len(picked)))
                for stop in picked
            ),
        )
    for share in read("results/spent_share.json").get(name, {}).get("shares", ()):
        counted, found, held = share["counted"], share["picked"], share["hold_out"]
        yield (
            f"{share['percent']} % spent, then picked",
            lambda delta, share=share, found=found: bounds.preferent_compression(
                found["picks"] + found["errors"], share["counted"], delta / len(share["stops"])
            ),
        )
        if share["percent"] != YARDSTICK_SHARE:
            yield (
                f"{share['percent']} % spent, then counted",
                lambda delta, held=held, counted=counted: bounds.clopper_pearson(
                    held["errors"], counted, delta
                ),
            )
    for row in read("results/spent_share.json").get(name, {}).get("boosted_trees", ()):
        yield (
            f"{row['percent']} % spent on boosted trees, then counted",
            lambda delta, row=row: bounds.clopper_pearson(row["errors"], row["counted"], delta),
        )


def compared(name: str) -> dict[str, Any]:
    """All kinds at their shares of delta, the best one, and the hold-out of a fifth."""
    known = list(kinds(name))
    found = {kind: float(bound(DELTA / len(known))) for kind, bound in known}
    best = min(found, key=lambda kind: found[kind])
    others = min(found[kind] for kind in found if not kind.endswith("counted"))
    yardstick = read("results/tables.json")[name]["hold_out"]["bound"]
    return {
        "kinds": found,
        "delta_each": DELTA / len(known),
        "best": best,
        "bound": found[best],
        "hold_out_of_a_fifth": yardstick,
        "ratio": found[best] / yardstick,
        "within": found[best] <= WITHIN * yardstick,
        "ratio_without_hold_outs": others / yardstick,
    }


def main() -> None:
    """Compare, print, write."""
    result: dict[str, Any] = {"command": "python benchmarks/best_kinds.py", "date": date.today().isoformat()}
    result["tables"] = {name: compared(name) for name in read("results/tables.json")}
    for name, entry in result["tables"].items():
        bound, yardstick = (percent_up(entry[key]) for key in ("bound", "hold_out_of_a_fifth"))
        print(
            f"{name}: {entry['best']} {bound}, hold-out of a fifth {yardstick}, ratio {entry['ratio']:.2f}, "
            f"{entry['ratio_without_hold_outs']:.2f} by messages and picks"
        )
    write_atomically(HERE / "results" / "best_kinds.json", json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
