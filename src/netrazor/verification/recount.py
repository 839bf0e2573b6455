"""Counting again what a certificate states: its data set, its errors, and its noisy risk from other draws."""

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import Certificate, NoiseRecord, checking
from netrazor.certification.charging import Noise
from netrazor.certification.checking import Finding
from netrazor.counting.error_count import count_errors, in_order, scores_of
from netrazor.data import fingerprint
from netrazor.perturb import error_rates, mean_and_variance
from netrazor.runtime import Reporter, devices
from netrazor.units import percent_up


class Recount:
    """What of a certificate does not hold on the data, and what a reader should know besides."""

    def __init__(
        self,
        certificate: Certificate,
        decoded: nn.Module,
        dataset: Dataset[tuple[Tensor, int]],
        reporter: Reporter,
    ) -> None:
        self.certificate = certificate
        self.decoded = decoded
        self.dataset = dataset
        self.reporter = reporter
        self.findings: list[Finding] = []
        self.notes: list[str] = []

    def run(self, noise: Noise | None, seed: int) -> None:
        """Each check in turn, until one fails."""
        self._recognize()
        if not self.findings:
            self._count()
        if not self.findings and noise is not None and self.certificate.noise is not None:
            self._redraw(noise, self.certificate.noise, seed)

    def _find(self, code: str, text: str) -> None:
        self.findings.append(Finding(code, text))

    def _recognize(self) -> None:
        """Is it the data set that was certified?"""
        record, found = self.certificate.dataset, fingerprint(self.dataset)
        if found != record.fingerprint:
            self._find(
                "dataset",
                f"the certificate is about {record.name} ({record.split}), fingerprint {record.fingerprint[:16]}..., "
                f"got a data set with fingerprint {found[:16]}...; verify with the data set that was certified",
            )
            return
        example = next(in_order(self.dataset, 1))[0].to(devices.device_of(self.decoded))
        classes = scores_of(self.decoded, example).shape[1]
        if classes != record.classes:
            self._find("dataset", f"dataset.classes is {record.classes}; the network has {classes}")

    def _count(self) -> None:
        """Another count than the recorded one: too few recorded errors invalidate, too many do not."""
        certificate, evaluation = self.certificate, self.certificate.evaluation
        count = count_errors(
            self.decoded,
            self.dataset,
            batch_size=evaluation.batch_size,
            top=evaluation.top,
            reporter=self.reporter,
        )
        self.notes.append(f"counted again: {count.errors} errors on {count.n} examples")
        if count.n != certificate.n:
            self._find("n", f"n is {certificate.n}; the data set has {count.n} examples")
        elif count.errors != certificate.errors:
            bound = bound_with(certificate, count.errors)
            self.notes.append(
                f"the certificate records {certificate.errors} errors, counted with {evaluation.runtime}; with "
                f"the count of this runtime the bound is {percent_up(bound)}"
            )
            if count.errors > certificate.errors and bound > certificate.risk_bound:
                self._find(
                    "recount",
                    f"errors is {certificate.errors}; the decoded network makes {count.errors} on this runtime; "
                    "where evaluation.runtime names another device, count there",
                )

    def _redraw(self, noise: Noise, record: NoiseRecord, seed: int) -> None:
        """The noisy risk from draws of the verifier's own, against the recorded upper confidence bound."""
        rates = error_rates(
            self.decoded,
            noise.sigma,
            self.dataset,
            examples_per_draw=record.examples_per_draw,
            passes=record.draws * record.examples_per_draw // self.certificate.n,
            seed=seed,
            top=self.certificate.evaluation.top,
            reporter=self.reporter,
        )
        mean, _ = mean_and_variance(rates, record.examples_per_draw)
        self.notes.append(
            f"drawn again: noisy risk {percent_up(mean, 3)} over {len(rates)} draws of the verifier's own "
            f"(seed {seed})"
        )
        if mean > record.risk_upper:
            self._find(
                "noisy-risk", f"noise.risk_upper is {record.risk_upper}; fresh draws have a mean of {mean}"
            )


def bound_with(certificate: Certificate, errors: int) -> float:
    """The bound of the certificate if the decoded network made ``errors`` errors."""
    if certificate.method == "perturbation":
        return certificate.risk_bound  # rests on the noisy draws, which are drawn again
    return checking.risk_bound(certificate.model_copy(update={"errors": errors}))
