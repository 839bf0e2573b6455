"""The divergence of noisy weights from a mixture around their codebook (Theorem 5.1), from above.

With g(x) = log sum_u p_u exp(-(x - u)^2 / (2 lambda^2)),

    KL( Normal(w, sigma^2) || sum_u p_u Normal(u, lambda^2) ) = log(lambda / sigma) - 1/2 - E g(w + sigma z),

so a lower bound on E g, with the error of the quadrature checked, gives an upper value. A layer's weights
share sigma, lambda and codebook: there is one term for each distinct value, and one evaluation of g serves
all.
"""

from dataclasses import dataclass

import numpy as np

from netrazor.bounds._arguments import (
    FINITE,
    NONNEGATIVE,
    POSITIVE,
    Array,
    Numbers,
    elementwise,
)
from netrazor.bounds._quadrature import REACH, Cells, Mixture
from netrazor.bounds._rounding import UNIT_ROUNDOFF
from netrazor.errors import InvalidArgument

_FIRST = 4.0  # nodes for each sigma, before any refinement
_MOST = 8192.0
_CELL, _CURVED = 16, 4  # work of a cell's moments, and of a curved bound's look at a centre, in plain looks
_FINEST = 2.0**-32  # the noise, as a share of the largest value, below which floats have no room for it


@dataclass(frozen=True)
class NoisyLayer:
    """The non-zero weights of a layer that share noise and prior.

    Attributes:
        values: their distinct values, one-dimensional.
        counts: how many weights have each value.
        sigma: standard deviation of their noise.
        centers: the codebook, one-dimensional.
        probabilities: prior mass of each centre, fixed or coded before the values.
    """

    values: Numbers
    counts: Numbers
    sigma: float
    centers: Numbers
    probabilities: Numbers


@dataclass(frozen=True)
class LambdaChoice:
    """The best prior scale of a layer: its place in the grid and the layer's divergence with it."""

    index: int
    kl_nats: float


@elementwise(value=FINITE, sigma=POSITIVE, lam=POSITIVE)
def perturbation_kl(
    value: Numbers,
    sigma: Numbers,
    centers: Numbers,
    probabilities: Numbers,
    lam: Numbers,
    *,
    tolerance: float = 1e-6,
) -> Numbers:
    """Nats of KL( Normal(value, sigma^2) || sum_u p_u Normal(u, lam^2) ), rounded up.

    Claim: never below the divergence, and above it by no more than ``tolerance`` unless that would take more
    than 8,192 nodes for each sigma. One term of the sum in the paper's Theorem 5.1, with weights p_u.

    Args:
        value: the weight that was coded.
        sigma: standard deviation of its noise.
        centers: the codebook, one-dimensional.
        probabilities: prior mass of each centre, fixed or coded before the values.
        lam: standard deviation of the prior's components, from a grid fixed in advance.
        tolerance: allowed excess in nats.

    Raises:
        InvalidArgument: scales not positive, NaN, masses negative or of sum above 1, unequal lengths.
    """
    prior, surplus = _mixture(centers, probabilities)
    one = np.ones(1)
    cases = zip(value, sigma, lam, strict=True)
    return np.array(
        [surplus + _refined(prior, np.array([w]), one, s, np.array([t]), tolerance)[0] for w, s, t in cases]
    )


def layer_perturbation_kl(
    layer: NoisyLayer, lams: Numbers, *, tolerance: float = 1e-5, most_work: float = np.inf
) -> Array:
    """At least the sum over a layer's non-zero weights of their divergences, for each lambda of a grid.

    Claim: as for ``perturbation_kl``; ``tolerance`` is the allowed excess for each weight, unless that would take
    more than ``most_work``.

    Args:
        layer: its weights, their noise, and the prior.
        lams: the grid.
        tolerance: allowed excess in nats for each weight.
        most_work: for each lambda, how often a centre may be looked at from a node, a node's own moments as 16 times.

    Raises:
        InvalidArgument: as for ``perturbation_kl``; counts negative or not as many as values; more work needed
            than ``most_work`` for any value at all.
    """
    (prior, surplus), w, c, grid = _checked(layer, lams)
    totals = [_refined(prior, w, c, layer.sigma, np.array([lam]), tolerance, most_work)[0] for lam in grid]
    return np.asarray(np.array(totals) + c.sum() * surplus)


