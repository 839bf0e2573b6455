"""What training leaves in a network that is no part of it: optimizers, schedulers, loaders, Lightning's trainer."""

from collections.abc import Iterator

from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader


class _NotCopied:
    """Stands in a copy of a network for what of training was not copied."""


NOT_COPIED = _NotCopied()
_KINDS = (Optimizer, LRScheduler, DataLoader, GradScaler, _NotCopied)
_FRAMEWORKS = frozenset({"lightning", "pytorch_lightning", "lightning_fabric"})


def attached(model: nn.Module) -> Iterator[tuple[nn.Module, str, object]]:
    """Module, attribute and value of everything of training that a module of ``model`` holds as an attribute."""
    for module in model.modules():
        for name, value in vars(module).items():
            if isinstance(value, _KINDS) or _of_a_framework(value):
                yield module, name, value


def detach(model: nn.Module) -> None:
    """Take it off ``model``, in place.

    What is certified is the network without it, so nothing that is kept there can shape an answer. Private attributes
    become None, as Lightning has them before training.
    """
    for module, name, _ in list(attached(model)):
        if name.startswith("_"):
            vars(module)[name] = None
        else:
            del vars(module)[name]


def _of_a_framework(value: object) -> bool:
    home = type(value).__module__.split(".")[0]
    return home in _FRAMEWORKS and not isinstance(value, (nn.Module, dict, list, tuple))  # settings stay
