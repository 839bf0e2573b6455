"""The entropy floor: its two forms, its inverses, and a learner whose entropy is known."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netrazor import bounds


def stated(a, b, n):
    """Theorem 6.1 with equation 6.5, as published."""

    def h(p):
        return -sum(x * math.log(x) for x in (p, 1 - p) if x > 0)

    p = 1 / (1 + b / a) if a else 0.0
    q = 1 / (1 + (1 - b) / (1 - a)) if a < 1 else 0.0
    loss = (a + b) / 2
    return n * (math.log(2) - loss * h(p) - (1 - loss) * h(q))


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=200)
def test_the_published_form(a, b):
    assert bounds.memorization_floor(a, b, 1000) == pytest.approx(stated(a, b, 1000), abs=1e-9)


def test_known_values():
    assert bounds.memorization_floor(0.3, 0.3, 1000) == 0.0
    assert bounds.memorization_floor(0, 1, 1000) == pytest.approx(1000 * math.log(2))
    assert bounds.memorization_floor(0, 1, 1000) <= 1000 * math.log(2)
    assert bounds.memorization_floor(0, 0.9, 50_000) == pytest.approx(26_279.87, abs=0.01)
    assert bounds.memorization_floor([0, 0.1], 0.5, 10).shape == (2,)


def test_readings_are_inverse_to_each_other():
    bits = bounds.memorized_bits(0.05, 0.6, 10_000)
    assert bits == pytest.approx(bounds.memorization_floor(0.05, 0.6, 10_000) / math.log(2))
    assert bounds.test_error_allowed(0.05, bits, 10_000) == pytest.approx(0.6, abs=1e-9)
    assert bounds.test_error_allowed(0.05, 0, 10_000) == pytest.approx(0.05, abs=1e-9)
    assert bounds.test_error_allowed(0.05, 10**6, 10_000) == 1.0
    assert bounds.test_error_allowed(1, 5, 100) == 1.0
    assert bounds.test_error_allowed([0, 0.1], 5, 100).shape == (2,)


def test_a_learner_by_heart_has_the_entropy():
    # Three inputs, fair coins as labels, two examples; the learner knows the labels it saw, and says 0 elsewhere.
    n, inputs = 2, 3
    examples = list(itertools.product(range(inputs), (0, 1)))
    hypotheses, train, test = Counter(), [], []
    for sample in itertools.product(examples, repeat=n):
        answers = tuple(
            min((label for x, label in sample if x == point), default=0) for point in range(inputs)
        )  # a function of the set: contradictions are settled by the smaller label
        hypotheses[answers] += 1
        train.append(np.mean([answers[x] != label for x, label in sample]))
        test.append(np.mean([answers[x] != label for x, label in examples]))
    shares = np.array(list(hypotheses.values())) / len(examples) ** n
    entropy = -(shares * np.log(shares)).sum()
    assert 0 < bounds.memorization_floor(np.mean(train), np.mean(test), n) <= entropy
