"""Spent examples: hold-out certificates, and messages relative to weights that were trained on them."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor import bounds, coding
from netrazor.certification import charge, measure_yardsticks, to_json
from netrazor.certification.assumptions import GIVEN_GRAPH, NO_GRAPH, SOURCE
from netrazor.certification.run_directory import GRAPH
from netrazor.certification.spending import spending_order, split_positions_of
from netrazor.coding.message import read
from netrazor.compress.step_search import search_steps
from netrazor.counting import count_errors
from netrazor.errors import CheckpointMismatch, InvalidArgument
from netrazor.networks import coded_state, index_of
from netrazor.networks.weight_steps import decode_steps, encode_steps, move_by_steps, no_steps
from netrazor.pipeline.spent_examples import run_from_given, run_hold_out
from netrazor.pipeline.spent_run import SpentRun
from netrazor.pipeline.spent_split import split_spent
from spent_runs import EVEN, held_out, images, issued, prior
from tampering import conclude_again

LENET = index_of("lenet5")


@pytest.mark.parametrize("n", [1, 2, 9, 1000])
def test_every_order_is_a_permutation_that_depends_on_the_number_alone(n: int) -> None:
    for spending in ("none", EVEN, "hashed positions"):
        order = spending_order(spending, n)
        assert sorted(order.tolist()) == list(range(n))
        assert (order == spending_order(spending, n)).all()
    with pytest.raises(InvalidArgument, match="spending"):
        spending_order("the easy ones", n)  # type: ignore[arg-type]


def test_the_hashed_order_looks_random_and_never_changes() -> None:
    order = spending_order("hashed positions", 1000)
    assert order[:5].tolist() == [410, 821, 366, 503, 254]
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.1
    assert 400 < order[:500].mean() < 600


def test_even_positions_are_spent_first() -> None:
    even, odd = split_spent(images(), 151, EVEN)
    assert (len(even), len(odd)) == (151, 150)
    assert torch.equal(odd.labels, images().labels[1::2])


@pytest.mark.parametrize("spent", [0, 301, -1])
def test_some_must_be_spent_and_some_left(spent: int) -> None:
    with pytest.raises(InvalidArgument, match="spent"):
        split_spent(images(), spent)


def test_no_difference_is_the_given_network_and_costs_a_byte() -> None:
    blob = encode_steps(no_steps(prior()), LENET)
    assert charge(blob).charged_bits <= 8
    x = images().batch(torch.arange(5))[0]
    assert torch.equal(decode_steps(prior(), read(blob, coding.Limits()))(x), prior()(x))


def test_steps_move_weights_by_parts_of_the_largest() -> None:
    steps = no_steps(prior())
    steps["fc2.weight"][3, 7] = -5
    moved, origin = (
        coded_state(move_by_steps(prior(), steps))["fc2.weight"],
        coded_state(prior())["fc2.weight"],
    )
    assert moved[3, 7] == origin[3, 7] - np.float32(5) * np.abs(origin).max() / np.float32(128)
    assert (moved != origin).sum() == 1


def test_the_best_move_is_made_only_while_it_pays() -> None:
    _, odd = split_spent(images(), 151, EVEN)
    before = count_errors(prior(), odd).errors
    steps = search_steps(prior(), odd, LENET, 0.05)
    after = count_errors(move_by_steps(prior(), steps), odd).errors
    price = [charge(encode_steps(s, LENET)).charged_bits for s in (no_steps(prior()), steps)]
    assert bounds.occam(after, len(odd), price[1]) <= bounds.occam(before, len(odd), price[0])


def test_the_certificate_counts_the_other_examples_and_names_the_hold_out_beside() -> None:
    c = issued().certificate
    assert (c.n, c.sample.n, c.sample.spent) == (150, 301, 151)
    assert c.risk_bound >= bounds.occam(c.errors, 150, c.effective_bits, 0.05)
    assert c.prior.given is not None
    assert c.prior.given.errors == count_errors(prior(), split_spent(images(), 151, EVEN)[1]).errors
    yardsticks = measure_yardsticks(c)
    assert yardsticks.hold_out_bound >= bounds.clopper_pearson(c.prior.given.errors, 150, 0.05)
    assert "150 counted examples, given the other 151, the network decoded from prior and message" in c.claim


def test_written_certificates_are_valid_through_every_door(tmp_path: Path) -> None:
    issued().write(tmp_path / "steps")
    held_out().write(tmp_path / "held-out")
    for name, data, model in (("steps", images(), None), ("held-out", tiny.images(), tiny.small(3))):
        path = tmp_path / name
        assert netrazor.verify(path).status == "CONSISTENT, NOT RECOUNTED"
        verdict = netrazor.verify(path, data, model)
        assert (verdict.status, verdict.exit_code, verdict.findings) == ("VALID", 0, ())
        x = data.batch(torch.arange(5))[0]
        run = issued() if name == "steps" else held_out()
        network = netrazor.load(path, model=model)
        sample = run.certificate.sample
        _, counted = split_spent(data, sample.spent, sample.spending)
        assert count_errors(network, counted).errors == run.certificate.errors
        assert network(x).shape == (5, sample.classes)


def test_a_hold_out_is_clopper_pearson_on_the_counted_examples() -> None:
    c = held_out().certificate
    assert (c.method, c.message, c.effective_bits, c.message_bytes, c.n) == ("hold-out", None, 0.0, 0, 100)
    exact = bounds.clopper_pearson(c.errors, 100, 0.05)
    assert exact < c.risk_bound <= exact + 2e-9
    assert "the given network errs" in c.claim


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("recount", {"claims.0.errors": 0}),
        ("recount", {"prior.given.errors": 0}),
        ("digest", {"prior.given.sha256": "0" * 64}),
        ("length", {"prior.given.bytes": 1}),
        ("digest", {"message.sha256": "0" * 64}),
        ("bits", {"message.effective_bits": 1.0}),
        ("prior", {"message.form": "arrays"}),
        ("risk", {"sample.spent": 150}),
        ("recount", {"sample.spending": "hashed positions"}),
        ("sample", {"sample.spending": "none"}),
        ("dataset", {"sample.fingerprint": "0" * 64}),
        ("n", {"sample.n": 302, "sample.spent": 152}),
        ("architecture", {"prior.architecture.source_sha256": "0" * 64}),
        ("architecture", {"prior.architecture.name": "custom"}),
    ],
)
def test_an_altered_field_is_found(tmp_path: Path, code: str, changes: dict[str, object]) -> None:
    run = issued()
    if changes.get("sample.spending") == "hashed positions":
        changes = {**changes, "claims.0.errors": 0, "prior.given.errors": 0}
    forged = conclude_again(run.certificate, changes)
    SpentRun(run.given, run.message, forged).write(tmp_path)
    verdict = netrazor.verify(tmp_path, images())
    assert verdict.status == "INVALID"
    assert code in {finding.code for finding in verdict.findings}


def test_a_hold_out_of_what_was_trained_on_is_no_certificate(tmp_path: Path) -> None:
    run = held_out()
    changes = {"sample.spent": 0, "sample.spending": "none", "claims.0.n": 400}
    replace(run, certificate=conclude_again(run.certificate, changes)).write(tmp_path)
    assert "sample" in {finding.code for finding in netrazor.verify(tmp_path).findings}


def test_damaged_and_missing_files_are_findings(tmp_path: Path) -> None:
    issued().write(tmp_path)
    (tmp_path / "prior.nrz").write_bytes(b"NRZ")
    assert netrazor.verify(tmp_path, images()).status == "INVALID"
    (tmp_path / "certificate.json").write_text(to_json(issued().certificate).replace("method", "sort"))
    assert netrazor.verify(tmp_path, images()).status == "INVALID"
    issued().write(tmp_path)
    (tmp_path / "prior.nrz").unlink()
    assert netrazor.verify(tmp_path).findings[0].code == "certificate"


def test_a_difference_of_other_arrays_is_refused() -> None:
    blob = coding.encode({"fc2.weight": np.zeros((10, 500), np.int8)}, architecture=LENET)
    with pytest.raises(CheckpointMismatch, match="a difference for each array"):
        decode_steps(prior(), read(blob, coding.Limits()))


class OfOwnClass(nn.Module):
    """A network of the user's own with a layer that nothing reads, and a table in a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Linear(3, 3)
        self.last = nn.Linear(64, 4)
        self.table = [torch.randn(64)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(x.flatten(1) + self.table[0])


class OfManyWays(OfOwnClass):
    """One that looks at its inputs to choose a way, which no graph does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not x.isnan().any():
            x = x.flatten(1)
        return self.last(x)


@pytest.mark.parametrize("run", [run_hold_out, run_from_given])
def test_a_network_of_the_users_own_is_its_graph_and_needs_no_code_of_theirs(
    tmp_path: Path, run: Callable[..., SpentRun]
) -> None:
    c = run(OfOwnClass(), tiny.images(), spent=200, out=tmp_path).certificate
    assert c.prior.graph is not None
    assert (c.architecture.source_sha256, c.provenance.no_graph) == (c.prior.graph.sha256, None)
    assert (GIVEN_GRAPH in c.assumptions) == (c.message is None)
    assert not {SOURCE, NO_GRAPH} & set(c.assumptions)
    verdict = netrazor.verify(tmp_path, tiny.images())
    assert (verdict.status, verdict.findings) == ("VALID", ())
    counted = split_spent(tiny.images(), 200)[1]
    assert count_errors(netrazor.load(tmp_path), counted).errors == c.errors
    (tmp_path / GRAPH).write_bytes((tmp_path / GRAPH).read_bytes().replace(b"aten.add", b"aten.sub"))
    assert netrazor.verify(tmp_path, tiny.images()).findings[0].code == "digest"


@pytest.mark.parametrize("run", [run_hold_out, run_from_given])
def test_what_is_no_graph_says_so(tmp_path: Path, run: Callable[..., SpentRun]) -> None:
    c = run(OfManyWays(), tiny.images(), spent=200, out=tmp_path).certificate
    assert c.prior.graph is None
    assert NO_GRAPH in c.assumptions
    assert "graph" in str(c.provenance.no_graph)
    assert netrazor.verify(tmp_path, tiny.images(), OfManyWays()).status == "VALID"


def test_the_whole_of_a_split_is_in_its_two_parts_in_a_fraction_of_the_memory() -> None:
    n, spent = 2**20 + 1, 700_000
    order = spending_order("hashed positions", n)
    tracemalloc.start()
    first, others = split_positions_of("hashed positions", n, spent)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(first, np.sort(order[:spent]))
    assert np.array_equal(others, np.sort(order[spent:]))
    assert peak < 20 * n
