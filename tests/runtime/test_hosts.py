"""A job on two hosts, in network namespaces: killed and cut off it gives the message of an undisturbed one."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import hosts

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _hosts_can_be_made() -> None:
    if why := hosts.cannot():
        pytest.skip(f"two hosts cannot be had here: {why}")


def test_a_killed_worker_and_a_cut_link_change_nothing_of_the_message() -> None:
    alone = hosts.on_one_host()
    disturbed = hosts.on_two_hosts(hosts.kill_worker_while_cut)
    assert disturbed["message_sha256"] == alone["message_sha256"]
    assert disturbed["seal"] == alone["seal"]
    first, *again = disturbed["began at steps"]
    assert first == 0
    assert again
    assert all(step >= hosts.DISTURBED_AT - 1 for step in again), "it went on from the checkpoint"


def test_a_link_that_is_cut_for_ten_seconds_is_waited_for() -> None:
    cut = hosts.on_two_hosts(hosts.cut_link)
    assert cut["seconds"] > hosts.CUT_SECONDS
    assert len(cut["message_sha256"]) == 64
