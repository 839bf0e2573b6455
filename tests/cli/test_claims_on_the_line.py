"""`--claims` and `--groups`: what each word asks for, what is printed, verified, and refused; `netrazor extend`."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

import tiny
from command_line import netrazor
from netrazor import claims
from netrazor.certification import read_run
from netrazor.certification.run_directory import CERTIFICATE, EXTENSION
from netrazor.cli.claim_words import claims_of, read_groups
from netrazor.errors import ConfigurationError, InvalidArgument

MINE = """
import torch
from torch import nn


def build():
    return nn.Linear(3, 2)


def large():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 100), nn.ReLU(), nn.Linear(100, 2))


def rows():
    return torch.randn(200, 3, generator=torch.Generator().manual_seed(4))


def certified():
    return rows(), (rows()[:, 0] > 0).long()
"""


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**12)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 300 rows with a text column, and a network of one layer."""
    here = tmp_path_factory.mktemp("claims")
    rows = np.random.default_rng(0).normal(size=(300, 3))
    lines = ["a,b,c,site,label"]
    for number, (a, b, c) in enumerate(rows):
        label = int(a + 0.3 * b > 0)
        lines.append(f"{a:.6f},{b:.6f},{c:.6f},{('north', 'south', 'west')[number % 3]},{label}")
    (here / "table.csv").write_text("\n".join(lines) + "\n")
    (here / "costs.csv").write_text("0,1\n5,0\n")
    (here / "mine.py").write_text(MINE)
    return here


def certify(place: Path, out: str, *words: object) -> tuple[int, str]:
    source = ["--model", f"{place / 'mine.py'}:build", "--data", place / "table.csv"]
    return netrazor("certify", *source, "--recipe", "as-is", "--out", place / out, *words)


def test_words_are_claims() -> None:
    assert claims_of(None) is None
    assert claims_of("classes, precision,confusion*2,top5") == (
        claims.Error(),
        claims.ClassErrors(),
        claims.ClassPrecision(),
        claims.Confusion(weight=2),
        claims.TopK(k=5),
    )
    assert claims_of("ordinal,error*3,balanced,withheld", ["site"]) == (
        claims.Error(weight=3),
        claims.OrdinalDistance(),
        claims.BalancedError(),
        claims.Withheld(),
        claims.GroupErrors(column="site"),
    )
    assert claims_of("withheld=0.8*4") == (claims.Error(), claims.Withheld(answered=0.8, weight=4))
    assert claims_of(None, ["site"]) == (claims.Error(), claims.GroupErrors(column="site"))
    assert claims_of("subset,labels,hamming*2") == (
        claims.SubsetError(),
        claims.LabelErrors(),
        claims.HammingLoss(weight=2),
    )
    assert claims_of("within=0.5,absolute=2,squared=2*3") == (
        claims.Within(tolerance=0.5),
        claims.AbsoluteError(scale=2.0),
        claims.SquaredError(scale=2.0, weight=3),
    )
    assert claims_of("pixels=255") == (claims.PixelErrors(ignored=255),)
    assert claims_of("pixels") == (claims.PixelErrors(),)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "needed, got none"),
        ("recall", "got 'recall'"),
        ("top", "got 'top'"),
        ("top5=1", "got 'top5=1'"),
        ("classes=3", "got 'classes=3'"),
        ("cost", "got 'cost'"),
        ("classes*two", "whole one after"),
        ("withheld=most", "got 'most'"),
        ("withheld=2", "none that can be made"),
        ("classes*0", "none that can be made"),
        ("top0", "none that can be made"),
        ("cost=none.csv", "correct the path"),
        ("CLASSES", "got 'CLASSES'"),
        ("within", "got 'within'"),
        ("absolute=wide", "got 'wide'"),
        ("absolute=0", "none that can be made"),
        ("squared=nan", "none that can be made"),
        ("within=-1", "none that can be made"),
        ("pixels=0.5", "got '0.5'"),
        ("subset=1", "got 'subset=1'"),
    ],
)
def test_words_that_are_none(words: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match="claims: ") as refused:
        claims_of(words)
    assert said in str(refused.value)


@pytest.mark.parametrize(("content", "said"), [("0,1\n2\n", "square"), ("0,x\n1,0\n", "row of numbers")])
def test_costs_that_are_none(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "costs.csv").write_text(content)
    with pytest.raises(ConfigurationError, match=said):
        claims_of(f"cost={tmp_path / 'costs.csv'}")


