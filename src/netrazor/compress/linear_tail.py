"""The tail of a network, in whose weights a search can look far: one or two linear layers."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.compress.last_layer import are_scores
from netrazor.counting import BATCH_SIZE, in_order, scores_of, wrong
from netrazor.errors import UnsupportedModel

Activation = Callable[[Tensor], Tensor]

# What may stand between the two layers: each acts on one number at a time.
_ACTIVATIONS: tuple[Activation, ...] = (
    F.relu,
    torch.tanh,
    torch.sigmoid,
    F.gelu,
    F.silu,
    F.elu,
    F.leaky_relu,
)


@dataclass(frozen=True)
class LinearTail:
    """The last layers of a network, and what they are given.

    Attributes:
        layers: one linear layer, or two.
        activation: between two layers.
        inputs: of the first of them, examples x features.
        labels: of the examples.
    """

    layers: tuple[nn.Linear, ...]
    activation: Activation
    inputs: Tensor
    labels: Tensor

    def spread(self, examples: int) -> "LinearTail":
        """The same with so many evenly spread examples; itself, where there are no more."""
        n = len(self.labels)
        if examples >= n:
            return self
        places = torch.linspace(0, n - 1, examples, dtype=torch.float64).long()
        return replace(self, inputs=self.inputs[places], labels=self.labels[places])

    @torch.no_grad()
    def errors(self) -> int:
        """Wrong answers of the layers as they are now, in their own arithmetic: sums near a tie round as there."""
        features = self.inputs.to(self.layers[0].weight.dtype)
        for layer in self.layers[:-1]:
            features = self.activation(layer(features))
        scores = self.layers[-1](features)
        if scores.shape[1] == 1:
            scores = torch.cat([torch.zeros_like(scores), scores], 1)
        return int(wrong(scores, self.labels, 1).sum())


@dataclass(frozen=True)
class _Call:
    layer: nn.Linear
    inputs: Tensor
    output: Tensor


@torch.no_grad()
def read_tail(model: nn.Module, dataset: Dataset[tuple[Tensor, int]]) -> LinearTail:
    """The longest tail of ``model`` of one or two linear layers: its scores are the output of the last.

    A single output stands for two classes. What comes before the tail is a fixed function of the examples.

    Raises:
        UnsupportedModel: the scores are not the output of a linear layer, or there are no examples.
    """
    batches = [(_calls(model.eval(), inputs), labels) for inputs, labels in in_order(dataset, BATCH_SIZE)]
    if not batches:
        raise UnsupportedModel(
            "last layers: at least one example needed, got none; give a data set with some"
        )
    calls = [batch for batch, _ in batches]
    activation = _activation_between(calls)
    depth = 1 if activation is None else 2
    return LinearTail(
        tuple(call.layer for call in calls[0][-depth:]),
        activation or F.relu,
        torch.cat([batch[-depth].inputs for batch in calls]).float(),
        torch.cat([labels for _, labels in batches]),
    )


def _calls(model: nn.Module, inputs: Tensor) -> list[_Call]:
    """The linear layers that ``model`` goes through for a batch, in order; the last one gives the scores."""
    calls: deque[_Call] = deque(maxlen=2)  # the last two are all that a tail has

    def watch(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(layer, nn.Linear)
        calls.append(_Call(layer, given[0].clone(), output.clone()))

    hooks = [layer.register_forward_hook(watch) for layer in model.modules() if isinstance(layer, nn.Linear)]
    try:
        scores = scores_of(model, inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if not calls or calls[-1].inputs.ndim != 2 or not are_scores(calls[-1].output, scores):
        raise UnsupportedModel(
            "last layer: the scores must be the output of a torch.nn.Linear, got something else; leave the search "
            "out of the recipe"
        )
    return list(calls)


def _activation_between(calls: list[list[_Call]]) -> Activation | None:
    """What leads from the last layer but one to the last for every example, if anything known does."""
    if any(len(batch) < 2 or batch[-2].layer is batch[-1].layer for batch in calls):
        return None
    for activation in _ACTIVATIONS:
        if all(torch.equal(activation(batch[-2].output), batch[-1].inputs) for batch in calls):
            return activation
    return None
