"""Samplers over several devices, with other kinds of keys, and in float64."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests import compilation
from tests.sharded_draws import COUNT, draw, of_every_sampler


@pytest.mark.parametrize(
    "implementation", ["threefry2x32", pytest.param("rbg", marks=pytest.mark.slow)]
)
def test_draws_do_not_depend_on_the_devices(implementation, cache):
    done = subprocess.run(
        [sys.executable, "-m", "tests.sharded_draws", implementation],
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"JAX_COMPILATION_CACHE_DIR": cache, "XLA_FLAGS": compilation.QUICK},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("implementation", "dtype"),
    [("rbg", np.float64), pytest.param("rbg", np.float32, marks=pytest.mark.slow)],
)
def test_draws_with_keys_of_another_kind_and_in_float64(implementation, dtype):
    with jax.enable_x64(dtype == np.float64):
        ds = of_every_sampler(dtype)
        draws = draw(ds, jax.random.key(5, impl=implementation))
        for name, d in ds.items():
            x = draws[name]
            assert x.dtype == (jnp.int32 if d.support.is_discrete else dtype), name
            assert np.all(d.support.check(x)), name
            x = np.asarray(x, float)
            mean = d.probs @ np.arange(3) if name == "Categorical" else d.mean
            assert np.all(np.isfinite(x)), name
            error = np.abs(np.mean(x, 0) - mean)
            assert np.all(error <= 5 * np.std(x, 0) / np.sqrt(COUNT) + 1e-6), name
