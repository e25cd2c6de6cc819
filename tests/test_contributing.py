"""CONTRIBUTING.md and docs/design.md say where things are."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| (.+?) \| `(\S+\.py)` \| `(.+)` \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "CONTRIBUTING.md").read_text())


def definitions(tree):
    """Names of functions, classes and methods, and `register_kl(P, Q)` for each registered pair."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
            yield from (f"{node.name}.{name}" for name in definitions(node))
        elif isinstance(node, ast.FunctionDef):
            yield node.name
            yield from map(ast.unparse, node.decorator_list)


def test_the_table_is_read():
    assert len(ROWS) >= 20


@pytest.mark.parametrize(("what", "file", "name"), ROWS, ids=[what for what, *_ in ROWS])
def test_the_file_defines_the_name(what, file, name):
    assert name in set(definitions(ast.parse((ROOT / file).read_text())))


@pytest.mark.parametrize("package", ["jaxdist", "agents"])
def test_the_design_lists_every_module_and_package(package):
    page = (ROOT / "docs/design.md").read_text()
    listed = page.partition(f"\n    {package}/\n")[2].partition("\n\n")[0]
    names = re.findall(r"^ {6}(\w\S*)", listed, re.MULTILINE)
    found = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / package).iterdir()
        if not path.name.startswith("__") and path.suffix != ".typed"
    }
    assert set(names) == found
