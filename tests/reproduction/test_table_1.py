"""The comparison as a whole: a run of seconds, its result file, its table; and ImageNet from published sizes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

import tiny
from netrazor import bounds
from netrazor.baselines import Estimate, Kind, Missing
from netrazor.bounds import Outcome
from netrazor.cli.compare_tables import comparison_tables
from netrazor.errors import ConfigurationError, DatasetMismatch
from netrazor.report import write_report
from netrazor.reproduction.compare import Comparison, compare_run, data_of, imagenet_rows, run_comparison
from netrazor.reproduction.published_figures import IMAGENET
from netrazor.train import FitConfig

TEST = tiny.images(200, seed=9)


def run_directory(directory: Path) -> Path:
    issued = tiny.occam_run().issued
    return tiny.write(directory, issued.certificate, issued.blob)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    run = run_directory(tmp_path_factory.mktemp("compare") / "run")
    few = FitConfig(10, 50, tiny.FAST)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TRUE", "RANDOM"):
            patch.setattr(
                run_comparison,
                name,
                replace(getattr(run_comparison, name), hidden=6, start=few, optimize=few, passes=1),
            )
        return compare_run(run, tiny.images(), TEST, model=tiny.small(seed=3))


def test_every_method_answers_in_every_setting(comparison: Comparison) -> None:
    methods = [{row.found.method for row in setting.rows} for setting in comparison.settings]
    earlier = {"NBS18", "Aro+18", "Parameter count", "Test set", "Occam (Theorem 4.1)"}
    assert methods[0] == earlier | {"VC dimension", "Theorem 5.1"}
    assert methods[1] == methods[2] == earlier | {"VC dimension", "DR17"}
    assert methods[3] == earlier | {"DR17", "Theorem 5.1"}


def test_the_occam_row_is_the_certificate_alone(comparison: Comparison) -> None:
    certificate = tiny.occam_run().issued.certificate
    row = next(row.found for row in comparison.settings[0].rows if row.found.method.startswith("Occam"))
    assert isinstance(row, Estimate)
    assert row.value == pytest.approx(certificate.risk_bound)


def test_vacuous_is_an_outcome_and_the_value_before_clipping_is_kept(comparison: Comparison) -> None:
    found = {row.found.method: row.found for row in comparison.settings[0].rows}
    assert found["NBS18"].outcome is Outcome.VACUOUS
    assert found["NBS18"].value > 1 == found["NBS18"].bound
    assert isinstance(found["Theorem 5.1"], Missing)


def test_the_result_file_is_json_with_all_that_made_it(comparison: Comparison) -> None:
    record = json.loads(comparison.to_json())
    assert {
        "command",
        "cores",
        "date",
        "version",
        "seed",
        "configuration",
        "settings",
        "table_1",
    } <= record.keys()
    row = record["settings"][1]["rows"][0]
    assert row["method"] == "DR17"
    assert {"value", "outcome", "kind", "assumptions", "reference", "figures", "seconds"} <= row.keys()


def test_the_tables_print(comparison: Comparison) -> None:
    console = Console(record=True, width=200)
    for table in comparison_tables(comparison):
        console.print(table)
    text = console.export_text()
    assert "order, constants 1" in text
    assert "vacuous" in text


def test_table_1_ticks_what_is_a_bound_and_says_something(comparison: Comparison) -> None:
    lines = {line.method: line for line in comparison.table_1}
    assert lines["Theorem 5.1"].here == (None, True)
    assert lines["NBS18"].here == lines["NBS18"].published == (False, False)
    assert lines["Aro+18"].here == (False, False)
    assert lines["DR17"].published == (True, False)


def test_another_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetMismatch, match="fingerprint"):
        compare_run(run_directory(tmp_path / "run"), TEST, TEST, model=tiny.small())


def test_wrong_use_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="scale"):
        compare_run(tmp_path, TEST, TEST, scale=0)
    with pytest.raises(ConfigurationError, match="cannot read"):
        compare_run(tmp_path, TEST, TEST)
    with pytest.raises(ConfigurationError, match="tiny"):
        data_of(run_directory(tmp_path / "run"))


def test_imagenet_from_published_sizes() -> None:
    rows = {row.method: row for row in imagenet_rows()}
    assert rows["Theorem 5.1"].value == pytest.approx(0.96540, abs=5e-5)
    assert rows["Occam (Theorem 4.1)"].outcome is Outcome.INFORMATIVE
    assert isinstance(rows["DR17"], Missing)
    for method in ("NBS18", "Aro+18"):
        assert rows[method].kind is Kind.FLOOR
        assert rows[method].value > 1
    assert rows["Parameter count"].outcome is not Outcome.INFORMATIVE
    assert rows["Test set"].value == bounds.clopper_pearson(20_000, 50_000)
    assert IMAGENET == 1_281_167


def test_the_result_file_makes_a_report(comparison: Comparison, tmp_path: Path) -> None:
    file = tmp_path / "compare-tiny.json"
    file.write_text(comparison.to_json())
    write_report([file], tmp_path / "report.html", tmp_path / "assets")
    html = (tmp_path / "report.html").read_text()
    assert "Does it say anything? (Table 1)" in html
    assert html.count("<svg") == len(comparison.settings)
    for setting in comparison.settings:
        for row in setting.rows:
            assert not isinstance(row.found, Estimate) or row.found.text in html
    assert (tmp_path / "assets" / "table-1.csv").read_text().count("\n") == 1 + len(comparison.table_1)


def test_what_dr17_would_have_to_reach_on_imagenet() -> None:
    """The divergence named is where the bound passes from saying something to saying nothing."""
    row = next(row for row in imagenet_rows() if row.method == "DR17")
    assert isinstance(row, Missing)
    nats = float(re.search(r"below ([\d,]+) nats", row.reason)[1].replace(",", ""))  # type: ignore[index]
    assert bounds.maurer(0.35, nats - 10, IMAGENET) < 0.999 < bounds.maurer(0.35, nats + 10, IMAGENET)
