"""Which whole numbers are kept: those worth most for their bits, within the bits allowed."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from netrazor.compress.bit_removal import BitRemoval


def removal(numbers: dict[str, Tensor], **squares: Tensor) -> BitRemoval:
    found = BitRemoval(dict.fromkeys(numbers, 0.5))
    for name, whole in numbers.items():
        found.watch(name, squares.get(name, torch.ones_like(whole)).sqrt())
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.floats(0, 400))
def test_what_is_kept_fits_and_is_not_zero(seed: int, bits: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    numbers = {
        "matrix": torch.randint(-3, 4, (6, 5), generator=generator).float(),
        "vector": torch.randint(-2, 3, (4,), generator=generator).float(),
    }
    found = removal(numbers)
    found.keep(numbers, bits)
    cost = 0.0
    for name, whole in numbers.items():
        assert found.masks[name].shape == whole.shape
        assert not found.masks[name][whole == 0].any()
        cost += 3.0 * float(found.masks[name].sum())  # no element costs less than some bits
    assert bits >= 3.0 or cost == 0.0
    everything = removal(numbers)
    everything.keep(numbers, everything.estimate_bits(numbers) + 1e-6)
    assert all(torch.equal(everything.masks[name], whole != 0) for name, whole in numbers.items())


def test_the_steep_ones_stay() -> None:
    numbers = {"matrix": torch.ones(8, 8)}
    steep = torch.zeros(8, 8)
    steep[2, :4] = 9.0
    found = removal(numbers, matrix=steep + 1e-3)
    found.keep(numbers, 0.06 * found.estimate_bits(numbers))
    assert found.masks["matrix"].any()
    assert not found.masks["matrix"][steep == 0].any()


def test_weights_alone_in_their_row_go_first() -> None:
    numbers = {"matrix": torch.zeros(16, 16)}
    numbers["matrix"][:4, :4] = 1.0
    numbers["matrix"][10, 10] = numbers["matrix"][12, 7] = 1.0  # each keeps a row and a column alive
    found = removal(numbers)
    found.keep(numbers, 0.75 * found.estimate_bits(numbers))
    assert found.masks["matrix"][:4, :4].all()
    assert found.masks["matrix"].sum() == 16


def test_what_is_hidden_comes_back_when_it_is_worth_more() -> None:
    numbers = {"matrix": torch.ones(6, 6)}
    found = removal(numbers, matrix=torch.arange(36.0).view(6, 6) + 1)
    found.keep(numbers, 0.4 * found.estimate_bits(numbers))
    assert not found.masks["matrix"][0, 0]
    steep = torch.zeros(6, 6)
    steep[0, 0] = 100.0
    for _ in range(600):
        found.watch("matrix", steep)
    found.keep(numbers, 12.0)
    assert found.masks["matrix"][0, 0]
    assert found.masks["matrix"].sum() < 14


def test_a_saved_state_goes_on_alike() -> None:
    numbers = {"matrix": torch.randint(-3, 4, (9, 9), generator=torch.Generator().manual_seed(1)).float()}
    found = removal(numbers)
    found.keep(numbers, 60.0)
    again = BitRemoval({"matrix": 0.5})
    again.load_state_dict(found.state_dict())
    for one in (found, again):
        one.watch("matrix", numbers["matrix"])
        one.keep(numbers, 40.0)
    assert torch.equal(found.masks["matrix"], again.masks["matrix"])