def test_groups_come_from_the_data_or_a_file_beside_it(place: Path) -> None:
    data = str(place / "table.csv")
    of_data, beside = read_groups(["site"], data), read_groups([f"{data}:site"], data)
    assert of_data.leave_out == ("site",)
    assert beside.leave_out == ()
    assert (
        of_data.columns["site"].tolist()
        == beside.columns["site"].tolist()
        == ["north", "south", "west"] * 100
    )
    assert read_groups((), None).columns == {}
    with pytest.raises(ConfigurationError, match=r"groups: FILE\.csv:COLUMN needed"):
        read_groups(["site"], "mnist")
    with pytest.raises(ConfigurationError, match="twice"):
        read_groups(["site", f"{data}:site"], data)
    with pytest.raises(InvalidArgument, match="one of a, b, c, site, label allowed, got 'place'"):
        read_groups(["place"], data)
    with pytest.raises(InvalidArgument, match="correct the path"):
        read_groups([f"{place / 'no.csv'}:site"], data)


def test_all_claims_from_the_line_to_the_verdict(place: Path) -> None:
    words = f"classes,precision,confusion*2,balanced,ordinal,cost={place / 'costs.csv'},withheld=0.8"
    code, text = certify(place, "all", "--claims", words, "--groups", "site")
    assert code == 0, text
    certificate = read_run(place / "all").certificate
    assert [claim.statement.kind for claim in certificate.claims] == [
        "error",
        "class-errors",
        "class-precision",
        "confusion",
        "balanced-error",
        "ordinal-distance",
        "cost",
        "answers-withheld",
        "group-errors",
    ]
    assert certificate.claims[-1].statement.groups == ("north", "south", "west")
    shown = [text, netrazor("inspect", place / "all")[1]]
    for printed in shown:
        assert all(claim.sentence in printed for claim in certificate.claims)
        assert "Confusion matrix" in printed
        assert "Answers withheld below a margin" in printed
        north = next(line for line in printed.splitlines() if "north" in line)
        assert " 100 " in north
    told = shlex.split(text.split("check it with: netrazor ")[1].splitlines()[0])
    code, text = netrazor(*told)
    assert (code, "VALID" in text) == (0, True), text
    assert all(claim.sentence in text for claim in certificate.claims)
    code, text = netrazor(*told[: told.index("--groups")])
    assert code == 2
    assert "--groups: site needed" in text


def test_a_group_column_altered_is_found(place: Path) -> None:
    assert certify(place, "groups", "--groups", "site")[0] == 0
    lines = (place / "table.csv").read_text().splitlines()
    (place / "other.csv").write_text(
        "\n".join([lines[0], lines[1].replace("north", "west"), *lines[2:]]) + "\n"
    )
    told = ["verify", place / "groups", "--data", place / "other.csv", "--groups", "site"]
    code, text = netrazor(*told)
    assert code == 1
    assert "columns: 'site' has other values" in text


def test_a_hold_out_claims_too_and_picks_do_not(place: Path) -> None:
    code, text = certify(place, "held", "--kind", "hold-out", "--claims", "classes", "--groups", "site")
    assert code == 0, text
    told = shlex.split(text.split("check it with: netrazor ")[1].splitlines()[0])
    assert netrazor(*told)[0] == 0
    code, text = certify(place, "held", "--kind", "hold-out", "--claims", "classes", "--groups", "site")
    assert (code, "taken as it is" in text) == (0, True)
    code, text = certify(place, "held", "--kind", "hold-out", "--claims", "confusion", "--groups", "site")
    assert (code, "other settings" in text) == (2, True)
    code, text = certify(place, "picked", "--kind", "picked", "--claims", "classes")
    assert code == 2
    assert "--claims: allowed for --kind message and hold-out" in text


def test_claims_that_do_not_fit(place: Path) -> None:
    (place / "three.csv").write_text("0,1,1\n1,0,1\n1,1,0\n")
    for words, said in (
        (f"cost={place / 'three.csv'}", "--claims: numbers for 2 classes"),
        ("classes,classes", "each once"),
    ):
        code, text = certify(place, "none", "--claims", words, "--groups", "site")
        assert (code, said in text) == (2, True), text
    code, text = certify(place, "none", "--groups", "site", "--groups", f"{place / 'costs.csv'}:0")
    assert code == 2
    assert "--groups: 300 values" in text


