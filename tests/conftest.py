import gc
import itertools
import os
import time

from tests import compilation, slow_tests

# XLA_FLAGS="" runs the tests as users run the code.
os.environ.setdefault("XLA_FLAGS", compilation.QUICKEST)
# Workers fill the cores; threads of OpenBLAS, which LAPACK starts from 32 rows on, would starve.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jax
import pytest

# Collected below, with what was compiled; in between it only costs time.
gc.disable()

_compiling_tests = itertools.count(1)


@pytest.hookimpl(tryfirst=True)  # before slow tests are deselected
def pytest_collection_modifyitems(items):
    """Mark slow tests, and run those of one distribution after each other: they share programs."""

    def name(item):
        row = item.callspec.params.get("row") if hasattr(item, "callspec") else None
        return "" if row is None else row.name

    items.sort(key=name)
    slow = slow_tests.listed()
    for item in items:
        if item.nodeid in slow:
            item.add_marker(pytest.mark.slow)
    if compilation.OLDER_EMITTERS in os.environ["XLA_FLAGS"]:
        for item in items:
            if item.get_closest_marker("bits"):
                item.add_marker(pytest.mark.skip("run by tests/agents/test_bits.py"))


def cache_folder(config):
    return str(config.rootpath / ".pytest_cache" / "xla")


def pytest_configure(config):
    """What one test has compiled, no other need compile: in any process, and in the next run."""
    jax.config.update("jax_compilation_cache_dir", cache_folder(config))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    # Nobody reads where in Python an operation comes from, and to write it down takes a tenth.
    jax.config.update("jax_traceback_in_locations_limit", 0)


@pytest.fixture(scope="session")
def cache(request):
    """The folder of compiled programs."""
    return cache_folder(request.config)


@pytest.fixture(autouse=True)
def bounded_memory():
    """Now and then forget what was compiled: thousands of programs fill the memory."""
    began = time.perf_counter()
    yield
    compiled = time.perf_counter() - began > 0.05
    if compiled and next(_compiling_tests) % 60 == 0:
        jax.clear_caches()
        gc.collect()
        gc.freeze()  # what is left is here to stay: the next time need not look through it
