"""Distributions are pytrees: stacking, rebuilding, and JAX's transformations (laws 1, 2 and 4)."""

import copy
import dataclasses
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.catalog import rows

KEY = jax.random.key(0)


def batched(row, size=3):
    """The row's distribution with a batch of one axis in front."""
    d = row.make()
    return d.expand((size, *d.batch_shape))


def assert_same(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-6)


def log_prob_at_draw(d):
    return d.log_prob(jax.lax.stop_gradient(d.sample(KEY)))


@rows(one_per_class=True, fast=True)
def test_a_slice_of_the_leaves_is_a_distribution_and_stacking_inverts_it(row):
    d = batched(row)
    value = d.sample(KEY)
    parts = [jax.tree.map(lambda leaf, i=i: leaf[i], d) for i in range(3)]
    for i, part in enumerate(parts):
        assert part.batch_shape == d.batch_shape[1:]
        np.testing.assert_allclose(part.log_prob(value[i]), d.log_prob(value)[i], rtol=1e-6)
        assert_same(part, d[i])
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)
    assert stacked.batch_shape == d.batch_shape
    assert stacked.event_shape == d.event_shape
    assert_same(stacked, d)


@rows(one_per_class=True)
def test_an_empty_batch_has_empty_draws_values_and_gradients(row):
    d = row.make()
    d = d.expand((0, *d.batch_shape))

    def everything(d):
        value, joint = d.sample_and_log_prob(KEY, 2)
        score = jax.grad(lambda d: jnp.sum(d.log_prob(value)))(d)
        values = [joint, d.log_prob(value)]
        if not d.event_shape:
            values += [d.cdf(value), d.icdf(d.cdf(value))]
        return value, values, score

    value, values, score = jax.eval_shape(everything, d)
    assert value.shape == (2, *d.batch_shape, *d.event_shape)
    assert all(x.shape == (2, *d.batch_shape) for x in values)
    assert score.batch_shape == d.batch_shape


@rows(one_per_class=True, fast=True)
def test_vmap_sees_one_distribution_and_agrees_with_the_batch(row):
    d = batched(row)
    value = d.sample(KEY)
    batch_shapes = []

    def log_prob(d, x):
        batch_shapes.append(d.batch_shape)
        return d.log_prob(x)

    np.testing.assert_allclose(jax.vmap(log_prob)(d, value), d.log_prob(value), rtol=1e-6)
    assert batch_shapes == [d.batch_shape[1:]]


@rows(one_per_class=True)
def test_draws_under_vmap_equal_a_loop_over_keys(row):
    d = batched(row)
    keys = jax.random.split(KEY, 3)
    batched_draws = jax.vmap(jd.sample, in_axes=(0, 0, None))(d, keys, 2)
    looped_draws = jnp.stack([d[i].sample(keys[i], 2) for i in range(3)])
    np.testing.assert_allclose(batched_draws, looped_draws, rtol=2e-5, atol=1e-6)


@rows(one_per_class=True)
def test_vmap_out_of_a_constructor_nested(row):
    d = batched(row)
    d = d.expand((2, *d.batch_shape))
    remake = jax.vmap(jax.vmap(lambda d: dataclasses.replace(d)))
    assert remake(d).batch_shape == d.batch_shape
    assert_same(remake(d), d)


@rows(one_per_class=True)
def test_scan_over_and_through(row):
    d = batched(row)
    value = d.sample(KEY)
    _, over = jax.lax.scan(lambda c, dx: (c, dx[0].log_prob(dx[1])), 0, (d, value))
    np.testing.assert_allclose(over, d.log_prob(value), rtol=1e-6, atol=1e-6)
    through, _ = jax.lax.scan(lambda d, _: (dataclasses.replace(d), None), d, length=2)
    assert_same(through, d)


@rows(one_per_class=True)
def test_cond_while_loop_and_checkpoint(row):
    d = row.make()
    other = jax.lax.cond(True, lambda d: dataclasses.replace(d), lambda d: d, d)
    assert_same(other, d)
    assert_same(jax.lax.while_loop(lambda d: jnp.array(False), lambda d: d, d), d)
    np.testing.assert_allclose(jax.checkpoint(log_prob_at_draw)(d), log_prob_at_draw(d), rtol=1e-6)


