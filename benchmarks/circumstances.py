"""What the figures of the codec were measured with, for their result files."""

import datetime
import platform
import sys
from typing import Any

import numpy as np
from codec_arrays import STEP


def circumstances(script: str) -> dict[str, Any]:
    """Command, date, versions and cores of a run of ``script``."""
    words = ["python", script, *sys.argv[1:]]
    if "--others" in words:
        words[words.index("--others") + 1] = "PYTHON"
    return {
        "command": " ".join(words),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cores": 1,
        "step": float(STEP),
    }
