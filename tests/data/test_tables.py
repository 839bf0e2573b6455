"""Tables from arrays, frames and CSV files; text, gaps and numbers that are not finite are named by their columns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from netrazor.data import table_from_csv, table_of
from netrazor.errors import BadDataset, InvalidArgument

GOOD = "size,weight,label\n1,2.5,0\n3,4,1\n5,6e1,1\n"


@dataclass
class Frame:
    """What pandas' frames look like to code that does not import pandas."""

    columns: list[str]
    values: np.ndarray
    dtypes: list[np.dtype]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return self.values


def test_labels_of_any_two_values() -> None:
    rows = np.zeros((3, 2), np.float32)
    for labels in ([0.0, 1.0, 1.0], [False, True, True], [[0], [1], [1]], torch.tensor([0.0, 1.0, 1.0])):
        table = table_of(rows, np.asarray(labels))
        assert table.labels.tolist() == [0, 1, 1]
    for labels in ([0.5, 1.0, 0.0], ["a", "b", "c"], [0, 1]):
        with pytest.raises(BadDataset, match="labels: 3 whole numbers needed"):
            table_of(rows, np.asarray(labels))


def test_columns_of_a_frame_are_named() -> None:
    float64, text = np.dtype(np.float64), np.dtype(object)
    good = Frame(["a", "b"], np.eye(2), [float64, float64])
    assert torch.equal(table_of(good, np.array([0, 1])).inputs, torch.eye(2, dtype=torch.float64))
    mixed = Frame(["a", "city"], np.array([[1.0, "x"], [2.0, "y"]], dtype=object), [float64, text])
    with pytest.raises(BadDataset, match="text or objects in city; encode them as numbers"):
        table_of(mixed, np.array([0, 1]))
    gap = Frame(["a", "b"], np.array([[1.0, 2.0], [3.0, np.nan]]), [float64, float64])
    with pytest.raises(BadDataset, match="another in row 1, column 'b'; fill in"):
        table_of(gap, np.array([0, 1]))
    with pytest.raises(BadDataset, match=r"another in row 1 at \(1,\)"):
        table_of(gap.values, np.array([0, 1]))


def test_a_csv_file(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    table = table_from_csv(tmp_path / "good.csv")
    assert torch.equal(table.inputs, torch.tensor([[1, 2.5], [3, 4], [5, 60]]))
    assert table.labels.tolist() == [0, 1, 1]
    assert table.name == "good"
    by_size = table_from_csv(tmp_path / "good.csv", "size", name="other")
    assert by_size.labels.tolist() == [1, 3, 5]
    assert by_size.name == "other"
    (tmp_path / "words.csv").write_text(GOOD.replace(",0\n", ",spam\n").replace(",1\n", ",ham\n"))
    words = table_from_csv(tmp_path / "words.csv")
    assert words.labels.tolist() == [1, 0, 0]
    assert words.class_names == ("ham", "spam")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("a,city,label\n1,Rome,0\n2,,1\n", r"text or empty cells in city \('Rome' in row 2\)"),
        ("a,b,label\n1,,0\n", r"b \('' in row 2\)"),
        ("a,b,label\n1,2\n", "3 cells needed in each row.* got 2 in row 2"),
        ("a,a,label\n1,2,0\n", "column names that differ needed"),
        ("a,b,label\n", "at least one row"),
        ("", "must be CSV"),
        ("a,label\nnan,0\n", "finite numbers needed"),
        ('a,label\n"1,0\n', "must be CSV"),
        (b"\xff\xfe", "must be CSV"),
    ],
)
def test_bad_csv_files_are_named(tmp_path: Path, text: str | bytes, match: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadDataset, match=match):
        table_from_csv(path)


def test_csv_files_and_columns_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD.replace("label", "price"))
    with pytest.raises(InvalidArgument, match="one of the columns size, weight, price allowed, got None"):
        table_from_csv(tmp_path / "good.csv")
    with pytest.raises(InvalidArgument, match="a CSV file needed"):
        table_from_csv(tmp_path / "no.csv")
