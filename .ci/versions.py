"""Test the wheel outside of the checkout, with several versions of Python and JAX.

    python .ci/versions.py [--python 3.11 3.12 3.13] [--jax 0.8.0 0.10.0 newest]
                           [--tests tests/test_values.py]

Every pair gets a fresh environment with the wheel and its agents, in which the library's fast tests
run and the main command trains. JAX from 0.12 on has the environments forced past their pin.
Prints a table; exits with 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
VERSIONS = ("0.8.0", "0.10.0", "newest")

TEST_PACKAGES = ("flax", "mpmath", "pytest", "pytest-xdist", "scipy")
AGENT_PACKAGES = (
    "six",
    "gymnasium",
    "seaborn",
    "optax",
    "chex",
    "orbax-checkpoint",
    "matplotlib",
    "rich",
)

CHECKOUT_TESTS = (
    "agents",
    "test_ahead_of_time.py",
    "test_collectives.py",
    "test_contributing.py",
    "test_house.py",
    "test_notebooks.py",
    "test_ports.py",
    "test_publishing.py",
    "test_readme.py",
    "test_settings.py",
)
"""Tests of the checkout or of the agents, and not of the library."""

PYTEST_SETTINGS = """[pytest]
pythonpath = .
addopts = -n 2 --dist worksteal -q -m fast
markers =
  fast: one example of everything
  slow: takes long
filterwarnings =
  error::DeprecationWarning:jaxdist
  error::FutureWarning:jaxdist
"""


def run(*command: object, folder: Path) -> str:
    """Run a command; return its output, or raise `CalledProcessError` with it."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["JAX_PLATFORMS"] = "cpu"
    finished = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return finished.stdout


def interpreter(version: str) -> str:
    """The command of a version of Python, on the path or of pyenv (`FileNotFoundError`)."""
    of_pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    for command in (f"python{version}", shutil.which("python3") or sys.executable, *of_pyenv):
        path = shutil.which(command)
        test = f"import sys; assert sys.version_info[:2] == {tuple(map(int, version.split('.')))}"
        if path and subprocess.run([path, "-c", test], stderr=subprocess.DEVNULL).returncode == 0:
            return path
    raise FileNotFoundError(f"there is no python{version} on the path, and none of pyenv")


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the checkout."""
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, folder=folder)
    return next(folder.glob("*.whl"))


def install(python: Path, wheel: Path, jax: str, folder: Path) -> str:
    """Install the wheel and its agents; return the version of JAX."""
    wanted = "jax" if jax == "newest" else f"jax=={jax}"
    pip = (python, "-m", "pip", "install", "-q")
    run(*pip, wheel, wanted, *TEST_PACKAGES, *AGENT_PACKAGES, folder=folder)
    run(*pip, "--no-deps", "gymnax", folder=folder)
    return run(python, "-c", "import jax; print(jax.__version__)", folder=folder).strip()


def copy_tests(folder: Path) -> None:
    """Copy the library's tests to a folder that is not the checkout."""
    shutil.copytree(
        ROOT / "tests",
        folder / "tests",
        ignore=shutil.ignore_patterns("__pycache__", *CHECKOUT_TESTS),
    )
    # Samplers are tested on the path of accelerators too, which the benchmarks choose.
    shutil.copytree(ROOT / "benchmarks", folder / "benchmarks")
    (folder / "pytest.ini").write_text(PYTEST_SETTINGS)


def check(python: Path, tests: list[str], folder: Path) -> dict[str, str]:
    """The last line of the fast tests and of a short training run."""
    steps = {
        "fast tests": (python, "-m", "pytest", *tests),
        "jaxdist ppo": (python.parent / "jaxdist", "ppo", "--total-steps", 20000, "--seeds", 2),
    }
    outcome = {}
    for name, command in steps.items():
        try:
            output = run(*command, folder=folder)
            outcome[name] = output.strip().splitlines()[-1] if "tests" in name else "trained"
        except subprocess.CalledProcessError as error:
            print(error.output, file=sys.stderr)
            outcome[name] = f"FAILED: {error.output.strip().splitlines()[-1]}"
    return outcome


def main() -> int:
    """Test every pair of versions, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--python", nargs="+", default=PYTHONS)
    parser.add_argument("--jax", nargs="+", default=VERSIONS)
    parser.add_argument("--tests", nargs="+", default=["tests"], help="files, for a shorter run")
    options = parser.parse_args()
    failed = False
    print("| Python | JAX | fast tests | jaxdist ppo |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        wheel = build_wheel(Path(temporary))
        for version in options.python:
            for jax in options.jax:
                folder = Path(temporary) / f"{version}-{jax}"
                folder.mkdir()
                run(interpreter(version), "-m", "venv", "environment", folder=folder)
                python = folder / "environment" / "bin" / "python"
                installed = install(python, wheel, jax, folder)
                copy_tests(folder)
                outcome = check(python, options.tests, folder)
                failed |= any("FAILED" in cell for cell in outcome.values())
                print(f"| {version} | {installed} | {' | '.join(outcome.values())} |", flush=True)
                shutil.rmtree(folder)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
