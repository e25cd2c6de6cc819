"""The house: order of the rooms, style, types, and what is public."""

import ast
import functools
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


# --- private names -------------------------------------------------------------------------------

LIBRARY = sorted((ROOT / "jaxdist").rglob("*.py"))
BASE_CLASSES = [
    ROOT / "jaxdist" / name
    for name in (
        "pytree.py",
        "parameters.py",
        "distribution.py",
        "constraints/constraint.py",
        "transforms/transform.py",
    )
]
OF_NAMED_TUPLES = {"_asdict", "_fields", "_replace"}


@functools.cache
def nodes_of_file(path):
    return list(ast.walk(ast.parse(path.read_text())))


def nodes_of(paths):
    return [node for path in paths for node in nodes_of_file(path)]


def defined_names(nodes):
    """Names of functions and classes, and of variables and attributes that are assigned."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def hooks_of_the_base_classes():
    """Names that the bodies of the base classes define, which subclasses override."""
    classes = [node for node in nodes_of(BASE_CLASSES) if isinstance(node, ast.ClassDef)]
    return set(defined_names(node for definition in classes for node in definition.body))


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def is_own_class(node):
    """Whether an expression is `self`, `cls` or `super()`, whose hooks a subclass may use."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def top_of(path):
    return path.relative_to(ROOT / "jaxdist").parts[0].removesuffix(".py")


def private_imports(path):
    """Private names that a module imports from other rooms of the library."""
    for node in nodes_of_file(path):
        parts = (node.module or "").split(".") if isinstance(node, ast.ImportFrom) else []
        if parts[:1] == ["jaxdist"] and parts[1:2] != [top_of(path)]:
            yield from (alias.name for alias in node.names if is_private(alias.name))


def private_attributes(path):
    """Expressions that use a private attribute of something else than their own class."""
    for node in nodes_of_file(path):
        private = isinstance(node, ast.Attribute) and is_private(node.attr)
        if private and not is_own_class(node.value):
            yield node.attr, ast.unparse(node)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_uses_no_private_name_of_another_room_of_the_library(path):
    room = [other for other in LIBRARY if top_of(other) == top_of(path)]
    allowed = {*defined_names(nodes_of(room)), *hooks_of_the_base_classes(), *OF_NAMED_TUPLES}
    uses = {text for name, text in private_attributes(path) if name not in allowed}
    uses |= set(private_imports(path))
    assert not uses, sorted(uses)
