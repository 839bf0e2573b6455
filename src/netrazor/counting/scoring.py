"""Scores of a network, and which of them are wrong answers."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netrazor.errors import BadDataset, UnsupportedModel
from netrazor.runtime import devices


def scores_of(model: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """The network's scores, N x classes.

    Raises:
        UnsupportedModel: the forward pass fails or gives something else.
    """
    scores = outputs_of(model, inputs)
    if scores.ndim != 2:
        raise UnsupportedModel(
            f"output: must be scores of shape ({len(inputs)}, classes), got {tuple(scores.shape)}; wrap the "
            "network in a module that returns class scores"
        )
    return scores


def outputs_of(model: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """The network's outputs, N x outputs x ...: of classes their scores.

    Raises:
        UnsupportedModel: the forward pass fails or gives something else.
    """
    try:
        with devices.making_on(inputs.device):
            scores = model(inputs)
    except Exception as error:
        raise UnsupportedModel(
            f"forward pass on inputs of shape {tuple(inputs.shape)} failed: {_in_short(error)}; "
            f"{_remedy(model, inputs)}"
        ) from error
    if not isinstance(scores, Tensor) or scores.ndim < 2 or len(scores) != len(inputs):
        got = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise UnsupportedModel(
            f"output: must be scores of shape ({len(inputs)}, classes), got {got}; wrap the network in a "
            "module that returns class scores"
        )
    if scores.is_complex() or scores.dtype == torch.bool:
        raise UnsupportedModel(f"output: must be real scores, got {scores.dtype}; return one number a class")
    return scores


def wrong(scores: Tensor, labels: Tensor, top: int = 1) -> Tensor:
    """For each example, whether more than ``top`` scores reach that of its label, its own included."""
    classes = scores.shape[-1]
    if bool((labels < 0).any()) or bool((labels >= classes).any()):
        raise BadDataset(
            f"labels: must be in 0 .. {classes - 1}, got {int(labels.min())} .. {int(labels.max())}; "
            "correct the labels or give the network as many outputs as there are classes"
        )
    own = scores.gather(-1, labels[..., None])
    not_below = (scores >= own).sum(-1)  # the label's own place, and all that tie with it or beat it
    return ~(not_below <= top) | own[..., 0].isnan() | scores.isnan().any(-1)


def _remedy(model: Callable[[Tensor], Tensor], inputs: Tensor) -> str:
    """What to do about a forward pass that fails."""
    weights = next(model.parameters(), inputs) if isinstance(model, nn.Module) else inputs
    if weights.device != inputs.device:
        return (
            f"the weights are on {weights.device} and the inputs on {inputs.device}: move the network there"
        )
    if inputs.device != devices.CPU:
        return (
            "if it makes tensors on the CPU, have it make them where its inputs are, or choose the device cpu"
        )
    if weights.is_floating_point() and weights.dtype != inputs.dtype:
        types = f"the inputs are {inputs.dtype} and the weights {weights.dtype}"
        if weights.dtype == torch.float32:
            return f"{types}: give items in float32, such as image.float(), in the data set's transform"
        return f"{types}: call model.float(), or convert the inputs in the network's forward"
    return "give a data set whose items fit the network"


def _in_short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:297] + "..."
