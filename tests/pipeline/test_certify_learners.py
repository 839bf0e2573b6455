"""`netrazor.certify_picked` and `netrazor.certify_hold_out` on what people have, and what they refuse."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import Dataset

import netrazor
import tiny
from netrazor import bounds
from netrazor.certification import Certificate, check_run, read_run, seal
from netrazor.certification.assumptions import OWN_START
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, GRAPH, PICKS, RESULT
from netrazor.certification.run_result import read_picked_result
from netrazor.certification.sentences import claim_sentence
from netrazor.certification.spending import spending_order
from netrazor.errors import BadDataset, ConfigurationError, InvalidArgument, NetrazorError, UnsupportedLearner
from netrazor.picking import PickingConfig, SklearnLearner, TorchLearner, as_learner, declared_learner
from netrazor.pipeline import LearnerTerms, SpentRun, run_picked
from tampering import change, conclude_again


def table(n: int = 300, seed: int = 0) -> tuple[Any, Any]:
    """Two classes in the plane, a few on the wrong side."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 2))
    return rows, (rows.sum(1) + 0.3 * rng.normal(size=n) > 0).astype(np.int64)


def estimator() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression())


def test_where_a_learner_of_ones_own_starts_from_is_assumed_and_libraries_are_named() -> None:
    own = netrazor.certify_picked(estimator(), table(60), stops=(6, 12))
    assert OWN_START[0] in own.assumptions
    assert f"sklearn {sklearn.__version__}" in own.evaluation.runtime
    held = netrazor.certify_hold_out(estimator(), table(60), spent=20)
    assert OWN_START[0] in held.assumptions
    config = PickingConfig(stops=(6, 12), first=6)
    learners = {"declared": declared_learner("logistic-regression")}
    terms = LearnerTerms(config, names={"declared": "logistic-regression"})
    declared = run_picked(learners, table(60), terms=terms).certificate
    assert OWN_START[0] not in declared.assumptions


def linear() -> nn.Module:
    return nn.Linear(2, 2)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (linear, TorchLearner),
        (partial(nn.Linear, 2, 2), TorchLearner),
        (nn.Linear(2, 2), TorchLearner),
        (tiny.Small, TorchLearner),
        (estimator(), SklearnLearner),
        (KNeighborsClassifier(1), SklearnLearner),
    ],
)
def test_what_people_have_becomes_a_learner(given: Any, kind: type) -> None:
    assert type(as_learner(given)) is kind
    assert as_learner(as_learner(given)) is not None


def test_a_learner_stays_what_it_is() -> None:
    learner = SklearnLearner(estimator())
    assert as_learner(learner) is learner


class FitOnly:
    """No predict."""

    def fit(self, inputs: Any, labels: Any) -> None:
        """Nothing is learned."""


class PredictOnly:
    """No fit."""

    def predict(self, inputs: Any) -> Any:
        """Always 0."""
        return np.zeros(len(inputs), int)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (FitOnly(), "got FitOnly without predict"),
        (PredictOnly(), "got PredictOnly without fit"),
        (LogisticRegression, "got the class LogisticRegression"),
        (3, "a learner, an estimator with fit and predict, a network or a function"),
        (lambda: 3, "must be a torch.nn.Module with parameters"),
    ],
)
def test_what_is_no_learner_is_named(given: Any, words: str) -> None:
    with pytest.raises(UnsupportedLearner, match=words):
        netrazor.certify_picked(given, table())


def test_an_estimator_on_a_pair_of_arrays(tmp_path: Path) -> None:
    c = netrazor.certify_picked(estimator(), table(), out=tmp_path)
    assert isinstance(c, Certificate)
    assert (c.method, c.n, c.predictor) == ("picked", 300, "own")
    assert {path.name for path in tmp_path.iterdir() if path.name != ".lock"} == {CERTIFICATE, PICKS, RESULT}
    verdict = netrazor.verify(tmp_path, table(), estimator())
    assert verdict.status == "VALID", verdict
    assert netrazor.verify(tmp_path, table(), KNeighborsClassifier(1)).findings[0].code == "architecture"


