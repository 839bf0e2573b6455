"""Parameter counts, VC patterns and the test set, against formulas written out."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

import tiny
from netrazor import bounds
from netrazor.baselines import Missing, held_out, occam_around, parameter_count, vc
from netrazor.baselines.chain import chain_of
from netrazor.baselines.paper_bounds import perturbation_row
from netrazor.baselines.parameter_counting import log_patterns, vc_dimension
from netrazor.bounds import Outcome
from netrazor.certification import NoiseRecord, NoisyRisk
from netrazor.counting import ErrorCount, count_errors


def line() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(2, 2))


def test_patterns_of_a_perceptron_are_not_undercounted() -> None:
    """Every way in which a line can split points of the plane, found by trying many, is within the count."""
    chain = chain_of(line(), torch.rand(2, 1, 1, 2))
    rng = np.random.default_rng(0)
    points = np.hstack([rng.random((12, 2)), np.ones((12, 1))])
    found = {tuple(row) for row in (points @ rng.standard_normal((3, 20_000)) > 0).T}
    assert math.log(len(found)) <= log_patterns(chain, 12, 2)


def test_patterns_of_two_layers_by_hand() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4))
    chain = chain_of(model, torch.rand(2, 1, 1, 2))
    first = math.log(2) + 9 * math.log(2 * math.e * 1000 * 3 * 1 / 9)
    second = math.log(2) + 25 * math.log(2 * math.e * 1000 * 3 * 2 / 25)
    assert log_patterns(chain, 1000, 4) == pytest.approx(first + second)


def test_the_vc_dimension_is_where_patterns_run_out() -> None:
    chain = chain_of(
        nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)), torch.rand(2, 1, 2, 2)
    )
    found = vc_dimension(chain, 2)
    for points in (found, 2 * found, 10 * found):
        assert log_patterns(chain, points, 2) < points * math.log(2)
    assert log_patterns(chain, round(0.99 * found), 2) >= 0.99 * found * math.log(2)


def test_the_network_of_dr17_has_a_vc_dimension_of_millions() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 600), nn.ReLU(), nn.Linear(600, 1))
    assert (
        471_601 < vc_dimension(chain_of(model, torch.rand(2, 1, 28, 28)), 2) < 26_000_000
    )  # 26 million there


def test_vc_of_few_parameters_says_something_and_of_many_nothing() -> None:
    many = ErrorCount(10_000, 10_000_000)
    assert vc(tiny.linear(), tiny.images(10), classes=4, count=many).bound < 0.1
    large = vc(tiny.small(), tiny.images(), classes=4)
    assert large.outcome is Outcome.VACUOUS
    assert large.value > 1


@pytest.mark.parametrize(("parameters", "errors", "n"), [*product([1, 100, 10**6], [0, 50], [1000])])
def test_parameter_count_is_occam_with_32_bits_each(parameters: int, errors: int, n: int) -> None:
    found = parameter_count(parameters, errors, n, 10)
    exact = bounds.occam(errors, n, 32 * parameters)
    assert found.bound == pytest.approx(exact)
    assert found.value >= exact


def test_held_out_is_clopper_pearson() -> None:
    model, data = tiny.small(), tiny.images(300, seed=5)
    found = held_out(model, data, classes=4)
    assert found.value == bounds.clopper_pearson(count_errors(model, data).errors, 300)


def test_occam_around_a_start_counts_what_it_decodes() -> None:
    """A network that is its start with one weight changed costs next to nothing and is kept whole."""
    center = tiny.linear()
    changed = tiny.linear()
    with torch.no_grad():
        changed[1].weight[0, 0] += 4.0
    data = tiny.images()
    found = occam_around(changed, center, data, classes=4, shares=(0.005,))
    assert found.figures["train error"] == count_errors(changed, data).risk
    assert found.figures["charged bytes"] < 64
    assert found.value == bounds.occam(
        count_errors(changed, data).errors, 400, 8 * float(found.figures["charged bytes"])
    )


def test_theorem_5_1_comes_from_the_certificate() -> None:
    """Or from the result file of the run, if another kind was the tighter one; or not at all."""
    plain = tiny.occam_run().issued.certificate
    assert isinstance(perturbation_row(plain, {}), Missing)
    measured = {"Occam, kl inverse": 0.4, "noise, Catoni (5.1 in 3.1)": 0.6, "noise, kl inverse (5.1)": 0.5}
    assert perturbation_row(plain, measured).value == 0.5
    parts = {"noisy risk": 0.01, "PAC-Bayes": 0.04}
    risk = NoisyRisk(mean=0.1, variance=0.01, upper=0.15)
    claim = plain.claims[0].model_copy(update={"noisy": risk, "delta_parts": parts})
    noise = NoiseRecord(draws=100, examples_per_draw=10, seed=0)
    noisy = plain.model_copy(update={"noise": noise, "claims": (claim,)})
    expected = bounds.maurer(0.15, plain.effective_bits * math.log(2), plain.n, 0.04)
    assert perturbation_row(noisy, {}).value == pytest.approx(expected)
