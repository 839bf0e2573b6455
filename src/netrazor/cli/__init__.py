"""The command line: parses, calls, prints; what it prints was computed elsewhere.

Exit codes: 0 good, 1 a check failed, 2 wrong use, 3 consistent but not recounted, 130 interrupted.
"""

from netrazor.cli.application import app, main, run

__all__ = ["app", "main", "run"]
