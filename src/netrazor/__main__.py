"""``python -m netrazor``: the command line."""

from netrazor.cli import main

main()
