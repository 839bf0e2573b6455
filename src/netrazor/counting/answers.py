"""Which class a network's scores answer with, and by how much."""

import torch
from torch import Tensor


def answers_and_margins(scores: Tensor) -> tuple[Tensor, Tensor]:
    """For each row of N x classes scores the only best score's class, and how far it is above the next.

    Where scores tie for the best, or one is not a number, there is no answer: the number of classes, and a margin of
    -1. A not-a-number sorts as the largest score.
    """
    classes = scores.shape[1]
    best, places = scores.topk(min(2, classes), dim=1)
    if classes == 1:
        decided, margins = ~best[:, 0].isnan(), best[:, 0].double()
    else:
        decided, margins = best[:, 0] > best[:, 1], best[:, 0].double() - best[:, 1].double()
    return torch.where(decided, places[:, 0], classes), torch.where(decided, margins, -1.0)
