"""A table that was learnt, in 46 places outside of the message: refused, paid for, or trusted in so many words.

Whoever looks random labels up in such a table errs on three of four new examples. A certificate of less would be
false; it may stand only under the assumption that the author's code holds no such table.
"""

from pathlib import Path

import pytest
from hiding_places import PLACES, TRUE_RISK, memorizing, random_labels

import netrazor
from netrazor.certification.assumptions import NO_GRAPH
from netrazor.counting import count_errors
from netrazor.errors import NetrazorError


def test_there_are_46() -> None:
    assert len(PLACES) == 46


@pytest.mark.parametrize("place", PLACES)
def test_the_table_is_read_from_there(place: str, tmp_path: Path) -> None:
    with memorizing(place, tmp_path) as network:
        assert count_errors(network, random_labels()).errors == 0


SLOW = {"sizes that operations find"}  # 334 arrays and 2,000 steps; tests/certification has their price alone


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[pytest.mark.slow] * (place in SLOW)) for place in PLACES]
)
def test_what_is_a_graph_is_refused_or_pays_for_its_table(place: str, tmp_path: Path) -> None:
    with memorizing(place, tmp_path) as network:
        try:
            certificate = netrazor.certify(network, random_labels(), recipe="as-is", out=tmp_path / "run")
        except NetrazorError:
            return
    if certificate.risk_bound < TRUE_RISK:
        assert NO_GRAPH in certificate.assumptions
        assert certificate.provenance.no_graph
        return
    assert certificate.prior.graph is not None
    verdict = netrazor.verify(tmp_path / "run", random_labels())
    assert verdict.status == "VALID", "files, hooks and modules are gone: graph and message are enough"


def test_what_is_no_graph_says_so(tmp_path: Path) -> None:
    with memorizing("list", tmp_path, branches=True) as network:
        try:
            certificate = netrazor.certify(network, random_labels(), recipe="as-is")
        except NetrazorError:
            return
    assert certificate.prior.graph is None
    assert NO_GRAPH in certificate.assumptions or certificate.risk_bound >= TRUE_RISK
