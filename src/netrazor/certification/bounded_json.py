"""JSON of strangers: each key once, numbers only, and no more parts than can be looked through in a second.

How many parts a text has is counted before it is parsed: some millions of bytes of brackets take gigabytes as
objects, and more as a list of what is wrong with them.
"""

import json
from typing import Any

MOST_PARTS = 2**18  # commas, those in texts included: the ledger of 4,096 arrays has half as many
MOST_KEYS = 2**12  # of one object


def load_json(text: str | bytes) -> Any:
    """The value that ``text`` holds.

    Raises:
        ValueError: no JSON; a key twice in one object; NaN or an infinity; too many parts, or too many keys.
        RecursionError: nested too deep.
    """
    parts = text.count(",") if isinstance(text, str) else text.count(b",")
    if parts > MOST_PARTS:
        raise ValueError(f"at most {MOST_PARTS} parts allowed, got {parts}")
    return json.loads(text, object_pairs_hook=_object_of, parse_constant=_refuse_constant)


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key appears twice in one object")
    if len(content) > MOST_KEYS:
        raise ValueError(f"at most {MOST_KEYS} keys of one object allowed, got {len(content)}")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
