"""What a network learnt and keeps outside of its coded state is refused or coded; what settings are is allowed."""

import functools
import itertools
import json
import logging
import random
import re
import threading
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hiding_places import EXAMPLES, PLACES, Memorizer, memorizing, random_labels
from torch import Tensor, nn

import netrazor
from netrazor import networks
from netrazor.errors import UnsupportedModel
from netrazor.networks import coded_state, source_digest
from netrazor.networks.origin import is_library_class, is_library_function, is_library_module

CODED = {"num_batches_tracked that is no scalar"}  # found, and charged as any other array
EMPTIED = {"lru_cache"}
# Text and shapes hold no number that a walk finds: text is in the digest of the source, shapes are in that of
# the schema, and that both were fixed beforehand is assumed; of a network that is a graph they are paid for.
ASSUMED = {"numbers in the code", "shapes of empty buffers", "sizes that operations find"}
REFUSED = r"outside of|cannot be seen|array of objects|a hook on all|allowed are real floats"


@pytest.mark.parametrize("place", sorted(set(PLACES) - CODED - EMPTIED - ASSUMED))
def test_a_table_in_any_place_is_refused(place: str, tmp_path: Path) -> None:
    with (
        memorizing(place, tmp_path, branches=True) as network,
        pytest.raises(UnsupportedModel, match=REFUSED),
    ):
        coded_state(network)


def test_a_table_in_a_batch_norm_s_count_is_coded(tmp_path: Path) -> None:
    with memorizing("num_batches_tracked that is no scalar", tmp_path, branches=True) as network:
        assert coded_state(network)["norm.num_batches_tracked"].shape == (EXAMPLES,)


def test_a_table_in_a_cache_is_gone(tmp_path: Path) -> None:
    with (
        memorizing("lru_cache", tmp_path, branches=True) as network,
        pytest.raises(UnsupportedModel, match=r"forward pass .* failed: pop from empty list"),
    ):
        netrazor.certify(network, random_labels(), recipe="as-is")


class Wrapper(nn.Module):
    """A layer, and something kept beside it."""

    def __init__(self, kept: object = None) -> None:
        super().__init__()
        self.fc, self.kept = nn.Linear(2, 2), kept

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)


@dataclass
class Config:
    """As configurations of networks are."""

    widths: list[int] = field(default_factory=lambda: [64, 128, 256])
    rate: float = 0.1
    norm: str = "layer"
    inner: "Config | None" = None


class Kind(Enum):
    """Settings with a name."""

    POST = "post"
    PRE = "pre"


Pair = namedtuple("Pair", "first second")

SETTINGS: dict[str, object] = {
    "numbers": [3, 4, 6, 3],
    "a table of sizes": [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1)],
    "a configuration": Config(inner=Config()),
    "enumeration": Kind.PRE,
    "named tuple": Pair(1, 2.5),
    "classes by name": dict(enumerate(["cat", "dog", "ship", "truck"])),
    "type": nn.ReLU,
    "partial": functools.partial(nn.BatchNorm2d, eps=1e-3),
    "function of torch": torch.relu,
    "functional": nn.functional.gelu,
    "lambda": lambda x: x * 0.5,
    "device": torch.device("cpu"),
    "types of torch": (torch.float32, torch.strided, torch.Size([2, 3])),
    "of NumPy": (np.float32(0.5), np.dtype("int8"), np.add, np.int64(3)),
    "expression": re.compile("a+b"),
    "path": Path("runs/mine"),
    "logger": logging.getLogger("mine"),
    "module": torch.nn.functional,
    "ordered": OrderedDict(a=1, b=2),
    "range": range(5),
    "ellipsis": (slice(None), ...),
    "attention": nn.MultiheadAttention(8, 2),
    "recurrent": nn.LSTM(4, 4, num_layers=2, bidirectional=True),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_settings_are_allowed_and_in_the_digest(kind: str) -> None:
    model = Wrapper(SETTINGS[kind])
    coded_state(model)
    assert source_digest(model) == source_digest(Wrapper(SETTINGS[kind]))


def test_the_digest_sees_settings_of_every_kind() -> None:
    kept: list[object] = [
        None,
        {"a": 1},
        {"a": 2},
        {1},
        Config(),
        Config(rate=0.2),
        Config(inner=Config(rate=0.3)),
        functools.partial(nn.Linear, 3),
        Pair(1, 3),
        b"ab",
        complex(0, 1),
        np.float64(0.25),
        range(3),
        slice(1, 2),
        re.compile("a"),
        Path("a"),
    ]
    digests = [source_digest(Wrapper(value)) for value in kept]
    private = Wrapper()
    private._scale = 3
    assert len({*digests, source_digest(private)}) == len(digests) + 1


class _Unseen:
    """What keeps its content where no search sees it."""

    kinds: ClassVar[dict[str, Callable[[], object]]] = {
        "iterator": lambda: iter([1, 2]),
        "count": lambda: itertools.count(),
        "chain": lambda: itertools.chain([1], [2]),
        "cycle": lambda: itertools.cycle([1, 2]),
        "repeat": lambda: itertools.repeat(3),
        "map": lambda: map(abs, [1]),
        "generator": lambda: (x for x in [1]),
        "generator of torch": torch.Generator,
        "generator of NumPy": lambda: np.random.default_rng(0),
        "generator of Python": lambda: random.Random(0),
        "memory": lambda: __import__("io").BytesIO(b"abc"),
        "text": lambda: __import__("io").StringIO("abc"),
        "method wrapper": lambda: [1, 2].__len__,
        "lock": threading.Lock,
        "subclass in Python of a type in C": lambda: type("Mine", (__import__("io").BytesIO,), {})(b"a"),
        "decimal": lambda: __import__("decimal").Decimal("0.12345678901234567890"),
    }