def test_every_stop_and_its_bound_is_in_the_result(tmp_path: Path) -> None:
    c = netrazor.certify_picked(estimator(), table(), stops=(6, 12, 30), out=tmp_path)
    (stops,) = read_picked_result(tmp_path / RESULT).learners.values()
    assert [stop.stop for stop in stops] == [6, 12, 30]
    for stop in stops:
        exact = bounds.preferent_compression(stop.picked + stop.errors, 300, 0.05 / 3)
        assert exact <= stop.bound <= exact + 2e-9
    assert min(stop.bound for stop in stops) == c.risk_bound
    (tmp_path / RESULT).write_text('{"learners": 3}')
    with pytest.raises(ConfigurationError, match=r"result\.json: must be the result"):
        read_picked_result(tmp_path / RESULT)


def test_a_function_that_builds_a_network(tmp_path: Path) -> None:
    c = netrazor.certify_picked(linear, table(200), stops=(8, 16), out=tmp_path, seed=3)
    assert c.provenance.seed == 3
    assert netrazor.verify(tmp_path, table(200), linear).status == "VALID"


def test_spent_examples_start_the_picking_and_the_stop_zero_is_declared_too(tmp_path: Path) -> None:
    c = netrazor.certify_picked(estimator(), table(), spent=100, out=tmp_path)
    assert (c.n, c.sample.spent) == (200, 100)
    assert c.prior.learner is not None
    assert c.prior.learner.stops[0] == 0
    assert netrazor.verify(tmp_path, table(), estimator()).status == "VALID"


def test_a_hold_out_of_an_estimator_is_exact_and_learned_again(tmp_path: Path) -> None:
    c = netrazor.certify_hold_out(estimator(), table(), spent=200, out=tmp_path)
    (rows, labels), (others, wanted) = netrazor.split_spent(table(), 200)
    errors = int((estimator().fit(rows, labels).predict(others) != wanted).sum())
    assert (c.method, c.message, c.n, c.errors) == ("hold-out", None, 100, errors)
    exact = bounds.clopper_pearson(errors, 100, 0.05)
    assert exact <= c.risk_bound <= exact + 2e-9
    assert "what the learner makes of the spent examples errs" in c.claim
    assert {path.name for path in tmp_path.iterdir() if path.name != ".lock"} == {CERTIFICATE}
    assert netrazor.verify(tmp_path).status == "CONSISTENT, NOT RECOUNTED"
    assert netrazor.verify(tmp_path, table(), estimator()).status == "VALID"
    with pytest.raises(ConfigurationError, match="user's own"):
        netrazor.verify(tmp_path, table())
    assert netrazor.verify(tmp_path, table(seed=1), estimator()).findings[0].code == "dataset"


@pytest.mark.parametrize("given", [tiny.small(3), tiny.Small, TorchLearner(tiny.Small)])
def test_a_hold_out_of_a_network_keeps_its_weights(given: Any, tmp_path: Path) -> None:
    c = netrazor.certify_hold_out(given, tiny.images(), spent=200, out=tmp_path)
    assert (c.method, c.n) == ("hold-out", 200)
    assert {path.name for path in tmp_path.iterdir() if path.name != ".lock"} == {
        CERTIFICATE,
        GIVEN,
        GRAPH,
    }
    for model in (None, tiny.small()):
        assert netrazor.verify(tmp_path, tiny.images(), model).status == "VALID"
    if not isinstance(given, nn.Module):
        assert c.empirical_risk < 0.2, "it learned the spent examples"


