"""Losses on targets that are arrays, against the definitions written down plainly, what is not a number included."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

from netrazor import claims
from netrazor.certification.claim_terms import Task
from netrazor.certification.claims import AnyClaim
from netrazor.certification.mean_losses import GRID, possible_losses
from netrazor.counting import ClaimCount, count_claims, count_risk
from netrazor.data.csv_targets import targets_from_csv
from netrazor.data.targets import TargetDataset, as_examples, targets_of
from netrazor.errors import BadDataset, UnsupportedModel

STRANGE = (float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1e30)


class Given(nn.Module):
    """A network that answers the k-th example, whose input is k, with the k-th of its outputs."""

    def __init__(self, outputs: Tensor) -> None:
        super().__init__()
        self.register_buffer("outputs", outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.outputs[inputs[:, 0].long()]


def examples(targets: Tensor, claim: AnyClaim) -> TargetDataset:
    return as_examples((torch.arange(len(targets)).float()[:, None], targets), claim)


def counted(claim: AnyClaim, outputs: Tensor, targets: Tensor) -> ClaimCount:
    return count_claims(Given(outputs), examples(targets, claim), [claim], classes=outputs.shape[1])[0]


def spread(losses: list[float], possible: np.ndarray) -> list[tuple[float, int]]:
    """Each loss rounded up to a possible one, with how often it occurs."""
    values = [float(possible[np.searchsorted(possible, loss)]) for loss in losses]
    return sorted((value, values.count(value)) for value in set(values))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 2**31))
def test_labels(n: int, labels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, wanted = rng.normal(size=(n, labels)), rng.integers(0, 2, (n, labels))
    scores[rng.random((n, labels)) < 0.2] = rng.choice(STRANGE)
    right = [
        [(s > 0) if w else (s < 0) for s, w in zip(*row, strict=True)]
        for row in zip(scores, wanted, strict=True)
    ]
    outputs, targets = torch.from_numpy(scores).float(), torch.from_numpy(wanted)
    subset = counted(claims.SubsetError(), outputs, targets)
    assert subset.errors == sum(not all(row) for row in right)
    each = counted(claims.LabelErrors(), outputs, targets)
    assert each.cells == tuple((n, sum(not row[label] for row in right)) for label in range(labels))
    assert each.errors == max(events for _, events in each.cells)
    hamming = counted(claims.HammingLoss(), outputs, targets)
    shares = [sum(not known for known in row) / labels for row in right]
    possible = possible_losses(claims.HammingLoss(), labels)
    assert list(hamming.losses) == spread(
        [share - 1e-12 if 0 < share < 1 else share for share in shares], possible
    )
    assert (possible >= np.arange(labels + 1) / labels).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 3), st.floats(1e-3, 1e3), st.integers(0, 2**31))
def test_numbers_lose_no_less_than_they_should(n: int, numbers: int, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found, wanted = rng.normal(size=(n, numbers)).astype(np.float32), rng.normal(size=(n, numbers))
    found[rng.random((n, numbers)) < 0.1] = rng.choice(STRANGE)
    distances = [
        [abs(float(f) - w) for f, w in zip(*row, strict=True)] for row in zip(found, wanted, strict=True)
    ]
    outputs, targets = torch.from_numpy(found), torch.from_numpy(wanted)
    within = counted(claims.Within(tolerance=scale), outputs, targets)
    assert within.errors == sum(any(not d <= scale for d in row) for row in distances)
    for claim, power in ((claims.AbsoluteError(scale=scale), 1), (claims.SquaredError(scale=scale), 2)):
        record = counted(claim, outputs, targets)
        losses = [
            sum(1.0 if math.isnan(d) else min(d / scale, 1.0) ** power for d in row) / numbers
            for row in distances
        ]
        exact, mean = math.fsum(losses) / n, math.fsum(value * count for value, count in record.losses) / n
        assert exact <= mean + 1e-15
        assert mean <= exact + 1.001 / GRID
        assert sum(count for _, count in record.losses) == n
        assert count_risk(Given(outputs), examples(targets, claim)) == pytest.approx(mean)


def test_an_exact_answer_loses_nothing() -> None:
    targets = torch.tensor([0.1, -2.5, 1e6], dtype=torch.float64)
    for claim in (claims.AbsoluteError(scale=1.0), claims.Within(tolerance=0.0)):
        assert counted(claim, targets[:, None], targets).losses == ((0.0, 3),)


def test_pixels_are_counted_in_whole_numbers() -> None:
    scores = torch.zeros(4, 3, 2, 5)
    scores[:, 1] = 1.0
    scores[1, 2, 0, 0] = 1.0  # a tie
    scores[1, 0, 0, 1] = float("nan")
    targets = torch.ones(4, 2, 5, dtype=torch.int64)
    targets[0, 0, :3] = 2  # answered wrongly
    targets[2, 0] = 255
    targets[2, 1, 0] = 0
    targets[3] = 255
    found = counted(claims.PixelErrors(ignored=255), scores, targets)
    rounded = [math.ceil(GRID * share) / GRID for share in (3 / 10, 2 / 10, 1 / 5)]
    assert found.losses == tuple(sorted([(0.0, 1), (rounded[0], 1), (rounded[1], 2)]))
    assert found.errors == 3
    with pytest.raises(BadDataset, match=r"0 \.\. 2"):
        counted(claims.PixelErrors(), scores, targets)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(UnsupportedModel, match="each pixel"):
        counted(claims.PixelErrors(), torch.zeros(2, 3), torch.zeros(2, 4, 4, dtype=torch.int64))
    with pytest.raises(BadDataset, match="target for each output"):
        counted(claims.HammingLoss(), torch.zeros(2, 3), torch.zeros(2, 4, dtype=torch.int64))


@pytest.mark.parametrize(
    ("task", "shape"), [("multi-label", (5, 0)), ("regression", (5, 0)), ("segmentation", (5, 0, 4))]
)
def test_targets_of_nothing_are_refused(task: Task, shape: tuple[int, ...]) -> None:
    """A network is right about all of nothing."""
    with pytest.raises(BadDataset, match="at least one label, number or pixel"):
        targets_of(np.zeros(shape, dtype=np.int64), task, "targets")


@pytest.mark.parametrize(
    "values",
    [
        np.array([2**53, -(2**53), 0]),
        np.array([255, 0], dtype=np.uint8),
        np.array([2.0**60, 0.5]),
        np.array([2**53 + 1, 0]),
        np.array([-(2**53) - 1, 0]),
        np.array([2**64 - 1, 0], dtype=np.uint64),
    ],
)
def test_whole_numbers_that_a_float_cannot_tell_apart_are_refused(values: NDArray[Any]) -> None:
    exact = all(int(float(value)) == int(value) for value in values)
    if exact:
        assert targets_of(values, "regression", "targets")[:, 0].tolist() == values.tolist()
    else:
        with pytest.raises(BadDataset, match=r"-2\^53 to 2\^53 allowed"):
            targets_of(values, "regression", "targets")


@pytest.mark.parametrize(
    ("cell", "fits"),
    [
        ("9007199254740993", False),
        ("-9007199254740993", False),
        ("9007199254740992", True),
        ("9007199254740994", True),
        ("0" * 5000 + "9007199254740992", True),  # more digits than Python reads at once
        ("0" * 5000 + "9007199254740993", False),
        ("1e20", True),
    ],
)
def test_of_a_csv_file_too(cell: str, fits: bool, tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text(f"a,target\n1,{cell}\n2,0.5\n")
    claim = claims.AbsoluteError(scale=1.0)
    if fits:
        table = targets_from_csv(tmp_path / "numbers.csv", claim)
        assert table.targets[0, 0].item() == float(cell)
    else:
        with pytest.raises(BadDataset, match=r"float64 tells apart.*in row 2"):
            targets_from_csv(tmp_path / "numbers.csv", claim)
