"""The house: order of the rooms, style, types, and what is public."""

import ast
import functools
import importlib
import importlib.metadata
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import jaxdist as jd
from tests import slow_tests

ROOT = Path(__file__).parent.parent
ROOMS = {
    "jaxdist": [
        "lazy_imports",
        "pytree",
        "callable_trees",
        "promotion",
        "arguments",
        "precision",
        "numerics",
        "special",
        "random",
        "linalg",
        "constraints",
        "argument_checks",
        "class_checks",
        "parameters",
        "kernels",
        "transforms",
        "derivatives",
        "evaluation",
        "information",
        "distribution",
        "exponential_family",
        "implicit_differentiation",
        "functional",
        "bases",
        "families",
        "wrappers",
        "sequences",
        "divergences",
        "generating_functions",
        "convolution",
        "bijections",
        "inference",
        "programs",
        "surrogates",
        "estimators",
        "flows",
        "losses",
        "interop",
        "__init__",
    ],
    "agents": [
        "invocation",
        "validation",
        "execution",
        "experience",
        "networks",
        "actor_critic",
        "off_policy",
        "algorithms",
        "runs",
        "rendering",
        "command_line",
        "fit_arguments",
        "trained_run",
        "__main__",
        "__init__",
    ],
}
"""The rooms of each package, in import order: a room imports only from those above it."""

MODULES = {
    package: sorted(
        path for suffix in ("py", "pyi") for path in (ROOT / package).rglob(f"*.{suffix}")
    )
    for package in ROOMS
}


def modules_of(*packages):
    paths = [path for package in packages for path in MODULES[package]]
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def package_and_room(path):
    package, room = path.relative_to(ROOT).parts[:2]
    return package, Path(room).stem


def absolute_module(node, path):
    """The module of `from ... import`, whose name may be relative to that of a file."""
    parents = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
    return ".".join([*parents, *([node.module] if node.module else [])])


@functools.cache
def nodes_of_file(path):
    return list(ast.walk(ast.parse(path.read_text())))


def imports(path):
    """The package, the room and the names of each import from the project's packages."""
    for node in nodes_of_file(path):
        if isinstance(node, ast.ImportFrom):
            package, *rooms = absolute_module(node, path).split(".")
            names = [alias.name for alias in node.names]
            if package in ROOMS:
                yield from ((package, room, names) for room in rooms[:1] or names)


@pytest.mark.fast
@modules_of("jaxdist", "agents")
def test_a_module_imports_only_from_rooms_above_it(path):
    package, here = package_and_room(path)
    order = ROOMS[package]
    for other, room, _ in imports(path):
        if other == package:
            assert order.index(room) < order.index(here) or room == here
        else:
            assert package == "agents"


@pytest.mark.fast
@modules_of("agents")
def test_the_agents_import_each_other_by_relative_names(path):
    """The wheel has them as `jaxdist.agents`, the checkout as `agents`."""
    absolute = [node for node in nodes_of_file(path) if is_absolute(node)]
    assert not absolute


def is_absolute(node):
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "agents" for alias in node.names)
    return (
        isinstance(node, ast.ImportFrom)
        and not node.level
        and node.module.split(".")[0] == "agents"
    )


@pytest.mark.fast
@modules_of("jaxdist")
def test_the_library_needs_jax_alone(path):
    for node in nodes_of_file(path):
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


@pytest.mark.fast
def test_dir_lists_the_public_names_alone():
    assert sorted(dir(jd)) == sorted([*jd.__all__, "__version__"])
    assert importlib.metadata.version("jaxdist") == jd.__version__


@pytest.mark.fast
def test_public_names_are_there_and_documented():
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

BASE_CLASSES = [
    ROOT / "jaxdist" / name
    for name in (
        "pytree.py",
        "parameters.py",
        "distribution/events.py",
        "distribution/summaries.py",
        "distribution/tails.py",
        "distribution/averages.py",
        "distribution/distribution.py",
        "constraints/constraint.py",
        "transforms/transform.py",
    )
]
OF_NAMED_TUPLES = {"_asdict", "_fields", "_replace"}


def nodes_of(paths):
    return [node for path in paths for node in nodes_of_file(path)]


def defined_names(nodes):
    """Names of functions and classes, and of variables and attributes that are assigned."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


@functools.cache
def hooks_of_the_base_classes():
    """Names that the bodies of the base classes define, which subclasses override."""
    classes = [node for node in nodes_of(BASE_CLASSES) if isinstance(node, ast.ClassDef)]
    body = [node for definition in classes for node in definition.body]
    declared = [node.target for node in body if isinstance(node, ast.AnnAssign)]
    return set(defined_names(body + declared))


@functools.cache
def names_of_room(room):
    """Names that the modules of a package's room define."""
    paths = [path for path in MODULES[room[0]] if package_and_room(path) == room]
    return set(defined_names(nodes_of(paths)))


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def is_own_class(node):
    """Whether an expression is `self`, `cls` or `super()`, whose hooks a subclass may use."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def private_attributes(path):
    """Expressions that use a private attribute of something else than their own class."""
    for node in nodes_of_file(path):
        private = isinstance(node, ast.Attribute) and is_private(node.attr)
        if private and not is_own_class(node.value):
            yield node.attr, ast.unparse(node)


@pytest.mark.fast
@modules_of("jaxdist", "agents")
def test_a_module_uses_no_private_name_of_another_room(path):
    here = package_and_room(path)
    allowed = names_of_room(here) | hooks_of_the_base_classes() | OF_NAMED_TUPLES
    uses = {text for name, text in private_attributes(path) if name not in allowed}
    for package, other, names in imports(path):
        if (package, other) != here:
            uses |= set(filter(is_private, names))
    assert not uses, sorted(uses)


# --- names of modules ----------------------------------------------------------------------------


def imported_modules(path):
    """The names under which a module imports other modules."""
    for node in nodes_of_file(path):
        if isinstance(node, ast.Import):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if is_module(f"{node.module}.{alias.name}"):
                    yield alias.asname or alias.name


def is_module(name):
    """Whether a dotted name, which can be imported, is that of a module."""
    package, _, last = name.rpartition(".")
    return inspect.ismodule(getattr(importlib.import_module(package), last, None))


@pytest.mark.fast
@modules_of("jaxdist")
def test_no_name_shadows_an_imported_module(path):
    nodes = nodes_of_file(path)
    local = {node.id for node in nodes if isinstance(node, ast.Name) and not is_read(node)}
    local |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    assert not local & set(imported_modules(path))


def is_read(node):
    return isinstance(node.ctx, ast.Load)


def test_the_listed_slow_tests_exist():
    gone = []
    for name in sorted(slow_tests.listed()):
        path, _, test = name.partition("::")
        function = test.partition("[")[0]
        if not (ROOT / path).exists() or f"def {function}(" not in (ROOT / path).read_text():
            gone.append(name)
    assert not gone, f"delete these lines of {slow_tests.LIST.name}"
