"""The parts of the noisy divergence: cells, cumulants and chords, against their definitions."""

import mpmath
import numpy as np
import pytest

from netrazor.bounds._quadrature import REACH, Cells, Mixture, _cell_moments, _cumulants

SIGMA, SPACING = 0.7, 0.5


def distributions(rows=40, centres=5):
    """Centred values and their probabilities, a distribution a row."""
    random = np.random.default_rng(0)
    s = random.dirichlet(np.ones(centres), rows)
    t = random.normal(size=(rows, centres)) * random.uniform(0.1, 2, (rows, 1))
    return t - (s * t).sum(1, keepdims=True), s


def test_cumulants_are_those_of_the_definition():
    t, s = distributions()
    second, third, below, above = _cumulants(t, s, 0.3)
    assert second == pytest.approx((s * t**2).sum(1), rel=1e-12)
    assert third == pytest.approx((s * t**3).sum(1), rel=1e-9, abs=1e-12)
    tilted = s * np.exp(0.3 * np.abs(t))
    variance, fourth = (tilted * t**2).sum(1), (tilted * t**4).sum(1)
    assert below == pytest.approx(variance**2 * 0.09 / 12, rel=1e-12)
    assert above == pytest.approx((fourth**0.25 + variance**0.5) ** 4 * 0.09 / 24, rel=1e-12)


@pytest.mark.parametrize("half", [0.05, 0.3, 1.5])
def test_the_expansion_encloses_the_logarithm_of_the_tilt(half):
    t, s = distributions()
    second, third, below, above = _cumulants(t, s, half)
    for e in np.linspace(-half, half, 9):
        exact = np.log((s * np.exp(e * t)).sum(1))
        without = second * e**2 / 2 + third * e**3 / 6
        assert (exact >= without - below * e**2 - 1e-12).all()
        assert (exact <= without + above * e**2 + 1e-12).all()


def test_moments_of_a_cell_are_its_integrals():
    w, index = np.array([[0.13]]), np.arange(-4.0, 6.0)[None]
    parts, sizes = _cell_moments(w, index, SIGMA, SPACING)
    edges = [-mpmath.inf, *((index[0, :-1] + 0.5) * SPACING).tolist(), mpmath.inf]
    for place, node in enumerate((index[0] * SPACING).tolist()):
        for r in range(4):
            exact = mpmath.quad(
                lambda x, r=r, node=node: (x - node) ** r * mpmath.npdf(x, 0.13, SIGMA),
                [edges[place], edges[place + 1]],
            )
            assert parts[r, 0, place] == pytest.approx(float(exact), rel=1e-9, abs=1e-13)
    assert (sizes >= np.abs(parts) * (1 - 1e-12)).all()
    assert sizes.max() < 1e3


def test_nodes_reach_as_far_as_they_are_said_to():
    values = np.array([-0.4, 1.3])
    cells = Cells.around(values, np.ones(2), SIGMA, SPACING)
    assert cells.nodes.min() <= values.min() - REACH * SIGMA + SPACING / 2
    assert cells.nodes.max() >= values.max() + REACH * SIGMA - SPACING / 2
    assert cells.moments[0].sum() == pytest.approx(2)
    assert cells.squares >= sum(cells.moments[2])


def test_chords_are_what_a_tangent_lacks_at_the_ends_of_its_cell():
    lam, prior = 0.8, Mixture(np.array([-1.0, 0.5]), np.log([0.4, 0.6]))
    cells = Cells.around(np.array([0.2]), np.ones(1), SIGMA, SPACING)
    x = cells.nodes
    weight = np.exp(prior.log_mass - (x[:, None] - prior.centers) ** 2 / (2 * lam**2))
    g = np.log(weight.sum(1))
    slope = -(weight * (x[:, None] - prior.centers)).sum(1) / weight.sum(1) / lam**2
    m, tilt = g + x**2 / (2 * lam**2), slope + x / lam**2
    chords = cells._chords(g, slope, lam)
    for place in range(len(x)):
        ends = [
            (m[other] - m[place]) / 2 - tilt[place] * (x[other] - x[place]) / 2
            for other in (place - 1, place + 1)
            if 0 <= other < len(x)
        ]
        assert chords[place] == pytest.approx(max(0.0, *ends), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("curved", [False, True])
def test_the_divergence_lies_between_its_ends(curved):
    lam, values = 0.9, np.array([-0.3, 0.4, 1.0])
    prior = Mixture(np.array([-0.5, 0.6]), np.log([0.3, 0.7]))
    upper, gap = Cells.around(values, np.array([2.0, 1.0, 3.0]), SIGMA, 0.05).divergence(
        prior, lam, curved=curved
    )

    def one(w):
        def log_prior(x):
            return mpmath.log(
                sum(p * mpmath.npdf(x, u, lam) for p, u in ((0.3, -0.5), (mpmath.mpf("0.7"), 0.6)))
            )

        entropy = mpmath.log(SIGMA * mpmath.sqrt(2 * mpmath.pi * mpmath.e))
        expected = mpmath.quad(
            lambda x: mpmath.npdf(x, w, SIGMA) * log_prior(x), [w - 10 * SIGMA, w, w + 10 * SIGMA]
        )
        return float(-entropy - expected)

    exact = 2 * one(-0.3) + one(0.4) + 3 * one(1.0)
    assert exact <= upper <= exact + gap + 1e-9
    assert gap < (1e-4 if curved else 2e-2)
