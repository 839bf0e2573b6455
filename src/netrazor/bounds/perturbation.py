"""The divergence of a noisy weight from a mixture around the codebook: Theorem 5.1, by quadrature that is checked.

With g(x) = log sum_u p_u exp(-(x - u)^2 / (2 lambda^2)),

    KL( Normal(w, sigma^2) || sum_u p_u Normal(u, lambda^2) ) = log(lambda / sigma) - 1/2 - E g(w + sigma z).

g(x) + x^2 / (2 lambda^2) is a logarithm of a sum of exponentials of affine functions, hence convex, hence above
each of its tangents. On a cell around a node the tangent at the node gives a lower bound on g whose
expectation is known in closed form, so the sum over cells is a lower bound on E g and the divergence comes out
as an **upper** value. Chords through neighbouring nodes bound how much the tangents gave away: that is the
checked error, by which the nodes are refined.
"""  # noqa: E501

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from netrazor.bounds._arguments import FINITE, NONNEGATIVE, POSITIVE, Array, Domain, Numbers, elementwise
from netrazor.bounds._rounding import UNIT_ROUNDOFF
from netrazor.errors import InvalidArgument

_REACH = 9.0  # sigmas around a value that are given nodes; the outer cells extend to infinity
_START = 8.0  # nodes for each sigma, before any refinement
_MOST_NODES = 2**17  # times distinct values
_MOST_ROUNDS = 16
_BLOCK = 2**20  # numbers held at once
_ERROR = 1024 * UNIT_ROUNDOFF  # of a cell's mass and moments, the tails of erfc included

_LIST = Domain("a list of finite numbers, not empty", np.isfinite, "pass the codebook's values")


