"""Our rows of the leaderboard: certificates as their files say, checked while they are read."""

from dataclasses import dataclass
from pathlib import Path

from netrazor.certification import (
    Certificate,
    PicksRecord,
    Verdict,
    check_consistency,
    measure_yardsticks,
    read_run,
)
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, MESSAGE, PICKS
from netrazor.errors import CertificateError, ConfigurationError
from netrazor.units import percent_up
from netrazor.website.measured import Measured, read_measured


@dataclass(frozen=True)
class Entry:
    """A certificate in a directory of its own, which gives it its name on the site."""

    directory: Path
    certificate: Certificate
    verdict: Verdict
    measured: Measured

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.directory.name

    @property
    def files(self) -> list[Path]:
        """Those that the certificate speaks of, itself first."""
        named = (self.directory / name for name in (CERTIFICATE, MESSAGE, PICKS, GIVEN))
        return [path for path in named if path.is_file()]

    @property
    def message_file(self) -> Path | None:
        """That of the message."""
        return next((path for path in self.files if path.name in (MESSAGE, PICKS)), None)

    @property
    def kind(self) -> str:
        """What is taken for granted beside the counted examples: a key of the leaderboard's kinds."""
        certificate = self.certificate
        if certificate.method in ("picked", "hold-out"):
            return str(certificate.method)
        if certificate.sample.spent:
            return "data-dependent"
        return "transfer" if certificate.prior.given is not None else "data-independent"

    @property
    def paid(self) -> str:
        """What the bound pays for."""
        message = self.certificate.message
        if isinstance(message, PicksRecord):
            return f"{message.picked:,} picks, {self.certificate.errors:,} errors"
        return f"{self.certificate.effective_bits:,.0f} bits, {self.certificate.errors:,} errors"

    @property
    def paid_number(self) -> float:
        """Bits or picks, to sort by."""
        message = self.certificate.message
        return message.picked if isinstance(message, PicksRecord) else self.certificate.effective_bits

    @property
    def given(self) -> str:
        """What cost nothing: spent examples and given numbers."""
        sample, given = self.certificate.sample, self.certificate.prior.given
        parts = [f"{sample.spent:,} of {sample.n:,} examples spent"] if sample.spent else []
        parts += [f"{given.bytes:,} bytes: {given.origin}"] if given is not None else []
        return "; ".join(parts) or "nothing"

    @property
    def train_error(self) -> float:
        """Share of wrong answers on the counted examples."""
        return self.certificate.errors / self.certificate.n

    @property
    def hold_out(self) -> str:
        """What a hold-out would give, in words."""
        found = measure_yardsticks(self.certificate)
        return f"{percent_up(found.hold_out_bound)} ({found.held_out:,} examples)"


def read_entries(directories: list[Path]) -> list[Entry]:
    """The certificates in these directories, or one level below them, by name.

    Raises:
        ConfigurationError: no certificate there, two of one name, or one that does not follow from its files.
        CertificateError: files that cannot be read.
    """
    places = [place for directory in directories for place in _places(directory)]
    entries = {}
    for place in sorted(places, key=lambda path: path.name):
        if place.name in entries:
            raise ConfigurationError(
                f"certificates: two directories are called {place.name!r}; rename one of them"
            )
        entries[place.name] = read_entry(place)
    return list(entries.values())


def read_entry(directory: Path) -> Entry:
    """The certificate in a directory.

    Raises:
        ConfigurationError: no certificate there.
        CertificateError: it does not follow from its files, which no page may show.
    """
    verdict = check_consistency(directory)
    if verdict.exit_code == 1:
        first = verdict.findings[0]
        raise CertificateError(f"{directory}: INVALID, {first.code}: {first.text}; leave it out, or mend it")
    return Entry(directory, read_run(directory).certificate, verdict, read_measured(directory))


def _places(directory: Path) -> list[Path]:
    if (directory / CERTIFICATE).is_file():
        return [directory]
    found = [path.parent for path in sorted(directory.glob(f"*/{CERTIFICATE}"))]
    if not found:
        raise ConfigurationError(
            f"certificates: {directory} has no {CERTIFICATE}, nor has a directory in it; name directories of runs"
        )
    return found
