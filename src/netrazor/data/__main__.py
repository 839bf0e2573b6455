"""``python -m netrazor.data fetch NAME...``: put published data sets into the data directory."""

import sys

from netrazor.data.loading import fetch
from netrazor.data.published import names
from netrazor.data.store import data_directory
from netrazor.errors import NetrazorError

USAGE = f"usage: python -m netrazor.data fetch NAME...   (names: {', '.join(names())})"


def main(arguments: list[str]) -> int:
    """Fetch each named data set; 0 when all are there, 2 when one is not to be had."""
    if len(arguments) < 2 or arguments[0] != "fetch":
        print(USAGE, file=sys.stderr)
        return 2
    try:
        for name in arguments[1:]:
            files = fetch(name)
            size_mb = sum(map(len, files.values())) / 1e6
            print(f"{name}: {len(files)} files, {size_mb:.1f} MB, checked, in {data_directory()}")
    except NetrazorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
