"""`netrazor certify`: from data to a message and its certificate."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from netrazor.cli.progress import Bars


def certify(
    experiment: Annotated[str, typer.Argument(help="What to certify: lenet5-mnist, lenet5-fashion-mnist.")],
    out: Annotated[Path, typer.Option(help="Directory for the message, the certificate and the result.")],
    recipe: Annotated[str | None, typer.Option(help="quick or paper; the experiment has a default.")] = None,
    scale: Annotated[float, typer.Option(help="Multiplies every stage's steps: 0.1 is a tenth.")] = 1.0,
    delta: Annotated[float, typer.Option(help="Failure probability of the certificate.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    data: Annotated[Path | None, typer.Option(help="Data directory, instead of the default one.")] = None,
) -> None:
    """Train a network, cut it down, write it as a message, and bound its error on new examples."""
    from netrazor.cli.tables import print_run
    from netrazor.experiments.catalogue import experiment_named
    from netrazor.experiments.certified import certify_experiment

    console = Console(soft_wrap=True)
    run = certify_experiment(
        experiment_named(experiment),
        out,
        recipe=recipe,
        scale=scale,
        delta=delta,
        seed=seed,
        data=data,
        reporter=Bars(console),
    )
    print_run(console, run.issued.certificate, run.result)
    console.print(f"\nwritten to {out}; check it with: netrazor verify {out}", highlight=False, markup=False)
