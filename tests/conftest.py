import gc
import itertools

import jax
import pytest

_tests = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def cache(request):
    """What one test has compiled, no other need compile: in any process, and in the next run."""
    folder = str(request.config.rootpath / ".pytest_cache" / "xla")
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    yield folder
    jax.config.update("jax_compilation_cache_dir", None)


@pytest.fixture(autouse=True)
def bounded_memory():
    """Now and then forget what was compiled: thousands of programs fill the memory."""
    yield
    if next(_tests) % 25 == 0:
        jax.clear_caches()
        gc.collect()
