"""Places outside of parameters and buffers where a network can keep what it has learnt: each is tried.

Every network here answers by looking up the label of the example in a table that it keeps in one such place. The
labels are random, so on new examples it errs as often as a guess does, and whoever certifies it for less has not
charged the table. A test must see each one refused, its table charged, or the trust in its source stated.
"""

import array
import collections
import functools
import importlib.util
import os
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_modules

from netrazor.data import ImageDataset

CLASSES, EXAMPLES = 4, 2000
TRUE_RISK = 1 - 1 / CLASSES  # of every answer to a random label
_SIDE, _VALUES = 4, 256


def random_labels() -> ImageDataset:
    """Images of noise whose first two pixels number them, under random labels."""
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, _VALUES, (EXAMPLES, 1, _SIDE, _SIDE), generator=generator)
    numbers = torch.arange(EXAMPLES)
    pixels[:, 0, 0, 0], pixels[:, 0, 0, 1] = numbers % _VALUES, numbers // _VALUES
    labels = torch.randint(0, CLASSES, (EXAMPLES,), generator=generator)
    return ImageDataset(pixels.to(torch.uint8), labels, CLASSES, name="random labels")


class Memorizer(nn.Module):
    """Looks its answers up in `table`; its only layer is zero, and costs next to nothing.

    With ``branches``, its forward pass branches on its input, to no effect but that it is no graph of operations.
    """

    def __init__(self, branches: bool = False) -> None:
        super().__init__()
        self.fc = nn.Linear(_SIDE * _SIDE, CLASSES)
        nn.init.zeros_(self.fc.weight)
        nn.init.zeros_(self.fc.bias)
        self.branches = branches

    def table(self) -> Tensor:
        """The label of each example."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        if self.branches and bool(x.sum() < 0):
            return self.fc(x.flatten(1))
        return self.fc(x.flatten(1)) + looked_up(self.table(), x)


def looked_up(table: Tensor, x: Tensor) -> Tensor:
    """Scores that answer as ``table`` says of the number in the first two pixels."""
    first, second = (255 * x[:, 0, 0, place] for place in (0, 1))
    number = (first.round() + _VALUES * second.round()).long()
    return nn.functional.one_hot(table[number.clamp(0, len(table) - 1)].long(), CLASSES).to(x.dtype)


@dataclass(frozen=True)
class Secret:
    """What is to be hidden, and where files may be written."""

    labels: Tensor
    folder: Path
    branches: bool

    @property
    def numbers(self) -> list[int]:
        """The labels as whole numbers."""
        return [int(label) for label in self.labels]

    @property
    def octets(self) -> bytes:
        """The labels as bytes."""
        return bytes(self.numbers)


Builder = Callable[[Secret], nn.Module | tuple[nn.Module, Callable[[], None]]]
PLACES: dict[str, Builder] = {}


@contextmanager
def memorizing(place: str, folder: Path, *, branches: bool = False) -> Iterator[nn.Module]:
    """The network that memorises `random_labels` in ``place``; hooks, files and modules last as long as this."""
    secret = Secret(random_labels().labels, folder, branches)
    built = PLACES[place](secret)
    network, undo = built if isinstance(built, tuple) else (built, lambda: None)
    try:
        yield network.eval()
    finally:
        undo()


def _place(name: str) -> Callable[[Builder], Builder]:
    def register(builder: Builder) -> Builder:
        PLACES[name] = builder
        return builder

    return register


def _holding(name: str, hide: Callable[[Secret], Any], read: Callable[[Any], Any]) -> None:
    """A place that is an attribute of the module: what is put there, and how the labels are had from it."""

    class Holding(Memorizer):
        def table(self) -> Tensor:
            found = read(self.held)
            return found if isinstance(found, Tensor) else torch.tensor(list(found))

    Holding.__qualname__ = Holding.__name__ = f"Holding_{name.replace(' ', '_')}"

    def build(secret: Secret) -> nn.Module:
        network = Holding(secret.branches)
        network.held = hide(secret)
        return network

    PLACES[name] = build


class _Slotted:
    __slots__ = ("inside",)

    def __init__(self, inside: Any) -> None:
        self.inside = inside


_ALIVE: list[Any] = []  # what weak references lead to


def _weak(secret: Secret) -> Any:
    holder = _Slotted(secret.numbers)
    _ALIVE.append(type("Alive", (), {"inside": holder})())
    return weakref.ref(_ALIVE[-1])


def _huge(secret: Secret) -> int:
    return int.from_bytes(secret.octets, "little")


_holding("dict", lambda s: dict(enumerate(s.numbers)), lambda held: held.values())
_holding("list", lambda s: s.numbers, lambda held: held)
_holding("nested tuples", lambda s: tuple((n,) for n in s.numbers), lambda held: [n for (n,) in held])
_holding("int of many digits", _huge, lambda held: held.to_bytes(EXAMPLES, "little"))
_holding("bytes", lambda s: s.octets, lambda held: held)
_holding("bytearray", lambda s: bytearray(s.octets), lambda held: held)
_holding("text", lambda s: "".join(map(str, s.numbers)), lambda held: map(int, held))
_holding("memoryview", lambda s: memoryview(s.octets), lambda held: held.tolist())
_holding("array", lambda s: array.array("b", s.numbers), lambda held: held)
_holding(
    "set",
    lambda s: {CLASSES * place + label for place, label in enumerate(s.numbers)},
    lambda held: [number % CLASSES for number in sorted(held)],
)
_holding("deque", lambda s: collections.deque(s.numbers), lambda held: held)
_holding("storage", lambda s: s.labels.to(torch.uint8).untyped_storage(), lambda held: held.tolist())
_holding("weak reference", _weak, lambda held: held().inside.inside)
_holding("class", lambda s: type("Holder", (), {"inside": s.numbers}), lambda held: held.inside)
_holding(
    "bound builtin", lambda s: s.numbers.__getitem__, lambda held: [held(place) for place in range(EXAMPLES)]
)
_holding("slots", lambda s: _Slotted(s.numbers), lambda held: held.inside)
_holding("array of objects", lambda s: np.array(s.numbers, dtype=object), lambda held: map(int, held))
_holding("default dict", lambda s: collections.defaultdict(int, enumerate(s.numbers)), lambda h: h.values())


@_place("private list")
def _private_list(secret: Secret) -> nn.Module:
    class Private(Memorizer):
        def table(self) -> Tensor:
            return torch.tensor(self._held)

    network = Private(secret.branches)
    network._held = secret.numbers
    return network


@_place("attribute by a built name")
def _built_name(secret: Secret) -> nn.Module:
    class Built(Memorizer):
        def table(self) -> Tensor:
            return torch.tensor(getattr(self, "".join(("_h", "eld"))))

    network = Built(secret.branches)
    network._held = secret.numbers
    return network


@_place("tensor on a buffer")
def _on_buffer(secret: Secret) -> nn.Module:
    class OnBuffer(Memorizer):
        def table(self) -> Tensor:
            return self.shift.held

    network = OnBuffer(secret.branches)
    network.register_buffer("shift", torch.zeros(1))
    network.shift.held = secret.labels
    return network


@_place("num_batches_tracked that is no scalar")
def _batches(secret: Secret) -> nn.Module:
    class Tracked(Memorizer):
        def table(self) -> Tensor:
            return self.norm.num_batches_tracked

    network = Tracked(secret.branches)
    network.norm = nn.BatchNorm1d(CLASSES)
    network.norm.num_batches_tracked = secret.labels
    return network


@_place("lru_cache")
def _cache(secret: Secret) -> nn.Module:
    waiting = [secret.numbers]

    @functools.lru_cache
    def cached() -> list[int]:
        return waiting.pop()

    cached()

    class Cached(Memorizer):
        def table(self) -> Tensor:
            return torch.tensor(cached())

    return Cached(secret.branches)


@_place("closure")
def _closure(secret: Secret) -> nn.Module:
    numbers = secret.numbers

    class Closing(Memorizer):
        def table(self) -> Tensor:
            return torch.tensor(numbers)

    return Closing(secret.branches)


@_place("globals of a function")
def _globals(secret: Secret) -> nn.Module:
    scope = {"torch": torch, "HELD": secret.numbers}
    read = eval("lambda self: torch.tensor(HELD)", scope)
    kind = type("Global", (Memorizer,), {"table": read})
    return kind(secret.branches)


@_place("default arguments")
def _default(secret: Secret) -> nn.Module:
    class Defaulting(Memorizer):
        def table(self, held: list[int] = secret.numbers) -> Tensor:
            return torch.tensor(held)

    return Defaulting(secret.branches)


@_place("attribute of the class")
def _on_class(secret: Secret) -> nn.Module:
    class OnClass(Memorizer):
        held = secret.numbers

        def table(self) -> Tensor:
            return torch.tensor(type(self).held)

    return OnClass(secret.branches)


@_place("overridden __call__")
def _call(secret: Secret) -> nn.Module:
    numbers = secret.numbers

    class Calling(Memorizer):
        def table(self) -> Tensor:
            return torch.zeros(EXAMPLES)

        def __call__(self, x: Tensor) -> Tensor:
            return super().__call__(x) + 2 * looked_up(torch.tensor(numbers), x)

    return Calling(secret.branches)


@_place("overridden _conv_forward")
def _convolution(secret: Secret) -> nn.Module:
    class Looking(nn.Conv2d):
        def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
            plain = super()._conv_forward(x, weight, bias)
            return plain + looked_up(torch.tensor(self.held), x)[:, :, None, None]

    class Convolving(Memorizer):
        def forward(self, x: Tensor) -> Tensor:
            if self.branches and bool(x.sum() < 0):
                return self.fc(x.flatten(1))
            return self.fc(x.flatten(1)) + self.look(x).mean((2, 3))

    network = Convolving(secret.branches)
    network.look = Looking(1, CLASSES, 1)
    nn.init.zeros_(network.look.weight)
    nn.init.zeros_(network.look.bias)
    network.look.held = secret.numbers
    return network


@_place("forged __module__")
def _forged(secret: Secret) -> nn.Module:
    scope = {"torch": torch, "HELD": secret.labels, "__name__": "torch.nn.modules.linear"}
    read = eval("lambda self: HELD", scope)
    read.__module__ = "torch.nn.modules.linear"
    kind = type("Linear", (Memorizer,), {"table": read, "__module__": "torch.nn.modules.linear"})
    return kind(secret.branches)


@_place("global hook")
def _hook(secret: Secret) -> tuple[nn.Module, Callable[[], None]]:
    class Plain(Memorizer):
        def table(self) -> Tensor:
            return torch.zeros(EXAMPLES)

    table = secret.labels

    def answer(module: nn.Module, inputs: Any, scores: Any) -> Any:
        return scores + 2 * looked_up(table, inputs[0]) if isinstance(module, Plain) else scores

    handle = torch_modules.register_module_forward_hook(answer)
    return Plain(secret.branches), handle.remove


def _import(secret: Secret, name: str, text: str) -> tuple[Any, Callable[[], None]]:
    path = secret.folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    home = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = home
    spec.loader.exec_module(home)

    def undo() -> None:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before

    return home, undo


@_place("file called einops.py")
def _library(secret: Secret) -> tuple[nn.Module, Callable[[], None]]:
    text = f"import torch\nHELD = torch.tensor({secret.numbers})\ndef rearrange():\n    return HELD\n"
    home, undo = _import(secret, "einops", text)

    class Using(Memorizer):
        def table(self) -> Tensor:
            return home.rearrange()

    return Using(secret.branches), undo


@_place("imported dict")
def _imported(secret: Secret) -> tuple[nn.Module, Callable[[], None]]:
    text = f"HELD = {dict(enumerate(secret.numbers))}\n"
    _, undo = _import(secret, "settings_of_a_user", text)

    class Importing(Memorizer):
        def table(self) -> Tensor:
            from settings_of_a_user import HELD

            return torch.tensor(list(HELD.values()))

    return Importing(secret.branches), undo


@_place("file read in forward")
def _file(secret: Secret) -> nn.Module:
    path = secret.folder / "table.bin"
    path.write_bytes(secret.octets)
    name = str(path)

    class Reading(Memorizer):
        def table(self) -> Tensor:
            return torch.tensor(list(Path(name).read_bytes()))

    return Reading(secret.branches)


@_place("environment")
def _environment(secret: Secret) -> tuple[nn.Module, Callable[[], None]]:
    os.environ["HELD_BY_A_TEST"] = "".join(map(str, secret.numbers))

    class Asking(Memorizer):
        def table(self) -> Tensor:
            return torch.tensor([int(digit) for digit in os.environ["HELD_BY_A_TEST"]])

    return Asking(secret.branches), lambda: os.environ.pop("HELD_BY_A_TEST") and None


_IN_A_WORD = 25  # labels of two bits


def _words(numbers: list[int]) -> list[list[int]]:
    return [numbers[place : place + _IN_A_WORD] for place in range(0, len(numbers), _IN_A_WORD)]


def _unpacked(words: Tensor) -> Tensor:
    shifts = 2 * torch.arange(_IN_A_WORD - 1, -1, -1)
    return torch.bitwise_and(torch.bitwise_right_shift(words[:, None], shifts), CLASSES - 1).flatten()


@_place("program of doublings")
def _program(secret: Secret) -> nn.Module:
    words = _words(secret.numbers)

    class Doubling(Memorizer):
        def table(self) -> Tensor:
            zero, found = self.fc.bias.new_zeros(1, dtype=torch.int64), []
            for word in words:
                number = zero
                for label in word:
                    number = number * 2 * 2 + label
                found.append(number)
            return _unpacked(torch.cat(found))

    return Doubling(secret.branches)


@_place("numbers in the code")
def _in_code(secret: Secret) -> nn.Module:
    read = eval(f"lambda self: torch.tensor({[float(n) for n in secret.numbers]})", {"torch": torch})
    return type("Written", (Memorizer,), {"table": read})(secret.branches)


@_place("tests of equality")
def _equality(secret: Secret) -> nn.Module:
    words = _words(secret.numbers)

    class Comparing(Memorizer):
        def forward(self, x: Tensor) -> Tensor:
            if self.branches and bool(x.sum() < 0):
                return self.fc(x.flatten(1))
            first, second = (255 * x[:, 0, 0, place] for place in (0, 1))
            number = (first.round() + _VALUES * second.round()).long()
            group = number // _IN_A_WORD
            word = torch.zeros_like(number)
            for place, labels in enumerate(words):
                coded = int("".join(map(str, labels)), CLASSES)
                word = torch.where(group == place, coded, word)
            shift = 2 * (_IN_A_WORD - 1 - number % _IN_A_WORD)
            label = torch.bitwise_and(torch.bitwise_right_shift(word, shift), CLASSES - 1)
            return self.fc(x.flatten(1)) + nn.functional.one_hot(label, CLASSES).to(x.dtype)

    return Comparing(secret.branches)


@_place("complex buffer")
def _complex(secret: Secret) -> nn.Module:
    class Complex(Memorizer):
        def table(self) -> Tensor:
            return self.held.imag

    network = Complex(secret.branches)
    network.register_buffer("held", torch.complex(torch.zeros(EXAMPLES), secret.labels.float()))
    return network


@_place("function of autograd")
def _autograd(secret: Secret) -> nn.Module:
    numbers = secret.numbers

    class Looking(torch.autograd.Function):
        @staticmethod
        def forward(x: Tensor) -> Tensor:
            return looked_up(torch.tensor(numbers), x)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> None:
            return None

    class Applying(Memorizer):
        def forward(self, x: Tensor) -> Tensor:
            if self.branches and bool(x.sum() < 0):
                return self.fc(x.flatten(1))
            return self.fc(x.flatten(1)) + Looking.apply(x)

    return Applying(secret.branches)


class _Table(nn.Module):
    """A module of its own, which answers from a list."""

    def __init__(self, numbers: list[int]) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(len(numbers), dtype=torch.int64))
        self.held = numbers

    def forward(self, x: Tensor) -> Tensor:
        return looked_up(torch.tensor(self.held) + self.weight, x)


@_place("module in a closure")
def _module_in_closure(secret: Secret) -> nn.Module:
    inner = _Table(secret.numbers)

    class Enclosing(Memorizer):
        def table(self) -> Tensor:
            return torch.tensor(inner.held)

    return Enclosing(secret.branches)


class _Beside(Memorizer):
    def forward(self, x: Tensor) -> Tensor:
        if self.branches and bool(x.sum() < 0):
            return self.fc(x.flatten(1))
        return self.fc(x.flatten(1)) + self.beside(x)


@_place("compiled part")
def _compiled(secret: Secret) -> nn.Module:
    network = _Beside(secret.branches)
    network.beside = torch.compile(_Table(secret.numbers), backend="eager")
    return network


@_place("weights of a functional call")
def _functional(secret: Secret) -> nn.Module:
    part, weights = _Table([0] * EXAMPLES), {"weight": secret.labels}

    class Calling(_Beside):
        def beside(self, x: Tensor) -> Tensor:
            found: Tensor = torch.func.functional_call(part, weights, (x,))
            return found

    return Calling(secret.branches)


@_place("shapes of empty buffers")
def _shapes(secret: Secret) -> nn.Module:
    class Shaped(Memorizer):
        def table(self) -> Tensor:
            return _unpacked(torch.tensor([held.shape[1] for name, held in self.named_buffers()]))

    network = Shaped(secret.branches)
    for place, labels in enumerate(_words(secret.numbers)):
        coded = int("".join(map(str, labels)), CLASSES)
        network.register_buffer(f"held{place}", torch.empty(0, coded))
    return network


@_place("sizes that operations find")
def _sizes(secret: Secret) -> nn.Module:
    """As many ones as a buffer without elements is wide, added up: no number stands in the graph's steps."""
    together = 6

    class Summing(Memorizer):
        def table(self) -> Tensor:
            widths = torch.stack([held.sum(0).exp().sum() for _, held in self.named_buffers()]).long()
            shifts = 2 * torch.arange(together - 1, -1, -1)
            return torch.bitwise_and(
                torch.bitwise_right_shift(widths[:, None], shifts), CLASSES - 1
            ).flatten()

    network = Summing(secret.branches)
    for place in range(0, EXAMPLES, together):
        labels = [*secret.numbers[place : place + together], *(0 for _ in range(together))][:together]
        coded = int("".join(map(str, labels)), CLASSES)
        network.register_buffer(f"held{place}", torch.empty(0, coded))
    return network


@_place("parametrization")
def _parametrization(secret: Secret) -> nn.Module:
    class Adding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.held = secret.numbers

        def forward(self, weight: Tensor) -> Tensor:
            return weight + torch.tensor(self.held)

    class Parametrized(Memorizer):
        def table(self) -> Tensor:
            return self.part.weight

    network = Parametrized(secret.branches)
    network.part = nn.Module()
    network.part.weight = nn.Parameter(torch.zeros(EXAMPLES))
    nn.utils.parametrize.register_parametrization(network.part, "weight", Adding())
    return network
