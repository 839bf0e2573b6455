"""`import netrazor`: what it shows, loaded when first asked for."""

import subprocess
import sys

import pytest

import netrazor
from fresh_interpreter import in_a_fork


def in_a_fresh_interpreter(script: str) -> None:
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(
    "name",
    [
        "bounds",
        "coding",
        "data",
        "certify",
        "certify_picked",
        "certify_hold_out",
        "split_spent",
        "verify",
        "load",
        "Certificate",
    ],
)
def test_every_export_is_reached_from_the_package(name: str) -> None:
    code, _, errors = in_a_fork(f"import netrazor; assert netrazor.{name} is netrazor.{name}")
    assert code == 0, errors


def test_dir_lists_the_exports() -> None:
    in_a_fresh_interpreter("import netrazor; assert dir(netrazor) == sorted(netrazor.__all__), dir(netrazor)")


def test_importing_it_loads_nothing_heavy() -> None:
    in_a_fresh_interpreter("import sys, netrazor; assert not {'torch', 'numpy', 'scipy'} & set(sys.modules)")


def test_a_name_that_is_none_says_which_there_are() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'bound'; it has .*bounds, certify"):
        netrazor.bound  # noqa: B018
