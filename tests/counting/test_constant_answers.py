"""Always the same answer: about the best there is, and its losses those of a network that gives it."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from netrazor import bounds, claims
from netrazor.certification.claims import AnyClaim
from netrazor.certification.constant_record import ConstantRecord, constant_bits, step_of
from netrazor.counting.constant_answers import count_constants
from netrazor.counting.target_count import count_target_claims
from netrazor.data.tables import table_of
from netrazor.data.targets import TargetDataset, as_examples


class Always(nn.Module):
    """One output for every input."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output

    def forward(self, x: Tensor) -> Tensor:
        return self.output.expand(len(x), *self.output.shape)


def examples(targets: Tensor, claim: AnyClaim) -> TargetDataset:
    found: TargetDataset = as_examples((torch.arange(len(targets))[:, None].float(), targets), claim)
    return found


def mean_loss(record: ConstantRecord | None, n: int) -> float:
    assert record is not None
    return sum(value * count for value, count in record.losses) / n


def test_labels_and_each_of_them() -> None:
    targets = (
        torch.rand(500, 3, generator=torch.Generator().manual_seed(1)) < torch.tensor([0.1, 0.8, 0.5])
    ).long()
    asked = [claims.HammingLoss(), claims.LabelErrors(), claims.SubsetError()]
    data = examples(targets, asked[0])
    hamming, each, subset = count_constants(data, asked, 3)
    often = targets.double().mean(0)
    assert hamming is not None
    assert each is not None
    assert hamming.answer == each.answer == tuple((often > 0.5).long().tolist())
    assert mean_loss(hamming, 500) == pytest.approx(float(torch.minimum(often, 1 - often).mean()))
    assert each.errors == int((500 * torch.minimum(often, 1 - often)).round().max())
    assert (each.losses, subset) == ((), None)
    network = Always(2.0 * torch.tensor(hamming.answer) - 1)
    (count,) = count_target_claims(network, data, asked[:1], classes=3)
    assert (count.losses, count.errors) == (hamming.losses, hamming.errors)
    assert constant_bits(asked[0], hamming, 3) == 3
    assert constant_bits(asked[1], each, 4) == 3
    assert count_constants(table_of(torch.zeros(4, 2), [0, 1, 0, 1]), [claims.Error()], 2) == (None,)


NUMBERS = st.lists(st.integers(-300, 300), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.sampled_from(["absolute", "squared", "within"]))
@example([0, 33], "squared")
def test_a_number_is_about_the_best_of_all(steps: list[int], kind: str) -> None:
    claim: AnyClaim = {
        "absolute": claims.AbsoluteError(scale=2.0),
        "squared": claims.SquaredError(scale=2.0),
        "within": claims.Within(tolerance=1.0),
    }[kind]
    assert isinstance(claim, (claims.AbsoluteError, claims.SquaredError, claims.Within))
    step, y = step_of(claim), np.array(steps, dtype=np.float64)
    (record,) = count_constants(examples(torch.from_numpy(y * step), claim), [claim], 1)
    assert record is not None
    reach = 16 if kind == "within" else 32
    distances = np.abs(np.arange(-340, 341)[:, None] - y)
    losses = {
        "absolute": np.minimum(distances / reach, 1),
        "squared": np.minimum(distances / reach, 1) ** 2,
        "within": (distances > reach).astype(float),
    }[kind].mean(axis=1)
    slack = 1 / 1024 if kind != "squared" else 1 / 1024 + 0.05
    assert losses.min() - 1e-12 <= mean_loss(record, len(y)) <= losses.min() + slack
    assert losses[record.answer[0] + 340] <= mean_loss(record, len(y)) + 1e-12
    assert constant_bits(claim, record, 1) == 2 * int(np.floor(np.log2(abs(record.answer[0]) + 1))) + 2


@pytest.mark.parametrize("claim", [claims.AbsoluteError(scale=2.0), claims.Within(tolerance=0.5)])
def test_several_numbers_far_from_zero_and_without_end(claim: AnyClaim) -> None:
    generator = torch.Generator().manual_seed(3)
    near = torch.randn(3000, 2, generator=generator, dtype=torch.float64) * 0.1 + torch.tensor([1e6, -3.0])
    near[::10] = 1e300
    data = examples(near, claim)
    (record,) = count_constants(data, [claim], 2)
    assert record is not None
    assert mean_loss(record, 3000) < 0.2
    assert isinstance(claim, (claims.AbsoluteError, claims.Within))
    answer = torch.tensor(record.answer, dtype=torch.float64) * step_of(claim)
    assert torch.allclose(answer, torch.tensor([1e6, -3.0], dtype=torch.float64), atol=0.2)
    (count,) = count_target_claims(Always(answer), data, [claim], classes=2)
    assert count.losses == record.losses


def test_exactly_right_or_wrong() -> None:
    claim = claims.Within(tolerance=0.0)
    (record,) = count_constants(examples(torch.tensor([3.0, 3.0, 5.0, 0.5]), claim), [claim], 1)
    assert record == ConstantRecord(answer=(3,), errors=2, losses=((0.0, 2), (1.0, 2)))


def test_pixels_of_the_class_that_covers_most() -> None:
    targets = torch.zeros(60, 4, 4, dtype=torch.int64)
    targets[:, :3] = 2
    targets[:40, 0] = 255
    claim = claims.PixelErrors(ignored=255)
    images = torch.rand(60, 1, 4, 4)
    data = as_examples(list(zip(images, targets, strict=True)), claim)
    (record,) = count_constants(data, [claim], 3)
    assert record is not None
    assert record.answer == (2,)
    assert mean_loss(record, 60) == pytest.approx((40 / 3 + 20 / 4) / 60, abs=1 / 1024)
    scores = torch.zeros(3, 4, 4)
    scores[2] = 1
    (count,) = count_target_claims(Always(scores), data, [claim], classes=3)
    assert count.losses == record.losses


def test_the_bound_is_that_of_a_message_of_so_many_bits() -> None:
    from netrazor.certification.claim_record import ClaimRecord
    from netrazor.certification.constant_bounds import constant_bound

    constant = ConstantRecord(
        answer=(1, 0), errors=120, losses=((0.0, 80), (0.5000000000000001, 100), (1.0, 20))
    )
    beside = ClaimRecord(
        sentence="", bound=1.0, n=200, errors=0, delta_parts={}, asked=claims.HammingLoss(), constant=constant
    )
    values, counts = zip(*constant.losses, strict=True)
    exact = bounds.bounded_loss(values, counts, 2.0, 0.05)
    found = constant_bound(beside, 2, 0.05)
    assert found is not None
    assert exact <= found <= exact + 2e-9
    assert constant_bound(beside.model_copy(update={"constant": None}), 2, 0.05) is None
