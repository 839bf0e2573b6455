"""Draw the figures of README and docs, from committed result files only.

.venv/bin/python benchmarks/figures.py
"""

from pathlib import Path

from netrazor.files import write_atomically
from netrazor.report import Plot, compose, read

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "docs" / "figures"
# Result files, the figures taken from their report, and under which name.
FIGURES: list[tuple[list[str], dict[str, str]]] = [
    (
        ["certificates/lenet5-mnist", "certificates/lenet5-mnist-tight", "certificates/mnist"],
        {"all-bound-by-bits": "bound-by-bits"},
    ),
    (
        ["results/randomize-fashion-mnist.json"],
        {
            "figure-1-one-shot": "figure-1-one-shot",
            "figure-1-tuned": "figure-1-tuned",
            "bits-by-randomization": "bits-by-randomization",
        },
    ),
    (
        ["results/compare-lenet5.json"],
        {"setting-1-values": "table-1-lenet5", "setting-2-values": "table-1-dr17"},
    ),
]


def main() -> None:
    """Write each figure whose result files are there."""
    for sources, wanted in FIGURES:
        if missing := [source for source in sources if not (ROOT / source).exists()]:
            print(f"left as they are, for {', '.join(missing)} is missing: {', '.join(wanted.values())}")
            continue
        report = compose([read(ROOT / source) for source in sources])
        plots = {
            item.name: item for section in report.sections for item in section.items if isinstance(item, Plot)
        }
        for name, file in wanted.items():
            write_atomically(PLACE / f"{file}.svg", plots[name].picture())
            print(PLACE / f"{file}.svg")


if __name__ == "__main__":
    main()
