"""Counting again what a certificate states: its data set, its errors, and its noisy risks from other draws.

The examples are counted in an order that nobody knew before. In the order that everybody knows, a network could tell
an answer by the example's place in its batch, and whoever publishes a data set chooses the order of its examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import Certificate, ClaimRecord, Finding, Noise
from netrazor.certification.bounding import bound_claim, bounded_claim
from netrazor.certification.claims import CellRecord, GroupErrors
from netrazor.certification.class_names import recorded_names
from netrazor.certification.spending import split_positions
from netrazor.counting import (
    ClaimCount,
    GroupColumn,
    check_independence,
    count_claims,
    count_errors,
    in_order,
    outputs_of,
    read_column,
    scores_of,
    shuffled_order,
)
from netrazor.data.subsets import class_names_in, take
from netrazor.errors import ConfigurationError, UnsupportedModel
from netrazor.runtime import Reporter, devices
from netrazor.units import percent_up
from netrazor.verification.constant_check import check_constants
from netrazor.verification.redrawing import Redraw
from netrazor.verification.sample_check import check_dataset
from netrazor.verification.secret_order import most_near_ties


@dataclass
class Recount:
    """What of a certificate does not hold on the data, and what a reader should know besides."""

    certificate: Certificate
    network: nn.Module
    given: nn.Module | None
    dataset: Dataset[tuple[Tensor, int]]
    reporter: Reporter
    columns: Mapping[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self, noise: Noise | None, seed: int) -> None:
        """Each check in turn, until one fails; ``seed`` is that of the verifier's own order and draws."""
        self.findings += check_dataset(self.certificate.sample, self.dataset)
        self._compare_names()
        if not self.findings:
            self._count_classes()
        if self.findings:
            return
        positions = split_positions(self.certificate.sample)[1]
        shuffled = positions[shuffled_order(len(positions), seed)]
        examples, columns = take(self.dataset, shuffled), self._columns(shuffled)
        try:
            check_independence(self.network, examples, seed=seed)
        except UnsupportedModel as error:
            self._find("answers", str(error))
        if self.findings:
            return
        self._count_given(examples)
        counts = self._unless_rounded(self._counts(examples, columns), positions)
        for claim, count in zip(self.certificate.claims, counts, strict=True):
            self._compare(claim, count)
        self.findings += check_constants(self.certificate, take(self.dataset, positions))
        if not self.findings and noise is not None and self.certificate.noise is not None:
            redraw = Redraw(self.network, noise, self.certificate.noise, examples, seed, self.reporter)
            for claim in self.certificate.claims:
                note, found = redraw.compare(claim)
                self.notes.append(note)
                self.findings += found

    def _find(self, code: str, text: str) -> None:
        self.findings.append(Finding(code, text))

    def _compare_names(self) -> None:
        """Names are for people, but not those of other classes."""
        recorded, sample = self.certificate.provenance.class_names, self.certificate.sample
        found = recorded_names(class_names_in(self.dataset), sample.classes)
        if recorded is not None and found is not None and recorded != found:
            self._find(
                "dataset", f"provenance.class_names is {recorded!r:.200}; the data set has {found!r:.200}"
            )

    def _count_classes(self) -> None:
        example = next(in_order(self.dataset, 1))[0].to(devices.device_of(self.network))
        outputs = scores_of if self.certificate.task == "single-label" else outputs_of
        recorded, classes = self.certificate.sample.classes, outputs(self.network, example).shape[1]
        if classes != recorded:
            self._find("dataset", f"sample.classes is {recorded}; the network has {classes}")

    def _count_given(self, examples: Dataset[tuple[Tensor, int]]) -> None:
        """More errors of the given network than recorded would make the hold-out bound beside the claim false."""
        given = self.certificate.prior.given_file
        if self.given is None or given is None or given.errors is None:
            return
        found = count_errors(self.given, examples, batch_size=self.certificate.evaluation.batch_size).errors
        self.notes.append(f"counted again: the given network by itself makes {found} errors")
        if found > given.errors:
            self._find("recount", f"prior.given.errors is {given.errors}; the given network makes {found}")

    def _columns(self, counted: NDArray[np.int64]) -> dict[str, GroupColumn]:
        """The columns that make groups, if they are those of the certificate."""
        found = {}
        for claim in self.certificate.claims:
            if not isinstance(claim.statement, GroupErrors):
                continue
            name = claim.statement.column
            if name not in self.columns:
                raise ConfigurationError(
                    f"columns: the certificate has a claim about groups of {name!r}, got {sorted(self.columns)}; "
                    f"give columns={{{name!r}: ...}}, a value for each example"
                )
            found[name] = read_column(name, self.columns, self.certificate.sample.n, counted)
            if (found[name].sha256, found[name].groups) != (claim.statement.sha256, claim.statement.groups):
                self._find(
                    "dataset", f"columns: {name!r} has other values than the column that was certified"
                )
        return found

    def _counts(
        self, examples: Dataset[tuple[Tensor, int]], columns: Mapping[str, GroupColumn]
    ) -> tuple[ClaimCount, ...]:
        """Every number of every claim, in one pass."""
        return count_claims(
            self.network,
            examples,
            [claim.statement for claim in self.certificate.claims],
            classes=self.certificate.sample.classes,
            columns=columns,
            batch_size=self.certificate.evaluation.batch_size,
            reporter=self.reporter,
        )

    def _unless_rounded(
        self, counts: tuple[ClaimCount, ...], positions: NDArray[np.int64]
    ) -> tuple[ClaimCount, ...]:
        """``counts``, or where rounding alone makes them others than recorded, those in the certificate's order.

        Among other examples a score may be rounded otherwise, and decide a near tie: that is no fault of a
        certificate, but hardly an example's.
        """
        claims = self.certificate.claims
        if all(is_recorded(claim, count) for claim, count in zip(claims, counts, strict=True)):
            return counts
        usual = self._counts(take(self.dataset, positions), self._columns(positions))
        most = most_near_ties(len(positions))
        return tuple(
            theirs if difference(theirs, own) <= most else own
            for theirs, own in zip(usual, counts, strict=True)
        )

    def _compare(self, claim: ClaimRecord, count: ClaimCount) -> None:
        """Another count than the recorded one: what it says must not be more than the bounds bear."""
        if not claim.is_error:
            self._compare_table(claim, count)
            return
        evaluation = self.certificate.evaluation
        answers = "" if claim.top == 1 else f" (top {claim.top})"
        self.notes.append(f"counted again: {count.errors} errors{answers} on {count.n} examples")
        if is_recorded(claim, count):
            return
        bound = bound_with(self.certificate, claim, count.errors)
        self.notes.append(
            f"the certificate records {claim.errors} errors, counted with {evaluation.runtime}; with "
            f"the count of this runtime the bound is {percent_up(bound)}"
        )
        if count.errors > claim.errors and bound > claim.bound:
            self._find(
                "recount",
                f"errors is {claim.errors}; the rebuilt network makes {count.errors} on this runtime; "
                "where evaluation.runtime names another device, count there",
            )

    def _compare_table(self, claim: ClaimRecord, count: ClaimCount) -> None:
        """Every cell as recorded, or a bound that the new count gives no larger."""
        kind = claim.statement.kind
        if is_recorded(claim, count):
            numbers = len(claim.cells) or len(claim.losses)
            self.notes.append(f"counted again: {kind}, {numbers} numbers as recorded")
            return
        found = claim.model_copy(
            update={
                "errors": count.errors,
                "losses": count.losses,
                "cells": tuple(CellRecord(n=n, count=events) for n, events in count.cells),
            }
        )
        bounded = bounded_claim(self.certificate, found)
        self.notes.append(
            f"counted again: {kind} differs from the record; this runtime's bound is {percent_up(bounded.bound)}"
        )
        too_low = bounded.bound > claim.bound or any(
            new.bound > old.bound or (new.lower or 0.0) < (old.lower or 0.0)
            for new, old in zip(bounded.cells, claim.cells, strict=True)
        )
        if too_low:
            self._find(
                "recount",
                f"claims: {kind} rests on other counts than the rebuilt network has on this runtime, and its bounds "
                "do not hold for these; where evaluation.runtime names another device, count there",
            )


def is_recorded(claim: ClaimRecord, count: ClaimCount) -> bool:
    """Whether a count has every number that ``claim`` rests on as it is recorded."""
    cells = tuple((cell.n, cell.count) for cell in claim.cells)
    same_table = claim.is_error or (count.cells, count.losses) == (cells, claim.losses)
    return count.errors == claim.errors and same_table


def difference(one: ClaimCount, other: ClaimCount) -> float:
    """By how many examples two counts of one claim differ: the largest difference of two numbers, or of the loss."""
    numbers, others = (np.array([(0, count.errors), *count.cells]) for count in (one, other))
    lost, lost_too = (sum(value * examples for value, examples in count.losses) for count in (one, other))
    return max(float(np.abs(numbers - others).max()), abs(lost - lost_too))


def bound_with(certificate: Certificate, claim: ClaimRecord, errors: int) -> float:
    """The bound of ``claim`` if the rebuilt network made ``errors`` errors."""
    if certificate.method == "perturbation":
        return claim.bound  # rests on the noisy draws, which are drawn again
    return bound_claim(certificate, claim.model_copy(update={"errors": errors}))
