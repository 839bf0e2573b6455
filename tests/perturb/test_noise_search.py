"""The search pays for what it saves, and every choice it makes is one that the message can hold."""

import numpy as np
import pytest
import torch

import tiny
from netrazor import bounds, coding
from netrazor.certification.charging import LAMBDA_GRID
from netrazor.compress import SearchContext
from netrazor.networks.network_message import encode
from netrazor.perturb import NoiseConfig, NoiseSearch, search_noise
from netrazor.perturb.noise_search import _choose_options, _find_lambdas_near, _Option
from netrazor.units import bits_from_nats


def found(config: NoiseConfig, seed: int = 0) -> tuple[NoiseSearch, dict]:
    run = tiny.noisy_run()
    static = coding.static_values(encode(run.issued.decoded, "custom", static=True))
    search = search_noise(
        run.issued.decoded, static, config, SearchContext(tiny.images(2000), 0.02, seed), fixed_bits=400
    )
    return search, static


def test_bits_saved_are_the_divergence_that_will_be_charged() -> None:
    search, static = found(NoiseConfig(shares=(0.1, 0.3), search_examples=200))
    (name,) = (name for name, index in search.noise.index.items() if index)
    prior, sigma = static[name], search.noise.sigma[name]
    lam = LAMBDA_GRID[search.noise.index[name] - 1]
    discrete = -(prior.counts * np.log2(prior.probabilities)).sum()
    layer = bounds.NoisyLayer(prior.centers, prior.counts, sigma, prior.centers, prior.probabilities)
    kl_nats = bounds.layer_perturbation_kl(layer, [lam])
    assert search.saved_bits[name] == pytest.approx(discrete - bits_from_nats(kl_nats[0]), abs=0.01)
    assert search.saved_bits[name] > 0


def test_sigma_is_a_share_of_the_spread_of_magnitudes_as_float32() -> None:
    search, static = found(NoiseConfig(shares=(0.2,), search_examples=200))
    magnitudes = np.abs(static["1.weight"].centers)
    assert search.noise.sigma["1.weight"] == np.float32(0.2 * (magnitudes.max() - magnitudes.min()))
    assert search.noise.sigma["1.bias"] == 0.0  # vectors carry none
    assert search.noise.index["1.bias"] == 0


def test_lambda_is_the_best_within_reach() -> None:
    search, static = found(NoiseConfig(shares=(0.2,), search_examples=200))
    prior, sigma = static["1.weight"], search.noise.sigma["1.weight"]
    near = [lam for lam in LAMBDA_GRID if sigma / 2 <= lam <= 4 * sigma]
    layer = bounds.NoisyLayer(prior.centers, prior.counts, sigma, prior.centers, prior.probabilities)
    every = bounds.layer_perturbation_kl(layer, near)
    chosen = near.index(LAMBDA_GRID[search.noise.index["1.weight"] - 1])
    assert every[chosen] <= every.min() + 1e-5 * prior.counts.sum()


def test_the_same_seed_finds_the_same() -> None:
    config = NoiseConfig(shares=(0.1, 0.3), search_examples=200)
    assert found(config, 3)[0].noise.sigma == found(config, 3)[0].noise.sigma


@pytest.mark.parametrize(("sigma", "largest"), [(1e4, 1e5), (1e-12, 1e-10), (1e-9, 1.0)])
def test_scales_out_of_reach_are_left_out(sigma: float, largest: float) -> None:
    assert _find_lambdas_near(sigma, largest) == []


def test_weights_of_odd_scales_are_certified_without_noise() -> None:
    model = tiny.linear()
    with torch.no_grad():
        model[1].weight.copy_(model[1].weight.sign() * 2.0**20)
    static = coding.static_values(encode(model, "custom", static=True))
    config = NoiseConfig(shares=(0.1,), search_examples=100)
    search = search_noise(model, static, config, SearchContext(tiny.images(), 0.02), fixed_bits=10)
    assert set(search.noise.index.values()) == {0}


def test_descent_finds_the_best_of_all_choices_where_arrays_do_not_interact() -> None:
    options = {
        "a": [_Option(0, 0, 100, 0), _Option(1, 5, 60, 1), _Option(2, 9, 30, 50)],
        "b": [_Option(0, 0, 10, 0), _Option(1, 5, 9, 9)],
        "c": [_Option(0, 0, 7, 0)],
    }
    chosen = _choose_options(options, lambda bits, added: bits + added)
    assert [chosen[name].index for name in "abc"] == [5, 0, 0]


def test_one_array_has_noise_even_where_it_does_not_pay() -> None:
    options = {
        "a": [_Option(0, 0, 1, 0), _Option(1, 5, 2, 9)],
        "b": [_Option(0, 0, 1, 0), _Option(1, 7, 2, 3)],
    }
    chosen = _choose_options(options, lambda bits, added: bits + added)
    assert [chosen[name].index for name in "ab"] == [0, 7]
