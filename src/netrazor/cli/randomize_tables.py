"""What `netrazor randomize` prints when it is done."""

from rich.console import Console
from rich.table import Table

from netrazor.reproduction.randomize.summary import Spread, Summary
from netrazor.units import kib_from_bits


def print_summary(console: Console, summary: Summary) -> None:
    """One line for each level: errors, areas, and the shortest messages beside their floor."""
    table = Table(title=f"{summary.study}: {summary.n} examples, mean over seeds", title_justify="left")
    heads = ["random labels", "train error", "area, by magnitude", "area, tuned", "lost at 50 % sparsity"]
    for lengths in summary.lengths:
        heads += [f"KiB, keeps {lengths.kept:.0%}", "floor, KiB"]
    for head in heads:
        table.add_column(head, justify="right")
    for at, level in enumerate(summary.levels):
        row = [
            f"{level:.0%}",
            f"{summary.train_error[at].mean:.2%}",
            _area(summary.one_shot.area.levels[at] if summary.one_shot.area else None),
            _area(summary.tuned.area.levels[at] if summary.tuned.area else None),
            f"{summary.one_shot.loss_at_half[at].mean:.2%}" if summary.one_shot.loss_at_half else "-",
        ]
        for lengths in summary.lengths:
            bits = lengths.bits.levels[at]
            row += [
                f"{kib_from_bits(bits.mean):.3f} ± {kib_from_bits(bits.deviation):.3f}",
                f"{kib_from_bits(lengths.floor_bits[at]):.3f}",
            ]
        table.add_row(*row)
    console.print(table)


def _area(spread: Spread | None) -> str:
    return "no window" if spread is None else f"{spread.mean:.4f} ± {spread.deviation:.4f}"
