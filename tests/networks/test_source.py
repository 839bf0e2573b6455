"""The digest of a network's source and settings."""

import torch
from torch import nn

from netrazor import networks
from netrazor.networks.source import source_digest


def test_digest_does_not_depend_on_the_weights() -> None:
    assert source_digest(networks.build("lenet5")) == source_digest(networks.build("lenet5"))


def test_digest_depends_on_class_structure_and_settings() -> None:
    models = [
        networks.build("lenet5"),
        networks.build("resnet-20"),
        networks.build("resnet-56"),
        nn.Sequential(nn.Conv2d(1, 1, 3)),
        nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)),
    ]
    assert len({source_digest(model) for model in models}) == len(models)


def test_digest_sees_a_number_in_a_setting() -> None:
    model, other = networks.build("lenet5"), networks.build("lenet5")
    other.temperature = 1.25
    assert source_digest(model) != source_digest(other)


def test_digest_of_a_class_without_a_file_and_of_a_graph_module() -> None:
    scope: dict = {"nn": nn}
    exec("class Typed(nn.Module):\n    def forward(self, x):\n        return x", scope)
    assert len(source_digest(scope["Typed"]())) == 64
    traced = torch.fx.symbolic_trace(nn.Sequential(nn.ReLU()))
    assert source_digest(traced) != source_digest(torch.fx.symbolic_trace(nn.Sequential(nn.Tanh())))