def test_extend_from_the_line_to_the_verdict(place: Path) -> None:
    assert certify(place, "short", "--groups", "site")[0] == 0
    out, model = place / "extended", f"{place / 'mine.py'}:large"
    words = ["extend", place / "short", "--model", model, "--unlabelled", f"{place / 'mine.py'}:rows"]
    words += ["--data", place / "table.csv", "--groups", "site", "--delta", "0.01", "--out", out]
    code, text = netrazor(*words)
    assert code == 0, text
    record = json.loads((out / EXTENSION).read_text())
    assert (record["n"], record["delta"]) == (200, 0.01)
    assert record["sentence"] in text
    assert "To compare:" in text
    told = shlex.split(text.split("check it with: netrazor ")[1].splitlines()[0])
    code, text = netrazor(*told)
    assert (code, "disagreements counted again" in text) == (0, True), text
    code, text = netrazor("inspect", out)
    assert record["sentence"] in text
    code, text = netrazor("verify", out, "--data", place / "table.csv", "--groups", "site")
    assert (code, "not counted again" in text) == (3, True), text
    (out / EXTENSION).write_text(json.dumps({**record, "disagreements": 0}))
    for command in ("verify", "inspect"):
        assert "extension: extension.json: " in netrazor(command, out)[1]
    (out / EXTENSION).write_text("{}")
    assert "not the record of an extension" in netrazor("inspect", out)[1]


@pytest.mark.parametrize("kind", ["csv", "npy"])
def test_inputs_without_labels_in_files(place: Path, kind: str) -> None:
    assert (place / "short" / CERTIFICATE).exists() or certify(place, "short", "--groups", "site")[0] == 0
    rows = np.random.default_rng(3).normal(size=(50, 3)).astype(np.float32)
    file = place / f"rows.{kind}"
    if kind == "npy":
        np.save(file, rows)
    else:
        file.write_text("a,b,c\n" + "\n".join(",".join(map(str, row)) for row in rows.tolist()) + "\n")
    model = f"{place / 'mine.py'}:large"
    code, text = netrazor(
        "extend", place / "short", "--model", model, "--unlabelled", file, "--out", place / kind
    )
    assert (code, "of 50 inputs" in text) == (0, True), text


def test_what_cannot_be_extended_says_so(place: Path, tmp_path: Path) -> None:
    run = tiny.write(tmp_path / "run", tiny.occam_run().issued.certificate, tiny.occam_run().issued.blob)
    (tmp_path / "bad.npy").write_bytes(b"no")
    words = ["extend", run, "--out", tmp_path / "out", "--unlabelled"]
    code, text = netrazor(*words, tmp_path / "bad.npy", "--model", f"{place / 'mine.py'}:large")
    assert (code, "--unlabelled: " in text and "numpy.save" in text) == (2, True), text
    code, text = netrazor(*words, tmp_path / "bad.npy")
    assert (code, "--model: the network to extend to needed" in text) == (2, True), text
    own = [*words, f"{place / 'mine.py'}:certified", "--model", f"{place / 'mine.py'}:large"]
    code, text = netrazor(*own, "--data", f"{place / 'mine.py'}:certified")
    assert (code, "training set itself" in text) == (2, True), text
    noisy = tiny.write(tmp_path / "noisy", tiny.noisy_run().issued.certificate, tiny.noisy_run().issued.blob)
    code, text = netrazor("extend", noisy, *words[2:], tmp_path / "bad.npy", "--model", "lenet5")
    assert (code, "of a network without noise" in text) == (1, True), text


def test_numbers_of_a_csv_file_are_certified_and_verified(place: Path) -> None:
    lines = (place / "table.csv").read_text().splitlines()
    numbers = ["a,b,c,target", *(",".join([*line.split(",")[:3], line.split(",")[0]]) for line in lines[1:])]
    data = place / "numbers.csv"
    data.write_text("\n".join(numbers) + "\n")
    (place / "number.py").write_text(
        "import torch\n\ndef build():\n    torch.manual_seed(0)\n    return torch.nn.Linear(3, 1)\n"
    )
    model, out = ["--model", f"{place / 'number.py'}:build", "--data", data], place / "numbers"
    code, said = netrazor(
        "certify", *model, "--recipe", "as-is", "--out", out, "--claims", "absolute=3,within=1"
    )
    assert code == 0, said
    assert "has a mean error of at most" in said.replace("\n", " ")
    code, said = netrazor("verify", out, *model)
    assert (code, "VALID" in said) == (0, True), said
    for column in ("nan", "much"):
        data.write_text("\n".join([*numbers[:-1], f"1,2,3,{column}"]) + "\n")
        assert netrazor("verify", out, *model)[0] == 2
    code, said = netrazor("certify", *model, "--recipe", "as-is", "--out", place / "no", "--claims", "pixels")
    assert (code, "file.py:function" in said) == (2, True)


COLUMNS = ("a", "b", "c", "warm", "wet", "far", "near", "site")


