"""Expectations of a log mixture over noisy weights, from below, with what they may be below by.

With g(x) = log sum_u p_u exp(-(x - u)^2 / (2 lambda^2)), the sum m(x) = g(x) + x^2 / (2 lambda^2) is a
cumulant generating function: around a node, with s_u the posterior of the centre and T = (u - mean) / lambda,

    m(node + lambda e) = m(node) + m' lambda e + log E_s exp(e T).

The last term is at least 0 by convexity: m lies above its tangent. By Taylor, as the fourth cumulant is at
least -2 variance^2, it is at least k2 e^2 / 2 + k3 e^3 / 6 - v^2 e^4 / 12, where v = E_s[T^2 exp(h |T|)] is
at least the variance anywhere in a cell with |e| <= h. The expectations of both lower bounds over a cell of a
normal distribution are known in closed form. Chords to the neighbouring nodes, or the same cumulants from
above, bound what was given away.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from netrazor.bounds._arguments import Array
from netrazor.bounds._rounding import UNIT_ROUNDOFF

REACH = 9.0  # sigmas around a value that are given nodes; the outermost cells extend to infinity
_OUTSIDE = 1e-15  # at least E[|z| - 8; |z| > 8] for a standard normal z, which is 1e-16
_BLOCK = 2**17  # numbers held at once
_ERROR = (
    1024 * UNIT_ROUNDOFF
)  # of a cell's moments relative to the sizes of their parts, erfc's tails included
_WIDEST = 2.0  # half a cell, in lambdas, beyond which the curved lower bound cannot help


@dataclass(frozen=True)
class Mixture:
    """A prior's components: their centres, and the logarithms of masses that add up to at most 1."""

    centers: Array
    log_mass: Array


class _Expansion(NamedTuple):
    """At each node: g, its slope, and the curvature of m from below and above as multiples of e^2."""

    g: Array
    slope: Array
    second: Array
    third: Array
    fourth_below: Array
    fourth_above: Array


@dataclass(frozen=True)
class Cells:
    """The noisy weights of a layer, gathered into the cells of a lattice of nodes.

    ``terms`` distinct values stand for ``count`` weights. Row r of ``moments`` is the sum over weights of
    E[(x - node)^r; x in the cell], of ``scales`` the sizes of the parts it was made of, for the rounding. Rows
    2 and 3 leave out what lies beyond a value's outermost nodes; ``squares`` is the whole of E[(x - node)^2],
    from above.
    """

    sigma: float
    spacing: float
    terms: int
    count: float
    nodes: Array
    moments: Array
    scales: Array
    squares: float

    @classmethod
    def around(cls, values: Array, counts: Array, sigma: float, spacing: float) -> "Cells":
        """Cells of width ``spacing`` around ``values``, each with its count of weights."""
        half = np.ceil(REACH * sigma / spacing)
        reach = np.arange(-half, half + 1)
        places = np.rint(values / spacing)
        lattice = np.unique(np.unique(places)[:, None] + reach)
        moments, scales = np.zeros((2, 4, len(lattice)))
        squares = 0.0
        rows = max(1, _BLOCK // len(reach))
        for at in range(0, len(values), rows):
            part = slice(at, at + rows)
            index = places[part, None] + reach
            parts, sizes = _cell_moments(values[part, None], index, sigma, spacing)
            weights = counts[part, None]
            squares += float((weights * (parts[2] + _ERROR * sizes[2])).sum())
            # Beyond the outermost nodes only the tangent holds.
            parts[2:, :, [0, -1]] = sizes[2:, :, [0, -1]] = 0.0
            where = np.searchsorted(lattice, index).ravel()
            for r in range(4):
                moments[r] += np.bincount(where, (weights * parts[r]).ravel(), len(lattice))
                scales[r] += np.bincount(where, (weights * sizes[r]).ravel(), len(lattice))
        nodes, terms = lattice * spacing, len(values)
        return cls(sigma, spacing, terms, float(counts.sum()), nodes, moments, scales, squares)

    def divergence(self, prior: Mixture, lam: float, *, curved: bool) -> tuple[float, float]:
        """The layer's divergence from the prior, from above, and how much above it may be.

        Args:
            prior: the mixture.
            lam: the standard deviation of its components.
            curved: use the curved lower bound besides the tangents; about three times the work.
        """
        half = self.spacing / 2 / lam * (1 + 1e-6)
        at = _expand(self.nodes, prior, lam, half if curved and half <= _WIDEST else None)
        scaled = self.moments / lam ** np.arange(4)[:, None]
        sizes = self.scales / lam ** np.arange(4)[:, None]
        level, slope = np.abs(at.g) + 1, np.sqrt(2 * np.abs(at.g)) + 1  # |lam g'| <= sqrt(-2 g), by Jensen
        error = _ERROR + (self.terms + len(prior.centers)) * UNIT_ROUNDOFF  # sums in plain order
        rounding = error * (sizes[0] @ level + sizes[1] @ slope)
        rounding += len(level) * UNIT_ROUNDOFF * (scaled[0] @ level + np.abs(scaled[1]) @ slope)
        above = error * (sizes[2] * (at.second + at.fourth_below) + sizes[3] * np.abs(at.third)) * 2
        curvature = at.second / 2 * scaled[2] + at.third / 6 * scaled[3] - at.fourth_below * scaled[2] - above
        tangents = self.moments[0] @ at.g + scaled[1] @ (lam * at.slope) - self.squares / (2 * lam**2)
        constant = self.count * (np.log(lam / self.sigma) - 0.5)
        upper = constant - tangents - np.maximum(curvature, 0.0).sum() + rounding
        upper += error * (np.abs(constant) + np.abs(tangents))
        given_away = self.moments[0] * self._chords(at.g, at.slope, lam) - np.maximum(curvature, 0.0)
        cumulants = (at.fourth_above + at.fourth_below) * scaled[2] + 2 * above
        gap = np.where(curvature > 0, np.minimum(given_away, cumulants), given_away).sum()
        outside = self.count * self.sigma * np.ptp(prior.centers) / lam**2 * _OUTSIDE
        return float(upper), float(gap + outside + 2 * rounding)

    def _chords(self, g: Array, slope: Array, lam: float) -> Array:
        """What a tangent is below m at the farther end of its cell, at most: there m is below the chord."""
        step, rise = np.diff(self.nodes), np.diff(g)
        right = (rise - slope[:-1] * step) / 2 + (step / lam) ** 2 / 4
        left = (slope[1:] * step - rise) / 2 + (step / lam) ** 2 / 4
        return np.asarray(np.maximum(np.append(right, 0.0), np.append(0.0, left)))


def _cell_moments(w: Array, index: Array, sigma: float, spacing: float) -> tuple[Array, Array]:
    """Moments 0 to 3 about the nodes of Normal(w, sigma^2) over the cells, and the sizes of their parts.

    For each value any partition of the line serves; the outermost cells take all that is beyond.
    """
    t = ((index[:, :-1] + 0.5) * spacing - w) / sigma
    tail = np.pad(ndtr(-np.abs(t)), ((0, 0), (1, 1)))
    density = np.pad(np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi), ((0, 0), (1, 1)))
    t = np.pad(t, ((0, 0), (1, 1)))
    right = t >= 0
    right[:, 0], right[:, -1] = False, True
    straddles = np.diff(right)
    p = np.diff(np.where(right, -tail, tail)) + straddles
    # About w: E[z^r] over [a, b] is (r - 1) E[z^(r-2)] + a^(r-1) phi(a) - b^(r-1) phi(b).
    first = -np.diff(density)
    second = p - np.diff(t * density)
    third = 2 * first - np.diff(t**2 * density)
    both = density[:, 1:] + density[:, :-1]
    outer = np.maximum(np.abs(t[:, 1:]), np.abs(t[:, :-1]))
    p_size = tail[:, 1:] + tail[:, :-1] + straddles
    about_w = (p, first, second, third)
    sizes = (p_size, both, p_size + outer * both, (2 + outer**2) * both)
    o = (w - index * spacing) / sigma
    return _shifted(about_w, o, sigma), _shifted(sizes, np.abs(o), sigma)


