"""delta as a budget."""

import pytest

from netrazor import bounds
from netrazor.errors import InvalidArgument


def test_parts_add_up_in_decimal_figures():
    budget = bounds.DeltaBudget(0.3, {"a": 0.1, "b": 0.2})
    assert budget["a"] == 0.1
    assert budget.unspent == 0.0
    assert bounds.DeltaBudget(0.05, {"PAC-Bayes": 0.04}).unspent == 0.01


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: bounds.DeltaBudget(0.05, {"a": 0.04, "b": 0.02}),
            r"at most delta = 0.05, got 0.04 \(a\) \+ 0.02",
        ),
        (lambda: bounds.DeltaBudget(0.05, {}), "at least one named part"),
        (lambda: bounds.DeltaBudget(1.0, {"a": 0.1}), "total: "),
        (lambda: bounds.DeltaBudget(0.05, {"a": 0.0}), r"parts\['a'\]: "),
        (lambda: bounds.DeltaBudget.even(["a", "a"]), "names: must differ"),
        (lambda: bounds.DeltaBudget.even([]), "at least one named part"),
        (
            lambda: bounds.DeltaBudget.whole("occam")["noisy risk"],
            "parts: must pay for noisy risk, got occam",
        ),
        (lambda: bounds.union_share(0.05, 0), "choices: "),
    ],
)
def test_refusals(make, message):
    with pytest.raises(InvalidArgument, match=message):
        make()


def test_a_dropped_part_is_missed():
    budget = bounds.DeltaBudget(0.05, {"PAC-Bayes": 0.04, "noisy risk": 0.01})
    budget.require(["PAC-Bayes", "noisy risk"])
    with pytest.raises(InvalidArgument, match="must pay for noisy risk"):
        bounds.DeltaBudget(0.05, {"PAC-Bayes": 0.05}).require(["PAC-Bayes", "noisy risk"])


def test_even_parts_fit_whatever_their_number():
    for number in range(1, 40):
        budget = bounds.DeltaBudget.even([str(i) for i in range(number)])
        assert 0.05 * (1 - 1e-12) < sum(budget.parts.values()) <= 0.05


def test_a_budget_does_not_change():
    parts = {"a": 0.01}
    budget = bounds.DeltaBudget(0.05, parts)
    parts["a"] = 0.04
    assert budget["a"] == 0.01
    with pytest.raises(TypeError):
        budget.parts["a"] = 0.04