def table_of(place: Path, columns: str) -> tuple[Path, list[object]]:
    """A CSV file of some of these columns, and the words that certify a network of two outputs on a, b and c."""
    rows = np.random.default_rng(5).normal(size=(200, 3)).round(6)
    lines = [columns.split()]
    for number, (a, b, c) in enumerate(rows.tolist()):
        values = (a, b, c, int(a > 0), int(b + c > 0), 2 * a, b, ("north", "south")[number % 2])
        lines.append([str(dict(zip(COLUMNS, values, strict=True))[name]) for name in columns.split()])
    data = place / "of-two.csv"
    data.write_text("\n".join(map(",".join, lines)) + "\n")
    (place / "two.py").write_text(
        "import torch\n\n\ndef build():\n    torch.manual_seed(0)\n    return torch.nn.Linear(3, 2)\n"
    )
    return data, ["certify", "--model", f"{place / 'two.py'}:build", "--recipe", "as-is", "--data", data]


def checking(text: str) -> list[str]:
    """The words of the command that a run says it can be checked with."""
    return shlex.split(text.split("check it with: netrazor ")[1].splitlines()[0])


def test_several_labels_of_a_csv_file_are_certified_and_verified(place: Path) -> None:
    _, words = table_of(place, "a warm b c wet")
    words += ["--label", "warm", "--label", "wet", "--claims", "hamming,labels", "--out", place / "labels"]
    code, text = netrazor(*words)
    assert code == 0, text
    certificate = read_run(place / "labels").certificate
    assert (certificate.sample.classes, certificate.provenance.class_names) == (2, ("warm", "wet"))
    rows = [line.split() for line in text.splitlines()]
    assert all(any(name in row for row in rows) for name in ("warm", "wet"))
    told = checking(text)
    code, text = netrazor(*told)
    assert (code, "VALID" in text) == (0, True), text
    swapped = [{"warm": "wet", "wet": "warm"}.get(word, word) for word in told]
    assert netrazor(*swapped)[0] == 1, "labels in another order are other targets"
    first = told.index("--label")
    assert netrazor(*told[:first], *told[first + 2 :])[0] != 0, "one of the labels is an input then"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("warm dry", "--label: one of the columns a, b, c, warm, wet, far, near, site allowed, got 'dry'"),
        ("warm warm", "--label: each column once allowed"),
        ("warm far", "targets: 0 or 1 needed in column 'far', got '"),
        (
            "warm site",
            "targets: columns of numbers needed, got text or empty cells in site ('north' in row 2)",
        ),
        ("", "--label: columns of the targets needed, or one called label"),
    ],
)
def test_columns_that_hold_no_labels(place: Path, labels: str, said: str) -> None:
    _, words = table_of(place, " ".join(COLUMNS))
    options = [word for name in labels.split() for word in ("--label", name)]
    code, text = netrazor(*words, "--out", place / "none", "--claims", "hamming", *options)
    assert (code, said in text) == (2, True), text


def test_numbers_and_classes_by_their_columns(place: Path) -> None:
    data, words = table_of(place, "far a b near c")
    both = ["--label", "far", "--label", "near"]
    code, text = netrazor(*words, *both, "--claims", "absolute=3", "--out", place / "two-numbers")
    assert code == 0, text
    assert netrazor(*checking(text))[0] == 0
    data.write_text(data.read_text().rstrip() + "\ninf,1,1,1,1\n")
    code, text = netrazor(*words, *both, "--claims", "absolute=3", "--out", place / "no")
    assert (code, "targets: finite numbers needed in column 'far', got 'inf' in row 202" in text) == (
        2,
        True,
    ), text
    code, text = netrazor(*words, *both, "--out", place / "no")
    assert (code, "--label: one column needed for claims about classes, got far, near" in text) == (
        2,
        True,
    ), text
    code, text = netrazor(*words[:-1], "mnist", "--label", "far", "--out", place / "no")
    assert (code, "--label: allowed where the data is a CSV file" in text) == (2, True), text


def test_a_column_of_classes_is_no_input_without_labels_either(place: Path) -> None:
    data, words = table_of(place, "a b c warm")
    code, text = netrazor(*words, "--label", "warm", "--out", place / "classes")
    assert code == 0, text
    assert netrazor(*checking(text))[0] == 0
    words = ["extend", place / "classes", "--model", f"{place / 'two.py'}:build", "--unlabelled", data]
    code, text = netrazor(*words, "--label", "warm", "--out", place / "classes-extended")
    assert (code, "0 of 200 inputs" in text) == (0, True), text
    assert netrazor(*checking(text), "--data", data)[0] == 0
