"""Fixtures for all tests: the real MNIST, loaded once, or a skip that nobody can overlook."""

from collections.abc import Iterator

import pytest
import torch

from netrazor import data
from netrazor.errors import DatasetUnavailable

MISSING = "cannot be had here"


@pytest.fixture(scope="session")
def mnist() -> data.ImageDataset:
    """The 60,000 training examples of MNIST."""
    return _load_or_skip("mnist", "train")


@pytest.fixture(scope="session")
def mnist_test() -> data.ImageDataset:
    """The 10,000 test examples of MNIST."""
    return _load_or_skip("mnist", "test")


@pytest.fixture(scope="session")
def fashion_mnist() -> data.ImageDataset:
    """The 60,000 training examples of Fashion-MNIST."""
    return _load_or_skip("fashion-mnist", "train")


_FIXTURES = {"mnist", "mnist_test", "fashion_mnist"}


def _load_or_skip(name: str, split: str) -> data.ImageDataset:
    try:
        return data.load(name, split)
    except DatasetUnavailable as error:
        pytest.skip(f"{name} {MISSING}: {error}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--slow``: tests of a minute and more too."""
    parser.addoption("--slow", action="store_true", help="run tests marked slow, which take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever uses the data is marked ``mnist``, so that ``-m 'not mnist'`` leaves it out; slow ones wait."""
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="slow; pytest --slow runs it"))
        if _FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("mnist")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """From the reports, since the tests may have run in other processes."""
    reasons = (str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if missing := {reason for reason in reasons if MISSING in reason}:
        terminalreporter.section("TESTS ON REAL DATA WERE SKIPPED", sep="!", red=True)
        terminalreporter.write_line("\n".join(sorted(missing)))


@pytest.fixture(autouse=True)
def _denormals_as_they_were() -> Iterator[None]:
    """Training flushes denormals in its thread; what comes after it expects them back."""
    yield
    torch.set_flush_denormal(False)
