"""Learners from picked examples whose true risks are known exactly, with faults planted one at a time.

Each design draws ``runs`` samples of n examples at once, picks as docs/picked-examples.md says, and returns, for the
sound way and for each fault, in which runs the bound lies below the true risk. Priority is the position.

`boundary`: an example is a uniform number; after k picks the learner errs on those just below epsilon_k. Nothing is
given away: the bound fails in a share delta of the runs. At each declared stop a fixed other predictor is used, which
errs on a fresh coordinate of the example.
`circle`: one pick; the predictor errs on an arc that starts at the picked point.
`by_heart`: letters of a large alphabet with coin tosses as labels; the learner knows the letters that it picked.
`rules`: each example carries a rule that errs on any other example with a fixed probability, independently.
`threshold`: noisy labels on a line; batches, a warm start, the mean of the last rounds as the final predictor.
"""

from collections.abc import Callable

import numpy as np
from synthetic import DELTA

from netrazor import bounds

SOUND = "sound"


def first_by_priority(wanted, most):
    """In each row the first ``most`` of the wanted ones."""
    return wanted & (np.cumsum(wanted, axis=1) <= most)


def pick_to_learn(learner, shape, stop, batch, first=0):
    """Pick-to-Learn on all rows at once: the picks, one of whom learns at a time, until ``stop`` or none is wrong."""
    picked = np.zeros(shape, bool)
    new = first_by_priority(~picked, first)
    while new.any():
        picked |= new
        learner.learn(new)
        room = np.minimum(batch, stop - picked.sum(axis=1, keepdims=True))
        new = first_by_priority(learner.wrong() & ~picked, room)
    return picked


def epsilon(n, delta=DELTA):
    """The bound for every size from 0 to n."""
    return bounds.preferent_compression(np.arange(n + 1), n, delta)


BOUNDARY_N = 20


def boundary(rng, runs):
    """Every number of picks is declared as a stop; whoever chooses may choose any of them."""
    n, some = BOUNDARY_N, np.arange(BOUNDARY_N)
    bound, shared = epsilon(n), epsilon(n, DELTA / (n + 1))
    u = rng.random((runs, n))
    risk = np.append(bound[:n] * (1 + 1e-9), 1.0)  # after k picks, while picking
    picked, running = np.zeros((runs, n), bool), np.ones(runs, bool)
    sound, any_stop, any_shared = np.zeros((3, runs), bool)
    for k in some:
        # Stop k: a predictor of its own, with the risk at which the bound fails most often.
        at = k + np.argmax([_few_errors(n - k, j, risk[k + j]) for j in range(n - k)])
        errors = running * ((rng.random((runs, n)) <= risk[at]) & ~picked).sum(axis=1)
        any_stop |= running & (bound[k + errors] < risk[at])
        any_shared |= running & (shared[k + errors] < risk[at])
        wrong = (u <= risk[k]) & ~picked
        ends = running & ~wrong.any(axis=1)
        sound |= ends & (bound[k] < risk[k])
        any_stop |= ends & (bound[k] < risk[k])
        any_shared |= ends & (shared[k] < risk[k])
        running &= ~ends
        picked |= first_by_priority(wrong, 1) & running[:, None]
    return {
        SOUND: sound,
        "any stop, with its share of delta": any_shared,
        "any stop, without its share of delta": any_stop,
    }


def _few_errors(n, most, risk):
    """P(Binomial(n, risk) <= most)."""
    from scipy.stats import binom

    return binom.cdf(most, n, risk)


CIRCLE_N = 500


def circle(rng, runs):
    """All are wrong at first, and equally so: the tie goes by priority, or, as a fault, by the next larger loss."""
    n = CIRCLE_N
    bound = epsilon(n)
    arc = bound[1] * (1 + 1e-9)  # the true risk
    x = np.sort(rng.random((runs, n)), axis=1)  # in order of loss
    to_next = np.diff(x, axis=1, append=x[:, :1] + 1)
    farthest = np.argmax(to_next, axis=1)
    position = rng.integers(0, n, runs)  # where in that order the first one by priority stands
    left = {SOUND: _inside(x, position, arc), "ties by the next larger loss": _inside(x, farthest, arc)}
    return {name: bound[1 + errors] < arc for name, errors in left.items()}


def _inside(x, at, arc):
    """How many other points lie on the arc that starts at the picked one."""
    distance = (x - np.take_along_axis(x, at[:, None], axis=1)) % 1.0
    return ((distance <= arc) & (distance > 0)).sum(axis=1)


