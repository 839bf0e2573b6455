"""Overfitting costs entropy: Theorem 6.1 and its inverse readings.

Whether an example was trained on is one fair bit; the loss on it tells about that bit as much as the
Jensen-Shannon divergence between Bernoulli(a) and Bernoulli(b), a and b the expected train and test errors:

    log 2 - l h(p) - (1 - l) h(q) = ( kl(a || l) + kl(b || l) ) / 2,    l = (a + b) / 2.

The right-hand side has no cancellation and is what is computed.
"""

import math

import numpy as np

from netrazor.bounds._arguments import NONNEGATIVE, UNIT, Array, Numbers, at_least, elementwise
from netrazor.bounds._roots import Indices, root_from_above
from netrazor.bounds._rounding import down, quotient_up, up
from netrazor.bounds.divergence import kl_below

_SMALLEST = 2.0**-200


@elementwise(train_error=UNIT, test_error=UNIT, n=at_least(1))
def memorization_floor(train_error: Numbers, test_error: Numbers, n: Numbers) -> Numbers:
    """The entropy n (log 2 - l h(p) - (1 - l) h(q)), in nats, rounded down.

    Claim: a selection procedure that depends on its n i.i.d. examples only as a set and has these expected
    errors has an entropy of at least this. The paper's Theorem 6.1 with equation 6.5: p = 1 / (1 + b/a),
    q = 1 / (1 + (1-b)/(1-a)), l = (a + b) / 2, h the binary entropy; weight l goes with loss 1 and p.

    Args:
        train_error: a, the expectation over training samples of the error on the sample, of the network whose
            entropy is spoken of (the compressed one).
        test_error: b, the expectation of its error on new examples under the same label process.
        n: number of examples.

    Raises:
        InvalidArgument: an argument outside its domain, or shapes that do not broadcast.
    """
    return down(n * _memory_below(train_error, test_error))


def memorized_bits(train_error: Numbers, test_error: Numbers, n: Numbers) -> Numbers:
    """The bits that given errors force: a prefix-free message is in expectation at least this long.

    Claim, arguments and errors as for ``memorization_floor``, whose nats these are in bits; rounded down.
    """
    return down(memorization_floor(train_error, test_error, n) / math.log(2.0))


@elementwise(train_error=UNIT, code_bits=NONNEGATIVE, n=at_least(1))
def test_error_allowed(train_error: Numbers, code_bits: Numbers, n: Numbers) -> Numbers:
    """The largest expected test error that messages of ``code_bits`` on average leave room for, rounded up.

    Claim: the selection procedure of ``memorization_floor``, with expected train error ``train_error`` and
    expected length ``code_bits`` of its prefix-free message, has an expected test error of at most this.

    Raises:
        InvalidArgument: an argument outside its domain, or shapes that do not broadcast.
    """
    a = quotient_up(train_error)
    memory = up(code_bits * math.log(2.0) / n)
    allowed, inside = np.ones_like(a), a < 1
    allowed[inside] = _memory_root(a[inside], memory[inside])
    return allowed


def _memory_root(a: Array, memory: Array) -> Array:
    def left_over(b: Array, at: Indices) -> tuple[Array, Array]:
        middle = (a[at] + b) / 2
        slope = np.log(b * (1 - middle) / (middle * (1 - b))) / 2
        return memory[at] - _memory_below(a[at], b), -slope

    return root_from_above(left_over, np.ones_like(a), np.maximum(a, _SMALLEST))


def _memory_below(a: Array, b: Array) -> Array:
    """At most the Jensen-Shannon divergence of Bernoulli(a) and Bernoulli(b), in nats.

    It is the least (kl(a || l) + kl(b || l)) / 2 over l and rises with the square of the rounding of l, which
    the margin of ``kl_below`` outweighs where l is rounded relative to both l and 1 - l: two errors above 1/2
    are taken by their complements, which are exact.
    """
    flip = (a >= 0.5) & (b >= 0.5)
    a, b = np.where(flip, 1 - a, a), np.where(flip, 1 - b, b)
    middle = (a + b) / 2
    return (kl_below(a, middle) + kl_below(b, middle)) / 2