@rows(one_per_class=True)
@pytest.mark.parametrize(
    "leaf",
    [object(), None, "s", 0, jax.ShapeDtypeStruct((2,), jnp.float32), jax.sharding.PartitionSpec()],
    ids=lambda leaf: type(leaf).__name__,
)
def test_rebuilding_around_any_leaf_survives(row, leaf):
    d = row.make()
    leaves, structure = jax.tree.flatten(d)
    rebuilt = jax.tree.unflatten(structure, [leaf] * len(leaves))
    repr(rebuilt)
    found = jax.tree.leaves(rebuilt, is_leaf=lambda x: x is leaf)
    assert len(found) == len(leaves)
    assert all(x is leaf for x in found)
    assert_same(jax.tree.unflatten(structure, leaves), d)


@rows(one_per_class=True)
def test_shapes_are_read_off_abstract_leaves(row):
    d = row.make()
    abstract = jax.eval_shape(lambda d: d, d)
    assert abstract.batch_shape == d.batch_shape
    assert abstract.event_shape == d.event_shape
    for shape in [(), (1,), (0, 2), (4,)]:
        draw = jax.eval_shape(lambda d, shape=shape: d.sample(KEY, shape), d)
        assert draw.shape == shape + d.batch_shape + d.event_shape


@rows(one_per_class=True)
def test_pickle_copy_and_replace(row):
    d = row.make()
    for other in (
        pickle.loads(pickle.dumps(d)),
        copy.copy(d),
        copy.deepcopy(d),
        dataclasses.replace(d),
    ):
        assert type(other) is type(d)
        assert_same(other, d)
    with pytest.raises(dataclasses.FrozenInstanceError):
        d.anything = 1


@rows(one_per_class=True)
def test_ahead_of_time_lowering_and_donation(row):
    d = row.make()
    compiled = jax.jit(log_prob_at_draw).lower(d).compile()
    np.testing.assert_allclose(compiled(d), log_prob_at_draw(d), rtol=1e-6)
    donated = jax.jit(lambda d: d, donate_argnums=0)(jax.tree.map(jnp.copy, d))
    assert_same(donated, d)


@rows(one_per_class=True)
def test_jit_changes_nothing_and_new_values_do_not_recompile(row):
    d = row.make()
    traces = []

    @jax.jit
    def draw_and_log_prob(d):
        traces.append(1)
        return d.sample(KEY), log_prob_at_draw(d)

    with jax.checking_leaks():
        draw, log_prob = draw_and_log_prob(d)
    np.testing.assert_allclose(draw, d.sample(KEY), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(log_prob, log_prob_at_draw(d), rtol=1e-5)
    draw_and_log_prob(jax.tree.map(lambda leaf: leaf * 1, d))
    assert len(traces) == 1


@rows(one_per_class=True)
def test_expand_index_and_iterate(row):
    d = batched(row)
    big = d.expand((2, *d.batch_shape))
    assert big.batch_shape == (2, *d.batch_shape)
    assert big[0].batch_shape == d.batch_shape
    assert big[:, 1].batch_shape == (2, *d.batch_shape[1:])
    assert big[..., None].batch_shape == (*big.batch_shape, 1)
    assert d[np.array([2, 0])].batch_shape == (2, *d.batch_shape[1:])
    assert [part.batch_shape for part in d] == [d.batch_shape[1:]] * 3
    with pytest.raises(IndexError, match="out of bounds"):
        d[3]
    with pytest.raises(IndexError, match="too many indices"):
        d[(0,) * (len(d.batch_shape) + 1)]
    with pytest.raises(ValueError, match="does not expand"):
        d.expand((7, *d.batch_shape[1:]))


@rows(one_per_class=True)
def test_repr_names_the_class_and_is_short(row):
    d = row.make()
    assert repr(d).startswith(type(d).__name__ + "(")
    assert "f32[64" in repr(d.expand((64, *d.batch_shape)))


@rows(one_per_class=True)
def test_shard_map_over_a_mesh(row):
    d = batched(row, size=len(jax.devices()) * 2)
    value = d.sample(KEY)
    mesh = jax.make_mesh(
        (len(jax.devices()),), ("batch",), axis_types=(jax.sharding.AxisType.Auto,)
    )
    spec = jax.sharding.PartitionSpec("batch")
    sharded = jax.shard_map(jd.log_prob, mesh=mesh, in_specs=(spec, spec), out_specs=spec)
    np.testing.assert_allclose(jax.jit(sharded)(d, value), d.log_prob(value), rtol=1e-6)
