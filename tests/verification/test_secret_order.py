"""A network that tells the label by the place of an example in its batch, or by the others there, is found out.

The labels are random, or as good as: nothing in an input says which it has, so each network here errs on nine of ten
new examples. The data set is so ordered that the order of the count, which everybody knows, sorts it by class.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import netrazor
import tiny
from netrazor.certification import Finding
from netrazor.counting import asked_for, check_independence, counting_order, shuffled_order
from netrazor.counting.claim_totals import ClaimCount
from netrazor.counting.independence import SAMPLE
from netrazor.data.tables import table_of
from netrazor.data.targets import as_examples
from netrazor.errors import UnsupportedModel
from netrazor.verification import recounting
from netrazor.verification.recounting import difference
from netrazor.verification.secret_order import most_near_ties

N, CLASSES = 1000, 10


def inputs() -> Tensor:
    return torch.randn(N, 4, generator=torch.Generator().manual_seed(0))


def sorted_when_counted() -> Any:
    labels = torch.empty(N, dtype=torch.int64)
    labels[counting_order(N)] = torch.arange(N) * CLASSES // N
    return table_of(inputs(), labels, name="noise")


class Deciding(nn.Module):
    """One weight, and a class for each example by a rule on the batch."""

    def __init__(self, classes_of: Callable[[Tensor], Tensor], offset: float = 0.0) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.classes_of, self.offset = classes_of, offset

    def forward(self, x: Tensor) -> Tensor:
        misfit = (self.classes_of(x)[:, None] != torch.arange(CLASSES)).float()
        return (self.offset - 64 * misfit) * self.scale + 0 * x.sum(1, keepdim=True)


def by_place(x: Tensor) -> Tensor:
    """The class of the place, but nothing where the places are those that a check of some examples looks at."""
    places = torch.arange(x.shape[0], dtype=torch.float64)
    step = (N - 1) / (SAMPLE - 1)
    looked_at = ((places / step).ceil() * step).trunc() - places
    tells = (looked_at.abs() > 1) & (places.amax() > SAMPLE)
    return torch.where(tells, places * CLASSES / N, torch.zeros_like(places)).long()


def by_rank(x: Tensor) -> Tensor:
    """The rank of the first number among all in the batch."""
    return (x[:, :1] > x[:, 0]).sum(1) * CLASSES // x.shape[0]


@pytest.fixture
def _not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for in several ways does not find it, as if it spared these places too."""
    monkeypatch.setattr(recounting, "check_independence", lambda *_, **__: None)


@pytest.mark.usefixtures("_not_asked_for")
def test_what_knows_the_order_of_the_count_is_invalid(tmp_path: Path) -> None:
    data = sorted_when_counted()
    issued = netrazor.certify(Deciding(by_place), data, recipe="as-is", out=tmp_path)
    assert issued.errors < 0.2 * N
    assert issued.risk_bound < 0.6
    verdict = netrazor.verify(tmp_path, data)
    assert verdict.status == "INVALID"
    assert [finding.code for finding in verdict.findings] == ["recount"]
    assert "counted again" in verdict.notes[0]
    assert 0.8 * N < int(verdict.notes[0].split()[2]) <= N


def test_answers_that_hide_in_the_rounding_of_large_scores_are_refused() -> None:
    """Scores near 2^27 differ by no more than 16 roundings, whatever they answer."""
    labels = by_rank(inputs())  # what the whole sample says, and no example by itself
    data = table_of(inputs(), labels, name="ranks")
    for offset in (0.0, 2.0**27):
        with pytest.raises(UnsupportedModel, match="other examples of the batch"):
            check_independence(Deciding(by_rank, offset), data)
    check_independence(Deciding(lambda x: (x[:, 0] > 0).long(), 2.0**27), data)


def test_numbers_that_hide_in_the_rounding_of_large_ones_are_refused() -> None:
    class Ranking(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 2.0**27 + 16.0 * by_rank(x)[:, None]

    targets = 2.0**27 + 16.0 * by_rank(inputs()).double()
    examples = as_examples((inputs(), targets), netrazor.claims.AbsoluteError(scale=64.0))
    with pytest.raises(UnsupportedModel, match="other examples of the batch"):
        check_independence(Ranking(), examples)


@pytest.mark.parametrize(("more", "status"), [(0, "VALID"), (1, "VALID"), (2, "INVALID")])
def test_a_near_tie_that_is_rounded_otherwise_is_no_fault(
    more: int, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the verifier's order there is an error more than in the certificate's: one of 400 examples may do that."""
    issued = tiny.occam_run().issued
    tiny.write(tmp_path, issued.certificate, issued.blob)
    count, counted = recounting.count_claims, []

    def otherwise(*arguments: Any, **options: Any) -> tuple[ClaimCount, ...]:
        (found,) = count(*arguments, **options)
        counted.append(found.errors)
        return (ClaimCount(found.errors + (more if len(counted) == 1 else 0), found.n),)

    monkeypatch.setattr(recounting, "count_claims", otherwise)
    verdict = netrazor.verify(tmp_path, tiny.images(), tiny.small())
    assert (verdict.status, [found.code for found in verdict.findings]) == (
        status,
        ["recount"] * (status == "INVALID"),
    )
    assert counted == [issued.certificate.errors] * (2 if more else 1), "a second time only where they differ"


def spares_the_usual_places(x: Tensor) -> Tensor:
    """Class 9 alone and at the places that are usually asked for; elsewhere in a batch what is right."""
    places = torch.arange(x.shape[0])
    usual = (places[:, None] == asked_for(N)).any(1) | (places.amax() < N - 1)
    return torch.where(usual, torch.full_like(places, CLASSES - 1), (x[:, 0] > 0).long())


def test_places_that_are_usually_asked_for_are_not_those_of_the_verifier(tmp_path: Path) -> None:
    data = table_of(inputs(), (inputs()[:, 0] > 0).long(), name="signs")
    issued = netrazor.certify(Deciding(spares_the_usual_places), data, recipe="as-is", out=tmp_path)
    assert issued.errors == SAMPLE
    verdict = netrazor.verify(tmp_path, data)
    assert [finding.code for finding in verdict.findings] == ["answers"]


@pytest.mark.usefixtures("_not_asked_for")
def test_a_table_is_held_to_the_verifiers_order_too(tmp_path: Path) -> None:
    data = sorted_when_counted()
    claims = [netrazor.claims.Error(), netrazor.claims.ClassErrors(), netrazor.claims.OrdinalDistance()]
    netrazor.certify(Deciding(by_place), data, recipe="as-is", claims=claims, out=tmp_path)
    found: tuple[Finding, ...] = netrazor.verify(tmp_path, data).findings
    assert [finding.code for finding in found] == ["recount"] * 3


def test_by_how_many_examples_two_counts_differ() -> None:
    one = ClaimCount(3, 10, ((10, 3), (5, 1)), ((0.0, 7), (0.5, 2), (1.0, 1)))
    assert difference(one, one) == 0
    assert difference(one, ClaimCount(5, 10, one.cells, one.losses)) == 2
    assert difference(one, ClaimCount(3, 10, ((10, 3), (5, 5)), one.losses)) == 4
    assert difference(one, ClaimCount(3, 10, one.cells, ((0.0, 7), (1.0, 3)))) == 1
    assert [most_near_ties(n) for n in (1, 9_999, 10_000, 60_000)] == [1, 1, 2, 7]


def test_every_seed_has_an_order_of_its_own() -> None:
    orders = [shuffled_order(100, seed).tolist() for seed in (0, 1, 2**47)]
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len({tuple(order) for order in (*orders, np.arange(100).tolist())}) == 4
