"""How a loss changes with the weights of one score, estimated: which changes are worth counting."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_CLIPPED = 30.0  # logits


def loss_derivatives(
    features: Floats, scores: Floats, labels: NDArray[np.int64], place: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and second derivatives of the summed cross-entropy in each weight of the score at ``place``.

    The scores are divided by their mean distance from their mean first, so that whole numbers of any size leave some
    examples undecided.

    Args:
        features: examples x weights, and a column for the bias.
        scores: examples x classes.
        labels: of the examples.
        place: of a score.

    Returns:
        two arrays, a number for each weight; in units of a weight.
    """
    centred = scores - scores.mean(1, keepdims=True)
    heat = max(float(np.abs(centred).mean()), float(np.abs(features).mean()), 1e-12)
    logits = np.clip(centred / heat, -_CLIPPED, _CLIPPED)
    powers = np.exp(logits)
    shares = powers[:, place] / powers.sum(1)
    wrong = (shares - (labels == place)).astype(np.float32)
    doubt = (shares * (1 - shares)).astype(np.float32)
    slopes = (features.T @ wrong)[:-1] / heat
    curvatures = np.einsum("nw,nw,n->w", features, features, doubt)[:-1] / heat**2
    return slopes.astype(np.float64), curvatures.astype(np.float64)
