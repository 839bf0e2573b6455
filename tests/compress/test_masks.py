"""Pruning under masks, each schedule against its definition written out naively."""

import math

import pytest
import torch
from torch import nn

from netrazor.compress import (
    DynamicNetworkSurgery,
    GradualPruning,
    MaskedWeights,
    PiecewiseConstant,
    RatePruning,
)
from netrazor.compress.gradual_pruning import compute_cubic_sparsity
from netrazor.compress.network_surgery import HYSTERESIS
from netrazor.compress.rate_pruning import SMOOTHING, VALUE_BITS, VECTOR_BITS, estimate_position_bits


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))


NAMES = ["0.weight", "2.weight"]


def test_the_network_computes_with_masked_weights_and_the_gradient_reaches_all() -> None:
    model = network()
    weights = MaskedWeights(model, NAMES)
    whole = model[0].weight.detach().clone()
    weights.masks["0.weight"] = torch.rand(4, 5) > 0.5
    masked = whole * weights.masks["0.weight"]
    x = torch.rand(7, 5)
    with weights.applied():
        assert torch.equal(model[0].weight, masked)
        model(x).square().sum().backward()
    assert torch.equal(model[0].weight, whole)

    plain = network()
    plain[0].weight.data = masked.clone()
    plain(x).square().sum().backward()
    assert torch.equal(model[0].weight.grad, plain[0].weight.grad)
    assert (model[0].weight.grad[~weights.masks["0.weight"]] != 0).any()  # or nothing could grow back


def test_an_exception_inside_gives_the_weights_back() -> None:
    model = network()
    weights = MaskedWeights(model, NAMES)
    weights.masks["0.weight"][:] = False
    before = model[0].weight.detach().clone()
    with pytest.raises(KeyboardInterrupt), weights.applied():
        raise KeyboardInterrupt
    assert torch.equal(model[0].weight, before)


def test_finishing_makes_exact_zeros_without_a_sign() -> None:
    model = network()
    weights = MaskedWeights(model, NAMES)
    weights.masks["0.weight"] = model[0].weight > 0
    weights.finish()
    pruned = model[0].weight[~weights.masks["0.weight"]]
    assert (pruned == 0).all()
    assert not pruned.signbit().any()
    assert weights.count_nonzeros() == int((model[0].weight != 0).sum()) + 12


def test_what_is_zero_already_starts_pruned() -> None:
    model = network()
    model[0].weight.data[:, 2] = 0
    assert not MaskedWeights(model, NAMES).masks["0.weight"][:, 2].any()


def test_saliency_is_a_running_mean_of_squared_gradients() -> None:
    model = network()
    weights = MaskedWeights(model, NAMES, saliency=True)
    expected = torch.zeros(3, 4)
    for seed in range(3):
        torch.manual_seed(seed)
        model.zero_grad()
        with weights.applied():
            model(torch.rand(7, 5)).sum().backward()
        expected = 0.99 * expected + 0.01 * model[2].weight.grad ** 2
    assert torch.allclose(weights.squared_gradients["2.weight"], expected, rtol=1e-6, atol=0)


# Dynamic Network Surgery


def naive_surgery(weight: list[float], mask: list[bool], c: float) -> list[bool]:
    magnitudes = [abs(w) for w in weight]
    mean = sum(magnitudes) / len(magnitudes)
    deviation = math.sqrt(sum((m - mean) ** 2 for m in magnitudes) / len(magnitudes))
    low = mean + c * deviation
    return [m >= HYSTERESIS * low or (kept and m >= low) for m, kept in zip(magnitudes, mask, strict=True)]


@pytest.mark.parametrize("c", [-1.0, 0.0, 0.5, 2.0])
def test_surgery_prunes_splices_and_leaves_between(c: float) -> None:
    model = network()
    weights = MaskedWeights(model, ["0.weight"])
    weights.masks["0.weight"] = torch.rand(4, 5) > 0.5
    before = weights.masks["0.weight"].flatten().tolist()
    DynamicNetworkSurgery(PiecewiseConstant((0,), (c,)), PiecewiseConstant((0,), (1.0,)), seed=0).step(
        weights
    )
    expected = naive_surgery(model[0].weight.flatten().tolist(), before, c)
    assert weights.masks["0.weight"].flatten().tolist() == expected


def test_a_pruned_weight_grows_back() -> None:
    model = network()
    weights = MaskedWeights(model, ["0.weight"])
    surgery = DynamicNetworkSurgery(PiecewiseConstant((0,), (1.0,)), PiecewiseConstant((0,), (1.0,)), seed=0)
    model[0].weight.data[0, 0] = 0.0
    surgery.step(weights)
    assert not weights.masks["0.weight"][0, 0]
    model[0].weight.data[0, 0] = 5.0
    surgery.step(weights)
    assert weights.masks["0.weight"][0, 0]


def test_renewals_come_with_their_probability_and_repeat() -> None:
    def renewals(probability: float, start: int = 0) -> list[bool]:
        model = network()
        weights = MaskedWeights(model, ["0.weight"])
        surgery = DynamicNetworkSurgery(
            PiecewiseConstant((0,), (0.0,)), PiecewiseConstant((0,), (probability,)), seed=4
        )
        surgery.load_state_dict({"done": start})
        happened = []
        for _ in range(start, 200):
            weights.masks["0.weight"] = torch.zeros(4, 5, dtype=torch.bool)
            surgery.step(weights)
            happened.append(bool(weights.masks["0.weight"].any()))
        return happened

    assert not any(renewals(0.0))
    assert all(renewals(1.0))
    assert 20 <= sum(renewals(0.2)) <= 60  # 40 expected, 5.7 the deviation
    assert renewals(0.2, start=150) == renewals(0.2)[150:]


