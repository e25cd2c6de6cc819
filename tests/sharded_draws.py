"""Draws of every kind of sampler, and a program that compares them, and slopes, over two devices.

The number of devices is settled when JAX starts: the tests run this as a process of its own.
"""

import functools
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

import jaxdist as jd

COUNT = 20_000


def of_every_sampler(dtype):
    """One row for each sampler, of batch shape (2,)."""

    def two(first, second):
        return np.array([first, second], dtype)

    loc, scale = two(-1.0, 2.0), two(0.5, 3.0)
    return {
        "Normal": jd.Normal(loc, scale),
        "Laplace": jd.Laplace(loc, scale),
        "Exponential": jd.Exponential(scale),
        "Gamma": jd.Gamma(two(0.3, 40.0), scale),
        "Beta": jd.Beta(two(0.3, 40.0), two(2.0, 3.0)),
        "StudentT": jd.StudentT(two(3.0, 30.0), loc, scale),
        "TruncatedNormal": jd.TruncatedNormal(loc, scale, two(-1.5, 8.0), two(0.0, 9.0)),
        "Poisson": jd.Poisson(two(0.7, 1e4)),
        "Binomial": jd.Binomial(np.array([10, 5000]), two(0.1, 0.6)),
        "Geometric": jd.Geometric(two(0.1, 0.7)),
        "Categorical": jd.Categorical(np.array([[0.2, 0.3, 0.5], [0.98, 0.01, 0.01]], dtype)),
        "VonMises": jd.VonMises(two(0.0, 0.0), two(0.3, 200.0)),
    }


@jax.jit
def draw(ds, key):
    """Draw from every distribution, shape `(COUNT,) + batch_shape + event_shape`."""
    keys = jax.random.split(key, len(ds))
    return {name: d.sample(k, COUNT) for (name, d), k in zip(ds.items(), keys, strict=True)}


HALVES, SECOND_AXIS = PartitionSpec("batch"), PartitionSpec(None, "batch")


def compare_shards(ds, keys, mesh):
    """Draw on two devices, each with its key and its half of the batch, and then one by one."""
    sharded = jax.shard_map(
        lambda ds, keys: draw(ds, keys[0]),
        mesh=mesh,
        in_specs=(HALVES, HALVES),
        out_specs=SECOND_AXIS,
    )
    together = jax.jit(sharded)(ds, keys)
    for i in range(2):
        alone = draw(jax.tree.map(lambda leaf, i=i: leaf[i : i + 1], ds), keys[i])
        for name, draws in alone.items():
            assert together[name].sharding.spec == SECOND_AXIS
            np.testing.assert_array_equal(together[name][:, i : i + 1], draws, err_msg=name)


def compare_placements(ds, key, mesh):
    """Draw with one key from a batch that lies on two devices, and then from one on one device."""
    placed = jax.device_put(ds, NamedSharding(mesh, HALVES))
    together = draw(placed, key)
    for name, draws in draw(ds, key).items():
        assert len(together[name].sharding.device_set) == 2, name
        np.testing.assert_array_equal(together[name], draws, err_msg=name)


def compare_slopes(mesh):
    """Differentiate tails in parameters that both devices have, at numbers of which each has half.

    JAX sums the slopes over the devices, once.
    """
    d, x = jd.Gamma(2.0, 1.5), jnp.linspace(0.2, 3.0, 8)

    def score(d, x, total):
        return jax.grad(lambda d: total(jnp.sum(d.log_cdf(x))))(d)

    sharded = jax.shard_map(
        functools.partial(score, total=lambda sums: jax.lax.psum(sums, "batch")),
        mesh=mesh,
        in_specs=(PartitionSpec(), HALVES),
        out_specs=PartitionSpec(),
    )
    together, alone = jax.jit(sharded)(d, x), score(d, x, jnp.sum)
    np.testing.assert_allclose(jax.tree.leaves(together), jax.tree.leaves(alone), rtol=1e-5)


def main(implementation):
    """Compare what is drawn with keys of a kind."""
    jax.config.update("jax_num_cpu_devices", 2)
    mesh = jax.make_mesh((2,), ("batch",), axis_types=(jax.sharding.AxisType.Auto,))
    ds = of_every_sampler(np.float32)
    keys = jax.random.split(jax.random.key(7, impl=implementation), 2)
    compare_shards(ds, keys, mesh)
    if implementation == "threefry2x32":  # with other keys the bits may depend on the placement
        cheap = {
            name: ds[name] for name in ("Normal", "StudentT", "TruncatedNormal", "Categorical")
        }
        compare_placements(cheap, keys[0], mesh)
        compare_slopes(mesh)


if __name__ == "__main__":
    main(sys.argv[1])
