"""The scores of a network on a whole data set, and their margins."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting import BATCH_SIZE, in_order, scores_of
from netrazor.runtime import Reporter, Silent

EXPONENTS = range(-40, 41)  # of the margin gamma, as powers of two


@dataclass(frozen=True)
class Scores:
    """Of one network on n examples.

    Attributes:
        margins: score of the label minus the largest other, float64, n.
        largest_norm: largest Euclidean norm of the scores of an example.
        classes: number of scores.
    """

    margins: Tensor
    largest_norm: float
    classes: int

    def margin_loss(self, gamma: float) -> float:
        """The share of examples whose margin is at most ``gamma``."""
        return float((self.margins <= gamma).double().mean())

    def least_over_gamma(self, value: Callable[[float], float]) -> float:
        """The power of two at which ``value`` is least, among those that half of the margins exceed.

        A larger one makes the margin loss 1, and any bound 1 and a little more. Where none qualifies, the least.
        """
        powers = [2.0**exponent for exponent in EXPONENTS]
        exceeded = [gamma for gamma in powers if self.margin_loss(gamma) <= 1 / 2]
        return min(exceeded or powers[:1], key=value)


@torch.inference_mode()
def scores_on(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]], reporter: Reporter | None = None
) -> Scores:
    """Margins and norms of ``model`` in evaluation mode over all of ``dataset``.

    A single score s per example, whose sign decides between labels 0 and 1, counts as the two scores -s/2, s/2.
    """
    model.eval()
    margins, norms, classes = [], [], 0
    with (reporter or Silent()).stage("margins", len(dataset)) as tick:  # type: ignore[arg-type]
        for inputs, labels in in_order(dataset, BATCH_SIZE):
            scores = scores_of(model, inputs).double()
            if scores.shape[1] == 1:
                scores = torch.cat([-scores / 2, scores / 2], 1)
            own = scores.gather(1, labels[:, None])[:, 0]
            others = scores.scatter(1, labels[:, None], -torch.inf).amax(1)
            margins.append(own - others)
            norms.append(scores.norm(dim=1).amax())
            classes = scores.shape[1]
            tick(len(labels))
    return Scores(torch.cat(margins), float(torch.stack(norms).max()), classes)
