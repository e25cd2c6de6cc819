"""Updates on meshes of eight CPU devices, compared with those on one.

The number of devices is settled when JAX starts: the tests run this as a process of its own.

    JAX_NUM_CPU_DEVICES=8 python -m tests.agents.sharded_updates CHECK ALGORITHM...
"""

import dataclasses
import math
import sys

import jax
import jax.numpy as jnp
import numpy as np

from agents.algorithms.registry import ALGORITHMS
from agents.execution.devices import over_members
from agents.execution.mesh import make_mesh, num_padded
from agents.runs.guards import guarded
from benchmarks.collectives import collectives

SIZES = {"num_envs": 8, "num_steps": 8, "hidden_sizes": (8,), "total_steps": 640}
NORMALIZED = {"normalize_observations": True, "normalize_rewards": True}
CONFIGS = {
    "a2c": SIZES | NORMALIZED,
    "apg": SIZES | {"normalize_observations": True},
    "awr": SIZES | NORMALIZED | {"value_iterations": 4, "policy_iterations": 4},
    "dqn": SIZES | {"batch_size": 16, "warmup_steps": 400, "total_steps": 1040, "n_step": 3},
    "impala": SIZES | NORMALIZED,
    "mpo": SIZES | {"batch_size": 16, "warmup_steps": 400, "total_steps": 1040},
    "ppo": SIZES | NORMALIZED,
    "ppo with a shared torso": SIZES | {"shared_torso": True, "anneal_entropy": True},
    "ppo with noise": SIZES | {"env": "Pendulum-v1", "noise_steps": 3, "value_head": "symlog"},
    "pqn": SIZES | NORMALIZED | {"num_minibatches": 4},
    "recurrent-ppo": SIZES | NORMALIZED | {"memory_size": 8, "num_minibatches": 1},
    "recurrent-ppo with s5": SIZES | {"memory": "s5", "memory_size": 8, "num_minibatches": 1},
    "reinforce": {"batch_episodes": 8, "baseline": "value", "hidden_sizes": (8,)},
    "sac": SIZES | {"batch_size": 16, "warmup_steps": 400, "total_steps": 1040},
    "td3": SIZES | {"batch_size": 16, "warmup_steps": 400, "total_steps": 1040},
    "trpo": SIZES | NORMALIZED,
    "vmpo": SIZES | NORMALIZED,
    "vpg": SIZES | NORMALIZED,
}
"""The hyper-parameters of the checks, by the name of an algorithm and what distinguishes them."""

DISCRETE = ("a2c", "impala", "ppo", "pqn", "recurrent-ppo", "trpo", "vmpo", "vpg")
"""Algorithms that act once between two updates, and choose actions from a finite number."""


def algorithm_of(name):
    return ALGORITHMS[name.partition(" ")[0]]


def updates(name, num_members, mesh):
    """The states after two updates, and the metrics of both, by member.

    The members differ in their seed, and in a number of the config.
    """
    algorithm = algorithm_of(name)
    config = algorithm.Config(**CONFIGS[name])

    def problem(shard, gamma):
        return algorithm.make_problem(dataclasses.replace(config, gamma=gamma), shard)

    def init(shard, member):
        seed, gamma = member
        return algorithm.init(jax.random.key(seed), problem(shard, gamma))

    def update(shard, member):
        state, gamma = member
        return algorithm.update(state, problem(shard, gamma))

    padded = np.minimum(np.arange(num_padded(num_members, mesh)), num_members - 1)
    gamma = np.float32(0.9) + padded / np.float32(50)
    update = jax.jit(over_members(update, mesh))
    first, metrics = update((jax.jit(over_members(init, mesh))((padded, gamma)), gamma))
    results = first, metrics, *update((first, gamma))
    check_replicas(results)
    return jax.tree.map(lambda leaf: numbers(leaf)[:num_members], results)


def numbers(leaf):
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


def check_replicas(tree):
    """What several devices hold is the same on each of them, to the last bit."""
    for path, leaf in jax.tree.leaves_with_path(tree):
        copies = {}
        for shard in leaf.addressable_shards:
            copies.setdefault(str(shard.index), []).append(numbers(shard.data))
        for first, *others in copies.values():
            for other in others:
                np.testing.assert_array_equal(first, other, jax.tree_util.keystr(path))


