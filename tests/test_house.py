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
ROOMS = {
    "jaxdist": [
        "pytree",
        "precision",
        "numerics",
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
    ],
    "agents": [
        "validation",
        "programs",
        "experience",
        "networks",
        "actor_critic",
        "algorithms",
        "runs",
        "command_line",
        "__main__",
    ],
}
"""The rooms of each package, in import order: a room imports only from those above it."""

MODULES = {
    package: sorted(
        path for path in (ROOT / package).rglob("*.py") if path != ROOT / package / "__init__.py"
    )
    for package in ROOMS
}


def modules_of(*packages):
    paths = [path for package in packages for path in MODULES[package]]
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def package_and_room(path):
    package, room = path.relative_to(ROOT).parts[:2]
    return package, room.removesuffix(".py")


def imports(path):
    """The package, the room and the names of each import from the project's packages."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, *rooms = node.module.split(".")
            names = [alias.name for alias in node.names]
            if package in ROOMS:
                yield from ((package, room, names) for room in rooms[:1] or names)


@modules_of("jaxdist", "agents")
def test_a_module_imports_only_from_rooms_above_it(path):
    package, here = package_and_room(path)
    order = ROOMS[package]
    for other, room, _ in imports(path):
        if other == package:
            assert order.index(room) < order.index(here) or room == here
        else:
            assert package == "agents"


@modules_of("agents")
def test_a_module_uses_no_private_name_of_another_room(path):
    imported = {name for *_, names in imports(path) for name in names}
    for package, room, names in imports(path):
        if (package, room) != package_and_room(path):
            assert not [name for name in names if name.startswith("_")]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.value.id not in imported or not node.attr.startswith("_")


@modules_of("jaxdist")
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
