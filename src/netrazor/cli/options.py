"""Groups of options that several commands have."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from netrazor.errors import ConfigurationError


@Parameter(name="*")
@dataclass(frozen=True)
class Source:
    """What is certified, as a user names it.

    Attributes:
        model: a network of your own: file.py:function or package.module:function that builds it; or the name of a
            declared architecture.
        data: the training set: a known name, a folder with a folder for each class, a folder of .tar shards, a CSV
            file with a column label, labels, y or target, or file.py:function, which gives a data set or two arrays.
        label: the column of the CSV file of --data that holds the labels, instead of label, labels, y or target;
            several, if repeated, for --claims about labels (0 or 1 in each) or numbers.
        size: side of the images of a folder, in pixels.
        data_directory: where data sets with names are kept, instead of the default.
        groups: for a claim of the errors in each group of a column, several if repeated: COLUMN of the CSV file of
            --data, which then is no input; or FILE.csv:COLUMN, with a row for each example.
    """

    model: str | None = None
    data: str | None = None
    label: tuple[str, ...] = ()
    size: int | None = None
    data_directory: Path | None = None
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises: ConfigurationError: a size of images where there are none."""
        if self.size is not None and (self.data or "").endswith(".csv"):
            raise ConfigurationError(
                f"size: allowed where the data is a folder of images, got {self.data!r}; leave it out"
            )
