"""The tree in the docstring is the tree in the code, and exit codes follow from it."""

import re

import pytest

from netrazor import errors

CLASSES = [value for value in vars(errors).values() if isinstance(value, type)]


def test_the_docstring_shows_every_error_under_its_base() -> None:
    drawn, path = {}, ["Exception"]
    for line in errors.__doc__.splitlines():
        shown = re.match(r"^    ((?:│   )*)(?:[├└]── )?([A-Z]\w+)", line)
        if shown:
            depth = len(line) - len(line.lstrip(" │├└─"))
            path = [*path[: depth // 4], shown[2]]
            drawn[shown[2]] = path[-2]
    assert drawn == {error.__name__: error.__bases__[0].__name__ for error in CLASSES}


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_is_documented_and_says_how_the_command_line_ends(error: type) -> None:
    assert error.__doc__
    failed_check = (errors.CertificateError, errors.MessageError, errors.DatasetMismatch)
    assert error.exit_code == (1 if issubclass(error, failed_check) else 2)


def test_an_invalid_argument_is_a_value_error() -> None:
    assert issubclass(errors.InvalidArgument, ValueError)
