"""The named experiments: which declared architecture, on which data, by which recipe."""

from dataclasses import dataclass

from netrazor.errors import ConfigurationError


@dataclass(frozen=True)
class Experiment:
    """A name of the command line.

    Attributes:
        name: as typed.
        title: what it does, in a line.
        architecture: in the declared list.
        dataset: as `netrazor.data.load` knows it; None: an image folder must be given.
        recipe: the default one.
        classes: that the declared architecture has.
        size: side of the images of a folder.
        tops: numbers of answers that are certified together.
    """

    name: str
    title: str
    architecture: str
    dataset: str | None
    recipe: str = "quick"
    classes: int = 10
    size: int | None = None
    tops: tuple[int, ...] = (1,)


EXPERIMENTS = {
    experiment.name: experiment
    for experiment in (
        Experiment("lenet5-mnist", "LeNet-5 on MNIST (Section 7.1, Tables 2 and 3)", "lenet5", "mnist"),
        Experiment("lenet5-fashion-mnist", "LeNet-5 on Fashion-MNIST", "lenet5", "fashion-mnist"),
        Experiment("resnet20-cifar10", "ResNet-20 on CIFAR-10", "resnet-20", "cifar10-jpeg"),
        Experiment(
            "mobilenet-cifar10",
            "MobileNet 0.5 on CIFAR-10, top-1 and top-5 together",
            "mobilenet-0.5-cifar",
            "cifar10-jpeg",
            "mobilenet",
            tops=(1, 5),
        ),
        Experiment(
            "mobilenet-imagenet",
            "MobileNet 0.5 on ImageNet (Section 7.2, Table 4); needs --data",
            "mobilenet-0.5",
            None,
            "mobilenet",
            1000,
            224,
            (1, 5),
        ),
        Experiment(
            "squeezenet-occam",
            "SqueezeNet on ImageNet, the Occam bound (Section 7.2.1); needs --data",
            "squeezenet-1.1",
            None,
            "post-training",
            1000,
            224,
        ),
        Experiment(
            "tight-mnist",
            "the shortest record on MNIST: fixed views and filters, small whole numbers",
            "integer-views-mnist",
            "mnist",
            "tight-mnist",
        ),
        Experiment(
            "tight-fashion-mnist",
            "the shortest record on Fashion-MNIST",
            "integer-views-fashion",
            "fashion-mnist",
            "tight-fashion-mnist",
        ),
        Experiment(
            "tight-cifar10",
            "the shortest record on CIFAR-10",
            "integer-views-cifar",
            "cifar10-jpeg",
            "tight-cifar10",
        ),
        Experiment(
            "tight-lenet5-mnist",
            "LeNet-5 on MNIST, whole numbers in place of codebooks",
            "lenet5",
            "mnist",
            "tight-lenet5",
        ),
        Experiment(
            "subspace-lenet5-mnist",
            "LeNet-5 on MNIST in a random subspace of its weights",
            "lenet5-subspace",
            "mnist",
            "subspace",
        ),
        Experiment(
            "subspace-resnet20-cifar10",
            "ResNet-20 on CIFAR-10 in a random subspace of its weights",
            "resnet-20-subspace-wide",
            "cifar10-jpeg",
            "subspace",
        ),
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
