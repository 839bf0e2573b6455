"""Certificates of picked examples: issued, replayed by a stranger, and what is found when something is not so."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import netrazor
import tiny
from netrazor import bounds
from netrazor.certification import seal, to_json
from netrazor.certification.run_directory import CERTIFICATE, PICKS, RESULT
from netrazor.certification.sentences import claim_sentence
from netrazor.certification.spending import split_positions
from netrazor.coding.position_set import decode_positions, encode_positions
from netrazor.errors import BadDataset, CertificateError, ConfigurationError
from netrazor.picking import NO_ANSWER, Examples, PickingConfig
from netrazor.pipeline.learner_certificate import LearnerTerms
from netrazor.pipeline.learner_hold_out import run_learner_hold_out
from netrazor.pipeline.picked_run import PickedRun, run_picked
from netrazor.verification import VerifyConfiguration
from tampering import change, conclude_again, find

CONFIG = PickingConfig(stops=(8, 16, 32), first=4, batch=2)


class Nearest:
    """The label of the nearest picked row."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def start(self, seed: int) -> None:
        self._rows, self._labels = np.zeros((0, 2)), np.zeros(0, np.int64)

    def learn(self, picked: Examples, newly: Examples) -> None:
        self._rows, self._labels = np.asarray(picked.inputs) + self.shift, picked.labels

    def predict(self, inputs: object) -> np.ndarray:
        rows = np.asarray(inputs)
        if not len(self._rows):
            return np.full(len(rows), NO_ANSWER)
        return self._labels[((rows[:, None] - self._rows) ** 2).sum(2).argmin(1)]


class Exact(Nearest):
    """One whose arithmetic is the same everywhere."""

    exact = True


class Counting(Nearest):
    """One that says how much it has learned."""

    rounds = 0

    def learn(self, picked: Examples, newly: Examples) -> None:
        super().learn(picked, newly)
        self.rounds += 1


def table(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 2))
    labels = (rows.sum(1) + 0.3 * rng.normal(size=n) > 0).astype(np.int64)
    return rows, labels


@cache
def run() -> PickedRun:
    return run_picked(Nearest(), table(), terms=LearnerTerms(config=CONFIG))


@cache
def exact_run() -> PickedRun:
    return run_picked(Exact(), table(), terms=LearnerTerms(config=CONFIG))


def write(path: Path, issued: PickedRun, changes: dict[str, object] | None = None) -> Path:
    certificate = conclude_again(issued.certificate, changes or {})
    replace(issued, certificate=certificate).write(path)
    return path


