"""The user's settings of JAX: every algorithm works under each, with the same values."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from agents.algorithms.registry import ALGORITHMS
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


SHORT = {
    "ppo": {"num_steps": 8, "hidden_sizes": (8,)},
    "sac": {"num_steps": 4, "batch_size": 16, "warmup_steps": 100, "hidden_sizes": (8,)},
}
"""Hyper-parameters with which an update is short even if nothing is compiled."""


@pytest.mark.slow
@pytest.mark.parametrize("setting", RUN)
@pytest.mark.parametrize("name", SHORT)
def test_an_update_has_the_same_values(name, setting):
    """Means over no episodes are NaN, or 0 where a NaN is an error."""
    algorithm = ALGORITHMS[name]
    problem = algorithm.make_problem(algorithm.Config(**SHORT[name]))
    state = algorithm.init(jax.random.key(0), problem)
    expected = algorithm.update(state, problem)
    with RUN[setting]():
        got = algorithm.update(state, problem)
    for a, b in zip(jax.tree.leaves(got[1]), jax.tree.leaves(expected[1]), strict=True):
        np.testing.assert_allclose(np.nan_to_num(a), np.nan_to_num(b), rtol=1e-3, atol=1e-4)


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