def test_a_hold_out_with_fewer_errors_than_there_are_differs(tmp_path: Path) -> None:
    c = netrazor.certify_hold_out(estimator(), table(), spent=200)
    SpentRun(None, None, conclude_again(c, {"claims.0.errors": c.errors - 1})).write(tmp_path)
    verdict = netrazor.verify(tmp_path, table(), estimator())
    assert verdict.status == "DIFFERS"
    assert "this gives" in verdict.notes[0]


def test_a_hold_out_of_another_count_holds_where_the_bound_bears_what_is_found(tmp_path: Path) -> None:
    c = netrazor.certify_hold_out(estimator(), table(), spent=200)
    for errors, bound, status in (
        (c.errors + 1, None, "VALID"),
        (c.errors - 1, c.risk_bound, "VALID"),
        (c.errors - 1, c.risk_bound - 1e-9, "DIFFERS"),
    ):
        forged = conclude_again(c, {"claims.0.errors": errors})
        if bound is not None:
            forged = change(forged, "claims.0.bound", bound)
            forged = change(forged, "claims.0.sentence", claim_sentence(forged, forged.claims[0]))
        place = tmp_path / f"{errors}-{status}"
        SpentRun(None, None, seal(forged)).write(place)
        assert netrazor.verify(place, table(), estimator()).status == status


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("picks", {"prior.learner.stops": (0, 5)}),
        ("picks", {"prior.learner.stops": (5,)}),
        ("picks", {"prior.learner.candidates": 2}),
        ("prior", {"prior.learner": None}),
        ("sample", {"sample.spending": "even positions"}),
        ("sample", {"sample.majority_errors": 101}),
        ("sample", {"sample.spent": 0, "sample.spending": "none", "claims.0.n": 300}),
        ("claims", {"claims.0.top": 2}),
        ("delta", {"claims.0.delta_parts": {"hold-out": 0.1}}),
        (
            "message",
            {"method": "picked", "considered": ("picked",), "claims.0.delta_parts": {"picked": 0.05}},
        ),
    ],
)
def test_an_altered_hold_out_of_a_learner_is_found(
    code: str, changes: dict[str, object], tmp_path: Path
) -> None:
    certificate = netrazor.certify_hold_out(KNeighborsClassifier(1), table(), spent=200)
    for path, value in changes.items():
        certificate = change(certificate, path, value)
    with contextlib.suppress(NetrazorError):
        certificate = conclude_again(certificate, {})
    SpentRun(None, None, certificate).write(tmp_path)
    findings, _ = check_run(read_run(tmp_path))
    assert code in {finding.code for finding in findings}


def test_given_weights_and_a_learner_are_not_both(tmp_path: Path) -> None:
    learner = netrazor.certify_hold_out(estimator(), table(), spent=200).prior.learner
    c = netrazor.certify_hold_out(tiny.small(), tiny.images(), spent=200, out=tmp_path)
    both = conclude_again(c, {"prior.learner": learner})
    findings, _ = check_run(replace(read_run(tmp_path), certificate=both))
    assert "prior" in {finding.code for finding in findings}


