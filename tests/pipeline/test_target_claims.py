"""Claims about labels, numbers and pixels: from the call to the verdict, altered, and badly asked for."""

import copy
import io
import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

import netrazor
import tiny
from netrazor import bounds, claims
from netrazor.certification import (
    Certificate,
    Verdict,
    measure_yardsticks,
    parse,
    says_less_than_guessing,
    to_json,
)
from netrazor.certification.claim_rows import rows_of
from netrazor.certification.claims import AnyClaim
from netrazor.certification.model_card import model_card_section
from netrazor.certification.yardsticks import yardstick_sentence
from netrazor.cli.claim_printing import print_claims
from netrazor.errors import BadDataset, ConfigurationError, InvalidArgument, NetrazorError, UnsupportedLearner
from netrazor.pipeline import Recipe, Run, RunConfiguration, run
from netrazor.pipeline.recipe import recipe_scaled
from netrazor.pipeline.recipes import QUICK
from netrazor.train import FitConfig, OptimizerConfig
from tampering import alter, conclude_again

N = 400
OF_LABELS: tuple[AnyClaim, ...] = (
    claims.SubsetError(),
    claims.LabelErrors(weight=2),
    claims.HammingLoss(),
)
OF_NUMBERS: tuple[AnyClaim, ...] = (
    claims.AbsoluteError(scale=4.0),
    claims.Within(tolerance=0.5),
    claims.SquaredError(scale=4.0),
)
OF_PIXELS: tuple[AnyClaim, ...] = (claims.PixelErrors(ignored=255),)


def rows() -> Tensor:
    return torch.randn(N, 6, generator=torch.Generator().manual_seed(1))


def labels() -> tuple[Tensor, Tensor]:
    noise = torch.randn(N, 3, generator=torch.Generator().manual_seed(2))
    return rows(), (rows()[:, :3] + 0.3 * noise > 0).long()


def numbers() -> tuple[Tensor, Tensor]:
    noise = torch.randn(N, generator=torch.Generator().manual_seed(3))
    return rows(), 2 * rows()[:, 0] + 0.2 * noise


def pixels() -> list[tuple[Tensor, Tensor]]:
    images = torch.rand(N, 1, 4, 4, generator=torch.Generator().manual_seed(4))
    targets = (images[:, 0] > 0.5).long()
    targets[:, 0] = 255
    return list(zip(images, targets, strict=True))


def network_of_labels() -> nn.Module:
    network = nn.Linear(6, 3)
    with torch.no_grad():
        network.weight.copy_(torch.eye(3, 6)), network.bias.zero_()
    return network


