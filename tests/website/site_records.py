"""The records that the tested site shows."""

from pathlib import Path

RECORDS = Path(__file__).parents[2] / "certificates"
CHOSEN = ("mnist", "picked-digits", "mnist-data-dependent", "fashion-mnist", "picked-mails")
