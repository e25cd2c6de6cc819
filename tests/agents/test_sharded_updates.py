"""Every algorithm on meshes of several devices."""

import pytest

from agents.algorithms.registry import ALGORITHMS
from tests import compilation

SPECIAL = ("ppo with a shared torso", "ppo with noise", "recurrent-ppo with s5")


@pytest.fixture
def check(finish):
    """Runs a check of `sharded_updates`, with eight devices."""

    def run(*arguments):
        module = "tests.agents.sharded_updates"
        variables = {"JAX_NUM_CPU_DEVICES": "8", "XLA_FLAGS": compilation.QUICK}
        code, _, err = finish("-m", module, *arguments, variables=variables)
        assert code == 0, err

    return run


@pytest.mark.parametrize("name", ["ppo", pytest.param("sac", marks=pytest.mark.slow)])
def test_the_result_does_not_depend_on_the_devices(name, check):
    check("quick", name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ALGORITHMS, *SPECIAL])
def test_the_result_does_not_depend_on_the_mesh(name, check):
    check("meshes", name)


@pytest.mark.slow
def test_all_shards_undo_an_update_together(check):
    check("guard", "a2c")


@pytest.mark.slow
def test_devices_reduce_gradients_and_statistics_and_nothing_in_the_rollout(check):
    check("program", "ppo")