def test_pieces_hold_for_even_shares() -> None:
    pieces = PiecewiseConstant.spaced_evenly((5.0, 3.0, 1.0), 10)
    assert [pieces.value_at(step) for step in range(10)] == [5, 5, 5, 3, 3, 3, 1, 1, 1, 1]


# Zhu and Gupta


def test_the_cubic() -> None:
    assert compute_cubic_sparsity(0, 10, 50, 0.1, 0.9) == pytest.approx(0.1)
    assert compute_cubic_sparsity(30, 10, 50, 0.1, 0.9) == pytest.approx(0.9 - 0.8 * 0.5**3)
    assert compute_cubic_sparsity(50, 10, 50, 0.1, 0.9) == compute_cubic_sparsity(99, 10, 50, 0.1, 0.9) == 0.9


def test_the_smallest_go_up_to_each_layers_target() -> None:
    model = network()
    weights = MaskedWeights(model, NAMES)
    schedule = GradualPruning({"0.weight": 0.8, "2.weight": 0.5}, start=2, end=9, every=3)
    for step in range(1, 13):
        before = {name: mask.clone() for name, mask in weights.masks.items()}
        schedule.step(weights)
        if step in (3, 6, 9):
            for name, target in schedule.targets.items():
                magnitudes = weights.weights[name].abs().flatten()
                pruned = round(compute_cubic_sparsity(step, 2, 9, 0.0, target) * magnitudes.numel())
                threshold = magnitudes.sort().values[pruned] if pruned < magnitudes.numel() else math.inf
                assert torch.equal(weights.masks[name].flatten(), magnitudes >= threshold)
        else:
            assert all(torch.equal(before[name], mask) for name, mask in weights.masks.items())
    assert int(weights.masks["0.weight"].sum()) == 4
    assert int(weights.masks["2.weight"].sum()) == 6


# Saliency per bit


def naive_position_bits(mask: torch.Tensor) -> torch.Tensor:
    rows, columns, places = mask.shape
    bits = torch.zeros(mask.shape)
    total = int(mask.sum()) + 1
    for i in range(rows):
        for j in range(columns):
            for k in range(places):
                share = (int(mask[i].sum()) + SMOOTHING) * (int(mask[:, j].sum()) + SMOOTHING) / total
                if places > 1:
                    share *= (int(mask[:, :, k].sum()) + SMOOTHING) / total
                bits[i, j, k] = -math.log2(min(max(share, 1e-6), 0.5))
    return bits


@pytest.mark.parametrize("shape", [(4, 5, 1), (3, 4, 6)])
def test_position_bits(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    mask = torch.rand(shape) < 0.3
    found = estimate_position_bits(mask if shape[2] > 1 else mask[..., 0]).reshape(shape)
    assert torch.allclose(found, naive_position_bits(mask), atol=1e-5)


def test_a_place_is_cheaper_where_others_are() -> None:
    mask = torch.zeros(6, 6, dtype=torch.bool)
    mask[1, :4] = True
    bits = estimate_position_bits(mask)
    assert bits[1, 0] < bits[1, 5] < bits[4, 5]


def test_places_in_a_vector_cost_the_same() -> None:
    assert estimate_position_bits(torch.tensor([True, False])).tolist() == [VECTOR_BITS] * 2


def test_the_network_falls_to_its_target_and_keeps_the_best_for_its_bits() -> None:
    model = network()
    names = [name for name, _ in model.named_parameters()]
    schedule = RatePruning(6, end=8, stop=10, every=2)
    weights = MaskedWeights(model, names, schedule, saliency=True)
    for name in names:
        weights.squared_gradients[name] = torch.rand_like(weights.weights[name])
    kept = [weights.count_nonzeros()]
    for step in range(1, 13):
        masks = {name: mask.clone() for name, mask in weights.masks.items()}
        scores = torch.cat(
            [
                (
                    p.detach() ** 2
                    * weights.squared_gradients[n].sqrt()
                    / (estimate_position_bits(masks[n]) + VALUE_BITS)
                ).flatten()
                for n, p in weights.weights.items()
            ]
        )
        weights.step()
        number = weights.count_nonzeros()
        if step % 2 == 0 and step <= 10:
            after = torch.cat([mask.flatten() for mask in weights.masks.values()])
            assert torch.equal(after, scores >= scores.sort(descending=True).values[number - 1])
            expected = round(39 * (6 / 39) ** (min(1, step / 8) ** 0.5))
            assert number == expected
        else:
            assert number == kept[-1]
        kept.append(number)
    assert kept[-1] == 6
    assert kept == sorted(kept, reverse=True)


def test_a_network_without_weights_is_no_error() -> None:
    model = network()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    weights = MaskedWeights(model, NAMES, RatePruning(5, end=1, stop=4, every=1), saliency=True)
    weights.step()
    assert weights.count_nonzeros() == 0
