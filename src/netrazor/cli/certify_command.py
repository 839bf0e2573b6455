"""`netrazor certify`: from data to a message and its certificate."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from netrazor.cli.console import open_console
from netrazor.runtime.progress_bars import Bars


def certify(
    out: Annotated[Path, typer.Option(help="Directory for the message, the certificate and the result.")],
    experiment: Annotated[
        str | None, typer.Argument(help="A named experiment, such as lenet5-mnist; without one, --model.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="file.py:function or package.module:function that builds a network, or an architecture's name."
        ),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Its weights: .safetensors, or .pt of tensors.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Training set: a known name, a folder with a folder for each class, or one of shards."
        ),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="quick, paper, as-is, post-training, noise-only; default: quick.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A recipe of your own, as YAML.")] = None,
    size: Annotated[int | None, typer.Option(help="Side of the images of a folder, in pixels.")] = None,
    scale: Annotated[float, typer.Option(help="Multiplies every stage's steps: 0.1 is a tenth.")] = 1.0,
    delta: Annotated[float, typer.Option(help="Failure probability of the certificate.")] = 0.05,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a run of other settings in the directory.")
    ] = False,
    data_directory: Annotated[
        Path | None, typer.Option(help="Where data sets with names are kept, instead of the default.")
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            help="What trains: cpu, cuda, cuda:1; auto: a GPU if there is one (under torchrun, its own)."
        ),
    ] = "auto",
    count_on: Annotated[
        str,
        typer.Option(
            help="What counts the errors that the certificate states; verify counts on the CPU too."
        ),
    ] = "cpu",
) -> None:
    """Train a network, cut it down, write it as a message, and bound its error on new examples."""
    from netrazor.cli.run_tables import print_run
    from netrazor.errors import ConfigurationError
    from netrazor.pipeline import RunConfiguration, RunInputs, certify_own
    from netrazor.reproduction.certified_experiments import certify_experiment, recipe_of
    from netrazor.reproduction.experiments import experiment_named

    if (experiment is None) == (model is None):
        raise ConfigurationError("certify: one of a named experiment and --model allowed; give either")
    if recipe is not None and config is not None:
        raise ConfigurationError("certify: one of --recipe and --config allowed, got both; choose one")
    console = open_console()
    named = None if experiment is None else experiment_named(experiment)
    usual = "quick" if named is None else named.recipe
    configuration = RunConfiguration(
        recipe=recipe_of(config or recipe or usual, scale=scale, pretrained=weights is not None),
        delta=delta,
        seed=seed,
        out=out,
        overwrite=overwrite,
        device=device,
        count_on=count_on,
        reporter=Bars(console),
    )
    inputs = RunInputs(data, weights, size, data_directory)
    if named is None:
        run = certify_own(str(model), inputs, configuration)
    else:
        run = certify_experiment(named, inputs, configuration)
    print_run(console, run.issued.certificate, run.result)
    words = ["netrazor", "verify", str(out)]
    if run.issued.certificate.predictor == "custom":
        words += ["--model", model if named is None else named.architecture]
    if data is not None:
        side = size or (None if named is None else named.size)
        words += ["--data", data, *([] if side is None else ["--size", str(side)])]
    if count_on != "cpu":
        words += ["--device", count_on]
    console.print(f"\nwritten to {out}; check it with: {shlex.join(words)}", highlight=False, markup=False)