@pytest.mark.parametrize("kind", _Unseen.kinds)
def test_what_cannot_be_seen_through_is_refused(kind: str) -> None:
    with pytest.raises(UnsupportedModel, match=r"kept: what a .* holds cannot be seen"):
        coded_state(Wrapper(_Unseen.kinds[kind]()))


class Many(nn.Module):
    """A bit in each of many modules without weights."""

    def __init__(self, bits: list[bool]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(Part(bit) for bit in bits)


class Part(nn.Module):
    def __init__(self, bit: int) -> None:
        super().__init__()
        self.number = 2**20 + int(bit)

    def forward(self, x: Tensor) -> Tensor:
        return x


def test_settings_of_layers_that_are_alike_are_told_once_and_others_each_time() -> None:
    coded_state(Many([True] * 2000))
    with pytest.raises(UnsupportedModel, match="more than 2,048 bits of settings"):
        coded_state(Many([bool(number % 2) for number in range(2000)]))


def test_a_number_on_the_class_that_was_put_there_later_changes_the_digest() -> None:
    before = source_digest(Wrapper())
    Wrapper.extra = 7  # type: ignore[attr-defined]
    try:
        assert source_digest(Wrapper()) != before
    finally:
        del Wrapper.extra  # type: ignore[attr-defined]


def test_a_layer_of_torch_that_was_patched_is_no_layer_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    table = random_labels().labels

    def forward(self: nn.Linear, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.weight, self.bias) + table[0]

    monkeypatch.setattr(nn.Linear, "forward", forward)
    with pytest.raises(UnsupportedModel, match="table: a tensor outside of the network"):
        coded_state(nn.Sequential(nn.Linear(2, 2)))


def test_a_forward_put_on_the_network_is_searched() -> None:
    """A tensor that it closes over is coded; a list is refused."""

    def closing_over(table: Any) -> nn.Module:
        model = nn.Linear(2, 2)
        model.forward = lambda x: x + torch.as_tensor(table)[0]  # type: ignore[method-assign]
        return model

    assert "forward.table" in coded_state(closing_over(torch.ones(2)))
    with pytest.raises(UnsupportedModel, match=r"forward\.table\.\d+: .*bits of settings"):
        coded_state(closing_over([7] * 2000))


@pytest.mark.parametrize("use", [open, eval, exec, __import__])
def test_builtins_that_reach_outside(use: Any) -> None:
    scope: dict[str, Any] = {"Memorizer": Memorizer}
    exec(f"class Reads(Memorizer):\n    def table(self):\n        return {use.__name__}('x')", scope)
    with pytest.raises(UnsupportedModel, match=f"uses {use.__name__}, which reaches outside"):
        coded_state(scope["Reads"]())


def test_gradients_are_no_place_to_keep_a_table() -> None:
    """They are taken off what is decoded."""
    from netrazor.networks.network_message import decode_into, encode

    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model[0].weight.grad = torch.ones(2, 2)
    model[1].num_batches_tracked.fill_(123456)
    decoded: Any = decode_into(model, encode(model, "custom"))
    assert decoded[0].weight.grad is None
    assert int(decoded[1].num_batches_tracked) == 0
    assert int(model[1].num_batches_tracked) == 123456


def test_whose_code_it_is() -> None:
    assert is_library_class(nn.Linear)
    assert is_library_class(networks.MLP)
    assert is_library_class(dict)
    assert is_library_function(nn.functional.relu)
    assert is_library_module(np)
    assert not is_library_class(Wrapper)
    assert not is_library_function(test_whose_code_it_is)
    assert not is_library_module(__import__("hiding_places"))
    forged = type("Linear", (nn.Linear,), {"__module__": "torch.nn.modules.linear", "held": [1]})
    assert not is_library_class(forged)
    called_so = type(torch)("torch")
    assert not is_library_module(called_so)


def test_a_file_in_place_of_a_known_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after the library itself was seen."""
    assert is_library_module(np)
    other = type(np)("numpy")
    other.__file__ = str(tmp_path / "numpy.py")
    monkeypatch.setitem(__import__("sys").modules, "numpy", other)
    assert not is_library_module(other)


def test_digests_in_the_records_are_those_of_the_declared_architectures() -> None:
    """So that what is certified stays verifiable: no release may change them."""
    records = sorted(Path(__file__).parents[2].glob("certificates/*/certificate.json"))
    seen = 0
    for path in records:
        architecture = json.loads(path.read_text())["prior"]["architecture"]
        if architecture is not None and architecture["index"]:
            built = networks.build(architecture["name"])
            assert source_digest(built) == architecture["source_sha256"], path
            seen += 1
    assert seen >= 7


def test_one_setting_says_no_more_than_a_path() -> None:
    coded_state(Wrapper(2**2000))
    for long in (2**2099, "x" * 260):
        with pytest.raises(UnsupportedModel, match=r"kept: 2,\d+ bits of data outside"):
            coded_state(Wrapper(long))


@pytest.mark.parametrize("module", ["os", "sys", "io", "pickle", "importlib"])
def test_a_module_that_reaches_outside(module: str) -> None:
    with pytest.raises(UnsupportedModel, match="kept: reaches outside of the network"):
        coded_state(Wrapper(__import__(module)))
