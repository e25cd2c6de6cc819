"""Kalman filters and smoothers, against the normal distribution of all steps together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist.linalg.square_root import lower_factor
from tests.rows import sequences

KEY = jax.random.key(5)
STEPS = 4
X = np.array([[0.5, 1.0, -2.0], [1.5, 2.0, -3.0], [2.0, -1.0, 0.0], [-1.0, 0.5, 1.0]])
MASKS = {
    "all": np.ones((STEPS, 3), bool),
    "steps": np.repeat([[True], [False], [True], [False]], 3, 1),
    "entries": np.array([[1, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 0]], bool),
}


def model(num_steps=STEPS):
    return sequences.state_space(num_steps)


def posterior_of_states(x, observed):
    """Mean and covariance of all states together, given the observed entries."""
    mean, covariance, seen = sequences.dense_state_space(STEPS)
    keep = observed.reshape(-1)
    seen = seen[keep]
    noise = np.kron(np.eye(STEPS), sequences.SEEN_NOISE)[np.ix_(keep, keep)]
    residual = x.reshape(-1)[keep] - np.tile(sequences.SEEN_LOC, STEPS)[keep] - seen @ mean
    gain = covariance @ seen.T @ np.linalg.inv(seen @ covariance @ seen.T + noise)
    return mean + gain @ residual, covariance - gain @ seen @ covariance


def assert_states(found, mean, covariance):
    np.testing.assert_allclose(found.mean, mean.reshape(STEPS, 2), rtol=1e-4, atol=1e-5)
    blocks = np.stack([covariance[i : i + 2, i : i + 2] for i in range(0, 2 * STEPS, 2)])
    np.testing.assert_allclose(found.covariance_matrix, blocks, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", MASKS)
def test_the_smoother_conditions_on_what_is_observed(name):
    d, observed = model(), MASKS[name]
    x = np.where(observed, X, np.nan)
    mask = None if name == "all" else observed[:, 0] if name == "steps" else observed
    assert_states(d.smooth(x, mask), *posterior_of_states(X, observed))


@pytest.mark.slow
def test_the_filter_conditions_on_the_steps_so_far():
    found = model().filter(X)
    for t in range(STEPS):
        observed = np.arange(STEPS)[:, None] <= t
        mean, covariance = posterior_of_states(X, np.broadcast_to(observed, X.shape))
        now = slice(2 * t, 2 * t + 2)
        np.testing.assert_allclose(found.mean[t], mean[now], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            found.covariance_matrix[t], covariance[now, now], rtol=1e-4, atol=1e-5
        )


@pytest.mark.slow
def test_masked_entries_do_not_count():
    d, observed = model(), MASKS["entries"]
    reference = sequences.StateSpace(STEPS).normal.frozen
    keep = observed.reshape(-1)
    covariance = reference.cov[np.ix_(keep, keep)]
    z = X.reshape(-1)[keep] - reference.mean[keep]
    log_det = np.linalg.slogdet(2 * np.pi * covariance)[1]
    expected = -z @ np.linalg.solve(covariance, z) / 2 - log_det / 2
    x = np.where(observed, X, np.nan)
    np.testing.assert_allclose(d.log_prob(x, observed), expected, rtol=1e-5)
    gradient = jax.grad(lambda x: d.log_prob(x, observed))(jnp.asarray(x, jnp.float32))
    assert np.isfinite(gradient).all()
    np.testing.assert_array_equal(np.asarray(gradient)[~observed], 0)
    with pytest.raises(ValueError, match="must broadcast to"):
        d.log_prob(X, np.ones(3, bool))


@pytest.mark.slow
def test_draws_of_states_have_their_posterior_moments():
    mean, covariance = posterior_of_states(X, MASKS["all"])
    draws = np.asarray(model().sample_states(KEY, X, 50_000)).reshape(-1, 2 * STEPS)
    np.testing.assert_allclose(draws.mean(0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.02)


@pytest.mark.slow
def test_gradients_are_those_of_the_dense_density():
    def dense(matrix, scale, x):
        states = [jnp.array([1.0, -1.0])]
        spread = [jnp.asarray(model().initial.scale_tril)]
        rows = [jnp.concatenate([spread[0], jnp.zeros((2, 2 * STEPS - 2))], 1)]
        for t in range(1, STEPS):
            states.append(matrix @ states[-1] + jnp.array([0.0, 0.5]))
            new = jnp.zeros((2, 2 * STEPS)).at[:, 2 * t : 2 * t + 2].set(jnp.diag(scale))
            rows.append(matrix @ rows[-1] + new)
        factor = jnp.concatenate(rows)
        seen = jnp.kron(jnp.eye(STEPS), sequences.SEEN)
        loc = seen @ jnp.concatenate(states) + jnp.tile(sequences.SEEN_LOC, STEPS)
        noise = jnp.kron(jnp.eye(STEPS), sequences.SEEN_NOISE)
        covariance = seen @ factor @ factor.T @ seen.T + noise
        return jd.MultivariateNormal(loc, covariance).log_prob(x.reshape(-1))

    def ours(matrix, scale, x):
        d = model()
        noise = jd.MultivariateNormalDiag([0.0, 0.5], scale)
        return jd.LinearGaussianStateSpace(
            d.initial, matrix, noise, d.observation_matrix, d.observation_noise, STEPS
        ).log_prob(x)

    with jax.enable_x64(True):
        args = jnp.asarray(sequences.STATE), jnp.array([0.25, 0.5]), jnp.asarray(X)
        wanted = jax.grad(dense, (0, 1, 2))(*args)
        got = jax.jit(jax.grad(ours, (0, 1, 2)))(*args)
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.slow
def test_batches_of_models_and_of_sequences():
    d = jd.LinearGaussianStateSpace(
        model().initial,
        jnp.stack([sequences.STATE, 0.5 * sequences.STATE]),
        model().transition_noise,
        sequences.SEEN,
        model().observation_noise,
        STEPS,
    )
    assert d.batch_shape == (2,)
    x = d.sample(KEY, (3,))
    assert x.shape == (3, 2, STEPS, 3)
    one_by_one = [[d[j].log_prob(x[i, j]) for j in range(2)] for i in range(3)]
    np.testing.assert_allclose(d.log_prob(x), one_by_one, rtol=1e-5)
    np.testing.assert_allclose(jax.vmap(jd.log_prob)(d, x[0]), one_by_one[0], rtol=1e-5)
    assert d.smooth(x).batch_shape == (3, 2, STEPS)
    assert d.sample_states(KEY, x, 5).shape == (5, 3, 2, STEPS, 2)


@pytest.mark.slow
def test_long_sequences_in_float32_agree_with_float64():
    """A slow walk that is seen exactly: the variances differ by ten orders of magnitude."""

    def tracker():
        return jd.LinearGaussianStateSpace(
            jd.MultivariateNormalDiag(np.zeros(2), np.array([100.0, 1.0])),
            np.array([[1.0, 1.0], [0.0, 1.0]]),
            jd.MultivariateNormalDiag(np.zeros(2), np.array([1e-3, 1e-3])),
            np.array([[1.0, 0.0]]),
            jd.MultivariateNormalDiag(np.zeros(1), np.array([1e-3])),
            10_000,
        )

    with jax.enable_x64(True):
        wide = tracker()
        x = wide.sample(KEY)
        x = jnp.asarray(np.float32(x - x.mean(0)), jnp.float64)
        exact, smooth = wide.log_prob(x), wide.smooth(x)
        scale = smooth.scale_tril
    small = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), wide)
    x = jnp.asarray(x, jnp.float32)
    found = small.smooth(x)
    np.testing.assert_allclose(found.scale_tril, scale, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(small.log_prob(x), exact, rtol=0.02)  # the rounding of x counts


@pytest.mark.slow
def test_densities_of_long_sequences_in_float32_agree_with_float64():
    d = model(10_000)
    x = d.sample(KEY)
    small, score = d.log_prob(x), jax.grad(jd.log_prob)(d, x)
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), d)
        x = jnp.asarray(x, jnp.float64)
        np.testing.assert_allclose(small, wide.log_prob(x), rtol=1e-6)
        exact = jax.grad(jd.log_prob)(wide, x)
    for a, b in zip(jax.tree.leaves(score), jax.tree.leaves(exact), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(b).max())


def test_the_lower_factor_has_the_product_and_its_derivative():
    a = jax.random.normal(KEY, (3, 5))
    factor = lower_factor(a)
    np.testing.assert_allclose(factor @ factor.T, a @ a.T, rtol=1e-5, atol=1e-5)
    assert np.all(np.triu(factor, 1) == 0)
    assert np.all(np.diagonal(factor) > 0)


@pytest.mark.slow
def test_derivatives_of_the_lower_factor():
    a = jax.random.normal(KEY, (2, 3, 5))
    weights = jax.random.normal(jax.random.key(1), (2, 3, 3))
    ours = jax.grad(lambda a: jnp.sum(weights * lower_factor(a)))(a)
    of_product = lambda a: jnp.linalg.cholesky(a @ jnp.matrix_transpose(a))
    wanted = jax.grad(lambda a: jnp.sum(weights * of_product(a)))(a)
    np.testing.assert_allclose(ours, wanted, rtol=1e-3, atol=1e-4)
    many = jax.random.normal(KEY, (5000, 3, 5))  # several chunks of LAPACK
    np.testing.assert_allclose(jax.vmap(lower_factor)(many)[7], lower_factor(many[7]), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"initial": jd.Normal(0.0, 1.0)}, TypeError, "initial must be a MultivariateNormal"),
        ({"transition_matrix": np.eye(3)}, ValueError, "sizes of its parameters differ"),
        ({"observation_matrix": np.eye(2)}, ValueError, "sizes of its parameters differ"),
        ({"num_steps": 0}, ValueError, "num_steps"),
        ({"transition_matrix": np.eye(2) * np.nan}, ValueError, "transition_matrix"),
    ],
)
def test_errors_name_the_argument(changes, error, message):
    fields = {**vars(model()), **changes}
    with pytest.raises(error, match=message):
        jd.LinearGaussianStateSpace(**fields)
