"""What stands beside a bound: exact values of guessing and of a hold-out, and when a claim is no news."""

import json
from functools import cache

import pytest
import torch

import netrazor
import tiny
from netrazor import bounds
from netrazor.certification import Certificate, Verdict, measure_yardsticks, says_less_than_guessing
from netrazor.certification.yardsticks import UNINFORMATIVE, marked_sentence, yardstick_sentence
from netrazor.data import ImageDataset
from netrazor.networks import MLP
from netrazor.pipeline import RunConfiguration, run
from tampering import change, conclude_again

ROUNDED = 2e-9


@cache
def held_out() -> Certificate:
    return netrazor.certify_hold_out(tiny.small(), tiny.images(), spent=300)


@cache
def constant() -> Certificate:
    """A network that always gives the first of two labels, three quarters of all."""
    labels = (torch.arange(4000) % 4 == 0).long()
    dataset = ImageDataset(torch.randint(0, 256, (4000, 1, 2, 2)).to(torch.uint8), labels, 2)
    network = MLP((4, 2))
    for parameter in network.parameters():
        parameter.data.zero_()
    list(network.parameters())[-1].data[0] = 1.0
    return run(network, dataset, RunConfiguration(recipe="as-is")).issued.certificate


def test_exact_values_without_given_weights() -> None:
    c = tiny.occam_run().issued.certificate
    found = measure_yardsticks(c)
    labels = tiny.images().labels
    wrong = 400 - int(torch.bincount(labels).max())
    assert 0 < found.majority_bound - bounds.occam(wrong, 400, 2, 0.05) <= ROUNDED
    assert found.uniform_risk == 0.75
    errors = -(-c.errors * 80 // 400)
    assert 0 < found.hold_out_bound - bounds.clopper_pearson(errors, 80, 0.05) <= ROUNDED
    assert found.held_out == 80


def test_a_hold_out_stands_beside_itself() -> None:
    c = held_out()
    found = measure_yardsticks(c)
    assert (found.hold_out_bound, found.held_out) == (c.risk_bound, 100)
    assert "this hold-out by itself" in yardstick_sentence(c)


def test_given_weights_are_held_out_by_themselves() -> None:
    c = change(tiny.occam_run().issued.certificate, "prior", held_out().prior)
    c = change(c, "prior.given.errors", 7)
    found = measure_yardsticks(c)
    assert 0 < found.hold_out_bound - bounds.clopper_pearson(7, 400, 0.05) <= ROUNDED
    assert "the given network by itself" in yardstick_sentence(c)


def test_several_best_answers() -> None:
    c = tiny.two_claims_run().issued.certificate
    first, second = (measure_yardsticks(c, claim) for claim in c.claims)
    assert (first.uniform_risk, second.uniform_risk) == (0.75, 0.5)
    assert first.guessing(1) == min(0.75, first.majority_bound)
    assert second.guessing(2) == 0.5, "always one label is one answer, not two"
    assert "most frequent" not in yardstick_sentence(c, c.claims[1])
    all_answers = c.claims[1].model_copy(update={"top": 4})
    assert measure_yardsticks(c, all_answers).uniform_risk == 0.0


@pytest.mark.parametrize(("bound", "less"), [(0.76, True), (0.75, True), (0.10, False)])
def test_against_a_uniform_guess(bound: float, less: bool) -> None:
    c = change(tiny.occam_run().issued.certificate, "claims.0.bound", bound)
    c = change(c, "sample.majority_errors", 390)
    assert says_less_than_guessing(c) is less
    assert marked_sentence(c).startswith(f"{UNINFORMATIVE}: ") is less


def test_a_constant_classifier_says_less_than_guessing() -> None:
    c = constant()
    assert c.errors == c.sample.majority_errors == 1000
    assert measure_yardsticks(c).majority_bound < 0.5
    assert c.risk_bound < 0.5, "below a uniform guess, and still no news"
    assert says_less_than_guessing(c)
    assert marked_sentence(c) == f"{UNINFORMATIVE}: {c.claim}"


def test_a_verdict_for_programs_has_them_where_it_is_not_invalid() -> None:
    c = constant()
    told = json.loads(Verdict("VALID", (), c).to_json())
    assert told["says_less_than_guessing"] is True
    assert told["yardsticks"]["uniform_risk"] == 0.5
    assert "yardsticks" not in json.loads(Verdict("INVALID", (), c).to_json())


def test_a_claim_that_says_more_is_not_marked() -> None:
    c = conclude_again(held_out(), {"claims.0.errors": 0})
    assert not says_less_than_guessing(c)
    assert marked_sentence(c) == c.claim
