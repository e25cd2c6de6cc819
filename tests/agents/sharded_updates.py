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
    "ppo": SIZES | NORMALIZED,
    "recurrent-ppo": SIZES | NORMALIZED | {"memory_size": 8, "num_minibatches": 1},
    "reinforce": {"batch_episodes": 8, "baseline": "value", "hidden_sizes": (8,)},
    "sac": SIZES | {"batch_size": 16, "warmup_steps": 400, "total_steps": 1040},
    "trpo": SIZES | NORMALIZED,
    "vpg": SIZES | NORMALIZED,
}
MESHES = [(1, 2), (1, 4), (1, 8), (2, 4), (4, 2), (8, 1)]


def updates(name, num_members, mesh, number=2):
    """Metrics of some updates, the streams after the first and the last state, by member.

    The members differ in their seed, and in a number of the config.
    """
    algorithm = ALGORITHMS[name]
    config = algorithm.Config(**CONFIGS[name])

    def run(shard, member):
        seed, gamma = member
        problem = algorithm.make_problem(dataclasses.replace(config, gamma=gamma), shard)
        first, metrics = algorithm.update(algorithm.init(jax.random.key(seed), problem), problem)
        step = lambda state, _: algorithm.update(state, problem)
        last, rest = jax.lax.scan(step, first, length=number - 1)
        return getattr(first, "streams", ()), last, (metrics, rest)

    padded = np.minimum(np.arange(num_padded(num_members, mesh)), num_members - 1)
    results = jax.jit(over_members(run, mesh))((padded, np.float32(0.9) + padded / np.float32(50)))
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
    groups = ALGORITHMS[name].Config(**CONFIGS[name]).stream_groups
    return make_mesh(
        num_members, groups, shape=dict(zip(("members", "streams"), shape, strict=True))
    )


def compare(name, num_members, shapes):
    """Equal streams after one rollout, and the rest equal up to rounding."""
    streams, *expected = updates(name, num_members, mesh_of(name, num_members, (1, 1)))
    for shape in shapes:
        own_streams, *own = updates(name, num_members, mesh_of(name, num_members, shape))
        message = f"{name} of {num_members} members on {shape}"
        for path, leaf in jax.tree.leaves_with_path(own_streams):
            other = dict(jax.tree.leaves_with_path(streams))[path]
            if leaf.dtype == np.float32:  # products of matrices of other sizes round otherwise
                np.testing.assert_allclose(leaf, other, rtol=1e-5, atol=1e-5, err_msg=message)
            else:
                np.testing.assert_array_equal(leaf, other, message)
        for (path, leaf), other in zip(
            jax.tree.leaves_with_path(own), jax.tree.leaves(expected), strict=True
        ):
            where = message + jax.tree_util.keystr(path)
            np.testing.assert_allclose(leaf, other, rtol=2e-3, atol=2e-4, err_msg=where)


def check_guard(name):
    """All shards undo an update if one of them has a number that is not finite."""
    algorithm = ALGORITHMS[name]
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
    assert [finite.names[i] for i in np.flatnonzero(~flags[1])] == ["observation"]


def check_program(name):
    """Gradients and statistics are reduced, not the batch, and not in the rollout."""
    algorithm = ALGORITHMS[name]
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
            compare(name, 1, MESHES[:3])
            compare(name, 3, MESHES)
            compare(name, 7, [(1, 8), (4, 2), (7, 1)])
        elif check == "guard":
            check_guard(name)
        else:
            check_program(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
