"""Plans: each row is the bound that its kind would give, and what is refused."""

import json

import pytest

from command_line import netrazor, standard_output
from netrazor import bounds
from netrazor.certification import plan_certificates
from netrazor.errors import InvalidArgument


def test_each_row_is_what_its_kind_would_give() -> None:
    plan = plan_certificates(5000, 0.03, 2)
    for row in plan.rows:
        if row.kind == "message":
            exact = bounds.occam(150, 5000, row.bits, 0.05)
        elif row.kind == "picked":
            assert row.picks is not None
            assert row.errors == -(-3 * (5000 - row.picks) // 100)
            exact = bounds.preferent_compression(row.picks + row.errors, 5000, 0.05 / 16)
        elif row.kind == "hold-out":
            assert (row.counted, row.errors) == (1000, 30)
            exact = bounds.clopper_pearson(30, 1000, 0.05)
        else:
            exact = bounds.occam(2500, 5000, 1, 0.05)
        assert 0 < row.bound - exact <= 2e-9
    assert [row.kind for row in plan.rows].count("picked") == 4
    assert plan.tightest.kind == "hold-out"


@pytest.mark.parametrize(("n", "error"), [(5000, 0.03), (60_000, 0.006), (100, 0.0), (10**6, 0.2)])
def test_the_longest_message_that_is_no_looser_than_the_hold_out(n: int, error: float) -> None:
    plan = plan_certificates(n, error, 2)
    hold_out = next(row for row in plan.rows if row.kind == "hold-out")
    (equal,) = (row for row in plan.rows if row.bits == plan.equal_bits)
    assert equal.bound <= hold_out.bound
    assert equal.bits is not None
    assert bounds.occam(equal.errors, n, equal.bits + 1, 0.05) > hold_out.bound - 2e-9


def test_shares_are_exact_and_rounded_up() -> None:
    plan = plan_certificates(100, 0.07, 2)
    assert plan.rows[0].errors == 7, "0.07 * 100 is 7.000000000000001"
    assert plan_certificates(101, 0.07, 2).rows[0].errors == 8


def test_guessing_may_be_the_tightest() -> None:
    plan = plan_certificates(1000, 0.6, 2)
    assert plan.tightest is plan.guessing


@pytest.mark.parametrize("n", [10, 11, 10**9])
def test_any_size(n: int) -> None:
    assert all(0 < row.bound <= 1 for row in plan_certificates(n, 0.1, 2).rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((9, 0.1, 2), "n: a whole number from 10"),
        ((100, 1.1, 2), "error: a share"),
        ((100, float("nan"), 2), "error: a share"),
        ((100, 0.1, 1), "classes: a whole number from 2"),
        ((100, 0.1, 101), "classes: a whole number"),
        ((100, 0.1, 2, 0.0), "delta: a probability"),
    ],
)
def test_what_is_no_plan(words: tuple[float, ...], said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        plan_certificates(*words)  # type: ignore[arg-type]


def test_the_command_prints_one_table_and_that_choosing_is_free() -> None:
    code, text = netrazor("plan", "--n", "5000", "--error", "0.03", "--classes", "2")
    assert code == 0
    assert "Tightest: hold-out (4,000 spent), 4.05 %" in text
    assert "as tight as the hold-out up to 9 bits" in text
    assert "costs nothing" in text
    assert text.count("no better than guessing") == 3
    code, text = netrazor("plan", "--n", "5", "--error", "0.03", "--classes", "2")
    assert code == 2
    assert "--n: a whole number" in text


def test_the_command_for_programs() -> None:
    code, text = standard_output("plan", "--n", 5000, "--error", 0.03, "--classes", 2, "--json")
    assert code == 0
    content = json.loads(text)
    assert content["equal_bits"] == 9
    assert content["tightest"]["kind"] == "hold-out"


def test_where_delta_is_large_no_message_is_as_tight_as_the_hold_out() -> None:
    """At such a delta a bound lies below the share of errors, and the more so the fewer examples are counted."""
    assert plan_certificates(5000, 0.03, 2, delta=0.99).equal_bits is None
    code, text = netrazor("plan", "--n", "5000", "--error", "0.03", "--classes", "2", "--delta", "0.99")
    assert code == 0
    assert "No message is as tight as the hold-out" in text
