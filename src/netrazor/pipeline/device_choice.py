"""Which device a run computes on: the one that was named, if the network runs there."""

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting import in_order, outputs_of
from netrazor.errors import UnsupportedModel
from netrazor.runtime import Reporter, devices


def device_for(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    name: str,
    reporter: Reporter,
    argument: str = "device",
) -> torch.device:
    """The device of that name, on which ``model`` is seen to run; of "auto", the CPU where it does not.

    Errors name ``argument``.
    """
    device = devices.chosen(name, argument)
    if device == devices.CPU:
        return device
    try:
        with torch.inference_mode():
            outputs_of(devices.copy_on(model, device), next(in_order(dataset, 2))[0].to(device))
    except UnsupportedModel as error:
        if name != devices.AUTO:
            raise
        reporter.say(f"computed on the CPU: {error}")
        return devices.CPU
    return device
