"""The documentation site: ``make docs``. Pages are those of this folder; the reference comes from docstrings."""

import netrazor

project = "netrazor"
author = "the netrazor authors"
copyright = "2026, the netrazor authors"
version = release = netrazor.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "cyclopts.sphinx_ext",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
root_doc = "index"

html_theme = "furo"
smartquotes = False
html_title = f"netrazor {release}"
html_show_sourcelink = False

myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]

default_role = "code"  # `name` in a docstring
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False
napoleon_use_ivar = True
