"""What training leaves in a network is no part of it."""

import copy
import types

import torch
from torch import Tensor, nn

from netrazor.networks import coded_state, make_plain, source_digest
from netrazor.networks.plain import plain_copy


class Trainer:
    """As Lightning's: holds the optimizer, callbacks with tensors, the network itself and something not copyable."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizers = model, [optimizer]
        self.callbacks = [types.SimpleNamespace(best_score=torch.ones(()))]
        self.generator = (number for number in range(3))


Trainer.__module__ = "lightning.pytorch.trainer.trainer"


class Module(nn.Module):
    """As a LightningModule, with its private trainer."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self._trainer: object = None

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)


def fitted() -> Module:
    torch.manual_seed(0)
    model = Module()
    model.optimizer = torch.optim.Adam(model.parameters())
    model.schedule = torch.optim.lr_scheduler.ConstantLR(model.optimizer)
    model(torch.ones(1, 3)).sum().backward()
    model.optimizer.step()
    model._trainer = Trainer(model, model.optimizer)
    return model


def test_optimizer_scheduler_and_trainer_are_not_taken_for_weights() -> None:
    for plain in (plain_copy(fitted()), make_plain(fitted())):
        assert list(coded_state(plain)) == ["fc.weight", "fc.bias"]
        assert source_digest(plain) == source_digest(Module())
        assert torch.equal(plain(torch.ones(1, 3)), fitted()(torch.ones(1, 3)))


def test_a_copy_leaves_the_original_as_it_is() -> None:
    model = fitted()
    plain_copy(model)
    assert isinstance(model._trainer, Trainer)
    assert model.optimizer.param_groups


def test_what_is_kept_with_the_trainer_shapes_no_answer() -> None:
    """A network that reads it is not certified without it: it fails."""

    class Cheating(Module):
        def forward(self, x: Tensor) -> Tensor:
            return self._trainer.callbacks[0].best_score * self.fc(x)  # type: ignore[attr-defined]

    model = fitted()
    model.__class__ = Cheating
    assert model(torch.ones(1, 3)).shape == (1, 2)
    try:
        plain_copy(model)(torch.ones(1, 3))
    except AttributeError:
        return
    raise AssertionError("the trainer was still there")


def test_settings_of_a_framework_stay() -> None:
    class AttributeDict(dict[str, object]):
        """As Lightning's for hyperparameters."""

    AttributeDict.__module__ = "lightning_fabric.utilities.data"
    model = Module()
    model._hparams = AttributeDict(width=3)
    assert plain_copy(model)._hparams == {"width": 3}
    assert copy.deepcopy(model)._hparams == {"width": 3}
