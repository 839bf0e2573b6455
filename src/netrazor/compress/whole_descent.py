"""Greedy descent on the certified risk over the weights of all layers, by counting again.

Behind a last linear layer all changes are counted at once (`netrazor.compress.descent`); for the layers before it a
change is counted by computing the network again. So changes are proposed by a first-order estimate of the errors that
they cause, plus the bits that they add at the rate at which the bound trades them, and only the first few of a round
are tried, on the examples nearest to being answered otherwise. A round is kept if the true bound falls. All of it
computes with a copy without the empty units, of which a network that was cut down has many.
"""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass as configuration
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor import bounds
from netrazor.compress.descent import DescentReport, compute_errors_per_bit
from netrazor.compress.order_zero import count_symbols, order_zero_bits, tabulate_moves
from netrazor.compress.search_objective import SearchContext
from netrazor.counting import BATCH_SIZE, in_order, scores_of, wrong
from netrazor.data.subsets import take
from netrazor.simplify import expand_into, shrink

_MOST_VALUES = 64  # of a tensor: one of more is not quantized, and stays
_STEEPEST = 2**16  # zeros of a tensor that may become something
_EXAMPLES = 8  # inputs by which a copy is compared with its network
_SCALES = torch.linspace(-4, 4, 33)  # of the scores, tried for the estimate


@configuration(frozen=True, config={"extra": "forbid"})
class WholeDescentConfig:
    """How long to search.

    Attributes:
        rounds: at most; the search ends where one gains nothing.
        proposals: changes tried in a round.
        hardest: examples of the smallest margins, on which they are tried.
    """

    rounds: int = Field(default=6, ge=0)
    proposals: int = Field(default=150, ge=1)
    hardest: int = Field(default=2000, ge=1)


@dataclass(frozen=True)
class _Proposal:
    """One element of a tensor, and what it becomes."""

    tensor: Tensor
    place: int
    value: float
    added_bits: float


def descend_everywhere(
    model: nn.Module, code_bits: Callable[[], float], config: WholeDescentConfig, context: SearchContext
) -> DescentReport:
    """Change single weights of any layer of ``model``, in place, while the certified risk falls.

    An element may take zero or any value that its tensor holds already; tensors of more than 64 values stay, and so
    do units behind the last live one of their layer.

    Args:
        model: any network, quantized.
        code_bits: the length of the message of ``model`` as it is when called.
        config: how long to search.
        context: the training set.
    """
    model.eval()
    small = shrink(model, next(in_order(context.dataset, _EXAMPLES))[0])

    def measure(scores: Tensor, labels: Tensor) -> tuple[float, int, float]:
        expand_into(model, small)
        errors, bits = int(wrong(scores, labels).sum()), code_bits()
        return float(bounds.occam(errors, context.n, bits, context.delta)), errors, bits

    scores, labels = _score_all(small, context)
    first = best = measure(scores, labels)
    moves = 0
    with context.reporter.stage("descend everywhere", config.rounds) as tick:
        for _ in range(config.rounds):
            kept = copy.deepcopy(small.state_dict())
            hardest = _find_hardest(scores, labels, config.hardest)
            inputs = _inputs_at(context, hardest)
            rate = compute_errors_per_bit(best[1], context.n, best[2], context.delta)
            made = _try_proposals(small, inputs, labels[hardest], rate, config.proposals)
            scores, _ = _score_all(small, context) if made else (scores, labels)
            now = measure(scores, labels) if made else best
            if now[0] >= best[0]:
                small.load_state_dict(kept)
                expand_into(model, small)
                break
            best, moves = now, moves + made
            tick()
    return DescentReport((first[0], best[0]), (first[1], best[1]), (first[2], best[2]), moves)


