"""Computing only with the channels that masks leave in use, while all weights stay where they are.

A channel whose incoming and outgoing weights are all masked adds nothing to the scores, and no gradient reaches it or
leaves it but through its bias. Whole layers of a network that is pruned far come to that long before its training
ends, and multiplying by their zeros takes as long as ever. So the network computes with its other channels; gradients
of these channels' weights are zero, the optimizer moves all weights as before, and a channel comes back with the
first of its masks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netrazor.errors import UnsupportedModel
from netrazor.simplify.channel_groups import ChannelGroup, find_channel_groups
from netrazor.simplify.traced_graph import Graph, trace

Kept = dict[str, dict[int, Tensor]]  # by parameter and axis: the positions in use
FindsLive = Callable[[], "LiveChannels | None"]


@dataclass(frozen=True)
class _Place:
    """The positions of the channels of a group along one axis of a parameter, channels x positions of each."""

    name: str
    axis: int
    positions: Tensor


class LiveChannels:
    """The interchangeable channels of a network; build one by `of`."""

    def __init__(self, groups: Sequence[Sequence[_Place]], shapes: Mapping[str, torch.Size]) -> None:
        self.groups, self.shapes = groups, shapes

    @classmethod
    def of(cls, model: nn.Module, example: Tensor) -> "LiveChannels | None":
        """Those of ``model``; None where it cannot be computed with some of them left out.

        Groups with something else than trained weights and biases (norms, frozen layers) are left as they are.
        """
        try:
            graph = trace(model, example)
        except UnsupportedModel:
            return None
        named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        groups = [_places(graph, group, named) for group in find_channel_groups(graph)]
        live = cls([places for places in groups if places], {name: p.shape for name, p in named.items()})
        return live if live.groups and live._agrees(model, example) else None

    def kept(self, masks: Mapping[str, Tensor]) -> Kept:
        """What is in use under ``masks``, of each axis where some is not; of a group one channel stays at least."""
        unused: dict[tuple[str, int], list[Tensor]] = {}
        for places in self.groups:
            used = torch.stack([self._used(place, masks) for place in places]).any(0)
            used[0] |= ~used.any()
            if not bool(used.all()):
                for place in places:
                    unused.setdefault((place.name, place.axis), []).append(place.positions[~used].flatten())
        kept: Kept = {}
        for (name, axis), positions in unused.items():
            live = torch.ones(self.shapes[name][axis], dtype=torch.bool, device=positions[0].device)
            live[torch.cat(positions)] = False
            kept.setdefault(name, {})[axis] = live.nonzero()[:, 0]
        return kept

    def _used(self, place: _Place, masks: Mapping[str, Tensor]) -> Tensor:
        """Of each channel, whether a weight is in use there; biases alone are no use."""
        if place.name in masks:
            mask = masks[place.name].movedim(place.axis, 0)
            return mask.reshape(len(mask), -1).any(1)[place.positions].any(1)
        used = len(self.shapes[place.name]) > 1
        return torch.full((len(place.positions),), used, device=place.positions.device)

    def _agrees(self, model: nn.Module, example: Tensor) -> bool:
        """Whether ``model`` gives the same without the first channel of each group as with zeros for it."""
        held = {name: p.data for name, p in model.named_parameters()}
        names = {place.name for places in self.groups for place in places}
        masks = {name: torch.ones_like(held[name], dtype=torch.bool) for name in names}
        for places in self.groups:
            for place in places:
                masks[place.name].index_fill_(place.axis, place.positions[0], False)
        kept, was_training = self.kept(masks), model.training
        try:
            with torch.no_grad():
                for name in names:
                    model.get_parameter(name).data = held[name] * masks[name]
                expected = model.eval()(example)
                for name in names:
                    model.get_parameter(name).data = cut(held[name] * masks[name], kept.get(name, {}))
                found = model(example)
            return found.shape == expected.shape and torch.allclose(found, expected, rtol=1e-3, atol=1e-4)
        except Exception:  # a forward pass that knows its sizes says so in any way
            return False
        finally:
            for name, tensor in held.items():
                model.get_parameter(name).data = tensor
            model.train(was_training)


def cut(tensor: Tensor, axes: Mapping[int, Tensor]) -> Tensor:
    """``tensor`` at the positions kept along each axis, in its layout."""
    channels_last = tensor.ndim == 4 and tensor.stride(1) == 1
    for axis, positions in axes.items():
        tensor = tensor.index_select(axis, positions)
    return tensor.to(memory_format=torch.channels_last) if channels_last else tensor


def spread(tensor: Tensor, axes: Mapping[int, Tensor], shape: torch.Size) -> Tensor:
    """The inverse of `cut`, with zeros elsewhere."""
    for axis, positions in reversed([*axes.items()]):
        extended = [*tensor.shape]
        extended[axis] = shape[axis]
        tensor = tensor.new_zeros(extended).index_copy_(axis, positions, tensor)
    return tensor


def _places(graph: Graph, group: ChannelGroup, named: Mapping[str, nn.Parameter]) -> list[_Place]:
    """Where the channels of a group lie, if that is on trained weights and biases alone, on both sides."""
    names = {p.data_ptr(): name for name, p in named.items()}
    device = next(iter(graph.state.values())).device
    places = []
    for held in group.axes:
        name = names.get(graph.state[held.node].data_ptr())
        if name is None:
            return []
        places.append(_Place(name, held.axis, torch.from_numpy(held.positions).to(device)))
    reads = {
        held.is_input for held, place in zip(group.axes, places, strict=True) if named[place.name].ndim > 1
    }
    return places if reads == {True, False} else []
