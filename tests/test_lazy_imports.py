"""Public names are imported on first use, whichever is the first."""

import importlib
import pickle
import pkgutil
import subprocess
import sys

import pytest

import jaxdist as jd
from jaxdist.lazy_imports import attach_stub


def run(code):
    """Run a program in a process of its own, which has imported nothing."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.fast
def test_only_what_is_used_is_imported():
    """The package without JAX; a family without the others."""
    run("""
import sys
import jaxdist
assert "jax" not in sys.modules
jaxdist.Normal
modules = [name for name in sys.modules if name.startswith("jaxdist.")]
assert len(modules) < 120, modules
families = [name for name in modules if name.count(".") > 2 and "families" in name]
assert families == ["jaxdist.families.real.normal"]
""")


@pytest.mark.fast
@pytest.mark.parametrize("name", ["jaxdist", "agents", "agents.algorithms"])
def test_no_public_name_is_that_of_another_module(name):
    """The import of a module `package.name` would replace what else has the name."""
    if name != "jaxdist":
        pytest.importorskip("agents")  # the package has another name where it is installed
    package = importlib.import_module(name)
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    for public in modules & set(package.__all__):
        assert getattr(package, public) is sys.modules[f"{name}.{public}"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package with a stub and a module."""

    def make(name, stub):
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.py").write_text("first, second = 1, 2")
        (tmp_path / name / "__init__.pyi").write_text(stub)
        (tmp_path / name / "__init__.py").write_text(
            "from jaxdist.lazy_imports import attach_stub\n"
            "__getattr__, __all__ = attach_stub(__name__)\n"
        )
        return __import__(name)

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    for name in [name for name in sys.modules if name.startswith("stubbed")]:
        del sys.modules[name]


def test_lines_of_a_stub(package):
    one = package(
        "stubbed",
        "from .module import first as first\n"
        "from stubbed.module import (\n    second as second,\n)\n"
        "from . import module as module\n",
    )
    assert one.__all__ == ["first", "module", "second"]
    assert (one.first, one.second) == (1, 2)
    assert one.module is sys.modules["stubbed.module"]
    all_of_it = package("stubbed_too", "from stubbed import *  # noqa: F403\n")
    assert all_of_it.__all__ == one.__all__
    assert all_of_it.module is one.module


def test_a_name_is_imported_once(package):
    stubbed = package("stubbed", "from .module import first as first\n")
    assert "first" not in vars(stubbed)
    assert stubbed.first is vars(stubbed)["first"]


def test_a_misspelt_name(package):
    stubbed = package("stubbed", "from .module import first as first\n")
    with pytest.raises(AttributeError, match="module 'stubbed' has no attribute 'frist'"):
        _ = stubbed.frist
    with pytest.raises(ImportError, match="cannot import name 'frist' from 'stubbed'"):
        from stubbed import frist  # noqa: F401


def test_a_package_without_a_stub():
    with pytest.raises(FileNotFoundError, match=r"families.__init__\.pyi"):
        attach_stub("jaxdist.families")


FIRST_USES = [
    "from jaxdist import *; print(kl_divergence(Beta(1.0, 2.0), Beta(2.0, 2.0)))",
    "import jaxdist.transforms; print(jaxdist.TanhTransform())",
    "import jaxdist.families.real.normal; print(jaxdist.Gamma(2.0, 3.0))",
    "import jaxdist; print(jaxdist.biject_to(jaxdist.constraints.simplex))",
    "import jaxdist; print(jaxdist.biject_to(jaxdist.Program(lambda draw: 0.0).support))",
    "import jaxdist; print(jaxdist.fit(jaxdist.Poisson, [1.0, 2.0, 3.0]))",
    "import jaxdist; print(jaxdist.estimators.weak_derivatives(jaxdist.Gamma(2.0, 3.0)))",
    "import jax, jaxdist; assert len(jax.tree.leaves(jaxdist.Gamma(2.0, 3.0))) == 2",
    f"import pickle; print(pickle.loads({pickle.dumps(jd.Gamma(2.0, 3.0))!r}).entropy())",
    "import jaxdist; help(jaxdist)",
    "import agents; print(agents.ppo.Config(), agents.fit)",
    "from agents import *; print(recurrent_ppo.Config(), load)",
]


@pytest.mark.slow
@pytest.mark.parametrize("code", FIRST_USES)
def test_what_modules_register_is_found_in_a_fresh_process(code):
    run(code)


@pytest.mark.slow
def test_every_module_can_be_the_first():
    """In copies of one process that has imported JAX alone."""
    run("""
import importlib, os, pathlib
import jax, jax.numpy, jax.experimental.checkify
import jaxdist
root = pathlib.Path(jaxdist.__file__).parent
files = [path for path in root.rglob("*.py") if path.stem != "__main__"]
for path in files:
    module = ".".join(["jaxdist", *path.relative_to(root).with_suffix("").parts])
    child = os.fork()
    if not child:
        importlib.import_module(module.removesuffix(".__init__"))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, module
""")


@pytest.mark.slow
def test_threads_import_together():
    run("""
from concurrent.futures import ThreadPoolExecutor
import jaxdist
def use_all(start):
    return [getattr(jaxdist, name) for name in jaxdist.__all__[start:] + jaxdist.__all__[:start]]
with ThreadPoolExecutor(16) as threads:
    list(threads.map(use_all, range(0, 160, 10)))
""")
