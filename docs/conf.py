"""Settings of the documentation site: `sphinx-build -c docs . build/site`.

The source folder is the repository itself, so that links between the pages work there too.
"""

import re
import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS)]

import accuracy  # noqa: E402
import api_pages  # noqa: E402
import density_plots  # noqa: E402
import vector_plots  # noqa: E402

import jaxdist  # noqa: E402

project = "jaxdist"
author = project_copyright = "The jaxdist maintainers"
release = version = jaxdist.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx-mathjax-offline",
]
root_doc = "README"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "benchmarks/RESULTS.md",
    "docs/**",
    "notebooks/*.ipynb",
    "notebooks/README.md",
]
exclude_patterns = ["docs/templates", "build"]
templates_path = [str(DOCS / "templates")]

# Notebooks are saved with their outputs, and executed by the tests.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 4

autosummary_generate = True
autosummary_context = {
    "plotted": [*density_plots.EXAMPLES, *vector_plots.EXAMPLES],
    "speeds": api_pages.speeds(),
    "accuracy": accuracy.rows(),
}
autodoc_typehints = "none"
autodoc_member_order = "groupwise"
napoleon_use_ivar = True
napoleon_use_rtype = False
default_role = "code"
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "jaxdist"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
# `.ci/home.py` writes the repository's home into the project's URLs.
PROJECT = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]
if "urls" in PROJECT:
    html_theme_options = {
        "source_repository": PROJECT["urls"]["Repository"],
        "source_branch": "main",
        "source_directory": "",
    }
html_additional_pages = {"index": "index.html"}


# The pages of the reference are written before Sphinx reads the others.
GENERATED = DOCS / "api" / "generated"
api_pages.write_all(GENERATED)
density_plots.draw_all(GENERATED)
vector_plots.draw_all(GENERATED)


def setup(app):
    """Extend Sphinx."""
    app.connect("source-read", add_contents)
    app.connect("source-read", trim_examples)


def add_contents(app, docname, source):
    """Add the contents of the site to its first page, the README."""
    if docname == root_doc:
        source[0] += (DOCS / "contents.txt").read_text()


def trim_examples(app, docname, source):
    """Remove the empty line at the end of examples, which only doctest needs."""
    source[0] = re.sub(r"\n\n```$", "\n```", source[0], flags=re.MULTILINE)