class ByHeart:
    """Says the label it saw with a letter, and 0 for all others."""

    def __init__(self, letters, truth):
        self.letters, self.truth = letters, truth
        self.known = np.zeros(truth.shape, bool)

    def learn(self, new):
        row, column = np.nonzero(new)
        self.known[row, self.letters[row, column]] = True

    def wrong(self):
        return np.take_along_axis(self.truth & ~self.known, self.letters, axis=1)

    def risk(self):
        return (self.truth & ~self.known).mean(axis=1)


HEART_N, HEART_FIRST, HEART_STOP, LETTERS = 100, 60, 70, 1000


def by_heart(rng, runs):
    """First picks, batches, an early stop with errors left."""
    letters = rng.integers(0, LETTERS, (runs, HEART_N))
    learner = ByHeart(letters, rng.random((runs, LETTERS)) < 0.5)
    picked = pick_to_learn(learner, letters.shape, HEART_STOP, 5, HEART_FIRST)
    size = picked.sum(axis=1) + (learner.wrong() & ~picked).sum(axis=1)
    bound, risk = epsilon(HEART_N), learner.risk()
    return {SOUND: bound[size] < risk, "first picks not charged": bound[size - HEART_FIRST] < risk}


RULES_N, CANDIDATES = 100, 20


def rules(rng, runs):
    """The rule of one pick; or one of some predictors without picks; with risks at which the bound may fail."""
    n = RULES_N
    bound = epsilon(n)
    one_pick, none = bound[1] * (1 + 1e-9), bound[0] * (1 + 1e-9)
    after_pick = rng.binomial(n - 1, one_pick, (runs, n))  # errors left by the rule of each example
    candidates = rng.binomial(n, none, (runs, CANDIDATES))
    return {
        SOUND: (bound[1 + after_pick[:, 0]] < one_pick) | (bound[candidates[:, 0]] < none),
        "priority chosen by the data": bound[1 + after_pick.min(axis=1)] < one_pick,
        "final predictor chosen by its errors": bound[candidates.min(axis=1)] < none,
    }


class Threshold:
    """Says whether x is beyond a threshold that each batch of errors moves by the mean of its signs."""

    def __init__(self, x, y):
        self.x, self.y = x, y
        self.rounds = [np.zeros((len(x), 1))]

    def learn(self, new):
        sign = np.where(self.y, -1.0, 1.0)
        step = (sign * new).sum(axis=1, keepdims=True) / np.maximum(new.sum(axis=1, keepdims=True), 1)
        self.rounds.append(np.clip(self.rounds[-1] + step / (2 * len(self.rounds)), 0, 1))

    def wrong(self, at=None):
        return (self.x > (self.rounds[-1] if at is None else at)) != self.y

    def final(self):
        """The mean over the last rounds: a fixed function of the ordered picks."""
        return np.mean(self.rounds[-3:], axis=0)


THRESHOLD_N, THRESHOLD_STOP, FLIPPED = 200, 12, 0.25


def threshold(rng, runs):
    """Batches of three; the rounds of a row that is done move its threshold no more."""
    x = rng.random((runs, THRESHOLD_N))
    y = (x > 0.5) != (rng.random(x.shape) < FLIPPED)
    learner = Threshold(x, y)
    picked = pick_to_learn(learner, x.shape, THRESHOLD_STOP, 3, 3)
    final = learner.final()
    picks, errors = picked.sum(axis=1), (learner.wrong(final) & ~picked).sum(axis=1)
    risk = FLIPPED + (1 - 2 * FLIPPED) * np.abs(final[:, 0] - 0.5)
    bound = epsilon(THRESHOLD_N)
    return {SOUND: bound[picks + errors] < risk, "errors left not charged": bound[picks] < risk}


DESIGNS: dict[str, Callable] = {
    "boundary": boundary,
    "circle": circle,
    "by heart": by_heart,
    "rules": rules,
    "threshold": threshold,
}
SOUND_WAYS = {SOUND, "any stop, with its share of delta"}


def rates(design, rng, runs, at_once=1000):
    """Share of the runs in which the bound lies below the true risk, for the sound way and each fault."""
    below: dict[str, int] = {}
    for start in range(0, runs, at_once):
        for name, failed in DESIGNS[design](rng, min(at_once, runs - start)).items():
            below[name] = below.get(name, 0) + int(failed.sum())
    return {name: count / runs for name, count in below.items()}
