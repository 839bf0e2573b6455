"""`netrazor compare`: the paper's Table 1 on a run's network, as numbers."""

from pathlib import Path

from netrazor.cli.console import open_console
from netrazor.progress_bars import Bars


def compare(
    run: Path,
    /,
    *,
    out: Path | None = None,
    data_directory: Path | None = None,
    seed: int = 0,
    scale: float = 1.0,
) -> None:
    """Compare the certificate with the earlier bounds: DR17, NBS18, Aro+18, parameter count, test set.

    Args:
        run: directory that `netrazor certify` wrote.
        out: result file; default: results/compare-NAME.json after the run.
        data_directory: where data sets with names are kept, instead of the default.
        seed: of everything random.
        scale: multiplies the steps of DR17; 0.01 for a trial.
    """
    from netrazor.cli.compare_tables import comparison_tables
    from netrazor.files import write_atomically
    from netrazor.reproduction.compare import compare_run, data_of
    from netrazor.runtime import keep_freed_memory

    keep_freed_memory()
    console = open_console()
    found = compare_run(run, *data_of(run, data_directory), seed=seed, scale=scale, reporter=Bars(console))
    place = out or Path("results") / f"compare-{run.resolve().name}.json"
    write_atomically(place, found.to_json())
    for table in comparison_tables(found):
        console.print(table, "")
    console.print("Each number holds alone, at its own delta; orders and floors claim nothing.")
    console.print(f"written to {place}")