def propose(
    tensors: Mapping[str, Tensor], gradients: Mapping[str, Tensor], errors_per_bit: float, number: int
) -> list[_Proposal]:
    """The changes of the least estimated errors plus bits, best first.

    Args:
        tensors: those that may be changed, by name.
        gradients: of the expected number of errors by each of them.
        errors_per_bit: what a bit costs.
        number: how many, at most; at most one for each element.
    """
    found: list[tuple[float, _Proposal]] = []
    for name, tensor in tensors.items():
        values = torch.unique(torch.cat([tensor.detach().flatten(), tensor.new_zeros(1)]))
        if len(values) > _MOST_VALUES:
            continue
        places = _find_candidates(tensor.detach().flatten(), gradients[name].flatten())
        flat, slope = tensor.detach().flatten()[places], gradients[name].flatten()[places]
        zero = int(torch.bucketize(values.new_zeros(1), values))
        held = torch.bucketize(tensor.detach().contiguous(), values)
        counts = count_symbols(held.cpu(), len(values))
        symbols, now = torch.bucketize(flat, values), order_zero_bits(counts, zero)
        added = (tabulate_moves(tuple(counts.tolist()), zero) - now).to(flat.device)
        cost = slope[:, None] * (values - flat[:, None]) + errors_per_bit * added[symbols]
        cost[torch.arange(len(flat), device=flat.device), symbols] = math.inf  # no change
        least, target = cost.min(1)
        for row in least.topk(min(number, len(least)), largest=False).indices.tolist():
            value = int(target[row])
            change = _Proposal(
                tensor, int(places[row]), float(values[value]), float(added[symbols[row], value])
            )
            found.append((float(least[row]), change))
    ranked = sorted(found, key=lambda pair: pair[0])[:number]
    return [change for estimate, change in ranked if math.isfinite(estimate)]


def _find_candidates(flat: Tensor, slope: Tensor) -> Tensor:
    """Places of a tensor that hold something or have a steep slope, among those that reach the output."""
    steepest = slope.abs().topk(min(_STEEPEST, len(slope))).indices
    places: Tensor = torch.unique(torch.cat([flat.nonzero()[:, 0], steepest]))
    return places[slope[places] != 0]


def _try_proposals(
    model: nn.Module, inputs: Tensor, labels: Tensor, errors_per_bit: float, number: int
) -> int:
    """Make every proposal that gains on the given examples; the number made."""
    parameters = {name: p for name, p in model.named_parameters() if p.is_floating_point() and p.numel()}
    proposals = propose(
        parameters, _slopes_of_errors(model, parameters, inputs, labels), errors_per_bit, number
    )
    made = 0
    with torch.no_grad():
        errors = int(wrong(scores_of(model, inputs), labels).sum())
        for change in proposals:
            element = np.unravel_index(change.place, change.tensor.shape)
            before = float(change.tensor[element])
            change.tensor[element] = change.value
            after = int(wrong(scores_of(model, inputs), labels).sum())
            if after + errors_per_bit * change.added_bits < errors - 1e-6:
                errors, made = after, made + 1
            else:
                change.tensor[element] = before
    return made


def _slopes_of_errors(
    model: nn.Module, parameters: Mapping[str, nn.Parameter], inputs: Tensor, labels: Tensor
) -> dict[str, Tensor]:
    """Gradients of the sum of the probabilities of wrong answers, with scores of the likeliest scale."""
    asked = {name: p.requires_grad for name, p in parameters.items()}
    try:
        for p in parameters.values():
            p.requires_grad_()
        with torch.enable_grad():
            scores = scores_of(model, inputs)
            losses = [F.cross_entropy(scores.detach() * scale.exp(), labels) for scale in _SCALES]
            scale = float(_SCALES[torch.stack(losses).argmin()].exp())
            expected = (1 - F.softmax(scores * scale, 1).gather(1, labels[:, None])).sum()
            found = torch.autograd.grad(expected, list(parameters.values()), allow_unused=True)
    finally:
        for name, p in parameters.items():
            p.requires_grad_(asked[name])
    pairs = zip(parameters.items(), found, strict=True)
    return {name: torch.zeros_like(p) if slope is None else slope for (name, p), slope in pairs}


@torch.no_grad()
def _score_all(model: nn.Module, context: SearchContext) -> tuple[Tensor, Tensor]:
    """Scores and labels of all examples."""
    batches = [(scores_of(model, inputs), labels) for inputs, labels in in_order(context.dataset, BATCH_SIZE)]
    return torch.cat([scores for scores, _ in batches]), torch.cat([labels for _, labels in batches])


def _find_hardest(scores: Tensor, labels: Tensor, number: int) -> Tensor:
    """Positions of the examples nearest to being answered otherwise, in their order."""
    own = scores.gather(1, labels[:, None])[:, 0]
    others = scores.scatter(1, labels[:, None], -math.inf).amax(1)
    return (own - others).abs().topk(min(number, len(labels)), largest=False).indices.sort().values


def _inputs_at(context: SearchContext, places: Tensor) -> Tensor:
    """The inputs at these positions."""
    return torch.cat([inputs for inputs, _ in in_order(take(context.dataset, places.numpy()), BATCH_SIZE)])
