"""The coded part of a network whose forward pass cannot be written down as a graph: its Python is run as it is.

As in `netrazor.networks.coded_part` the part holds what is coded and nothing else. The network itself, with the given
arrays, is held out of reach, and computes with the part's arrays in place of its own; nothing is computed once.
"""

import copy
from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.func import functional_call

from netrazor.errors import UnsupportedModel
from netrazor.networks.held_arrays import array_of, copied, hold
from netrazor.networks.state import coded_state, listed
from netrazor.networks.walk import OutOfReach, tensors


class _Network(OutOfReach):
    """The whole network, shared by all copies of a part."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._away: dict[torch.device, nn.Module] = {}

    def on(self, device: torch.device) -> nn.Module:
        """The network on ``device``."""
        held = next((tensor.device for tensor in self.network.parameters()), device)
        if held == device:
            return self.network
        if device not in self._away:
            with torch.inference_mode(False):
                self._away[device] = copy.deepcopy(self.network).to(device)
        return self._away[device]


class SwappedPart(nn.Module):
    """What of ``network`` is coded, by name; the forward pass is the network's own, in evaluation mode."""

    reads_features = False

    def __init__(self, network: nn.Module, coded: Collection[str]) -> None:
        super().__init__()
        held = dict(tensors(network))
        self.names = list(coded)
        self.whole = _Network(network)
        for name in self.names:
            hold(self, name, copied(held[name]), ())

    def forward(self, inputs: Tensor) -> Tensor:
        """The network's scores."""
        arrays = {name: array_of(self, name) for name in self.names}
        scores: Tensor = functional_call(self.whole.on(inputs.device), arrays, (inputs,))
        return scores


def swapped_part(model: nn.Module, given: Collection[str]) -> SwappedPart:
    """The part of ``model`` that is not ``given``, on its own inputs.

    Raises:
        UnsupportedModel: what is coded is held outside of parameters and buffers.
    """
    registered = {name for name, _ in (*model.named_parameters(), *model.named_buffers())}
    coded = [name for name in coded_state(model, copy=False) if name not in given]
    outside = [name for name in coded if name not in registered]
    if outside:
        raise UnsupportedModel(
            f"model: {listed(outside)} are coded beside given arrays, and are no parameters or buffers; register them"
        )
    part = SwappedPart(copy.deepcopy(model).eval(), coded).eval()
    if list(coded_state(part, copy=False)) != coded:
        raise UnsupportedModel(
            f"model: {listed(coded)} are held in another order than modules hold; register them"
        )
    return part
