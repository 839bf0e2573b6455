"""Which optional packages belong to which extra of the installation.

``netrazor`` alone computes bounds, codes arrays and checks certificates; `EXTRAS` is what the rest needs.
"""

from netrazor.errors import MissingExtra

# Names as imported, by the extra of pyproject.toml that installs them.
EXTRAS = {
    "torch": ("torch", "kmeans1d", "PIL", "pooch", "yaml"),
    "fast": ("numba",),  # never missed: the codec runs without it, more slowly
    "report": ("matplotlib", "jinja2"),
    "sklearn": ("sklearn",),
    "onnx": ("onnx", "onnxruntime", "onnxscript"),
    "lightning": ("lightning",),
    "transformers": ("transformers", "accelerate"),
}


def missing_extra(error: ModuleNotFoundError) -> MissingExtra | None:
    """What to install, if ``error`` is about a package of an extra; None if it is about any other module."""
    package = (error.name or "").partition(".")[0]
    for extra, packages in EXTRAS.items():
        if package in packages:
            return MissingExtra(
                f"this needs the package {package}, which is not installed; pip install 'netrazor[{extra}]'",
                name=package,
            )
    return None