class LambdaChoice(NamedTuple):
    """The best prior scale of a layer: its place in the grid and the layer's divergence with it."""

    place: int
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
    """At least KL( Normal(value, sigma^2) || sum_u p_u Normal(u, lam^2) ), in nats.

    Claim: never below the divergence, and above it by no more than ``tolerance`` unless that would take over
    131,072 nodes. One term of the sum in the paper's Theorem 5.1, with the prior's weights p_u.

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
    prior = _Mixture.checked(centers, probabilities)
    one = np.ones(1)
    cases = zip(value, sigma, lam, strict=True)
    return np.array([_refined(prior, np.array([w]), one, s, (t,), tolerance)[0] for w, s, t in cases])


def layer_perturbation_kl(
    values: Numbers,
    counts: Numbers,
    sigma: float,
    centers: Numbers,
    probabilities: Numbers,
    lams: Numbers,
    *,
    tolerance: float = 1e-5,
) -> Array:
    """At least the sum over a layer's non-zero weights of their divergences, for each lambda of a grid.

    Claim: as for ``perturbation_kl``; ``tolerance`` is the allowed excess for each weight.

    Args:
        values: distinct values of the non-zero weights, one-dimensional.
        counts: how many weights have each value.
        sigma: the layer's noise.
        centers: the codebook.
        probabilities: prior mass of each centre.
        lams: the grid.
        tolerance: allowed excess in nats for each weight.

    Raises:
        InvalidArgument: as for ``perturbation_kl``; counts negative or not as many as values.
    """
    prior, w, c, grid = _layer(values, counts, sigma, centers, probabilities, lams)
    return np.array([_refined(prior, w, c, sigma, (lam,), tolerance)[0] for lam in grid])


def choose_lambda(
    values: Numbers,
    counts: Numbers,
    sigma: float,
    centers: Numbers,
    probabilities: Numbers,
    lams: Numbers,
    *,
    tolerance: float = 1e-5,
) -> LambdaChoice:
    """The lambda of a grid at which a layer's divergence is least, and that divergence, rounded up.

    Claim and arguments as for ``layer_perturbation_kl``. Coarse nodes serve for the whole grid, since their
    values are upper values too; only the lambdas that can still be the best are refined.
    """
    prior, w, c, grid = _layer(values, counts, sigma, centers, probabilities, lams)
    upper = _refined(prior, w, c, sigma, grid, tolerance)
    index = int(np.argmin(upper))
    return LambdaChoice(index, float(upper[index]))


@dataclass(frozen=True)
class _Mixture:
    """Centres of positive mass; what the masses exceed 1 by, in nats, to be added to the divergence."""

    centers: Array
    log_mass: Array
    surplus: float

    @classmethod
    def checked(cls, centers: Numbers, probabilities: Numbers) -> "_Mixture":
        u = _LIST.check("centers", centers)
        p = NONNEGATIVE.check("probabilities", probabilities)
        if u.ndim != 1 or u.shape != p.shape:
            raise InvalidArgument(
                f"centers and probabilities: must be two lists of one length, got shapes {u.shape} and {p.shape}; "
                "give each centre its mass"
            )
        total = float(p.sum()) * (1 + len(p) * UNIT_ROUNDOFF)
        if not 0 < total <= 1 + 1e-6:
            raise InvalidArgument(
                f"probabilities: must have a sum above 0 and at most 1, got {total:g}; divide by their sum"
            )
        kept = p > 0
        return cls(u[kept], np.log(p[kept]), max(0.0, float(np.log(total))))


def _layer(
    values: Numbers, counts: Numbers, sigma: Numbers, centers: Numbers, probabilities: Numbers, lams: Numbers
) -> tuple[_Mixture, Array, Array, Array]:
    w = FINITE.check("values", values)
    c = NONNEGATIVE.check("counts", counts)
    POSITIVE.check("sigma", sigma)
    grid = POSITIVE.check("lams", lams)
    if w.ndim != 1 or w.shape != c.shape or not w.size:
        raise InvalidArgument(
            f"values and counts: must be two lists of one length, not empty, got shapes {w.shape} and {c.shape}; "
            "count each distinct value"
        )
    if grid.ndim != 1 or not grid.size:
        raise InvalidArgument(
            f"lams: must be a list of positive numbers, not empty, got shape {grid.shape}; fix a grid"
        )
    return _Mixture.checked(centers, probabilities), w, c, grid


def _refined(
    prior: _Mixture,
    values: Array,
    counts: Array,
    sigma: float,
    lams: Sequence[float] | Array,
    tolerance: float,
) -> Array:
    """Upper values for a grid of lambdas, the least of them refined until its checked error is allowed."""
    allowed = tolerance * float(counts.sum())
    upper, lower = np.full(len(lams), np.inf), np.full(len(lams), -np.inf)
    spacing = sigma / _START
    for _ in range(_MOST_ROUNDS):
        cells = _Cells.around(values, counts, sigma, spacing)
        for i in np.flatnonzero(lower <= upper.min()):
            found, gap = cells.divergence(prior, lams[i])
            upper[i], lower[i] = min(upper[i], found), max(lower[i], found - gap)
        best = np.argmin(upper)
        excess = upper[best] - lower[best]
        finest = spacing * (len(cells.nodes) * len(values)) / _MOST_NODES
        if excess <= allowed or spacing <= finest:
            break
        # The error falls with the square of the spacing.
        spacing = max(finest, spacing / max(2.0, 1.2 * float(np.sqrt(excess / allowed))))
    return upper


@dataclass(frozen=True)
class _Cells:
    """Nodes on a lattice around a layer's values, and what its noisy weights put into the cell of each node.

    ``mass`` is the expected number of weights in the cell, ``first`` the sum of their distances from the node,
    ``second`` the sum over all cells of squared distances; ``mass_scale`` and ``first_scale`` are the sizes of
    the parts these were made of, for the rounding.
    """

    sigma: float
    count: float
    nodes: Array
    mass: Array
    first: Array
    second: float
    mass_scale: Array
    first_scale: Array

    @classmethod
    def around(cls, values: Array, counts: Array, sigma: float, spacing: float) -> "_Cells":
        reach = np.arange(-np.ceil(_REACH * sigma / spacing), np.ceil(_REACH * sigma / spacing) + 1)
        nodes = np.unique(np.rint(values / spacing)[:, None] + reach) * spacing
        middles = (nodes[1:] + nodes[:-1]) / 2
        mass, first, mass_scale, first_scale = np.zeros((4, len(nodes)))
        second = 0.0
        for w, count in zip(values, counts, strict=True):
            # Any partition serves, and any node's tangent holds everywhere: what lies beyond the reach of a
            # value goes to its outermost cells.
            low, high = np.searchsorted(nodes, [w - _REACH * sigma, w + _REACH * sigma])
            here = slice(low, max(high, low + 1))
            t = np.concatenate(([-np.inf], (middles[low : here.stop - 1] - w) / sigma, [np.inf]))
            tail = ndtr(-np.abs(t))
            density = sigma * np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)
            straddles = np.diff(t >= 0)
            p = np.diff(np.where(t < 0, tail, -tail)) + straddles
            p_scale = tail[1:] + tail[:-1] + straddles
            offset = w - nodes[here]
            moment, moment_scale = -np.diff(density), density[1:] + density[:-1]
            mass[here] += count * p
            mass_scale[here] += count * p_scale
            first[here] += count * (moment + offset * p)
            first_scale[here] += count * (moment_scale + np.abs(offset) * p_scale)
            squares = sigma**2 + offset @ (2 * moment + offset * p)
            squares_scale = sigma**2 + np.abs(offset) @ (2 * moment_scale + np.abs(offset) * p_scale)
            second += count * (squares + _ERROR * squares_scale)
        return cls(sigma, float(counts.sum()), nodes, mass, first, second, mass_scale, first_scale)

    def divergence(self, prior: _Mixture, lam: float) -> tuple[float, float]:
        """The layer's divergence from the prior, from above, and how much above it may be."""
        g, slope = _log_mixture(self.nodes, prior, lam)
        size, slope_size = np.abs(g) + 1, np.sqrt(2 * np.abs(g)) / lam  # |slope| <= slope_size, by Jensen
        rounding = _ERROR * (self.mass_scale @ size + self.first_scale @ slope_size)
        rounding += len(g) * UNIT_ROUNDOFF * (self.mass @ size + np.abs(self.first) @ slope_size)
        expected_g = self.mass @ g + self.first @ slope - self.second / (2 * lam**2) - rounding
        constant = self.count * (np.log(lam / self.sigma) - 0.5 + prior.surplus)
        upper = float(constant - expected_g + _ERROR * (np.abs(constant) + np.abs(expected_g)))
        return upper, float(
            self.mass @ self._given_away(g, slope, lam) + self._tails(prior, lam) + 2 * rounding
        )

    def _given_away(self, g: Array, slope: Array, lam: float) -> Array:
        """What a tangent is below the convex function at the farther end of its cell, at most.

        There the convex function is below the chord to the neighbouring node.
        """
        step, rise = np.diff(self.nodes), np.diff(g)
        right = (rise - slope[:-1] * step) / 2 + (step / lam) ** 2 / 4
        left = (slope[1:] * step - rise) / 2 + (step / lam) ** 2 / 4
        return np.maximum(np.append(right, 0.0), np.append(0.0, left))

    def _tails(self, prior: _Mixture, lam: float) -> float:
        """The same beyond the nodes: slopes differ by at most range / lambda^2, and little mass is out there."""
        return float(self.count * self.sigma * np.ptp(prior.centers) / lam**2 * 1e-15)


def _log_mixture(x: Array, prior: _Mixture, lam: float) -> tuple[Array, Array]:
    """g and its derivative at the nodes x."""
    g, slope = np.empty_like(x), np.empty_like(x)
    rows = max(1, _BLOCK // len(prior.centers))
    for at in range(0, len(x), rows):
        part = slice(at, at + rows)
        distance = (x[part, None] - prior.centers) / lam
        exponent = prior.log_mass - distance**2 / 2
        top = exponent.max(axis=1)
        weight = np.exp(exponent - top[:, None])
        total = weight.sum(axis=1)
        g[part] = top + np.log(total)
        slope[part] = -np.einsum("ij,ij->i", weight, distance) / (total * lam)
    return g, slope
