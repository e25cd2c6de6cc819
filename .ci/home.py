"""Write the repository's home into everything that has to know it.

    python .ci/home.py https://github.com/OWNER/NAME

Where the repository lives is not known in it, until somebody publishes it and runs this once. It
writes the project's URLs (`pyproject.toml`, from which the site takes its links to the source), the
citation, absolute addresses of the README's images and links in the package, which an index shows,
and an "open in Colab" badge at the top of each notebook, with a cell that installs the project
there. Running it again, also with another home, replaces what it wrote.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
HOME = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+)")
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
BUILD = '["hatchling>=1.27", "hatch-fancy-pypi-readme>=24.1"]'
TABLE = "tool.hatch.metadata.hooks.fancy-pypi-readme"
HOOK = f"# Images and links of the README are relative, except in the package.\n[{TABLE}]"
"""The beginning of the settings that are written to the end of `pyproject.toml`."""

INSTALLS = "google.colab"
"""Marks the cell that installs the project in Colab."""


def project_urls(text: str, home: str) -> str:
    """The text of `pyproject.toml` with the project's URLs."""
    without = re.sub(r"\[project\.urls\]\n(?:\w.*\n)*\n", "", text)
    urls = f"""[project.urls]
Homepage = "{home}"
Repository = "{home}"
Issues = "{home}/issues"
Changelog = "{home}/blob/main/CHANGELOG.md"

"""
    return without.replace("[project.scripts]\n", f"{urls}[project.scripts]\n")


def citation(text: str, home: str) -> str:
    """The text of `CITATION.cff` with the address of the code."""
    without = re.sub(r"^repository-code: .*\n", "", text, flags=re.MULTILINE)
    return f'{without}repository-code: "{home}"\n'


def long_description(text: str, home: str) -> str:
    """The text of `pyproject.toml` with the README, whose links a package index can follow."""
    text = text.replace('readme = "README.md"\n', "")
    text = re.sub(r"^dynamic = .*$", 'dynamic = ["readme", "version"]', text, flags=re.MULTILINE)
    text = re.sub(r"^requires = .*$", f"requires = {BUILD}", text, flags=re.MULTILINE)
    return f"{text.partition(HOOK)[0].rstrip()}\n\n{HOOK}{substitutions(home)}"


def substitutions(home: str) -> str:
    """The settings that make the README's images and links absolute in the package alone."""
    return f"""
content-type = "text/markdown"
fragments = [{{ path = "README.md" }}]

[[{TABLE}.substitutions]]
pattern = '(!\\[[^\\]]*\\]\\()(?!https?:)'
replacement = '\\g<1>{home}/raw/main/'

[[{TABLE}.substitutions]]
pattern = '((?<!!)\\[[^\\]]*\\]\\()(?!https?:|\\#)'
replacement = '\\g<1>{home}/blob/main/'
"""


def lines_of(source: str) -> list[str]:
    """The lines of a cell, as notebooks store them."""
    return source.splitlines(keepends=True)


def installation(home: str) -> str:
    """The cell that installs the project in Colab, and does nothing elsewhere."""
    folder = home.rpartition("/")[2]
    return f"""import sys

if "{INSTALLS}" in sys.modules:
    !git clone -q --depth 1 {home}
    %cd -q {folder}
    %pip install -q -e ".[agents]" blackjax
    sys.path.insert(0, ".")"""


def with_badge(notebook: dict[str, Any], name: str, home: str) -> dict[str, Any]:
    """A notebook with a badge in its first cell, and a cell that installs the project after it."""
    title, *rest = notebook["cells"]
    path = home.removeprefix("https://github.com/")
    target = f"https://colab.research.google.com/github/{path}/blob/main/notebooks/{name}"
    text = re.sub(r"\n\n\[!\[Open in Colab\].*", "", "".join(title["source"]))
    heading, _, prose = text.partition("\n")
    title["source"] = lines_of(f"{heading}\n\n[![Open in Colab]({BADGE})]({target})\n{prose}")
    install = {
        "cell_type": "code",
        "execution_count": None,
        "id": "install-in-colab",
        "metadata": {},
        "outputs": [],
        "source": lines_of(installation(home)),
    }
    cells = [title, install, *(cell for cell in rest if cell.get("id") != install["id"])]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, 1):
        cell["execution_count"] = number
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = number
    return notebook | {"cells": cells}


def write_home(root: Path, home: str) -> None:
    """Write the home into the files of a checkout.

    Args:
      root: the folder of the checkout.
      home: the address of the repository, `https://github.com/OWNER/NAME`.

    Raises:
      ValueError: it is not such an address.
    """
    if not HOME.fullmatch(home):
        raise ValueError(f"the home must be https://github.com/OWNER/NAME; got {home}")
    for file, change in (
        ("pyproject.toml", project_urls),
        ("CITATION.cff", citation),
        ("pyproject.toml", long_description),
    ):
        path = root / file
        path.write_text(change(path.read_text(), home))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook = with_badge(json.loads(path.read_text()), path.name, home)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    """Write the home given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("home", help="https://github.com/OWNER/NAME")
    write_home(ROOT, parser.parse_args().home.rstrip("/"))


if __name__ == "__main__":
    main()
