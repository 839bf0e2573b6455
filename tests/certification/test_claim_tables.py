"""Bounds of tables: what a group without examples says, and which certificates can have none."""

import pytest

import tiny
from netrazor import bounds
from netrazor.certification import RunFiles, check_run, seal
from netrazor.certification.assumptions import assumptions_of
from netrazor.certification.bounding import bound_noisy_risk, bounded_claim
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.claim_tables import Price, bound_table
from netrazor.certification.claims import CellRecord, ClassErrors, ClassPrecision
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.sentences import claim_sentence
from netrazor.errors import CertificateError


def table(*cells: tuple[int, int]) -> ClaimRecord:
    """Of each answer how many examples have it, and how many of these wrongly."""
    claim = tiny.occam_run().issued.certificate.claims[0]
    records = tuple(CellRecord(n=n, count=count) for n, count in cells)
    return claim.model_copy(update={"asked": ClassPrecision(), "cells": records})


def test_answers_that_no_example_has_are_bounded_by_one() -> None:
    """Each of the others has the exact tail of its own examples, at a quarter of delta."""
    found = bound_table(table((0, 0), (50, 3), (0, 0), (60, 60)), 4, Price(10.0, 0.05))
    exact = bounds.occam(3, 50, 10.0, 0.05 / 4)
    assert [cell.bound for cell in found.cells] == [1.0, pytest.approx(exact, abs=2e-9), 1.0, 1.0]
    assert exact < found.cells[1].bound < 1
    assert found.bound == 1.0


def test_a_table_of_no_examples_at_all_says_nothing() -> None:
    found = bound_table(table(*[(0, 0)] * 4), 4, Price(10.0, 0.05))
    assert [cell.bound for cell in found.cells] == [1.0] * 4
    assert found.bound == 1.0


def test_noisy_risks_are_about_the_error_alone() -> None:
    """Also where all else in a forged certificate follows from what it rests on."""
    issued = tiny.noisy_run().issued
    c, (first, *_) = issued.certificate, issued.certificate.claims
    cells = tuple(CellRecord(n=500, count=20) for _ in range(4))
    asked = first.model_copy(update={"asked": ClassErrors(), "cells": cells, "errors": 80})
    words = (
        "certificate of method 'perturbation' is about the error alone, got a claim of kind 'class-errors'"
    )
    with pytest.raises(CertificateError, match=words):
        bounded_claim(c, asked)
    assert c.noise is not None
    assert first.noisy is not None
    parts = delta_parts(c.delta, c.considered, 2)
    noisy = first.noisy.model_copy(update={"upper": bound_noisy_risk(first.noisy, c.noise.draws, parts)})
    claims = [
        claim.model_copy(update={"delta_parts": parts, "noisy": noisy, "bound": 1.0})
        for claim in (first, asked)
    ]
    claims[0] = claims[0].model_copy(update={"sentence": claim_sentence(c, claims[0])})
    forged = c.model_copy(update={"claims": tuple(claims)})
    forged = seal(forged.model_copy(update={"assumptions": assumptions_of(forged)}))
    findings, _ = check_run(RunFiles(forged, issued.blob, None, issued.graph))
    assert [finding.code for finding in findings] == ["risk"]
    assert words in findings[0].text
