import jax
import pytest

from agents.algorithms import ppo, reinforce, sac
from agents.algorithms.registry import ALGORITHMS
from agents.execution.shards import Shard
from agents.runs import memory, programs
from agents.runs.memory import NotEnoughMemory, check_memory, state_bytes
from agents.runs.run import Run

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("name", ["ppo", "sac", "reinforce"])
def test_the_estimate_is_the_size_of_the_state(tmp_path, name):
    config = ALGORITHMS[name].Config()
    run = Run(name, config, (0,), tmp_path)
    key = jax.random.key(0)
    state = jax.jit(lambda key: programs.initialize(run.algorithm, Shard(), (key, config)))(key)
    leaves = [leaf for leaf in jax.tree.leaves(state) if leaf.dtype != key.dtype]
    assert state_bytes(name, config) == sum(leaf.nbytes for leaf in leaves) + 8


@pytest.mark.parametrize(
    ("config", "num_members", "expected"),
    [
        (ppo.Config(hidden_sizes=(10**9,)), 1, "a state of 156 GB"),
        (ppo.Config(), 10**9, "2,000,000,000 times a state of 110 kB"),
        (ppo.Config(num_envs=2**31 - 4, num_steps=1, total_steps=2**40), 1, "smaller"),
        (ppo.Config(num_steps=2**31 - 4, total_steps=2**40), 1, "of steps per update"),
        (
            reinforce.Config(batch_episodes=2**31 - 1, total_episodes=2**40),
            1,
            "of steps per update",
        ),
        (sac.Config(buffer_size=2**31 - 1), 1, "a state of 77.3 GB"),
    ],
)
def test_what_cannot_fit_is_an_error_with_the_figure(monkeypatch, config, num_members, expected):
    monkeypatch.setattr(memory, "total_bytes", lambda: 16 * 10**9)
    name = type(config).__module__.rpartition(".")[2]
    with pytest.raises(NotEnoughMemory, match=rf"at least [\d.,]+ [GTP]B .* 16 GB .*{expected}"):
        check_memory(name, config, num_members, evaluations=1)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_defaults_fit(name):
    check_memory(name, ALGORITHMS[name].Config(), num_members=8, evaluations=10)


def test_the_memory_of_accelerators_is_asked_for(monkeypatch):
    class Device:
        platform = "gpu"

        def memory_stats(self):
            return {"bytes_limit": 7 * 10**9}

    monkeypatch.setattr(memory.jax, "local_devices", lambda: [Device(), Device()])
    assert memory.total_bytes() == 14 * 10**9
