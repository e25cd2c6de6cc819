"""The house: order of the rooms, style, types, and what is public."""

import ast
import importlib.metadata
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import jaxdist as jd

ROOT = Path(__file__).parent.parent
ORDER = [
    "pytree",
    "precision",
    "special",
    "counting",
    "random",
    "linalg",
    "constraints",
    "validation",
    "parameters",
    "transforms",
    "distribution",
    "exponential_family",
    "implicit_differentiation",
    "functional",
    "bases",
    "families",
    "wrappers",
    "divergences",
    "bijections",
    "surrogates",
    "estimators",
]


def room_of(path):
    return path.relative_to(ROOT / "jaxdist").parts[0].removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("jaxdist"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


MODULES = sorted(
    path for path in (ROOT / "jaxdist").rglob("*.py") if path != ROOT / "jaxdist/__init__.py"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_rooms_above_it(path):
    here = room_of(path)
    for room in imported_rooms(path):
        assert ORDER.index(room) < ORDER.index(here) or room == here


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_needs_jax_alone(path):
    for node in ast.walk(ast.parse(path.read_text())):
        modules = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        for module in modules:
            top = module.split(".")[0]
            assert top in {"jax", "numpy", "jaxdist"} or top in sys.stdlib_module_names
            assert not module.startswith(("jax._src", "jax.interpreters"))


def test_dir_lists_the_public_names_alone():
    assert sorted(dir(jd)) == sorted([*jd.__all__, "__version__"])
    assert importlib.metadata.version("jaxdist") == jd.__version__


def test_public_names_are_there_and_documented():
    assert jd.__all__ == sorted(jd.__all__)
    for name in jd.__all__:
        thing = getattr(jd, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
    ],
    ids=" ".join,
)
def test_style_and_types(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
