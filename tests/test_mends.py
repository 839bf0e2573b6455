"""The table of mends fits the source: what it takes out is there, once, and the tests that it names exist."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from mends import ROOT, Mend, read_table

TABLE = read_table()


def test_every_fault_has_a_row_and_every_row_a_name_of_its_own() -> None:
    assert {mend.fault for mend in TABLE} == set(range(1, 13))
    assert len({mend.name for mend in TABLE}) == len(TABLE)


@pytest.mark.parametrize("mend", TABLE, ids=lambda mend: mend.name)
def test_the_mend_is_in_the_source_and_its_test_among_the_tests(mend: Mend) -> None:
    for change in mend.changes:
        text = (ROOT / change.file).read_text()
        assert text.count(change.mend) == 1, "it must stand there once"
        compile(text.replace(change.mend, change.undone), change.file, "exec")
    file, _, name = mend.test.partition("::")
    defined = {
        node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)
    }
    assert not name or name.partition("[")[0] in defined