def mesh_of(name, num_members, shape):
    groups = algorithm_of(name).Config(**CONFIGS[name]).stream_groups
    return make_mesh(
        num_members, groups, shape=dict(zip(("members", "streams"), shape, strict=True))
    )


def compare(name, num_members, shapes):
    """The same streams after one rollout, and the rest equal up to rounding.

    The streams too are rounded: the compiler chooses other instructions for arrays of other sizes.
    """
    expected = updates(name, num_members, mesh_of(name, num_members, (1, 1)))
    for shape in shapes:
        own = updates(name, num_members, mesh_of(name, num_members, shape))
        for (path, leaf), other in zip(
            jax.tree.leaves_with_path(own), jax.tree.leaves(expected), strict=True
        ):
            where = f"{name} of {num_members} members on {shape}: {jax.tree_util.keystr(path)}"
            np.testing.assert_allclose(leaf, other, rtol=2e-3, atol=2e-4, err_msg=where)
        streams, others = (getattr(states[0], "streams", ()) for states in (own, expected))
        for leaf, other in zip(jax.tree.leaves(streams), jax.tree.leaves(others), strict=True):
            if name in DISCRETE:  # actions are the same, and no numbers have been added up
                np.testing.assert_allclose(leaf, other, rtol=1e-5, atol=1e-6)


def check_guard(name):
    """All shards undo an update if one of them has a number that is not finite."""
    algorithm = algorithm_of(name)
    config = algorithm.Config(**CONFIGS[name])
    mesh = mesh_of(name, 2, (1, 8))

    def run(shard, seed):
        problem = algorithm.make_problem(config, shard)

        def update(state):
            new, metrics = algorithm.update(state, problem)
            is_ill = (shard.index == 3) & (seed == 1)
            ill = jnp.where(is_ill, jnp.nan, new.streams.episode_return)
            streams = dataclasses.replace(new.streams, episode_return=ill)
            return dataclasses.replace(new, streams=streams), metrics

        old = algorithm.init(jax.random.key(seed), problem)
        return old, *guarded(update, "stop", shard)(old)

    old, new, metrics, finite = jax.jit(over_members(run, mesh))(np.arange(2))
    check_replicas((new, metrics, finite))
    same = jax.tree.map(lambda a, b: (numbers(a) == numbers(b))[1].all(), old.params, new.params)
    assert all(jax.tree.leaves(same))
    assert metrics["steps"].tolist() == [64, 0]
    assert np.isnan(metrics["loss"]).tolist() == [False, True]
    flags = np.asarray(finite.flags)
    assert flags[0].all()
    # The environment has returned finite numbers.
    assert [finite.names[i] for i in np.flatnonzero(~flags[1])] == ["action"]


def check_program(name):
    """Gradients and statistics are reduced, not the batch, and not in the rollout."""
    algorithm = algorithm_of(name)
    config = algorithm.Config(**CONFIGS[name] | {"num_envs": 32, "total_steps": 2560})
    mesh = make_mesh(1, config.stream_groups)
    assert mesh.shape == {"members": 1, "streams": 8}
    seeds = np.arange(1)

    def init(shard, seed):
        return algorithm.init(jax.random.key(seed), algorithm.make_problem(config, shard))

    def update(shard, state):
        return algorithm.update(state, algorithm.make_problem(config, shard))

    state = jax.eval_shape(over_members(init, mesh), seeds)
    found = collectives(jax.jit(over_members(update, mesh)).lower(state).compile().as_text())
    assert {one.opcode for one in found} == {"all-reduce"}
    size = 4 * sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(state.params))
    assert max(one.num_bytes for one in found) == size
    gradient_steps = sum(one.times for one in found if one.num_bytes == size)
    assert gradient_steps == config.num_epochs * config.num_minibatches
    assert sum(one.times for one in found) - gradient_steps < config.num_steps * 2
    others = [one for one in found if one.num_bytes != size]
    assert {one.times for one in others} == {1}


def main(check, *names):
    """Run one of the checks for some algorithms."""
    assert len(jax.devices()) == 8
    for name in names:
        if check == "quick":
            compare(name, 3, [(2, 4)])
        elif check == "meshes":
            compare(name, 1, [(1, 2), (1, 4), (1, 8)])
            compare(name, 7, [(4, 2)])
        elif check == "guard":
            check_guard(name)
        else:
            check_program(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
