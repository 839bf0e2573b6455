"""The last linear layer of a network, in whose weights the scores are linear, and its inputs."""

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.counting import BATCH_SIZE, in_order
from netrazor.errors import UnsupportedModel
from netrazor.runtime import devices


@devices.full_float32()
def read_last_layer(
    model: nn.Module, dataset: Dataset[tuple[Tensor, int]], *, device: torch.device = devices.CPU
) -> tuple[nn.Linear, Tensor, Tensor]:
    """The linear layer whose output is the scores, its inputs for all examples, and their labels.

    A single output stands for two classes.

    The inputs are computed on ``device`` and come, like the labels, on the CPU.

    Raises:
        UnsupportedModel: the scores are not the output of a linear layer, or there are no examples.
    """
    seen: list[tuple[nn.Linear, Tensor, Tensor]] = []

    def watch(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append((module, inputs[0], output))  # type: ignore[arg-type]

    placed = devices.copy_on(model.eval(), device)
    names = {module: name for name, module in placed.named_modules()}
    hooks = [m.register_forward_hook(watch) for m in names if isinstance(m, nn.Linear)]
    features, labels = [], []
    layer: nn.Linear | None = None
    try:
        for inputs, target in in_order(dataset, BATCH_SIZE):
            seen.clear()
            with devices.making_on(device):
                scores = placed(inputs.to(device))
            if not seen or seen[-1][1].ndim != 2 or not are_scores(seen[-1][2], scores):
                raise UnsupportedModel(
                    "last layer: the scores must be the output of a torch.nn.Linear, got something else; "
                    "leave the descent out of the recipe"
                )
            layer = model.get_submodule(names[seen[-1][0]])  # type: ignore[assignment]
            features.append(seen[-1][1].clone().cpu())
            labels.append(target)
    finally:
        for hook in hooks:
            hook.remove()
    if layer is None:
        raise UnsupportedModel("last layer: at least one example needed, got none; give a data set with some")
    return layer, torch.cat(features), torch.cat(labels)


def are_scores(output: Tensor, scores: Tensor) -> bool:
    """Whether the scores are ``output``; a single one is that of the second class against none."""
    return torch.equal(output, scores[:, 1:] if output.shape[1] == 1 else scores)
