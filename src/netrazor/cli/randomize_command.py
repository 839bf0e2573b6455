"""`netrazor randomize`: Section 8, how far networks that memorize can be cut down."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from netrazor.cli.console import open_console
from netrazor.runtime.progress_bars import Bars


def randomize(
    out: Annotated[Path, typer.Option(help="Directory for a record of each run, and summary.json.")],
    study: Annotated[str, typer.Option(help="What to run: mlp-fashion-mnist, resnet56-cifar10.")] = (
        "mlp-fashion-mnist"
    ),
    processes: Annotated[int, typer.Option(help="Runs at one time, each on one core.")] = 2,
    cluster: Annotated[
        str | None, typer.Option(help="Hand the runs to submitit instead: slurm, local.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="Number of seeds, instead of the study's.")] = None,
    levels: Annotated[
        str | None, typer.Option(help="Levels of randomization, as 0,0.5,1, instead of the study's.")
    ] = None,
    examples: Annotated[int | None, typer.Option(help="Examples in a sample, instead.")] = None,
    scale: Annotated[float, typer.Option(help="Multiplies every stage's steps: 0.1 is a tenth.")] = 1.0,
    data: Annotated[Path | None, typer.Option(help="Data directory, instead of the default one.")] = None,
) -> None:
    """Train networks on partly random labels, cut each down, and compare their training accuracy and bits.

    A stopped study goes on where it was. The figures: netrazor report OUT.
    """
    from netrazor.cli.randomize_tables import print_summary
    from netrazor.reproduction.randomize.randomize_study import randomize as run_study
    from netrazor.reproduction.randomize.randomize_study import study_scaled
    from netrazor.reproduction.randomize.study import study_named

    chosen = study_scaled(study_named(study), scale) if scale != 1 else study_named(study)
    if seeds is not None:
        chosen = replace(chosen, seeds=tuple(range(seeds)))
    if levels is not None:
        chosen = replace(chosen, levels=_numbers(levels))
    if examples is not None:
        chosen = replace(chosen, examples=examples)
    console = open_console()
    summary = run_study(
        chosen,
        out,
        processes=processes,
        cluster=cluster,
        data=data,
        command=shlex.join(["netrazor", *sys.argv[1:]]),
        reporter=Bars(console),
    )
    print_summary(console, summary)
    console.print(f"\nwritten to {out}; look at it with: netrazor report {out}", highlight=False)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"levels: numbers between commas allowed, got {text!r}") from error
