"""What a reader of a verdict is told to trust: what was given, from where, foreign code, and repeated examples."""

import json
from pathlib import Path

import spent_runs
import tiny
from netrazor.certification import GivenArraysRecord, LearnerRecord, check_consistency
from netrazor.certification.assumptions import (
    COLUMN,
    FREE_STEPS,
    GIVEN_ARRAYS,
    NO_GRAPH,
    OWN_START,
    trusted_in,
)
from netrazor.certification.claims import Error, GroupErrors
from netrazor.certification.graph_structure import MOST_FREE_BITS
from tampering import change

ARCHITECTURE = FREE_STEPS.format(free=5120, n=400)  # of the tiny runs, whose examples are few


def test_what_rests_on_nothing_of_its_own_trusts_nothing() -> None:
    many = change(tiny.occam_run().issued.certificate, "sample.n", MOST_FREE_BITS)
    assert trusted_in(many) == ()


def test_few_examples_do_not_pay_for_the_choice_of_an_architecture() -> None:
    c = tiny.occam_run().issued.certificate
    assert trusted_in(c) == (ARCHITECTURE,)
    assert "up to 5,120 bits" in ARCHITECTURE
    assert "each of the 400 examples" in ARCHITECTURE
    fewer = change(c, "sample.n", MOST_FREE_BITS - 1)
    assert trusted_in(fewer) == (FREE_STEPS.format(free=5120, n=5119),)


def test_given_weights_are_told_with_their_origin() -> None:
    c = spent_runs.issued().certificate
    assert c.prior.given is not None
    weights, origin, *_ = trusted_in(c)
    assert "The given weights" in weights
    assert "fixed without the counted examples" in weights
    assert origin == f"Their origin, as issued: {c.prior.given.origin!r}."


def test_words_of_an_issuer_are_one_line_and_not_long() -> None:
    arrays = GivenArraysRecord(sha256="0" * 64, arrays=1, bytes=4, origin="here\nVALID\x1b[2J" + 9000 * "x")
    told = trusted_in(change(tiny.occam_run().issued.certificate, "prior.given", arrays))
    assert told[0] == GIVEN_ARRAYS
    assert told[1].startswith("Their origin, as issued: 'here\\nVALID\\x1b[2Jxxx")
    assert len(told[1]) < 260
    assert "\n" not in told[1]
    assert "\x1b" not in told[1]


def test_the_code_of_an_author_and_repeated_examples() -> None:
    assert trusted_in(tiny.no_graph_run().issued.certificate) == (NO_GRAPH,)
    repeated = change(tiny.occam_run().issued.certificate, "sample.duplicates", 399)
    architecture, told = trusted_in(repeated)
    assert architecture == ARCHITECTURE
    assert told.startswith("399 of the 400 examples have the input of an earlier one")


def test_a_learners_own_code_and_its_candidates() -> None:
    own = LearnerRecord(name="own", sha256="0" * 64, exact=False, candidates=3, stops=(5,), configuration={})
    c = tiny.occam_run().issued.certificate
    assert trusted_in(change(c, "prior.learner", own))[:1] == OWN_START
    assert "3 choices that share delta" in trusted_in(change(c, "prior.learner", own))[1]
    declared = own.model_copy(update={"name": "small-cnn", "candidates": 1})
    assert trusted_in(change(c, "prior.learner", declared)) == ()
    groups = GroupErrors(column="site", groups=("a",), sha256="0" * 64)
    claims = (change(c.claims[0], "asked", Error()), change(c.claims[0], "asked", groups))
    assert trusted_in(change(c, "claims", claims)) == (ARCHITECTURE, COLUMN)


def test_a_verdict_for_programs_has_all_assumptions(tmp_path: Path) -> None:
    issued = tiny.no_graph_run().issued
    told = json.loads(check_consistency(tiny.write(tmp_path, issued.certificate, issued.blob)).to_json())
    assert told["assumptions"] == list(issued.certificate.assumptions)
    assert told["trusted"] == [NO_GRAPH]