def _shifted(about_w: tuple[Array, Array, Array, Array], o: Array, sigma: float) -> Array:
    """Moments of sigma (z + o) from those of z."""
    m0, m1, m2, m3 = about_w
    return np.array(
        [
            m0,
            sigma * (m1 + o * m0),
            sigma**2 * (m2 + o * (2 * m1 + o * m0)),
            sigma**3 * (m3 + o * (3 * m2 + o * (3 * m1 + o * m0))),
        ]
    )


def _expand(x: Array, prior: Mixture, lam: float, half: float | None) -> _Expansion:
    """The expansion of the log mixture at the nodes x; without ``half`` only its level and slope."""
    columns = np.zeros((6, len(x)))
    rows = max(1, _BLOCK // len(prior.centers))
    for at in range(0, len(x), rows):
        part = slice(at, at + rows)
        difference = x[part, None] - prior.centers
        weight = np.square(difference)
        weight *= -0.5 / lam**2
        weight += prior.log_mass
        top = weight.max(axis=1)
        weight -= top[:, None]
        np.exp(weight, out=weight)
        total = weight.sum(axis=1)
        mean = np.einsum("ij,ij->i", weight, difference) / total
        columns[:2, part] = top + np.log(total), -mean / lam**2
        if half is not None:
            columns[2:, part] = _cumulants((mean[:, None] - difference) / lam, weight / total[:, None], half)
    return _Expansion(*columns)


def _cumulants(t: Array, s: Array, half: float) -> Array:
    """The second and third cumulants of T under s, and bounds on the fourth order for |e| <= half.

    A tilt by e T multiplies s by at most exp(half |T|): its normalization E_s exp(e T) is at least 1, T being
    centred. The fourth cumulant is between -2 variance^2 and the fourth central moment, which is at most
    (|T|_4 + |T|_2)^4 in norms under the tilt.
    """
    t2 = t**2
    tilted = s * np.exp(half * np.abs(t))
    variance = np.einsum("ij,ij->i", tilted, t2)
    fourth = np.einsum("ij,ij,ij->i", tilted, t2, t2)
    return np.array(
        [
            np.einsum("ij,ij->i", s, t2),
            np.einsum("ij,ij,ij->i", s, t2, t),
            variance**2 * half**2 / 12,
            (fourth**0.25 + variance**0.5) ** 4 * half**2 / 24,
        ]
    )
