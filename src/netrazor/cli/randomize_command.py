"""`netrazor randomize`: Section 8, how far networks that memorize can be cut down."""

import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

from netrazor.cli.console import open_console
from netrazor.errors import ConfigurationError
from netrazor.progress_bars import Bars

if TYPE_CHECKING:
    from netrazor.reproduction.randomize.study import Study


@Parameter(name="*")
@dataclass(frozen=True)
class StudyChoice:
    """A study, and what is changed about it.

    Attributes:
        study: what to run: mlp-fashion-mnist, resnet8-cifar10-jpeg, resnet56-cifar10.
        seeds: number of seeds, instead of the study's.
        levels: levels of randomization, as 0,0.5,1, instead of the study's.
        examples: examples in a sample, instead of the study's.
        scale: multiplies every stage's steps: 0.1 is a tenth.
    """

    study: str = "mlp-fashion-mnist"
    seeds: int | None = None
    levels: str | None = None
    examples: int | None = None
    scale: float = 1.0


def randomize(
    *,
    out: Path,
    choice: StudyChoice = StudyChoice(),
    processes: int = 2,
    cluster: str | None = None,
    data_directory: Path | None = None,
) -> None:
    """Train networks on partly random labels, cut each down, and compare their training accuracy and bits.

    A stopped study goes on where it was. The figures: netrazor report OUT.

    Args:
        out: directory for a record of each run, and summary.json.
        processes: runs at one time, each on one core.
        cluster: hand the runs to submitit instead: slurm, local.
        data_directory: where data sets with names are kept, instead of the default.
    """
    from netrazor.cli.randomize_tables import print_summary
    from netrazor.reproduction.randomize.randomize_study import randomize as run_study

    console = open_console()
    summary = run_study(
        _chosen(choice),
        out,
        processes=processes,
        cluster=cluster,
        data=data_directory,
        command=shlex.join(["netrazor", *sys.argv[1:]]),
        reporter=Bars(console),
    )
    print_summary(console, summary)
    console.print(f"\nwritten to {out}; look at it with: netrazor report {out}")


def _chosen(choice: StudyChoice) -> "Study":
    from netrazor.reproduction.randomize.randomize_study import study_scaled
    from netrazor.reproduction.randomize.study import study_named

    study = study_named(choice.study)
    if choice.scale != 1:
        study = study_scaled(study, choice.scale)
    if choice.seeds is not None:
        study = replace(study, seeds=tuple(range(choice.seeds)))
    if choice.levels is not None:
        study = replace(study, levels=_numbers(choice.levels))
    if choice.examples is not None:
        study = replace(study, examples=choice.examples)
    return study


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigurationError(
            f"levels: numbers between commas allowed, got {text!r}; write 0,0.5,1"
        ) from error
