"""Which arrays are given, by pattern, frozen or file; and the digest that names them."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given as drawn
from hypothesis import strategies as st
from torch import nn

import tiny
from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.networks.given_arrays import (
    arrays_digest,
    bytes_of_arrays,
    check_given,
    given_arrays,
    given_names,
    moving_statistics,
)

BACKBONE = ("conv.weight", "conv.bias", "fc1.weight", "fc1.bias")


class Normed(nn.Module):
    """A frozen convolution with a norm, a constant of the frozen part and one beside it, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten())
        self.backbone.register_buffer("scale", torch.tensor(2.0))
        self.head = nn.Linear(72, tiny.CLASSES)
        self.register_buffer("shift", torch.tensor(0.5))
        self.backbone.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(x) * self.backbone.scale + self.shift)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["conv", "fc1"], BACKBONE),
        ("conv*", BACKBONE[:2]),
        ("*.weight", ("conv.weight", "fc1.weight", "fc2.weight")),
        (("fc1.bias", "fc?"), ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")),
    ],
)
def test_patterns_fit_arrays_and_the_modules_around_them(given: object, expected: tuple[str, ...]) -> None:
    assert given_names(tiny.small().eval(), given) == expected  # type: ignore[arg-type]


def test_frozen_takes_the_buffers_of_frozen_modules_and_no_others() -> None:
    found = given_names(Normed().eval(), "frozen")
    assert "shift" not in found
    assert not {"head.weight", "head.bias"} & set(found)
    assert {"backbone.scale", "backbone.1.running_mean", "backbone.0.weight"} <= set(found)


def test_what_cannot_be_given() -> None:
    wrong = (("nothing.*", "fits no array"), ("*", "nothing to learn"), ("frozen", "no parameter is frozen"))
    for given, said in wrong:
        with pytest.raises(ConfigurationError, match=said):
            given_names(tiny.small().eval(), given)


def test_given_statistics_in_training_mode_are_named() -> None:
    model = Normed()
    assert moving_statistics(model) == ["backbone.1.running_mean", "backbone.1.running_var"]
    with pytest.raises(ConfigurationError, match=r"backbone.1.running_mean.*training mode"):
        given_names(model, "backbone")
    assert given_names(model, "head") == ("head.weight", "head.bias")  # its own have none
    assert moving_statistics(model.eval()) == []


def test_a_file_gives_the_arrays_that_it_holds_and_names_those_that_moved(tmp_path: Path) -> None:
    model = Normed().eval()
    start = {f"backbone.{name}": tensor.clone() for name, tensor in model.backbone.state_dict().items()}
    path = tmp_path / "backbone.safetensors"
    safetensors.torch.save_file(start, path)
    assert set(given_names(model, path)) == {name for name in start if "num_batches" not in name}
    model.train()(torch.rand(5, 1, 8, 8))
    with pytest.raises(
        CheckpointMismatch, match=r"backbone.1.running_mean, backbone.1.running_var of the network"
    ):
        given_names(model.eval(), str(path))
    model.backbone.load_state_dict({k.removeprefix("backbone."): v for k, v in start.items()})
    given_names(model, path)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    for name, tensors in (("names", {"other": torch.ones(3)}), ("shapes", {"conv.bias": torch.ones(3)})):
        path = tmp_path / f"{name}.safetensors"
        safetensors.torch.save_file(tensors, path)
        with pytest.raises(CheckpointMismatch, match="given"):
            given_names(tiny.small().eval(), path)
    with pytest.raises(ConfigurationError, match="is no file"):
        given_names(tiny.small().eval(), tmp_path / "none.safetensors")


_ARRAYS = st.dictionaries(st.text(max_size=3), st.lists(st.integers(0, 3), max_size=3), max_size=3)


@drawn(_ARRAYS, _ARRAYS)
def test_the_digest_tells_arrays_apart(one: dict[str, list[int]], other: dict[str, list[int]]) -> None:
    first, second = ({k: np.array(v, np.int8) for k, v in held.items()} for held in (one, other))
    assert (arrays_digest(first) == arrays_digest(second)) == (one == other)
    assert arrays_digest(first) == arrays_digest(dict(reversed(first.items())))


def test_the_digest_sees_type_and_shape() -> None:
    same = [np.zeros(4, np.int8), np.zeros((2, 2), np.int8), np.zeros(1, np.int32), np.zeros(1, np.float32)]
    assert len({arrays_digest({"a": array}) for array in same}) == 4
    assert arrays_digest({"a": np.ones(2, ">f4")}) == arrays_digest({"a": np.ones(2, "<f4")})


def test_given_arrays_must_be_those_of_the_record() -> None:
    arrays = given_arrays(tiny.small().eval(), BACKBONE, copy=True)
    record = arrays_digest(arrays), len(arrays), bytes_of_arrays(arrays)
    check_given(arrays, *record)
    with pytest.raises(CheckpointMismatch, match="got none"):
        check_given({}, *record)
    with pytest.raises(CheckpointMismatch, match="4 arrays"):
        check_given({"conv.bias": arrays["conv.bias"]}, *record)
    arrays["conv.bias"][0] += 1
    with pytest.raises(CheckpointMismatch, match="digest"):
        check_given(arrays, *record)
