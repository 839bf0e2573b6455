"""Tables and mean losses counted again: what another count than the recorded one may say, to the last digit."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import netrazor
from netrazor import claims
from netrazor.certification import Certificate, parse, seal, to_json
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.certification.sentences import claim_sentence
from netrazor.data import ImageDataset
from tampering import change, conclude_again

CLASSES = 3
COSTS = ((0.0, 0.5, 1.0), (0.5, 0.0, 0.5), (1.0, 0.5, 0.0))
ASKED = [
    claims.Error(),
    claims.ClassErrors(),
    claims.Confusion(),
    claims.Cost(costs=COSTS),
    claims.BalancedError(),
]
TABLE, CONFUSION, COST, BALANCED = 1, 2, 3, 4


def images() -> ImageDataset:
    """Three grey levels each, the brightest of which is mostly that of the class."""
    generator = torch.Generator().manual_seed(3)
    labels = torch.randint(0, CLASSES, (400,), generator=generator)
    levels = torch.randint(0, 150, (400, 1, 1, CLASSES), generator=generator)
    levels[torch.arange(400), 0, 0, labels] += 100
    return ImageDataset(levels.to(torch.uint8), labels, CLASSES)


def brightest() -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(CLASSES, CLASSES, bias=False))
    network[1].weight.data = torch.eye(CLASSES)
    return network


@cache
def files() -> dict[str, bytes]:
    """Of a hold-out with five claims."""
    place = Path(mkdtemp())
    netrazor.certify_hold_out(brightest(), images(), spent=100, claims=ASKED, out=place)
    return {file.name: file.read_bytes() for file in place.iterdir() if file.name != ".lock"}


def certificate() -> Certificate:
    return parse(files()[CERTIFICATE])


def verdict_on(place: Path, forged: Certificate) -> netrazor.Verdict:
    for name, content in files().items():
        (place / name).write_bytes(content)
    (place / CERTIFICATE).write_text(to_json(forged))
    return netrazor.verify(place, images(), brightest())


def altered(certificate: Certificate, number: int, changes: dict[str, Any]) -> Certificate:
    """Bounds of one claim replaced, its sentence made to follow."""
    for path, value in changes.items():
        certificate = change(certificate, f"claims.{number}.{path}", value)
    told = claim_sentence(certificate, certificate.claims[number])
    return seal(change(certificate, f"claims.{number}.sentence", told))


def judge(place: Path, forged: Certificate, status: str) -> None:
    verdict = verdict_on(place, forged)
    assert verdict.status == status
    assert [finding.code for finding in verdict.findings] == ["recount"] * (status == "INVALID")
    assert sum("differs from the record" in note for note in verdict.notes) == 1


def test_what_is_counted_again_is_what_was_certified(tmp_path: Path) -> None:
    verdict = verdict_on(tmp_path, certificate())
    assert (verdict.status, verdict.findings) == ("VALID", ())
    for kind, numbers in (("class-errors", 3), ("confusion", 9), ("cost", 3)):
        assert f"counted again: {kind}, {numbers} numbers as recorded" in verdict.notes


def test_a_table_of_fewer_errors_holds_where_its_bounds_bear_those_that_there_are(tmp_path: Path) -> None:
    """The worst cell has one error less on record; its own bound, or the claim's, is then below what is counted."""
    c, claim = certificate(), certificate().claims[TABLE]
    worst = max(range(CLASSES), key=lambda place: claim.cells[place].bound)
    cell = claim.cells[worst]
    assert claim.bound == cell.bound < 1
    assert sum(other.bound == cell.bound for other in claim.cells) == 1
    fewer = conclude_again(c, {f"claims.{TABLE}.cells.{worst}.count": cell.count - 1})
    assert fewer.claims[TABLE].bound < claim.bound
    own = f"cells.{worst}.bound"
    judge(tmp_path, altered(fewer, TABLE, {"bound": claim.bound, own: cell.bound}), "VALID")
    judge(tmp_path, altered(fewer, TABLE, {"bound": claim.bound, own: cell.bound - 1e-9}), "INVALID")
    judge(tmp_path, altered(fewer, TABLE, {"bound": claim.bound - 1e-9, own: cell.bound}), "INVALID")
    judge(tmp_path, fewer, "INVALID")


