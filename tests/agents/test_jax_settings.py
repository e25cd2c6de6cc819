"""The user's settings of JAX: every algorithm works under each, with the same values."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from tests.program_catalog import GROUPS
from tests.test_settings import RUN, TRACED, check_under, strict_promotion_in_64_bits

QUICK = ("ppo, CartPole-v1", "sac, CartPole-v1")
UPDATES = [
    pytest.param(group, marks=() if group.name in QUICK else pytest.mark.slow, id=group.name)
    for group in GROUPS["algorithms"]
]


@pytest.mark.parametrize("group", UPDATES)
def test_an_update_is_traced_under_strict_promotion_in_64_bits(group):
    check_under(strict_promotion_in_64_bits, group)


@pytest.mark.slow
@pytest.mark.parametrize("setting", TRACED)
@pytest.mark.parametrize("group", UPDATES)
def test_an_update_is_traced_under_every_setting(group, setting):
    check_under(TRACED[setting], group)


def zeros(tree):
    keys = jax.random.key(0)

    def zero(x):
        if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key):
            return jax.random.split(keys, x.shape) if x.shape else keys
        return np.zeros(x.shape, x.dtype)

    return jax.tree.map(zero, tree)


@pytest.mark.slow
@pytest.mark.parametrize("setting", RUN)
@pytest.mark.parametrize("group", [g for g in UPDATES if not g.marks])
def test_an_update_has_the_same_values(group, setting):
    functions, (state, config) = group.make()
    update, args = functions["update"], (zeros(state), zeros(config))
    expected = update(*args)
    with RUN[setting]():
        got = update(*args)
    for a, b in zip(jax.tree.leaves(got[1]), jax.tree.leaves(expected[1]), strict=True):
        np.testing.assert_allclose(a, np.nan_to_num(b), rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        "JAX_ENABLE_X64=1",
        "JAX_DEBUG_NANS=1",
        "JAX_NUMPY_RANK_PROMOTION=raise",
        "JAX_NUMPY_DTYPE_PROMOTION=strict",
    ],
)
def test_the_command_trains_under_every_setting(tmp_path, setting):
    name, value = setting.split("=")
    options = ["--seeds", "1", "--total-steps", "1024", "--hidden-sizes", "8"]
    done = subprocess.run(
        [sys.executable, "-m", "agents", "ppo", *options, "--out", str(tmp_path)],
        cwd=Path(__file__).parent.parent.parent,
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