class OneNumber(nn.Module):
    """A regression network as people write it: N numbers, not N x 1."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 1)
        with torch.no_grad():
            self.layer.weight.copy_(2 * torch.eye(1, 6)), self.layer.bias.fill_(0.25)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[:, 0]


def network_of_pixels() -> nn.Module:
    network = nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1))
        network.bias.copy_(torch.tensor([0.5, -0.25]))
    return network


TASKS: dict[str, tuple[Any, Any, tuple[AnyClaim, ...]]] = {
    "labels": (labels, network_of_labels, OF_LABELS),
    "numbers": (numbers, OneNumber, OF_NUMBERS),
    "pixels": (pixels, network_of_pixels, OF_PIXELS),
}


@cache
def issued(task: str) -> Run:
    data, network, asked = TASKS[task]
    return tiny.known(run(network(), data(), RunConfiguration(recipe="as-is", claims=asked)))


def certificate(task: str) -> Certificate:
    return issued(task).issued.certificate


def test_labels_are_counted_and_bounded() -> None:
    c = certificate("labels")
    inputs, targets = labels()
    wrong = ((inputs[:, :3] > 0).long() != targets).numpy()
    subset, each, hamming = c.claims
    assert (subset.errors, subset.loss) == (int(wrong.any(1).sum()), "0-1")
    assert [cell.count for cell in each.cells] == wrong.sum(0).tolist()
    assert {cell.n for cell in each.cells} == {N}
    assert hamming.empirical_risk == pytest.approx(wrong.mean())
    part = 0.05 / 4
    exact = bounds.occam(subset.errors, N, c.effective_bits, part)
    assert exact <= subset.bound <= exact + 2e-9
    exact = bounds.occam(int(wrong.sum(0).max()), N, c.effective_bits, 2 * part / 3)
    assert exact <= each.bound <= exact + 2e-9
    values, counts = zip(*hamming.losses, strict=True)
    exact = bounds.bounded_loss(values, counts, c.effective_bits, part)
    assert exact <= hamming.bound <= exact + 2e-9
    assert c.risk_bound == subset.bound


def test_numbers_are_counted_and_bounded_from_above() -> None:
    c = certificate("numbers")
    inputs, targets = numbers()
    with torch.inference_mode():
        distances = (OneNumber()(inputs).double() - targets.double()).abs().numpy()
    absolute, within, squared = c.claims
    assert within.errors == int((distances > 0.5).sum())
    for claim, exact in (
        (absolute, np.minimum(distances / 4, 1)),
        (squared, np.minimum(distances / 4, 1) ** 2),
    ):
        assert exact.mean() <= claim.empirical_risk <= exact.mean() + 1 / 1024
        assert claim.empirical_risk <= claim.bound
    assert c.empirical_risk == absolute.empirical_risk
    assert f"{4 * c.risk_bound:.2f}"[:3] in c.claim
    assert c.claims[2].sentence.count("counts as 4.0") == 1


def test_an_image_is_one_draw() -> None:
    c = certificate("pixels")
    (claim,) = c.claims
    images, targets = (torch.stack(part) for part in zip(*pixels(), strict=True))
    with torch.inference_mode():
        scores = network_of_pixels()(images)
    missed = ((scores.argmax(1) != targets) & (targets != 255)).flatten(1).sum(1) / 12
    exact = float(missed.double().mean())
    assert claim.n == N
    assert 0 < exact <= claim.empirical_risk <= exact + 1 / 1024
    assert c.evaluation.batch_size == 50


@pytest.mark.parametrize("task", list(TASKS))
def test_it_is_read_back_checked_and_counted_again(task: str, tmp_path: Path) -> None:
    data, network, _ = TASKS[task]
    c = certificate(task)
    assert parse(to_json(c)).claims == c.claims
    directory = tiny.write(tmp_path / "run", c, issued(task).issued.blob)
    assert netrazor.verify(directory).exit_code == 3
    verdict = netrazor.verify(directory, data())
    assert verdict.status == "VALID", verdict.findings
    loaded, example = netrazor.load(directory, network()), torch.as_tensor(np.asarray(data()[0][0]))[None]
    if task != "pixels":
        example = data()[0][:2]
    assert torch.equal(loaded.eval()(example), network().eval()(example))


@pytest.mark.parametrize("task", list(TASKS))
def test_it_is_printed_with_its_tables_and_yardsticks(task: str) -> None:
    c, out = certificate(task), io.StringIO()
    print_claims(Console(file=out, width=200), c)
    said = " ".join(out.getvalue().split())
    for claim in c.claims:
        assert claim.sentence in said
    assert ("uniform guess" in said) == (task != "numbers")
    assert {"labels": "Errors of each label", "numbers": "the largest loss", "pixels": "pixels of an image"}[
        task
    ] in said
    if c.claims[0].loss != "0-1":
        spread = rows_of(c, c.claims[0])
        assert sum(int(row[1].replace(",", "")) for row in spread.rows) == N
    assert says_less_than_guessing(c, c.claims[0]) == (task == "pixels" and c.risk_bound >= 0.5)
    assert measure_yardsticks(c).held_out == 80
    card = model_card_section(c)
    assert all(claim.sentence.split(",")[1][:40] in card for claim in c.claims)
    assert json.loads(Verdict("VALID", (), c).to_json())["risk_bound"] == c.risk_bound


@pytest.mark.parametrize("task", list(TASKS))
def test_a_hold_out_makes_the_same_claims(task: str, tmp_path: Path) -> None:
    data, network, asked = TASKS[task]
    c = netrazor.certify_hold_out(network(), data(), spent=100, claims=asked, out=tmp_path / "run")
    assert c.n == 300
    assert c.prior.given_file is not None
    assert c.prior.given_file.errors is None
    assert netrazor.verify(tmp_path / "run", data()).status == "VALID"
    assert all(claim.bound < certificate(task).claims[place].bound for place, claim in enumerate(c.claims))


@pytest.mark.parametrize(
    ("task", "path", "value", "code"),
    [
        ("labels", "claims.0.bound", lambda bound: bound - 1e-8, "bound"),
        ("labels", "claims.0.errors", lambda errors: errors - 1, "risk"),
        ("labels", "claims.1.cells.0.bound", lambda bound: bound - 1e-8, "bound"),
        ("labels", "claims.1.cells.0.n", N - 1, "risk"),
        ("labels", "claims.1.errors", lambda errors: errors - 1, "risk"),
        ("labels", "claims.1.cells", lambda cells: cells[1:], "risk"),
        ("labels", "claims.2.losses", lambda losses: losses[:-1], "risk"),
        ("labels", "claims.2.losses", lambda losses: ((0.1, losses[0][1]), *losses[1:]), "risk"),
        ("labels", "claims.2.loss", "0-1", "claims"),
        ("labels", "sample.classes", 2**53, "risk"),
        ("labels", "claims", lambda told: told[1:], "claims"),
        ("labels", "claims", lambda told: (told[0], *certificate("numbers").claims), "claims"),
        ("labels", "assumptions", lambda told: certificate("numbers").assumptions, "assumptions"),
        ("numbers", "claims.0.asked.scale", 2.0, "claim"),
        ("numbers", "claims.1.asked.tolerance", 0.25, "claim"),
        ("numbers", "claims.0.sentence", lambda told: told.replace("at most", "less than"), "claim"),
        (
            "numbers",
            "claims.0.losses",
            lambda losses: ((losses[0][0] / 2, losses[0][1]), *losses[1:]),
            "risk",
        ),
        ("numbers", "claims.0.top", 2, "claims"),
        ("pixels", "evaluation.batch_size", 1000, "evaluation"),
        ("pixels", "claims.0.n", N - 1, "risk"),
        ("pixels", "method", "picked", "delta"),
    ],
)
def test_a_field_altered(task: str, path: str, value: object, code: str) -> None:
    assert code in alter(partial(issued, task), {path: value})


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("labels", {"claims.1.cells.2.count": 0}),
        ("numbers", {"claims.0.losses": ((0.0, N),), "claims.0.errors": 0}),
        ("numbers", {"claims.1.asked.tolerance": 0.01}),
        ("pixels", {"claims.0.asked.ignored": None}),
    ],
)
def test_what_was_counted_otherwise_is_found_by_counting(
    task: str, changes: dict[str, object], tmp_path: Path
) -> None:
    forged = conclude_again(certificate(task), changes)
    if task == "labels":
        most = max(cell.count for cell in forged.claims[1].cells)
        forged = conclude_again(forged, {"claims.1.errors": most})
    directory = tiny.write(tmp_path / "forged", forged, issued(task).issued.blob)
    assert netrazor.verify(directory).exit_code == 3
    if "ignored" in str(changes):
        with pytest.raises(BadDataset, match="labels"):
            netrazor.verify(directory, TASKS[task][0]())
        return
    verdict = netrazor.verify(directory, TASKS[task][0]())
    assert {finding.code for finding in verdict.findings} == {"recount"}


@pytest.mark.parametrize("task", list(TASKS))
def test_a_certificate_without_constant_answers_is_refused(task: str) -> None:
    """One half would be the yardstick of rare labels, and a claim that says nothing would not be marked."""
    c = certificate(task)
    for place, claim in enumerate(c.claims):
        has_none = claim.statement.kind == "subset-error"
        assert (claim.constant is None) == has_none
        found = alter(partial(issued, task), {f"claims.{place}.constant": None})
        assert found == (set() if has_none else {"risk"})
        assert (measure_yardsticks(c, claim).majority_bound < 1) or task == "numbers"
    assert "always the same answer loses at most" in yardstick_sentence(c, c.claims[-1])


@pytest.mark.parametrize(
    ("task", "path", "value"),
    [
        ("labels", "claims.1.constant.errors", N + 1),
        ("labels", "claims.1.constant.losses", ((0.0, N),)),
        ("labels", "claims.2.constant.answer", (0, 2, 0)),
        ("labels", "claims.2.constant.answer", (0, 1)),
        ("labels", "claims.2.constant.errors", 0),
        ("labels", "claims.2.constant.losses", lambda losses: losses[1:]),
        ("labels", "claims.0.constant", lambda _: certificate("labels").claims[1].constant),
        ("numbers", "claims.0.constant.losses", lambda losses: ((0.5003, losses[0][1]), *losses[1:])),
        ("numbers", "claims.1.constant.answer", (0, 0)),
        ("pixels", "claims.0.constant.answer", (2,)),
    ],
)
def test_a_constant_answer_altered(task: str, path: str, value: object) -> None:
    assert alter(partial(issued, task), {path: value}) == {"risk"}


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ("labels", {"claims.1.constant.errors": N // 2 + 40}),
        ("labels", {"claims.2.constant.losses": ((1.0, N),), "claims.2.constant.errors": N}),
        ("numbers", {"claims.1.constant.losses": ((1.0, N),), "claims.1.constant.errors": N}),
        ("numbers", {"claims.0.constant.answer": (10**9,)}),
        ("pixels", {"claims.0.constant.losses": ((1.0, N),), "claims.0.constant.errors": N}),
    ],
)
def test_a_dearer_constant_answer_is_found_by_counting(
    task: str, changes: dict[str, object], tmp_path: Path
) -> None:
    forged = conclude_again(certificate(task), changes)
    directory = tiny.write(tmp_path / "forged", forged, issued(task).issued.blob)
    assert netrazor.verify(directory).exit_code == 3
    (finding,) = netrazor.verify(directory, TASKS[task][0]()).findings
    assert (finding.code, "always the same answer" in finding.text) == ("recount", True)


def test_rare_labels_are_bounded_better_by_saying_no() -> None:
    inputs, _ = labels()
    rare = (torch.rand(N, 3, generator=torch.Generator().manual_seed(6)) < 0.02).long()
    network = network_of_labels()
    with torch.no_grad():
        network.weight.mul_(0.001), network.bias.fill_(-1.0)
    found = netrazor.certify(network, (inputs, rare), recipe="as-is", claims=OF_LABELS[2:])
    assert found.risk_bound < 0.5
    assert measure_yardsticks(found).majority_bound < 0.06
    assert says_less_than_guessing(found), "below one half, and still more than always no loses"


def test_other_targets_are_another_data_set(tmp_path: Path) -> None:
    inputs, targets = labels()
    directory = tiny.write(tmp_path / "run", certificate("labels"), issued("labels").issued.blob)
    other = netrazor.verify(directory, (inputs, 1 - targets))
    assert [finding.code for finding in other.findings] == ["dataset"]


def test_post_training_and_quick_serve_other_targets() -> None:
    trained = OneNumber()
    with torch.no_grad():
        trained.layer.weight.add_(0.003 * torch.arange(6).sin())
    as_it_is = netrazor.certify(copy.deepcopy(trained), numbers(), recipe="as-is", claims=OF_NUMBERS)
    found = run(
        trained, numbers(), RunConfiguration(recipe="post-training", claims=OF_NUMBERS, test=numbers())
    )
    assert found.issued.certificate.effective_bits < as_it_is.effective_bits
    assert found.issued.certificate.risk_bound < as_it_is.risk_bound
    assert found.result.test is not None
    assert found.result.test["risk"] <= found.result.test["bound"]
    assert list(found.result.bounds) == ["mean loss, by betting"]
    quick = RunConfiguration(recipe=recipe_scaled(QUICK, 0.05), claims=OF_LABELS)
    torch.manual_seed(0)
    assert run(nn.Linear(6, 3), labels(), quick).issued.certificate.claims[2].empirical_risk < 0.5


def test_arrays_that_are_given_cost_nothing_here_too(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
    inputs, targets = labels()
    c = netrazor.certify(
        network,
        (inputs, targets),
        recipe="as-is",
        given="0",
        given_origin="drawn at random",
        claims=OF_LABELS,
        out=tmp_path / "run",
    )
    assert {line.array for line in c.ledger.lines if line.array} == {"2.weight", "2.bias"}
    assert netrazor.verify(tmp_path / "run", (inputs, targets), network).status == "VALID"


@pytest.mark.parametrize("loss", [claims.SquaredError(scale=4.0), claims.Within(tolerance=1.0)])
def test_training_goes_for_the_loss_of_the_claim(loss: AnyClaim) -> None:
    recipe = Recipe(name="fit", train=FitConfig(300, 50, OptimizerConfig(rate=3e-2)), noise=None)
    torch.manual_seed(0)
    found = run(nn.Linear(6, 1), numbers(), RunConfiguration(recipe=recipe, claims=[loss]))
    assert found.issued.certificate.empirical_risk < 0.1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([claims.LabelErrors()], "headline"),
        ([claims.SubsetError(), claims.Within(tolerance=1.0)], "share no loss"),
        ([claims.Error(), claims.HammingLoss()], "share no loss"),
        ([claims.SubsetError(), claims.SubsetError(weight=2)], "each once"),
    ],
)
def test_claims_that_cannot_be_made(asked: list, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        netrazor.certify(network_of_labels(), labels(), recipe="as-is", claims=asked)


def nan_targets() -> tuple[Tensor, Tensor]:
    inputs, targets = numbers()
    targets[3] = float("nan")
    return inputs, targets


@pytest.mark.parametrize(
    ("data", "network", "asked", "words"),
    [
        (lambda: (labels()[0], labels()[1] * 2), network_of_labels, OF_LABELS, "0 or 1"),
        (lambda: (labels()[0], labels()[1][:, 0]), network_of_labels, OF_LABELS, "N x labels"),
        (lambda: (labels()[0], labels()[1][:, :2]), network_of_labels, OF_LABELS, "target for each output"),
        (lambda: (labels()[0], labels()[1][:9]), network_of_labels, OF_LABELS, "one for each of 400"),
        (nan_targets, OneNumber, OF_NUMBERS, "finite numbers"),
        (lambda: (numbers()[0], np.array(["a"] * N)), OneNumber, OF_NUMBERS, "finite numbers"),
        (lambda: list(zip(*labels(), strict=True)), OneNumber, OF_NUMBERS, "target for each output"),
        (
            lambda: [(image, target.float()) for image, target in pixels()],
            network_of_pixels,
            OF_PIXELS,
            "each pixel",
        ),
        (
            lambda: [(image, target[:2]) for image, target in pixels()],
            network_of_pixels,
            OF_PIXELS,
            "each output",
        ),
        (pixels, network_of_pixels, (claims.PixelErrors(),), "0 .. 1"),
        (lambda: 3, network_of_pixels, OF_PIXELS, "map-style"),
        (lambda: [], network_of_pixels, OF_PIXELS, "map-style"),
        (pixels, network_of_labels, OF_LABELS, "0 or 1"),
    ],
)
def test_targets_that_do_not_fit(data: Any, network: Any, asked: tuple, words: str) -> None:
    with pytest.raises(BadDataset, match=words):
        netrazor.certify(network(), data(), recipe="as-is", claims=asked)


@pytest.mark.parametrize("recipe", ["small", "polish", "tight"])
def test_searches_on_errors_of_classes_are_refused(recipe: str) -> None:
    with pytest.raises(ConfigurationError, match="post-training"):
        netrazor.certify(network_of_labels(), labels(), recipe=recipe, claims=OF_LABELS)


def test_doors_that_know_classes_only(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedLearner, match="trained network"):
        netrazor.certify_hold_out(network_of_labels, labels(), spent=100, claims=OF_LABELS)
    with pytest.raises(InvalidArgument, match="picked"):
        netrazor.certify_picked(network_of_labels, labels(), claims=OF_LABELS)
    directory = tiny.write(tmp_path / "run", certificate("labels"), issued("labels").issued.blob)
    with pytest.raises(NetrazorError, match="best answer"):
        netrazor.extend(directory, network_of_labels(), torch.randn(30, 6))


@pytest.mark.parametrize(
    "make",
    [
        lambda: claims.AbsoluteError(),
        lambda: claims.SquaredError(scale=0.0),
        lambda: claims.AbsoluteError(scale=float("inf")),
        lambda: claims.Within(),
        lambda: claims.Within(tolerance=-1.0),
        lambda: claims.Within(tolerance=float("nan")),
        lambda: claims.PixelErrors(ignored=0.5),
    ],
)
def test_values_that_are_no_claims(make: Any) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        make()


def test_split_spent_gives_targets_too() -> None:
    first, others = netrazor.split_spent(labels(), 100)
    assert (first[1].shape, others[1].shape) == ((100, 3), (300, 3))
    with pytest.raises(BadDataset, match="one length"):
        netrazor.split_spent((rows(), labels()[1][:3]), 100)


def test_a_network_that_looks_at_its_batch_is_refused() -> None:
    class Centred(OneNumber):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x - x.mean(0))

    with pytest.raises(NetrazorError, match=r"depend on the other examples|batch"):
        netrazor.certify(Centred(), numbers(), recipe="as-is", claims=OF_NUMBERS)
