"""From the directories of runs to a file that opens anywhere, and to files for papers."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netrazor.errors import ConfigurationError
from netrazor.files import write_atomically
from netrazor.report.certificate_section import certificate_section
from netrazor.report.comparison_file import ComparisonFile
from netrazor.report.contact_sheet import ContactSheet
from netrazor.report.page import Section, page
from netrazor.report.plot import Plot
from netrazor.report.randomization_section import randomization_section
from netrazor.report.reading import CertifiedRun, Source, read
from netrazor.report.side_by_side_section import side_by_side_section
from netrazor.report.table import Table
from netrazor.report.table_1_section import table_1_section


@dataclass(frozen=True)
class Report:
    """A title and its sections."""

    title: str
    sections: tuple[Section, ...]

    def html(self) -> str:
        """The page."""
        return page(self.title, self.sections)


def compose(sources: Sequence[Source], pictures: Any = None) -> Report:
    """One section for each source; several valid certified runs are set side by side first."""
    runs = [source for source in sources if isinstance(source, CertifiedRun) and not source.findings]
    sections = [side_by_side_section(runs)] if len(runs) > 1 else []
    for number, source in enumerate(sources, start=1):
        prefix = f"{number}-" if len(sources) > 1 else ""
        if isinstance(source, CertifiedRun):
            sections.append(certificate_section(source, prefix, pictures))
        elif isinstance(source, ComparisonFile):
            sections.append(table_1_section(source, prefix))
        else:
            sections.append(randomization_section(source, prefix))
    return Report("netrazor: short networks, proven", tuple(sections))


def write_report(
    paths: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    assets: Path | None = None,
    pictures: Any = None,
) -> Report:
    """Write the report of ``paths`` to the HTML file ``out``, and its plots and tables into ``assets``.

    Args:
        paths: directories of certified runs or of randomization studies, or result files of
            studies or of comparisons.
        out: the file.
        assets: folder for each plot as SVG and PDF and each table as CSV and LaTeX.
        pictures: the data set of images that the certificates of picked examples are about, to show these.

    Raises:
        ConfigurationError: no path, one that is neither, or a data set that a certificate is not about.
        CertificateError: a malformed certificate.
        OutputError: a file cannot be written.
    """
    if not paths:
        raise ConfigurationError("runs: at least one directory needed, got none; name one")
    report = compose([read(Path(path)) for path in paths], pictures)
    write_atomically(out, report.html())
    if assets is not None:
        write_assets(report, assets)
    return report


def write_assets(report: Report, folder: Path) -> None:
    """Each plot as SVG and PDF, each table as CSV and LaTeX.

    Raises:
        OutputError: a file cannot be written.
    """
    for section in report.sections:
        for item in section.items:
            if isinstance(item, Plot | Table | ContactSheet):
                for name, content in item.files().items():
                    write_atomically(folder / name, content)
