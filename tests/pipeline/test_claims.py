"""Claims from the call to the verdict: counted in one pass, bounded, told, sealed, checked and counted again."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import netrazor
import tiny
from netrazor import bounds, claims
from netrazor.certification import Certificate, parse, to_json
from netrazor.certification.claim_rows import TOO_FEW, rows_of
from netrazor.certification.claims import AnyClaim
from netrazor.data import ImageDataset
from netrazor.errors import BadDataset, ConfigurationError, InvalidArgument
from netrazor.pipeline import Run, RunConfiguration, run
from tampering import alter, change, conclude_again

SITES = {"site": np.array(["north", "south", "west", "south"])[np.arange(400) % 4]}
COSTS = ((0.0, 1.0, 2.0, 2.0), (1.0, 0.0, 1.0, 2.0), (4.0, 1.0, 0.0, 1.0), (4.0, 2.0, 1.0, 0.0))
ALL: tuple[AnyClaim, ...] = (
    claims.Error(weight=3),
    claims.TopK(k=2),
    claims.ClassErrors(),
    claims.ClassPrecision(),
    claims.Confusion(weight=2),
    claims.GroupErrors(column="site"),
    claims.BalancedError(class_weights=(0.1, 0.2, 0.3, 0.4)),
    claims.Cost(costs=COSTS),
    claims.OrdinalDistance(),
    claims.Withheld(answered=0.8),
)


@cache
def issued() -> Run:
    configuration = RunConfiguration(recipe=tiny.NO_NOISE, claims=ALL, columns=SITES)
    return tiny.known(run(tiny.small(), tiny.images(), configuration))


def certificate() -> Certificate:
    return issued().issued.certificate


def answers() -> tuple[np.ndarray, np.ndarray]:
    """Labels and answers of the decoded network, from scores that are all different."""
    dataset = tiny.images()
    inputs, labels = dataset.batch(torch.arange(len(dataset)))
    with torch.inference_mode():
        scores = issued().issued.decoded.eval()(inputs)
    return labels.numpy(), scores.argmax(dim=1).numpy()


def test_delta_is_shared_by_the_weights() -> None:
    shares = [claim.delta_parts["occam"] for claim in certificate().claims]
    assert shares == pytest.approx([0.05 * claim.weight / 13 for claim in ALL])
    assert sum(shares) <= 0.05


def test_counts_are_those_of_a_plain_count() -> None:
    labels, found = answers()
    wrong, by_kind = labels != found, {claim.statement.kind: claim for claim in certificate().claims}
    for kind, groups in (("class-errors", labels), ("class-precision", found)):
        cells = by_kind[kind].cells
        assert [cell.n for cell in cells] == [int((groups == c).sum()) for c in range(4)]
        assert [cell.count for cell in cells] == [int(wrong[groups == c].sum()) for c in range(4)]
    table = [((labels == i) & (found == j)).sum() for i in range(4) for j in range(4)]
    assert [cell.count for cell in by_kind["confusion"].cells] == [int(count) for count in table]
    sites = [(SITES["site"] == name) for name in ("north", "south", "west")]
    assert [cell.count for cell in by_kind["group-errors"].cells] == [int(wrong[at].sum()) for at in sites]
    mean = sum(value * count for value, count in by_kind["cost"].losses) / 400
    assert mean == pytest.approx(np.array(COSTS)[labels, found].mean() / 4)
    distance = sum(value * count for value, count in by_kind["ordinal-distance"].losses) / 400
    assert distance == pytest.approx(np.abs(labels - found).mean() / 3)
    assert all(claim.errors == int(wrong.sum()) for claim in certificate().claims if claim.top == 1)


def test_bounds_are_the_theorems_at_each_statements_share() -> None:
    c = certificate()
    by_kind = {claim.statement.kind: claim for claim in c.claims}
    part = 0.05 / 13
    for kind, share in (("class-errors", part / 4), ("group-errors", part / 3), ("confusion", 2 * part / 20)):
        for cell in by_kind[kind].cells:
            exact = bounds.occam(cell.count, cell.n, c.effective_bits, share) if cell.n else 1.0
            assert exact <= cell.bound <= min(1.0, exact + 2e-9)
    for cell in by_kind["confusion"].cells[::5]:
        missed = bounds.occam(cell.n - cell.count, cell.n, c.effective_bits, 2 * part / 20)
        assert cell.lower == pytest.approx(1 - missed, abs=2e-9)
        assert cell.lower <= cell.count / cell.n
    values, counts = zip(*by_kind["cost"].losses, strict=True)
    exact = bounds.bounded_loss(values, counts, c.effective_bits, part)
    assert exact < by_kind["cost"].bound <= exact + 2e-9
    balanced = by_kind["balanced-error"]
    losses = [w * 400 / cell.n for w, cell in zip((0.1, 0.2, 0.3, 0.4), balanced.cells, strict=True)]
    missed = [cell.count for cell in balanced.cells]
    mean = bounds.bounded_loss(
        [*(loss / max(losses) for loss in losses), 0.0], [*missed, 400 - sum(missed)], c.effective_bits, part
    )
    assert balanced.bound == pytest.approx(min(1.0, max(losses) * mean), abs=3e-9)
    counted = sum(
        w * cell.count / cell.n for w, cell in zip((0.1, 0.2, 0.3, 0.4), balanced.cells, strict=True)
    )
    assert balanced.bound >= counted


def test_withheld_answers_are_a_curve_and_name_their_threshold() -> None:
    claim = certificate().claims[-1]
    withheld, answered = claim.cells[::2], claim.cells[1::2]
    assert all(a.n + w.count == 400 for w, a in zip(withheld, answered, strict=True))
    assert [a.n for a in answered] == sorted((a.n for a in answered), reverse=True)
    best = min((a for a in answered if a.n >= 320), key=lambda a: a.bound)
    assert claim.bound == best.bound
    assert f"{claims.THRESHOLDS[answered.index(best)]:g}" in claim.sentence


def test_it_is_read_back_checked_and_counted_again(tmp_path: Path) -> None:
    c = certificate()
    assert parse(to_json(c)).claims == c.claims
    directory = tiny.write(tmp_path / "run", c, issued().issued.blob)
    assert netrazor.verify(directory).exit_code == 3
    verdict = netrazor.verify(directory, tiny.images(), tiny.small(), columns=SITES)
    assert verdict.status == "VALID", verdict.findings
    assert sum(note.startswith("counted again") for note in verdict.notes) == len(ALL)
    with pytest.raises(ConfigurationError, match="columns"):
        netrazor.verify(directory, tiny.images(), tiny.small())
    other = netrazor.verify(directory, tiny.images(), tiny.small(), columns={"site": SITES["site"][::-1]})
    assert [finding.code for finding in other.findings] == ["dataset"]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("claims.2.cells.0.bound", lambda bound: bound - 1e-9, "bound"),
        ("claims.4.cells.0.lower", lambda lower: lower + 1e-9, "bound"),
        ("claims.2.cells.1.n", lambda n: n + 1, "risk"),
        ("claims.3.cells.1.n", lambda n: n + 400, "risk"),
        ("claims.4.cells.1.n", lambda n: n + 1, "risk"),
        ("claims.4.cells.1.count", 400, "risk"),
        ("claims.2.cells", lambda cells: cells[1:], "risk"),
        ("claims.5.asked.groups", ("south", "north", "west"), "risk"),
        ("claims.6.asked.class_weights", (1.0,), "risk"),
        ("claims.7.losses", lambda losses: losses[:-1], "risk"),
        ("claims.7.losses", lambda losses: ((losses[0][0] + 0.1, losses[0][1]), *losses[1:]), "risk"),
        ("claims.7.asked.costs", ((0.0,),), "risk"),
        ("claims.7.errors", lambda errors: errors + 1, "risk"),
        ("claims.9.cells.1.n", lambda n: n - 1, "risk"),
        ("claims.9.asked.thresholds", lambda thresholds: thresholds[::-1], "risk"),
        ("claims.2.losses", ((0.0, 400),), "risk"),
        ("claims.6.bound", lambda bound: bound - 1e-8, "bound"),
        ("claims.0.asked", None, "delta"),
        ("claims.0.asked.weight", 1, "claims"),
        ("claims.4.top", 3, "claims"),
        ("claims", lambda told: told[2:], "claims"),
        ("claims.3.sentence", lambda told: told.replace("at most", "exactly"), "claim"),
    ],
)
def test_a_field_altered(path: str, value: object, code: str) -> None:
    assert code in alter(issued, {path: value})


def test_a_false_table_is_found_by_counting(tmp_path: Path) -> None:
    c = certificate()
    forged = change(c, "claims.2.cells.2.count", 0)
    forged = conclude_again(forged, {})
    directory = tiny.write(tmp_path / "forged", forged, issued().issued.blob)
    assert netrazor.verify(directory).exit_code == 3
    verdict = netrazor.verify(directory, tiny.images(), tiny.small(), columns=SITES)
    assert [finding.code for finding in verdict.findings] == ["recount"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([], "at least one"),
        (["error"], "netrazor.claims"),
        ([claims.ClassErrors()], "headline"),
        ([claims.Error(), claims.TopK(k=1)], "each once"),
        ([claims.Error(), claims.Cost(costs=((0.0, 1.0), (1.0, 0.0)))], "4 classes"),
        ([claims.Error(), claims.BalancedError(class_weights=(0.5, 0.5))], "4 classes"),
        ([claims.Error(), claims.GroupErrors(column="age")], "columns"),
    ],
)
def test_claims_that_cannot_be_made(asked: list, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        netrazor.certify(tiny.small(), tiny.images(), recipe=tiny.NO_NOISE, claims=asked, columns=SITES)


@pytest.mark.parametrize("values", [np.arange(399), np.linspace(0, 1, 400), np.array([["a"] * 400])])
def test_columns_that_make_no_groups(values: np.ndarray) -> None:
    asked = [claims.Error(), claims.GroupErrors(column="age")]
    with pytest.raises(BadDataset, match="columns"):
        netrazor.certify(
            tiny.small(), tiny.images(), recipe=tiny.NO_NOISE, claims=asked, columns={"age": values}
        )


def test_tops_and_claims_are_not_given_together() -> None:
    with pytest.raises(InvalidArgument, match="tops"):
        RunConfiguration(claims=[claims.Error()], tops=(1, 5))


def test_no_noise_is_looked_for_beside_other_claims() -> None:
    assert RunConfiguration(claims=[claims.Error(), claims.ClassErrors()]).chosen_recipe.noise is None
    assert RunConfiguration(claims=[claims.TopK(k=2)]).chosen_recipe.noise is not None


@pytest.mark.parametrize(
    "make",
    [
        lambda: claims.Cost(costs=((0.0, 1.0),)),
        lambda: claims.Cost(costs=((0.0,),)),
        lambda: claims.Cost(costs=((-1.0, 1.0), (1.0, 0.0))),
        lambda: claims.TopK(k=0),
        lambda: claims.Withheld(thresholds=(2.0, 1.0)),
        lambda: claims.BalancedError(class_weights=(0.9, 0.9)),
        lambda: claims.BalancedError(class_weights=(0.001, 0.001)),
        lambda: claims.Error(weight=0),
    ],
)
def test_values_that_are_no_claims(make) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        make()


def test_a_class_without_examples_says_nothing() -> None:
    whole = tiny.images()
    kept = whole.labels != 3
    dataset = ImageDataset(whole.images[kept], whole.labels[kept], 4)
    c = netrazor.certify(
        tiny.small(), dataset, recipe=tiny.NO_NOISE, claims=[claims.Error(), claims.ClassErrors()]
    )
    cell = c.claims[1].cells[3]
    assert (cell.n, cell.bound, c.claims[1].bound) == (0, 1.0, 1.0)
    assert [row[-1] == TOO_FEW for row in rows_of(c, c.claims[1]).rows][3]


def test_a_group_of_one_example_says_nothing_and_is_not_refused() -> None:
    alone = np.where(np.arange(400) == 7, "island", "mainland")
    asked = [claims.Error(), claims.GroupErrors(column="site")]
    c = netrazor.certify(
        tiny.small(), tiny.images(), recipe=tiny.NO_NOISE, claims=asked, columns={"site": alone}
    )
    island, mainland = rows_of(c, c.claims[1]).rows
    assert (island[:2], island[-1]) == (("island", "1"), TOO_FEW)
    assert mainland[-1] != TOO_FEW
    assert c.claims[1].bound == 1.0


def test_a_hold_out_makes_the_same_claims(tmp_path: Path) -> None:
    asked = [claims.Error(), *ALL[2:]]
    c = netrazor.certify_hold_out(
        tiny.small(), tiny.images(), spent=100, claims=asked, columns=SITES, out=tmp_path / "run"
    )
    assert [claim.statement.kind for claim in c.claims] == [claim.kind for claim in asked]
    assert sum(cell.n for cell in c.claims[1].cells) == 300
    cell = c.claims[1].cells[0]
    exact = bounds.clopper_pearson(cell.count, cell.n, 0.05 / 10 / 4)
    assert exact <= cell.bound <= exact + 2e-9
    assert netrazor.verify(tmp_path / "run", tiny.images(), tiny.small(), columns=SITES).status == "VALID"


def test_picked_examples_and_labels_alone_bound_the_error_only() -> None:
    table = (np.zeros((20, 2)), np.arange(20) % 2)
    with pytest.raises(InvalidArgument, match="picked examples"):
        netrazor.certify_picked(tiny.linear, table, claims=[claims.Error(), claims.ClassErrors()])
