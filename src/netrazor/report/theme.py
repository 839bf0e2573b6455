"""Colours, each for light and for dark, and how matplotlib draws with them."""

from typing import Any

# Name: on light paper, on a dark screen. The light ones are drawn with; in a page each becomes a CSS variable.
PALETTE = {
    "ink": ("#1b1f24", "#e8eaed"),
    "muted": ("#5b6470", "#a3adba"),
    "rule": ("#d3d8df", "#3a424d"),
    "paper": ("#fefefe", "#14171b"),
    "blue": ("#2463c9", "#7fb0ff"),
    "teal": ("#0b7285", "#5fd0e0"),
    "green": ("#1d7a46", "#6fd39a"),
    "gold": ("#8a6a00", "#e6c35c"),
    "orange": ("#b8540b", "#ffa860"),
    "red": ("#b3261e", "#ff8a80"),
    "purple": ("#7a3fb0", "#cfa3ff"),
}
LIGHT = {name: pair[0] for name, pair in PALETTE.items()}
RAMP = ("blue", "teal", "green", "gold", "orange", "red")  # ordered: from little to much
MARKERS = "osD^vP"  # besides colour, so that print in grey can be read

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 11.0,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.edgecolor": LIGHT["muted"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.titlecolor": LIGHT["ink"],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "grid.color": LIGHT["rule"],
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 10.0,
    "legend.labelcolor": LIGHT["ink"],
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "text.color": LIGHT["ink"],
    "text.parse_math": False,  # names of users may hold dollar signs
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
    "xtick.labelcolor": LIGHT["ink"],
    "ytick.labelcolor": LIGHT["ink"],
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"


def variables(dark: bool) -> str:
    """The palette as CSS declarations."""
    return " ".join(f"--{name}: {pair[dark]};" for name, pair in PALETTE.items())