def test_right_answers_are_bounded_from_below_by_those_that_there_are(tmp_path: Path) -> None:
    """One answer of the first class on record as right that is not: what is wrong has weaker bounds than it needs."""
    c, claim = certificate(), certificate().claims[CONFUSION]
    right, wrong = claim.cells[0], claim.cells[1]
    assert wrong.count > 0
    assert right.lower is not None
    changes = {"cells.0.count": right.count + 1, "cells.1.count": wrong.count - 1}
    more = conclude_again(c, {f"claims.{CONFUSION}.{path}": value for path, value in changes.items()})
    bounds = {"bound": claim.bound, "cells.0.bound": 1.0, "cells.1.bound": wrong.bound}
    judge(tmp_path, altered(more, CONFUSION, {**bounds, "cells.0.lower": right.lower}), "VALID")
    judge(tmp_path, altered(more, CONFUSION, {**bounds, "cells.0.lower": right.lower + 1e-9}), "INVALID")


def test_a_mean_loss_of_one_example_less_holds_where_its_bound_bears_it(tmp_path: Path) -> None:
    """There are no cells beside it."""
    c, claim = certificate(), certificate().claims[COST]
    (none, no_loss), *some, (largest, most) = claim.losses
    assert (none, largest) == (0.0, 1.0)
    assert most > 1
    losses = ((0.0, no_loss + 1), *some, (1.0, most - 1))
    less = conclude_again(c, {f"claims.{COST}.losses": losses, f"claims.{COST}.errors": claim.errors - 1})
    judge(tmp_path, altered(less, COST, {"bound": claim.bound}), "VALID")
    judge(tmp_path, altered(less, COST, {"bound": claim.bound - 1e-9}), "INVALID")


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [
        (CONFUSION, "cells.0.lower", 0.95),
        (CONFUSION, "cells.1.lower", 0.1),
        (TABLE, "cells.0.lower", 0.1),
        (TABLE, "cells.0.bound", 0.1),
        (BALANCED, "cells.0.bound", 0.1),
        (BALANCED, "cells.0.lower", 0.1),
    ],
)
def test_no_bound_of_a_cell_that_does_not_follow(
    tmp_path: Path, number: int, field: str, value: float
) -> None:
    """From below only right answers are bounded; of a balanced error the whole is, and no class by itself."""
    verdict = verdict_on(tmp_path, altered(certificate(), number, {field: value}))
    assert [finding.code for finding in verdict.findings] == ["bound"]
    assert f"claims.{'.'.join(field.split('.')[:2])} is bounded by" in verdict.findings[0].text


def pixels() -> list[tuple[Tensor, Tensor]]:
    """Dark and bright pixels, some of them labelled as what they are not."""
    generator = torch.Generator().manual_seed(4)
    pictures = torch.rand(60, 1, 2, 2, generator=generator)
    targets = (pictures[:, 0] > 0.4).long()
    return list(zip(pictures, targets, strict=True))


def test_answers_for_each_pixel_are_counted_again(tmp_path: Path) -> None:
    """Whose network gives more than a score for each class."""
    network = nn.Conv2d(1, 2, 1)
    network.weight.data = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)
    network.bias = nn.Parameter(torch.tensor([0.5, -0.5]))
    c = netrazor.certify_hold_out(network, pixels(), spent=20, claims=[claims.PixelErrors()], out=tmp_path)
    wrong = sum(bool(((picture[0] > 0.5).long() != target).any()) for picture, target in pixels())
    assert 0 < c.claims[0].errors <= wrong
    assert netrazor.verify(tmp_path, pixels(), network).status == "VALID"