def codes(verdict: netrazor.Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def test_the_bound_pays_for_picks_and_errors_at_every_stop() -> None:
    c = run().certificate
    (picking,) = run().pickings.values()
    assert c.method == "picked"
    assert c.claims[0].delta_parts == {"picked": pytest.approx(0.05 / 3)}
    exact = bounds.preferent_compression(picking.best.size, 300, c.claims[0].delta_parts["picked"])
    assert exact < c.risk_bound <= exact + 2e-9
    assert picking.best.size == c.message.picked + c.errors
    assert "what the learner makes of the examples that it picked" in c.claim


def test_several_learners_pay_for_the_choice() -> None:
    learners = {"near": Nearest(), "shifted": Nearest(0.5)}
    c = run_picked(learners, table(), terms=LearnerTerms(config=CONFIG)).certificate
    assert c.prior.learner is not None
    assert c.prior.learner.candidates == 2
    assert [each for each in c.assumptions if "one of 2 choices that share delta" in each]
    assert not [each for each in c.assumptions if "the stops were fixed" in each]
    alone = run().certificate.assumptions
    assert [each for each in alone if "the stops were fixed without the counted examples" in each]
    assert c.claims[0].delta_parts["picked"] == pytest.approx(0.05 / 6)


def test_recipes_that_were_open_to_choice_are_paid_for_like_learners() -> None:
    c = run_picked(Nearest(), table(), terms=LearnerTerms(config=CONFIG, candidates=3)).certificate
    assert c.prior.learner is not None
    assert c.prior.learner.candidates == 3
    assert c.claims[0].delta_parts["picked"] == pytest.approx(0.05 / 9)
    for candidates in (0, 10_001):
        with pytest.raises(
            ConfigurationError, match=f"from 1, the number of learners, to 10000, got {candidates}"
        ):
            run_picked(Nearest(), table(), terms=LearnerTerms(config=CONFIG, candidates=candidates))


def test_the_files_name_the_picked_examples_only() -> None:
    (picking,) = run().pickings.values()
    positions = decode_positions(run().positions, 300)
    assert positions.tolist() == sorted(picking.best_picks.tolist())
    assert len(run().positions) < 40


def test_a_stranger_replays_it(tmp_path: Path) -> None:
    write(tmp_path, run())
    assert netrazor.verify(tmp_path).status == "CONSISTENT, NOT RECOUNTED"
    verdict = netrazor.verify(tmp_path, table(), Nearest())
    assert (verdict.status, verdict.exit_code, verdict.findings) == ("VALID", 0, ())
    fast = netrazor.verify(tmp_path, table(), Nearest(), configuration=VerifyConfiguration(fast=True))
    assert (fast.status, fast.exit_code, fast.findings) == ("CONSISTENT, NOT RECOUNTED", 3, ())


def test_spent_examples_train_the_start_and_are_not_counted(tmp_path: Path) -> None:
    config = replace(CONFIG, stops=(0, 8, 16), spent=50)
    issued = run_picked(Nearest(), table(), terms=LearnerTerms(config=config), out=tmp_path)
    c = issued.certificate
    assert (c.n, c.sample.n, c.sample.spent, c.sample.spending) == (250, 300, 50, "hashed positions")
    assert netrazor.verify(tmp_path, table(), Nearest()).status == "VALID"
    assert sorted(file.name for file in tmp_path.iterdir() if file.name != ".lock") == [
        CERTIFICATE,
        PICKS,
        RESULT,
    ]


def test_what_learning_leaves_in_public_attributes_is_no_setting(tmp_path: Path) -> None:
    terms = LearnerTerms(config=CONFIG)
    run_picked(Counting(), table(), terms=terms, out=tmp_path / "picked")
    run_learner_hold_out(Counting(), table(), spent=100, out=tmp_path / "hold-out")
    for name in ("picked", "hold-out"):
        verdict = netrazor.verify(tmp_path / name, table(), Counting())
        assert (verdict.status, verdict.findings) == ("VALID", ())


@pytest.mark.parametrize("fast", [False, True])
def test_fewer_errors_than_there_are(tmp_path: Path, fast: bool) -> None:
    assert run().certificate.errors > 0
    write(tmp_path, run(), {"claims.0.errors": run().certificate.errors - 1})
    verdict = netrazor.verify(tmp_path, table(), Nearest(), configuration=VerifyConfiguration(fast=fast))
    assert (verdict.status, codes(verdict)) == ("INVALID", {"replay"})


def with_errors(issued: PickedRun, errors: int, bound: float) -> PickedRun:
    """Another recorded count beside a given bound, all else made to follow."""
    changed = change(change(issued.certificate, "claims.0.errors", errors), "claims.0.bound", bound)
    sentence = claim_sentence(changed, changed.claims[0])
    return replace(issued, certificate=seal(change(changed, "claims.0.sentence", sentence)))


@pytest.mark.parametrize("fast", [False, True])
def test_another_count_holds_where_the_bound_bears_what_is_found(tmp_path: Path, fast: bool) -> None:
    errors, bound = run().certificate.errors, run().certificate.risk_bound
    good = "CONSISTENT, NOT RECOUNTED" if fast else "VALID"
    more = conclude_again(run().certificate, {"claims.0.errors": errors + 1})
    for place, (issued, status) in enumerate(
        (
            (replace(run(), certificate=more), good),
            (with_errors(run(), errors - 1, bound), good),
            (with_errors(run(), errors - 1, bound - 1e-9), "INVALID"),
        )
    ):
        issued.write(tmp_path / str(place))
        how = VerifyConfiguration(fast=fast)
        verdict = netrazor.verify(tmp_path / str(place), table(), Nearest(), configuration=how)
        assert verdict.status == status


def other_picks(issued: PickedRun) -> PickedRun:
    """As many other positions, the certificate made to fit."""
    picks = decode_positions(issued.positions, 300)
    others = np.setdiff1d(np.arange(300), picks)[: len(picks)]
    blob = encode_positions(others, 300)
    fitting = {"message.sha256": sha256(blob).hexdigest(), "message.bytes": len(blob)}
    return replace(issued, positions=blob, certificate=conclude_again(issued.certificate, fitting))


def with_picks(issued: PickedRun, picks: np.ndarray, changes: dict[str, object]) -> set[str]:
    """What the check finds in a certificate of these picks, all that follows made to follow."""
    blob = encode_positions(picks, 300)
    fitting = {
        "message.sha256": sha256(blob).hexdigest(),
        "message.bytes": len(blob),
        "message.picked": len(picks),
    }
    return find(conclude_again(issued.certificate, {**fitting, **changes}), blob)


def test_picks_are_counted_examples_and_no_more_than_their_stop() -> None:
    config = replace(CONFIG, stops=(8, 16), spent=50)
    issued = run_picked(Nearest(), table(), terms=LearnerTerms(config=config))
    spent, counted = split_positions(issued.certificate.sample)
    for number, stop, found in ((8, 8, set()), (9, 8, {"picks"}), (9, 16, set()), (0, 8, set())):
        changes = {"message.stop": stop, "claims.0.errors": 20}
        assert with_picks(issued, counted[:number], changes) == found
    assert with_picks(issued, counted[-8:], {"message.stop": 16}) == set()
    for number in (1, 8):
        mixed = np.sort(np.concatenate([counted[: 8 - number], spent[:number]]))
        assert with_picks(issued, mixed, {"message.stop": 16}) == {"picks"}
    for stop in (7, 9, 15, 17):
        assert with_picks(issued, counted[:4], {"message.stop": stop}) == {"picks"}
    for picked in (7, 9):
        assert with_picks(issued, counted[:8], {"message.picked": picked, "message.stop": 16}) & {
            "picks",
            "message",
        }


def test_stops_are_in_increasing_order_without_repetition() -> None:
    config = replace(CONFIG, stops=(8, 16, 32))
    issued = run_picked(Nearest(), table(), terms=LearnerTerms(config=config))
    picks = np.arange(8)
    for stops, found in (((8, 9, 10), set()), ((8, 8, 16), {"picks"}), ((9, 8, 10), {"picks"})):
        changes = {"prior.learner.stops": stops, "message.stop": 8}
        assert with_picks(issued, picks, changes) == found


def test_other_picks_differ_or_are_invalid_where_arithmetic_is_exact(tmp_path: Path) -> None:
    write(tmp_path / "float", other_picks(run()))
    verdict = netrazor.verify(tmp_path / "float", table(), Nearest())
    assert (verdict.status, verdict.exit_code, codes(verdict)) == ("DIFFERS", 3, {"replay"})
    replayed, recorded = (decode_positions(each.positions, 300) for each in (run(), other_picks(run())))
    common = len(np.intersect1d(replayed, recorded))
    assert f"{len(replayed)} examples picked, {common} of them as recorded" in verdict.notes[0]
    assert "this gives" in verdict.notes[0]
    assert len(verdict.notes) == 1, "the same libraries here"
    issued = other_picks(run())
    elsewhere = conclude_again(issued.certificate, {"evaluation.runtime": "numpy 0.1"})
    write(tmp_path / "elsewhere", replace(issued, certificate=elsewhere))
    verdict = netrazor.verify(tmp_path / "elsewhere", table(), Nearest())
    assert verdict.notes[1].startswith("recorded with numpy 0.1; replayed with torch")
    write(tmp_path / "exact", other_picks(exact_run()))
    verdict = netrazor.verify(tmp_path / "exact", table(), Exact())
    assert (verdict.status, codes(verdict)) == ("INVALID", {"replay"})


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("message", {"message.picked": 1}),
        ("picks", {"message.stop": 9}),
        ("message", {"message.picked": 0}),
        ("delta", {"prior.learner.candidates": 2}),
        ("delta", {"prior.learner.stops": (8,)}),
        ("delta", {"claims.0.delta_parts": {"picked": 0.05}}),
        ("picks", {"prior.learner.stops": (16, 8, 32)}),
        ("claims", {"claims.0.top": 2}),
        ("digest", {"message.sha256": "0" * 64}),
        ("dataset", {"sample.fingerprint": "0" * 64}),
        ("sample", {"sample.majority_errors": 1}),
        ("architecture", {"prior.learner.sha256": "0" * 64}),
        ("architecture", {"prior.learner.name": "the best learner"}),
        ("evaluation", {"prior.learner.configuration": {"first": "many"}}),
        ("evaluation", {"prior.learner.configuration": {"surplus": 1}}),
        ("prior", {"prior.learner": None}),
    ],
)
def test_an_altered_field_is_found(tmp_path: Path, code: str, changes: dict[str, object]) -> None:
    certificate = run().certificate
    for path, value in changes.items():
        certificate = change(certificate, path, value)
    forged = conclude_again(certificate, {}) if code != "prior" else certificate
    replace(run(), certificate=forged).write(tmp_path)
    verdict = netrazor.verify(tmp_path, table(), Nearest())
    assert verdict.status == "INVALID"
    assert code in codes(verdict) or code == "prior"


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b""])
def test_damaged_positions(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    write(tmp_path, run())
    (tmp_path / PICKS).write_bytes(damage(run().positions))
    assert netrazor.verify(tmp_path, table(), Nearest()).status == "INVALID"


def test_wrong_use(tmp_path: Path) -> None:
    write(tmp_path, run())
    with pytest.raises(ConfigurationError, match="learner"):
        netrazor.verify(tmp_path, table())
    assert codes(netrazor.verify(tmp_path, table(), tiny.linear())) == {"architecture"}
    rows, labels = table()
    rows[3, 1] = np.nan
    with pytest.raises(BadDataset, match="finite"):
        netrazor.verify(tmp_path, (rows, labels), Nearest())
    assert codes(netrazor.verify(tmp_path, table(seed=1), Nearest())) == {"dataset"}
    assert codes(netrazor.verify(tmp_path, table(), Nearest(1.0))) == {"architecture"}


def test_a_certificate_of_picks_names_no_network(tmp_path: Path) -> None:
    write(tmp_path, run())
    with pytest.raises(CertificateError, match=r"prior\.architecture"):
        _ = run().certificate.architecture
    assert run().certificate.predictor == "own"
    assert '"method": "picked"' in to_json(run().certificate)


def with_positions(issued: PickedRun, blob: bytes) -> PickedRun:
    """Other positions in the file, and a certificate that names them."""
    changes = {"message.sha256": sha256(blob).hexdigest(), "message.bytes": len(blob)}
    return replace(issued, positions=blob, certificate=conclude_again(issued.certificate, changes))


def test_the_same_examples_in_another_order(tmp_path: Path) -> None:
    write(tmp_path, run())
    rows, labels = table()
    verdict = netrazor.verify(tmp_path, (rows[::-1].copy(), labels[::-1].copy()), Nearest())
    assert (verdict.status, codes(verdict)) == ("INVALID", {"dataset"})
    assert "verify with the data set that was certified" in verdict.findings[0].text


def test_positions_that_exceed_n_or_are_too_many(tmp_path: Path) -> None:
    picks = decode_positions(run().positions, 300)
    for number, others in enumerate((np.arange(300, 300 + len(picks)), np.arange(len(picks) + 1))):
        path = tmp_path / str(number)
        with_positions(run(), encode_positions(others, 600)).write(path)
        assert netrazor.verify(path).status == "INVALID"


def test_positions_of_spent_examples(tmp_path: Path) -> None:
    issued = run_picked(
        Nearest(), table(), terms=LearnerTerms(config=replace(CONFIG, stops=(8, 16), spent=50))
    )
    spent, _ = split_positions(issued.certificate.sample)
    number = len(decode_positions(issued.positions, 300))
    assert number <= len(spent)
    with_positions(issued, encode_positions(spent[:number], 300)).write(tmp_path)
    verdict = netrazor.verify(tmp_path)
    assert codes(verdict) == {"picks"}
    assert "positions of counted examples needed, got spent ones" in verdict.findings[0].text


def test_an_exact_learner_is_not_called_inexact(tmp_path: Path) -> None:
    """Its other picks would differ, as they may on another machine, in place of being invalid."""
    for issued, learner in ((exact_run(), Exact()), (run(), Nearest())):
        assert issued.certificate.prior.learner is not None
        other = {"prior.learner.exact": not issued.certificate.prior.learner.exact}
        assert codes(netrazor.verify(write(tmp_path, issued, other), table(), learner)) == {"architecture"}
