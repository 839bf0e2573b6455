"""The named experiments: which declared architecture, on which data, by which recipe."""

from dataclasses import dataclass

from netrazor.errors import ConfigurationError


@dataclass(frozen=True)
class Experiment:
    """A name of the command line.

    Attributes:
        name: as typed.
        architecture: in the declared list.
        dataset: as `netrazor.data.load` knows it.
        recipe: the default one.
    """

    name: str
    architecture: str
    dataset: str
    recipe: str = "quick"


EXPERIMENTS = {
    experiment.name: experiment
    for experiment in (
        Experiment("lenet5-mnist", "lenet5", "mnist"),
        Experiment("lenet5-fashion-mnist", "lenet5", "fashion-mnist"),
    )
}


def experiment_named(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in EXPERIMENTS:
        raise ConfigurationError(
            f"experiment: one of {', '.join(EXPERIMENTS)} allowed, got {name!r}; choose one"
        )
    return EXPERIMENTS[name]
