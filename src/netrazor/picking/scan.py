"""Which of the remaining examples a predictor gets wrong, looked for in order of priority.

Only as many are scored as it takes to find those that are wanted. Batches are of one size, filled up with examples
that were scored already, and are the same for any number of processes, each of which scores its share.
"""

import math

import numpy as np
import torch

from netrazor.picking.learner import Predictor, predicted
from netrazor.picking.pool import Pool
from netrazor.picking.priority import Positions
from netrazor.runtime import processes


def first_wrong(
    predictor: Predictor, pool: Pool, ordered: Positions, batch: int, wanted: int | None = None
) -> Positions:
    """The first ``wanted`` of the positions ``ordered`` whose label ``predictor`` misses, or all of them.

    Raises:
        UnsupportedLearner: as `predicted`.
    """
    found: list[Positions] = []
    left = math.inf if wanted is None else wanted
    wave = batch * processes.count()
    for start in range(0, len(ordered), wave):
        among = ordered[start : start + wave]
        wrong = among[_wrong(predictor, pool, among, batch)]
        found.append(wrong)
        left -= len(wrong)
        if left <= 0:
            break
    together = np.concatenate(found) if found else ordered[:0]
    return together[:wanted]


def _wrong(
    predictor: Predictor, pool: Pool, positions: Positions, batch: int
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """For at most one batch for each process, which of ``positions`` are wrong."""
    start = batch * processes.rank()
    own = positions[start : start + batch]
    wrong = torch.zeros(len(positions), dtype=torch.int32)
    if len(own):
        examples = pool.take(np.resize(own, batch))
        missed = predicted(predictor, examples.inputs) != examples.labels
        wrong[start : start + len(own)] = torch.from_numpy(missed[: len(own)].astype(np.int32))
    return processes.all_reduce(wrong).numpy().astype(bool)
