"""A trial of a learner: does its state depend on the picked examples alone?"""

import numpy as np

from netrazor.counting import check_scores
from netrazor.errors import UnsupportedLearner, UnsupportedModel
from netrazor.picking.learner import Examples, Inputs, Labels, Learner, Predictor, as_tensor, predicted
from netrazor.picking.torch_learner import TorchLearner

_ALONE = 16  # examples that are asked for by themselves
_REMEDY = (
    "a certificate from picked examples is void unless the state follows from the picks and the seed alone: seed "
    "every generator in start and learn, and reset every counter in start"
)


def check_learner(learner: Learner, first: Examples, others: Examples, seed: int = 0) -> None:
    """Learn ``first`` twice, in two rounds, and predict ``others`` in two orders; leaves the learner in some state.

    Found are states that depend on a counter, an unseeded generator, what was learned before ``start``, or what was
    predicted between rounds, and answers that depend on the other inputs of a batch, as far as these change an
    answer here.

    Raises:
        UnsupportedLearner: two answers for one input differ; the message says in which of these cases.
    """
    _learn_in_two_rounds(learner, first, others.inputs, seed)
    once = predicted(learner, others.inputs)
    _compare("asked a second time", once, predicted(learner, others.inputs))
    _compare_orders(learner, others.inputs, once)
    check_network(learner, others.inputs)
    _learn_in_two_rounds(learner, first, None, seed)
    again = predicted(learner, others.inputs)
    _compare("after it started again and learned the same examples", once, again)


def check_network(predictor: Predictor, inputs: Inputs) -> None:
    """Of a learner with a network: is each score a function of its own input, to a finer grain than its answers?

    Raises:
        UnsupportedLearner: for the reasons of `netrazor.counting.check_scores`.
    """
    if isinstance(predictor, TorchLearner):
        try:
            check_scores(predictor.module(), as_tensor(inputs))
        except UnsupportedModel as error:
            raise UnsupportedLearner(f"learner: {error}") from error


def _learn_in_two_rounds(learner: Learner, first: Examples, asked: Inputs | None, seed: int) -> None:
    """Start, and learn the first half, then all; ``asked``: predict these in between."""
    half = (len(first) + 1) // 2
    learner.start(seed)
    for start, end in ((0, half), (half, len(first))):
        if end > start:
            learner.learn(_part(first, 0, end), _part(first, start, end))
        if asked is not None:
            predicted(learner, asked)


def _part(examples: Examples, start: int, end: int) -> Examples:
    return Examples(examples.inputs[start:end], examples.labels[start:end])


def _compare_orders(learner: Learner, inputs: Inputs, answers: Labels) -> None:
    number = len(answers)
    ways = [("in another order", _turned(number)), ("in a smaller batch", _every_third(number))]
    ways += [("alone", np.array([place])) for place in _turned(number)[:_ALONE]]
    for name, order in ways:
        other = predicted(learner, inputs[order.copy()])
        if np.any(other != answers[order]):
            raise UnsupportedLearner(
                f"learner: asked {name}, {int(np.sum(other != answers[order]))} of {len(order)} answers differ; an "
                "answer must not depend on the other inputs: use no statistics of the batch (call eval() on a "
                "network), and no generator in predict"
            )


def _compare(when: str, once: Labels, again: Labels) -> None:
    if np.any(once != again):
        raise UnsupportedLearner(
            f"learner: {when}, {int(np.sum(once != again))} of {len(once)} answers differ; {_REMEDY}"
        )


def _turned(number: int) -> Labels:
    return np.arange(number, dtype=np.int64)[::-1]


def _every_third(number: int) -> Labels:
    return np.arange(0, number, 3, dtype=np.int64)
