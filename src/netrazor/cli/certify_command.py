"""`netrazor certify`: from data to a message and its certificate."""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import Parameter

from netrazor.certification.prior_record import OWN_LEARNER
from netrazor.cli.claim_words import claims_of, read_groups
from netrazor.cli.console import open_console
from netrazor.cli.large_network import large_network
from netrazor.cli.options import Source
from netrazor.errors import ConfigurationError
from netrazor.progress_bars import Bars

if TYPE_CHECKING:
    from netrazor.reproduction.certificate_kinds import KindIssued
    from netrazor.reproduction.experiments import Experiment


@Parameter(name="*")
@dataclass(frozen=True)
class Procedure:
    """How it is trained and cut down.

    Attributes:
        kind: message: cut down and coded; picked: learned from few examples, by the recipe declared for the data;
            hold-out: a fifth is not trained on but counted; all: each of them at a third of delta, side by side.
        recipe: name of a recipe of a message, see below; default: the experiment's, or quick.
        config: a recipe of your own, as YAML.
        exact: leave every array as the stages of the recipe leave it: no dead units removed, no units ordered.
        scale: multiplies the steps of every stage of a message, and of a hold-out: 0.1 is a tenth.
        claims: what is claimed besides the error, which always comes first: words with commas between of topK,
            classes (recall), precision, confusion, balanced, ordinal, cost=FILE.csv (a row of costs for each class),
            withheld or withheld=0.95 (answers kept back, so that this share is answered). NAME*2 gives a claim twice
            the part of delta, error*2 the error.
        delta: failure probability of the certificate.
        seed: of everything random.
        given: what of the network was fixed without these examples and costs nothing: a pattern of names of arrays or
            modules, several if repeated; frozen; or a file of weights.
        given_origin: what the given weights were made from, in words; the certificate says it.
        teacher: a trained network of any size, as for --model, or a file of ONNX: all training is towards its answers
            to the training inputs, so that netrazor extend says more of it. It may have been trained on them.
        teacher_weights: of the teacher: .safetensors, or .pt of tensors.
    """

    kind: Literal["message", "picked", "hold-out", "all"] = "message"
    recipe: str | None = None
    config: Path | None = None
    exact: bool = False
    scale: float = 1.0
    claims: str | None = None
    delta: float = 0.05
    seed: int = 0
    given: tuple[str, ...] = ()
    given_origin: str | None = None
    teacher: str | None = None
    teacher_weights: Path | None = None


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
    overwrite: bool = False,
    source: Source = Source(),
    procedure: Procedure = Procedure(),
    machine: Machine = Machine(),
) -> None:
    """Train a network, cut it down, write it as a message, and bound its error on new examples.

    Or bound it by another --kind. Which can be tight for your data: netrazor plan.

    Args:
        experiment: a named experiment, see below; without one, --model.
        out: directory for the message, the certificate and the result; for --kind all, one for each in it.
        weights: trained weights of the network: .safetensors, or .pt of tensors.
        overwrite: replace a run of other settings in the directory.
    """
    from netrazor.cli.claim_printing import print_claims
    from netrazor.cli.run_tables import print_kinds, print_run
    from netrazor.pipeline import RunConfiguration, RunInputs
    from netrazor.reproduction.certificate_kinds import KINDS, KindRequest, issue_kinds
    from netrazor.reproduction.certified_experiments import recipe_of
    from netrazor.reproduction.experiments import experiment_named

    if (experiment is None) == (source.model is None):
        raise ConfigurationError("certify: one of a named experiment and --model allowed; give either")
    if procedure.recipe is not None and procedure.config is not None:
        raise ConfigurationError("certify: one of --recipe and --config allowed, got both; choose one")
    if procedure.given and procedure.kind != "message":
        raise ConfigurationError(
            f"given: allowed for the kind message, got {procedure.kind!r}; leave --given or --kind out"
        )
    if procedure.teacher is not None and procedure.kind != "message":
        raise ConfigurationError(
            f"teacher: allowed for the kind message, got {procedure.kind!r}; leave --teacher or --kind out"
        )
    if procedure.teacher is None and procedure.teacher_weights is not None:
        raise ConfigurationError(
            "teacher_weights: a network that they are for needed, got none; give it with --teacher"
        )
    groups = read_groups(source.groups, source.data)
    console = open_console()
    named = None if experiment is None else experiment_named(experiment)
    usual = "quick" if named is None else named.recipe
    recipe = recipe_of(
        procedure.config or procedure.recipe or usual,
        scale=procedure.scale,
        pretrained=weights is not None,
        own=named is None,
    )
    configuration = RunConfiguration(
        recipe=replace(recipe, simplify=False) if procedure.exact else recipe,
        given=given_of(procedure.given),
        given_origin=procedure.given_origin,
        delta=procedure.delta,
        claims=claims_of(procedure.claims, tuple(groups.columns)),
        columns=groups.columns,
        seed=procedure.seed,
        out=out,
        overwrite=overwrite,
        device=machine.device,
        count_on=machine.count_on,
        reporter=Bars(console),
        teacher=None
        if procedure.teacher is None
        else large_network(procedure.teacher, procedure.teacher_weights),
    )
    inputs = RunInputs(
        source.data, weights, source.size, source.data_directory, groups.leave_out, source.label
    )
    request = KindRequest(named, source.model, inputs, configuration, procedure.scale)
    issued = []
    for each in issue_kinds(KINDS if procedure.kind == "all" else (procedure.kind,), request):
        issued.append(each)
        if each.run is not None:
            print_run(console, each.certificate, each.run.result)
        print_claims(console, each.certificate)
        words = checking_command(each, named, source, machine)
        if procedure.given and weights is not None:
            words += ["--given", str(weights)]
        words += [word for reference in source.groups for word in ("--groups", reference)]
        console.print(f"\nwritten to {each.place}; check it with: {shlex.join(words)}")
        if procedure.teacher is not None:
            words = extending_command(each.place, procedure.teacher, procedure.teacher_weights)
            console.print(f"bound the teacher, on inputs that neither network saw, with: {shlex.join(words)}")
    if len(issued) > 1:
        print_kinds(console, issued, procedure.delta)


def given_of(words: tuple[str, ...]) -> str | tuple[str, ...] | None:
    """What ``--given`` said: nothing, one word (which may be a file, or "frozen"), or several patterns."""
    return None if not words else words[0] if len(words) == 1 else words


def extending_command(place: Path, teacher: str, weights: Path | None) -> list[str]:
    """The words of the command that bounds a teacher by what was issued in ``place``."""
    words = ["netrazor", "extend", str(place), "--model", teacher]
    words += [] if weights is None else ["--weights", str(weights)]
    return [*words, "--unlabelled", "INPUTS", "--out", f"{place}-extended"]


def checking_command(
    issued: "KindIssued", named: "Experiment | None", source: Source, machine: Machine
) -> list[str]:
    """The words of the command that verifies what was ``issued``."""
    words = ["netrazor", "verify", str(issued.place)]
    if issued.certificate.predictor in ("custom", OWN_LEARNER):
        words += ["--model", str(source.model) if named is None else named.architecture]
    if source.data is not None:
        size = source.size or (None if named is None else named.size)
        words += ["--data", source.data, *([] if size is None else ["--size", str(size)])]
        words += [word for name in source.label for word in ("--label", name)]
    if source.data_directory is not None:
        words += ["--data-directory", str(source.data_directory)]
    if machine.count_on != "cpu" and issued.kind == "message":
        words += ["--device", machine.count_on]
    return words
