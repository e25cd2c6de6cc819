import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience import normalization

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def seen():
    """Three batches of unequal size, far from zero, and the moments after each."""
    rng = np.random.default_rng(0)
    batches = [100.0 + 3.0 * rng.normal(size=(n, 4, 2)) * [1.0, 5.0] for n in (3, 50, 7)]
    moments, after = normalization.initial_moments((2,)), []
    for batch in batches:
        moments = normalization.update_moments(moments, jnp.asarray(batch, jnp.float32))
        after.append(moments)
    return batches, after


def test_moments_equal_those_of_all_observations(seen):
    batches, after = seen
    for i, moments in enumerate(after):
        everything = np.concatenate(batches[: i + 1]).reshape(-1, 2)
        np.testing.assert_allclose(moments.mean, everything.mean(0), rtol=1e-5)
        np.testing.assert_allclose(moments.variance, everything.var(0), rtol=1e-4)
        assert moments.count == len(everything)


def test_normalized_values_have_mean_zero_and_deviation_one(seen):
    batches, after = seen
    everything = jnp.asarray(np.concatenate(batches).reshape(-1, 2), jnp.float32)
    z = np.asarray(normalization.normalize(after[-1], everything))
    np.testing.assert_allclose(z.mean(0), 0.0, atol=1e-4)
    np.testing.assert_allclose(z.std(0), 1.0, rtol=1e-3)
    far = normalization.normalize(after[-1], jnp.array([1e6, -1e6]))
    np.testing.assert_array_equal(far, [normalization.LIMIT, -normalization.LIMIT])


def test_initial_moments_change_nothing():
    x = jnp.array([0.5, -2.0])
    np.testing.assert_allclose(
        normalization.normalize(normalization.initial_moments((2,)), x), x, rtol=1e-6
    )


def test_rewards_are_divided_by_the_deviation_of_the_discounted_return():
    """Across two rollouts with ended episodes, against a loop in float64."""
    rng = np.random.default_rng(1)
    reward, ended = 50.0 * rng.normal(size=(2, 30, 3)), rng.random((2, 30, 3)) < 0.2
    scale, returns, total = normalization.initial_scale(3), [], np.zeros(3)
    for r, e in zip(reward, ended, strict=True):
        scale, scaled = normalization.normalize_rewards(
            scale, jnp.asarray(r, jnp.float32), jnp.asarray(e), 0.9
        )
        for r_t, e_t in zip(r, e, strict=True):
            total = 0.9 * total + r_t
            returns.append(total)
            total = np.where(e_t, 0.0, total)
        np.testing.assert_allclose(scaled, r / np.std(returns), rtol=1e-4)
    np.testing.assert_allclose(scale.returns, total, rtol=1e-4, atol=1e-4)