def test_split_spent_gives_what_it_got() -> None:
    (rows, labels), (others, rest) = netrazor.split_spent(table(), 120)
    assert (len(rows), len(labels), len(others), len(rest)) == (120, 120, 180, 180)
    spent, counted = netrazor.split_spent(tiny.images(), 100)
    assert (len(spent), len(counted)) == (100, 300)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"stops": (400,)}, InvalidArgument, "the first asks for 400 picks, and 300 examples are counted"),
        ({"stops": (8, 6)}, InvalidArgument, "must increase"),
        ({"stops": (6, 6)}, InvalidArgument, "must increase"),
        ({"stops": ()}, InvalidArgument, "at least one whole number"),
        ({"stops": (2.5,)}, InvalidArgument, "at least one whole number"),
        ({"stops": (-1, 6)}, InvalidArgument, "not be negative"),
        ({"stops": (0, 6)}, InvalidArgument, "where no examples are spent"),
        ({"spent": 300}, InvalidArgument, "spent: a number from 1 to n - 1 = 299 allowed"),
        ({"spent": -1}, InvalidArgument, "spent: a number from 1"),
        ({"delta": 0.0}, InvalidArgument, "delta: a probability"),
        ({"delta": 1.0}, InvalidArgument, "delta: a probability"),
        ({"seed": -1}, InvalidArgument, "seed: a whole number"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_learned(
    settings: dict[str, Any], error: type, words: str
) -> None:
    with pytest.raises(error, match=words):
        netrazor.certify_picked(estimator(), table(), **settings)


@pytest.mark.parametrize("spent", [0, 300, -1])
def test_a_hold_out_needs_examples_on_both_sides(spent: int) -> None:
    with pytest.raises(InvalidArgument, match="spent: a number from 1 to n - 1 = 299"):
        netrazor.certify_hold_out(estimator(), table(), spent=spent)


def test_bad_data_and_networks_with_too_few_outputs() -> None:
    rows, labels = table()
    with pytest.raises(BadDataset, match="number the classes"):
        netrazor.certify_picked(estimator(), (rows, labels.astype(str)))
    with pytest.raises(BadDataset, match="finite"):
        netrazor.certify_hold_out(estimator(), (np.full_like(rows, np.nan), labels), spent=100)
    with pytest.raises(BadDataset):
        netrazor.certify_picked(estimator(), (rows - 0.5, labels - 1))
    with pytest.raises(UnsupportedLearner, match="as many outputs as there are classes"):
        netrazor.certify_picked(partial(nn.Linear, 2, 2), (rows, labels + 1))


def test_examples_of_a_class_that_was_never_learned_are_errors() -> None:
    rows, labels = table()
    order = spending_order("hashed positions", 300)
    labels[order[:200]] = 0
    c = netrazor.certify_hold_out(estimator(), (rows, labels), spent=200)
    assert c.errors == int((labels[order[200:]] == 1).sum())


def test_another_seed_is_another_start(tmp_path: Path) -> None:
    torch.manual_seed(0)
    netrazor.certify_picked(linear, table(100), stops=(8,), seed=1, out=tmp_path)
    content = json.loads((tmp_path / CERTIFICATE).read_text())
    assert content["prior"]["learner"]["configuration"]["seed"] == 1


class Scaled(Dataset[tuple[torch.Tensor, int]]):
    """Rows scaled by a number that was measured on them."""

    def __init__(self) -> None:
        rows, self.labels = table()
        self.rows, mean = torch.tensor(rows, dtype=torch.float32), float(rows.mean())
        self.transform = lambda row: row - mean

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.rows[index]), int(self.labels[index])


@pytest.mark.parametrize("certify", [netrazor.certify_picked, partial(netrazor.certify_hold_out, spent=100)])
@pytest.mark.parametrize("learner", ["estimator", "network"])
def test_numbers_measured_on_the_counted_examples_are_refused(certify: Callable, learner: str) -> None:
    """They would be learned outside of the picks, the given weights and the message."""
    given = estimator() if learner == "estimator" else linear
    with pytest.raises(BadDataset, match="may have been computed from the examples"):
        certify(given, Scaled())


def test_a_network_that_may_have_seen_the_examples_is_no_learner() -> None:
    """Trained on all examples it would pick almost nothing, and claim next to no error."""
    with pytest.raises(UnsupportedLearner, match="may have seen the examples; give what builds it"):
        netrazor.certify_picked(nn.Linear(2, 2), table(200), stops=(8, 16))


def test_a_certificate_is_not_overwritten_unasked(tmp_path: Path) -> None:
    netrazor.certify_picked(estimator(), table(), stops=(6, 12), out=tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for certify in (netrazor.certify_picked, partial(netrazor.certify_hold_out, spent=100)):
        with pytest.raises(ConfigurationError, match="choose another or delete it"):
            certify(estimator(), table(), out=tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
