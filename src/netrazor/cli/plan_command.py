"""`netrazor plan`: what each kind of certificate could give, before any training."""

import json
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from netrazor.certification import Plan, plan_certificates
from netrazor.cli.console import open_console
from netrazor.units import percent_up


def plan(
    *,
    n: int,
    error: float,
    classes: int,
    delta: float = 0.05,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Tell what a message, picked examples and a hold-out could give at a size and an error.

    Args:
        n: number of examples there are.
        error: expected share of errors on new examples: 0.03.
        classes: number of classes, taken as equally frequent.
        delta: failure probability.
        as_json: print JSON.
    """
    found = plan_certificates(n, error, classes, delta)
    if as_json:
        rows = [asdict(row) for row in found.rows]
        words = {"n": n, "error": error, "classes": classes, "delta": delta, "equal_bits": found.equal_bits}
        print(json.dumps({**words, "rows": rows, "tightest": asdict(found.tightest)}, indent=2))
        return
    console = open_console()
    console.print(_table(found))
    for line in _conclusions(found):
        console.print(line)


def _table(found: Plan) -> Table:
    title = f"{found.n} examples, {100 * found.error:g} % errors expected, delta {found.delta:g}"
    table = Table("kind", "pays for", title=title, title_justify="left")
    for column in ("counted", "errors", "error on new examples, at most"):
        table.add_column(column, justify="right")
    table.add_column("")
    for row in found.rows:
        notes = ["tightest"] if row is found.tightest else []
        if row.bits is not None and row.bits == found.equal_bits:
            notes.append("as the hold-out")
        if row is not found.guessing and row.bound >= found.guessing.bound:
            notes.append("no better than guessing")
        table.add_row(
            row.kind, row.paid, f"{row.counted:,}", f"{row.errors:,}", percent_up(row.bound), ", ".join(notes)
        )
    return table


def _conclusions(found: Plan) -> list[str]:
    best = found.tightest
    lines = [f"Tightest: {best.kind} ({best.paid}), {percent_up(best.bound)}."]
    if found.equal_bits is None:
        lines.append("No message is as tight as the hold-out at these errors.")
    else:
        lines.append(f"A message is as tight as the hold-out up to {found.equal_bits:,} bits.")
    return [
        *lines,
        "Each row is at the whole delta: a kind chosen in advance, by this table, costs nothing; one chosen after "
        "looking at the examples shares delta with those that it was chosen among (certify --kind all).",
    ]
