"""Fixtures for all tests: the real MNIST, loaded once, or a skip that nobody can overlook."""

from collections.abc import Iterator

import pytest
import torch

from netrazor import data
from netrazor.errors import DatasetUnavailable

_MISSING = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def mnist(request: pytest.FixtureRequest) -> data.ImageDataset:
    """The 60,000 training examples of MNIST."""
    return _load_or_skip(request, "mnist", "train")


@pytest.fixture(scope="session")
def mnist_test(request: pytest.FixtureRequest) -> data.ImageDataset:
    """The 10,000 test examples of MNIST."""
    return _load_or_skip(request, "mnist", "test")


@pytest.fixture(scope="session")
def fashion_mnist(request: pytest.FixtureRequest) -> data.ImageDataset:
    """The 60,000 training examples of Fashion-MNIST."""
    return _load_or_skip(request, "fashion-mnist", "train")


_FIXTURES = {"mnist", "mnist_test", "fashion_mnist"}


def _load_or_skip(request: pytest.FixtureRequest, name: str, split: str) -> data.ImageDataset:
    missing = request.config.stash.setdefault(_MISSING, {})
    if name not in missing:
        try:
            return data.load(name, split)
        except DatasetUnavailable as error:
            missing[name] = str(error)
    pytest.skip(f"{name} cannot be had here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the data is marked ``mnist``, so that ``-m 'not mnist'`` leaves it out."""
    for item in items:
        if _FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("mnist")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, reason in config.stash.get(_MISSING, {}).items():
        terminalreporter.section(f"TESTS ON {name.upper()} WERE SKIPPED", sep="!", red=True)
        terminalreporter.write_line(reason)


@pytest.fixture(autouse=True)
def _denormals_as_they_were() -> Iterator[None]:
    """Training flushes denormals in its thread; what comes after it expects them back."""
    yield
    torch.set_flush_denormal(False)
