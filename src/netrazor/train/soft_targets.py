"""A larger network's answers as what is trained towards: probabilities of classes in place of labels."""

from dataclasses import dataclass

from pydantic import Field
from pydantic.dataclasses import dataclass as config_dataclass
from torch import Tensor
from torch.nn import functional as F


@config_dataclass(frozen=True, config={"extra": "forbid"})
class DistillConfig:
    """How a teacher's answers and the labels are mixed (Hinton, Vinyals and Dean 2015).

    Attributes:
        temperature: by which the teacher's scores are divided before they become probabilities: the larger, the more
            is said of the classes that are not its answer.
        weight: of the teacher's probabilities; that of the label is 1 - weight.
    """

    temperature: float = Field(default=2.0, gt=0)
    weight: float = Field(default=0.5, gt=0, le=1)


@dataclass(frozen=True, eq=False)
class SoftTargets:
    """What a network is trained towards for each example.

    Attributes:
        scores: of the teacher, N x classes, in the order of the examples that are trained on.
        config: how they are mixed with the labels.
    """

    scores: Tensor
    config: DistillConfig

    def probabilities(self, places: Tensor, labels: Tensor) -> Tensor:
        """Targets of a batch, B x classes, on the device of ``labels``.

        weight * softmax(scores / temperature) + (1 - weight) * (1 for the label, else 0).

        Args:
            places: numbers of the examples.
            labels: of these.
        """
        scores = self.scores[places.to(self.scores.device)].to(labels.device).float()
        answers = F.softmax(scores / self.config.temperature, dim=1)
        truth = F.one_hot(labels, answers.shape[1])
        return self.config.weight * answers + (1 - self.config.weight) * truth


def cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    """The mean cross-entropy of B x classes ``scores``; ``targets`` are classes, or probabilities of each class."""
    return F.cross_entropy(scores, targets.to(scores.dtype) if targets.is_floating_point() else targets)


def expected_hits(probabilities: Tensor, targets: Tensor) -> Tensor:
    """For each example the probability that an answer drawn from ``probabilities`` is the target.

    ``targets``: as for `cross_entropy`; a target that has probabilities itself is drawn too.
    """
    if targets.is_floating_point():
        return (probabilities * targets).sum(1)
    return probabilities.gather(1, targets[:, None])[:, 0]
