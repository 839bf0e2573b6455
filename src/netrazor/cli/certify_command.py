"""`netrazor certify`: from data to a message and its certificate."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import Parameter

from netrazor.cli.console import open_console
from netrazor.cli.options import Source
from netrazor.cli.progress_bars import Bars
from netrazor.errors import ConfigurationError

if TYPE_CHECKING:
    from netrazor.pipeline import Run
    from netrazor.reproduction.experiments import Experiment


@Parameter(name="*")
@dataclass(frozen=True)
class Procedure:
    """How it is trained and cut down.

    Attributes:
        recipe: name of a recipe, see below; default: the experiment's, or quick.
        config: a recipe of your own, as YAML.
        scale: multiplies every stage's steps: 0.1 is a tenth.
        delta: failure probability of the certificate.
        seed: of everything random.
    """

    recipe: str | None = None
    config: Path | None = None
    scale: float = 1.0
    delta: float = 0.05
    seed: int = 0


@Parameter(name="*")
@dataclass(frozen=True)
class Machine:
    """What computes.

    Attributes:
        device: what trains: cpu, cuda, cuda:1; auto: a GPU if there is one (under torchrun, its own).
        count_on: what counts the errors that the certificate states; verify counts on the CPU too.
    """

    device: str = "auto"
    count_on: str = "cpu"


def certify(
    experiment: str | None = None,
    /,
    *,
    out: Path,
    weights: Path | None = None,
    source: Source = Source(),
    procedure: Procedure = Procedure(),
    machine: Machine = Machine(),
) -> None:
    """Train a network, cut it down, write it as a message, and bound its error on new examples.

    Args:
        experiment: a named experiment, see below; without one, --model.
        out: directory for the message, the certificate and the result.
        weights: trained weights of the network: .safetensors, or .pt of tensors.
    """
    from netrazor.cli.run_tables import print_run
    from netrazor.reproduction.certified_experiments import certify_experiment, certify_own
    from netrazor.reproduction.experiments import experiment_named

    if (experiment is None) == (source.model is None):
        raise ConfigurationError("certify: one of a named experiment and --model allowed; give either")
    if procedure.recipe is not None and procedure.config is not None:
        raise ConfigurationError("certify: one of --recipe and --config allowed, got both; choose one")
    console = open_console()
    common: dict[str, Any] = {
        "recipe": procedure.config or procedure.recipe,
        "scale": procedure.scale,
        "delta": procedure.delta,
        "seed": procedure.seed,
        "data": source.data,
        "size": source.size,
        "weights": weights,
        "data_directory": source.data_directory,
        "device": machine.device,
        "count_on": machine.count_on,
        "reporter": Bars(console),
    }
    named = None if experiment is None else experiment_named(experiment)
    if named is None:
        runs = [certify_own(str(source.model), out, **common)]
    else:
        runs = certify_experiment(named, out, **common)
    for run in runs:
        print_run(console, run.issued.certificate, run.result)
    words = checking_command(runs[0], out, named, source, machine)
    console.print(f"\nwritten to {out}; check it with: {shlex.join(words)}")


def checking_command(
    run: "Run", out: Path, named: "Experiment | None", source: Source, machine: Machine
) -> list[str]:
    """The words of the command that verifies ``run`` in ``out``."""
    words = ["netrazor", "verify", str(out)]
    if run.issued.certificate.predictor == "custom":
        words += ["--model", str(source.model) if named is None else named.architecture]
    if source.data is not None:
        size = source.size or (None if named is None else named.size)
        words += ["--data", source.data, *([] if size is None else ["--size", str(size)])]
    if source.data_directory is not None:
        words += ["--data-directory", str(source.data_directory)]
    if machine.count_on != "cpu":
        words += ["--device", machine.count_on]
    return words