def choose_lambda(layer: NoisyLayer, lams: Numbers, *, tolerance: float = 1e-5) -> LambdaChoice:
    """The lambda of a grid at which a layer's divergence is least, and that divergence, rounded up.

    Claim and arguments as for ``layer_perturbation_kl``. Coarse nodes serve for the whole grid, since their
    values are upper values too; only the lambdas that can still be the best are refined.
    """
    (prior, surplus), w, c, grid = _checked(layer, lams)
    upper = _refined(prior, w, c, layer.sigma, grid, tolerance) + c.sum() * surplus
    index = int(np.argmin(upper))
    return LambdaChoice(index, float(upper[index]))


def _mixture(centers: Numbers, probabilities: Numbers) -> tuple[Mixture, float]:
    """The prior, and the nats that masses whose sum exceeds 1 by rounding understate."""
    u = FINITE.check("centers", centers)
    p = NONNEGATIVE.check("probabilities", probabilities)
    if u.ndim != 1 or u.shape != p.shape:
        raise InvalidArgument(
            f"centers and probabilities: must be lists of one length, got shapes {u.shape} and {p.shape}; "
            "give each centre its mass"
        )
    total = float(p.sum()) * (1 + len(p) * UNIT_ROUNDOFF)
    if not 0 < total <= 1 + 1e-6:
        raise InvalidArgument(
            f"probabilities: must have a sum above 0 and at most 1, got {total:g}; divide by their sum"
        )
    kept = p > 0
    return Mixture(u[kept], np.log(p[kept])), max(0.0, float(np.log(total)))


def _checked(layer: NoisyLayer, lams: Numbers) -> tuple[tuple[Mixture, float], Array, Array, Array]:
    """The prior and what its masses understate, the layer's values and counts, and the grid."""
    w = FINITE.check("values", layer.values)
    c = NONNEGATIVE.check("counts", layer.counts)
    grid = POSITIVE.check("lams", lams)
    if POSITIVE.check("sigma", layer.sigma).ndim:
        raise InvalidArgument(
            f"sigma: must be one number for the layer, got {layer.sigma!r}; call once for each layer"
        )
    if w.ndim != 1 or w.shape != c.shape or not w.size:
        raise InvalidArgument(
            f"values and counts: must be lists of one length, not empty, got shapes {w.shape} and {c.shape}; "
            "count each distinct value"
        )
    if grid.ndim != 1 or not grid.size:
        raise InvalidArgument(f"lams: must be a list of positive numbers, got shape {grid.shape}; fix a grid")
    return _mixture(layer.centers, layer.probabilities), w, c, grid


def _cells(values: Array, nodes: float) -> float:
    """How many cells have their moments computed, with so many nodes for each sigma."""
    return len(values) * 2 * REACH * nodes


def _refined(
    prior: Mixture,
    values: Array,
    counts: Array,
    sigma: float,
    lams: Array,
    tolerance: float,
    most_work: float = np.inf,
) -> Array:
    """Upper values for a grid of lambdas, the least of them refined until its checked error is allowed."""
    if sigma < _FINEST * np.abs(values).max():
        raise InvalidArgument(
            f"sigma: must be at least 2^-32 of the largest value {np.abs(values).max():g}, got {sigma:g}; "
            "certify the layer without noise"
        )
    allowed = tolerance * float(counts.sum())
    most_cells = _cells(values, _FIRST)
    if _CELL * most_cells <= most_work:
        cells = Cells.around(values, counts, sigma, sigma / _FIRST)
    if _CELL * most_cells > most_work or len(cells.nodes) * len(prior.centers) > most_work:
        raise InvalidArgument(
            f"values and centers: {len(values)} and {len(prior.centers)} take more work than is allowed; certify the "
            "layer without noise, or with fewer distinct values"
        )
    upper, gap = np.array([cells.divergence(prior, float(lam), curved=False) for lam in lams]).T
    lower, best, nodes = upper - gap, int(np.argmin(upper)), _FIRST
    while upper[best] - lower[best] > allowed and nodes < _MOST:
        looks = 2 * len(cells.nodes) * len(prior.centers)
        if max(_CELL * _cells(values, 2 * nodes), _CURVED * looks) > most_work:
            break  # what was found is an upper value too
        for i in np.flatnonzero(lower <= upper[best]):
            with np.errstate(over="ignore", invalid="ignore"):  # of no use then: NaN takes no minimum's place
                found, gap = cells.divergence(prior, float(lams[i]), curved=True)
            upper[i], lower[i] = min(upper[i], found), max(lower[i], found - gap)
        nodes *= 2
        cells = Cells.around(values, counts, sigma, sigma / nodes)
        best = int(np.argmin(upper))
    return np.asarray(upper)
