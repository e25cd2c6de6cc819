import os
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from tests.agents import probes

ROOT = Path(__file__).parents[2]

probes.register()


@pytest.fixture
def on_accelerator(monkeypatch):
    """Runs on the CPU what is lowered for accelerators."""
    default = lambda *args, default, **_: default(*args)
    monkeypatch.setattr(jax.lax, "platform_dependent", default)


@pytest.fixture(scope="session")
def python(cache):
    """Starts Python in another process, from the repository's root."""

    def run(*arguments, variables=(), **kwargs):
        env = os.environ | {"JAX_COMPILATION_CACHE_DIR": cache, "COLUMNS": "100"}
        env["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        env |= dict(variables)
        command = [sys.executable, *map(str, arguments)]
        return subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdout=-1, stderr=-1, **kwargs
        )

    return run


@pytest.fixture(scope="session")
def finish(python):
    """Runs Python to its end; returns the exit code and what it printed."""

    def run(*arguments, **kwargs):
        process = python(*arguments, **kwargs)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    return run
