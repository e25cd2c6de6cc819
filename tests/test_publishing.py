"""What a stranger gets: the repository's home in all files, and a wheel that type checkers read."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOMES = ("https://github.com/somebody/some.name", "https://github.com/others/name")
TYPED = re.compile("```pycon\n(.*?)```", re.DOTALL)


def load(path):
    """A module that belongs to no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def write_home():
    return load(ROOT / ".ci/home.py").write_home


@pytest.fixture
def checkout(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    for file in ("pyproject.toml", "CITATION.cff", "README.md"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_home_is_written_everywhere_and_replaced(write_home, checkout):
    write_home(checkout, HOMES[0])
    write_home(checkout, HOMES[1])
    once = contents(checkout)
    write_home(checkout, HOMES[1])
    assert contents(checkout) == once
    assert not any(HOMES[0].encode() in text for text in once.values())
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Repository"] == HOMES[1]
    assert project["scripts"] == {"jaxdist": "jaxdist.__main__:main"}
    assert f'repository-code: "{HOMES[1]}"' in (checkout / "CITATION.cff").read_text()
    for path in (checkout / "notebooks").glob("*.ipynb"):
        title, install, *_ = cells = json.loads(path.read_text())["cells"]
        badge = f"/github/others/name/blob/main/notebooks/{path.name})"
        assert "".join(title["source"]).splitlines()[2].endswith(badge)
        assert f"git clone -q --depth 1 {HOMES[1]}\n" in "".join(install["source"])
        counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
        assert counts == list(range(1, len(counts) + 1))


def test_links_of_the_readme_are_absolute_in_the_package(write_home, checkout):
    write_home(checkout, HOMES[1])
    settings = tomllib.loads((checkout / "pyproject.toml").read_text())
    assert "readme" in settings["project"]["dynamic"]
    assert any("fancy-pypi-readme" in each for each in settings["build-system"]["requires"])
    text = (ROOT / "README.md").read_text()
    assert (checkout / "README.md").read_text() == text
    hook = settings["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    for each in hook["substitutions"]:
        text = re.sub(each["pattern"], each["replacement"], text)
    targets = re.findall(r"\]\(([^)]*)\)", text)
    assert f"{HOMES[1]}/raw/main/benchmarks/learning_curve.png" in targets
    assert f"{HOMES[1]}/blob/main/docs/shapes.md" in targets
    assert all(target.startswith(("https://", "#")) for target in targets)


def test_tests_of_the_library_import_no_agents():
    """Those which run beside an installed wheel, where the agents have another name."""
    left_out = load(ROOT / ".ci/versions.py").CHECKOUT_TESTS
    for path in (ROOT / "tests").glob("test_*.py"):
        if path.name not in left_out:
            assert not re.search(r"^(import|from) agents\b", path.read_text(), re.MULTILINE), path


def test_every_distribution_has_a_place_on_the_site():
    groups = load(ROOT / "docs/api_pages.py").distributions()
    assert "Normal" in groups["Real numbers"]
    assert all(groups.values())


def test_every_family_has_a_plot():
    """Wrappers and sequences may have one; points, gradients and measures have nothing to draw."""
    names = re.compile(r'^    "(\w+)": [\[(]', re.MULTILINE)
    files = [ROOT / "docs" / f"{kind}_plots.py" for kind in ("density", "vector")]
    plotted = {name for file in files for name in names.findall(file.read_text())}
    pages = load(ROOT / "docs/api_pages.py")
    groups = list(pages.SUPPORTS.values())
    supports = groups[: groups.index(pages.SUPPORTS["wrappers"])]
    listed = {name for title in supports for name in pages.distributions()[title]}
    families = {name for name in listed if getattr(pages.jd, name).__name__ == name}
    without = {"Delta", "ImproperUniform", "OneHotCategoricalStraightThrough", "Unit"}
    assert families - plotted == without


def test_the_site_reads_docstrings_as_they_are_meant():
    """It takes `a.` for the first item of a list, and `Shape: ...` for the type of a result."""
    letter = re.compile(r"^ +\w+: \(?[A-Za-z\d][.)]$", re.MULTILINE)
    result = re.compile(r"^ +Returns:\n +(.*)", re.MULTILINE)
    for path in sorted((ROOT / "jaxdist").rglob("*.py")):
        text = path.read_text()
        assert not letter.search(text), path
        if "jaxdist/bases" not in path.as_posix():  # not on the site
            assert not any(re.search(r"\w: ", line) for line in result.findall(text)), path


def test_the_workflow_tests_the_versions_of_its_matrix():
    """`--python` takes a version."""
    workflow = (ROOT / ".github/workflows/tests.yml").read_text()
    assert ".ci/versions.py --python ${{ matrix.python }}\n" in workflow


def test_a_home_that_is_none_is_named(write_home, checkout):
    with pytest.raises(ValueError, match="OWNER/NAME; got example"):
        write_home(checkout, "example")


def calls_of_the_readme():
    """The examples of the README as a module; calls of agents, which a wheel has elsewhere, too."""
    lines = []
    for block in TYPED.findall((ROOT / "README.md").read_text()):
        lines += [line[4:] for line in block.splitlines() if line.startswith((">>>", "..."))]
    return "\n".join(lines).replace("from agents import", "from jaxdist.agents import")


LISTS = """
import jaxdist as jd
from jax import Array

normal: jd.Normal = jd.Normal([0.0, 1.0], 2)
log_prob: Array = normal.log_prob([0.5, 1])
gamma = jd.Gamma(concentration=[[1, 2.0]], rate=3)
policy = jd.Categorical(logits=[0.0, 1.0, 2.0])
x: Array = policy.probs
matrix = jd.MultivariateNormal([0.0, 0.0], covariance_matrix=[[1.0, 0.0], [0.0, 1.0]])
mixture = jd.MixtureSameFamily(policy, jd.Normal([0.0, 1.0, 2.0], 1.0))
divergence: Array = jd.kl_divergence(normal, jd.Normal(0.0, 1.0))
"""
"""Calls with lists, integers and nested lists as parameters."""

WRONG = "import jaxdist as jd\nnumber: int = jd.Normal(0.0, 1.0).log_prob(0.0)\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of the installed wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip")
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", folder, ROOT], check=True)
    wheel = next(folder.glob("*.whl"))
    site = folder / "site"
    subprocess.run([*pip, "install", "-q", "--no-deps", "--target", site, wheel], check=True)
    return site


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_accept_calls_of_the_installed_wheel(checker, installed, tmp_path):
    """Its types are read from site-packages, where `py.typed` makes them known."""
    pytest.importorskip(checker)
    (tmp_path / "readme.py").write_text(calls_of_the_readme())
    (tmp_path / "lists.py").write_text(LISTS)
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(installed)]}))

    def check(*files):
        return subprocess.run(
            [sys.executable, "-m", checker, *files],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
        )

    right = check("readme.py", "lists.py")
    assert right.returncode == 0, right.stdout + right.stderr
    assert "wrong.py" in check("wrong.py").stdout
