"""Occam around an initialization: what a network learnt, cut down without training, as a message."""

import copy
from collections.abc import Sequence
from dataclasses import replace

import kmeans1d
import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import coding
from netrazor.baselines.estimate import Estimate
from netrazor.baselines.paper_bounds import occam_row
from netrazor.certification.charging import charge
from netrazor.counting import count_errors
from netrazor.networks import coded_state, load_coded_state
from netrazor.runtime import Reporter

SHARES = (0.002, 0.005, 0.01, 0.02, 0.05)
_CENTERS = 4


def occam_around(
    model: nn.Module,
    center: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    classes: int,
    shares: Sequence[float] = SHARES,
    delta: float = 0.05,
    reporter: Reporter | None = None,
) -> Estimate:
    """The best Occam bound of messages that hold the largest differences between ``model`` and ``center``.

    Each message keeps a share of the differences, rounded to few values; the decoder adds ``center``. The errors
    are those of the decoded network. All messages belong to one decoder, so the choice among them is free.

    Claim: with probability at least 1 - delta over the n i.i.d. examples, the network decoded from the message
    errs on at most the value, ``center`` having been fixed without these examples.
    """
    learnt, fixed = _weights_of(model), _weights_of(center)
    differences = {name: learnt[name] - fixed[name] for name in learnt}
    found = []
    for share in shares:
        blob = coding.encode(_cut(differences, share))
        decoded = copy.deepcopy(model)
        load_coded_state(
            decoded, {name: fixed[name] + d.astype(np.float32) for name, d in coding.decode(blob).items()}
        )
        count = count_errors(decoded, dataset, name="Occam", reporter=reporter)
        row = occam_row(count.errors, count.n, charge(blob).charged_bits, classes, delta=delta)
        found.append(replace(row, figures={**row.figures, "share of the weights kept": share}))
    return min(found, key=lambda row: row.value)


def _weights_of(model: nn.Module) -> dict[str, NDArray[np.float32]]:
    return {name: array.astype(np.float32) for name, array in coded_state(model).items()}


def _cut(differences: dict[str, NDArray[np.float32]], share: float) -> dict[str, NDArray[np.float32]]:
    """The largest ``share`` of all differences, each array's rounded to the centres of its clusters."""
    sizes = np.concatenate([np.abs(d).ravel() for d in differences.values()])
    least = np.partition(sizes, -max(1, round(share * sizes.size)))[-max(1, round(share * sizes.size))]
    cut = {}
    for name, d in differences.items():
        kept = (np.abs(d) >= least) & (d != 0)
        cut[name] = np.zeros_like(d)
        if kept.any():
            clusters, centers = kmeans1d.cluster(d[kept].astype(float), min(_CENTERS, int(kept.sum())))
            cut[name][kept] = np.asarray(centers, np.float32)[clusters]
    return cut
