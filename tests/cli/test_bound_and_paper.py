"""`netrazor bound` and `netrazor paper`: what they print is what the functions give."""

import json

import pytest

from command_line import netrazor
from netrazor import bounds
from netrazor.reproduction.paper_figures import figures, train_error_needed
from netrazor.units import nats_from_bits


def run(*words):
    code, text = netrazor(*words)
    assert code == 0, text
    return text


def numbers(*words):
    return {line["method"]: line["bound"] for line in json.loads(run("bound", *words, "--json"))["bounds"]}


def test_the_designs_example():
    words = ("bound", "--risk", "0.35", "--kib", "350", "--n", "1281167")
    text = run(*words, "--classes", "10")
    assert "96.54 %" in text
    assert "no better than guessing" in text
    assert "A uniform guess among 10 classes errs on 90.00 %" in text
    assert "non-vacuous" in run(*words, "--classes", "1000")
    assert "guess" not in run(*words)
    assert "vacuous" not in run(*words)
    assert '"outcome": "guessing"' in run(*words, "--classes", "10", "--json")
    assert "outcome" not in run(*words, "--json")


@pytest.mark.parametrize(
    "size",
    [
        ("--kib", "2"),
        ("--bytes", "2048"),
        ("--bits", "16384"),
        ("--nats", repr(nats_from_bits(16384))),
    ],
)
def test_sizes_in_any_unit(size):
    found = numbers("--risk", "0.01", "--n", "60000", *size)
    assert found["Occam, exact binomial tail (Theorem 4.1)"] == pytest.approx(
        bounds.occam(600, 60_000, 16384), abs=1e-12
    )
    assert found == pytest.approx(numbers("--errors", "600", "--n", "60000", "--kib", "2"), abs=1e-12)


def test_a_risk_between_two_counts_is_taken_up():
    found = numbers("--risk", "0.0100001", "--n", "1000", "--bits", "10")
    exact = found["Occam, exact binomial tail (Theorem 4.1)"]
    assert exact == pytest.approx(bounds.occam(11, 1000, 10), abs=1e-12)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--risk", "0.1", "--n", "1000"), "exactly one must be given, got 0"),
        (("--risk", "0.1", "--n", "1000", "--kib", "1", "--bits", "1"), "exactly one must be given, got 2"),
        (("--n", "1000", "--kib", "1"), "--risk or --errors"),
        (("--risk", "0.1", "--errors", "5", "--n", "1000", "--kib", "1"), "--risk or --errors"),
        (("--errors", "1001", "--n", "1000", "--kib", "1"), "--errors: must be from 0 to n = 1000, got 1001"),
        (("--risk", "many", "--n", "1000", "--kib", "1"), "--risk: must be a number"),
        (("--risk", "1e-999999999", "--n", "1000", "--kib", "1"), "--risk: must be a number"),
        (("--risk", "0.1", "--n", "1000", "--kib", "-1"), "--kib: a number from 0 to 1e+300 allowed, got -1"),
        (
            ("--risk", "0.1", "--n", "1000", "--nats", "nan"),
            "--nats: a number from 0 to 1e+300 allowed, got nan",
        ),
    ],
)
def test_wrong_use_names_the_option(words, message):
    code, text = netrazor("bound", *words)
    assert code == 2
    assert message in text


def test_numbers_outside_their_domain():
    code, text = netrazor("bound", "--risk", "35", "--n", "1000", "--kib", "1")
    assert code == 2
    assert "risk: must be in" in text
    code, text = netrazor("bound", "--risk", "0.35", "--n", "3", "--kib", "1")
    assert code == 2
    assert "--n: must be a whole number from 8" in text


def test_the_papers_figures():
    ours = {figure.quantity: figure.value for figure in figures()}
    assert ours["MobileNet 0.5, top-1, 35 % train error, 350 KiB"] == pytest.approx(0.96540, abs=1e-5)
    assert ours["MobileNet 0.5, top-5, 13 % train error, 350 KiB"] == pytest.approx(0.89030, abs=1e-5)
    assert ours["bound at 1.5 % train error and 6.23 KiB"] == pytest.approx(0.48685, abs=1e-5)
    assert ours["train error that a bound of 46.0% from 6.23 KiB needs"] == pytest.approx(0.0041, abs=1e-4)
    assert ours["LeNet-5, 431k float32 weights, KiB"] == pytest.approx(1683.9, abs=0.1)
    assert ours["credit for the order of 500 hidden units, bytes"] == pytest.approx(284, abs=1)


def test_needed_train_error_is_the_inverse():
    error = train_error_needed(0.5, 20_000, 60_000)
    assert bounds.catoni(error, 20_000, 60_000) == pytest.approx(0.5, abs=1e-7)
    assert train_error_needed(0.1, 20_000, 60_000) != train_error_needed(
        0.1, 20_000, 60_000
    )  # NaN: out of reach


def test_paper_prints_every_figure():
    text = run("paper")
    for figure in figures():
        assert figure.ours in text
    assert len(json.loads(run("paper", "--json"))) == len(figures())
