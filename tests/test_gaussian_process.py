"""Gaussian processes and their kernels, against dense linear algebra in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(4)
X = np.array([[0.0, 1.0], [0.5, -1.0], [2.0, 0.25], [2.0, 0.5]])
NEW = np.array([[0.25, 0.0], [3.0, 1.0]])
Y = np.array([0.5, -1.0, 2.0, 1.5])
SCALE, LENGTH, PERIOD, NOISE = 1.5, 0.75, 2.5, 0.3


def distances(x, y):
    return np.sqrt(((x[:, None] - y) ** 2).sum(-1)) / LENGTH


def periodic(x, y):
    waves = np.sin(np.pi * (x[:, None] - y) / PERIOD) / LENGTH
    return np.exp(-2 * (waves**2).sum(-1))


KERNELS = {
    "RBF": (jd.kernels.RBF(SCALE, LENGTH), lambda x, y: np.exp(-(distances(x, y) ** 2) / 2)),
    "Matern12": (jd.kernels.Matern12(SCALE, LENGTH), lambda x, y: np.exp(-distances(x, y))),
    "Matern32": (
        jd.kernels.Matern32(SCALE, LENGTH),
        lambda x, y: (1 + 3**0.5 * distances(x, y)) * np.exp(-(3**0.5) * distances(x, y)),
    ),
    "Matern52": (
        jd.kernels.Matern52(SCALE, LENGTH),
        lambda x, y: (
            (1 + 5**0.5 * distances(x, y) + 5 / 3 * distances(x, y) ** 2)
            * np.exp(-(5**0.5) * distances(x, y))
        ),
    ),
    "Periodic": (jd.kernels.Periodic(SCALE, LENGTH, PERIOD), periodic),
    "Linear": (
        jd.kernels.Linear(SCALE, 0.5, 0.25),
        lambda x, y: (x - 0.25) @ (y - 0.25).T + (0.5 / SCALE) ** 2,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_predictions_are_those_of_dense_linear_algebra(name):
    kernel, reference = KERNELS[name]
    k = lambda x, y: SCALE**2 * reference(x, y)
    np.testing.assert_allclose(kernel(X, NEW), k(X, NEW), rtol=1e-5, atol=1e-6)
    d = jd.GaussianProcess(kernel, X, 1.0, NOISE, 0.0)
    noisy = k(X, X) + NOISE**2 * np.eye(4)
    solved = np.linalg.solve(noisy, k(X, NEW))
    mean, covariance = 1 + solved.T @ (Y - 1), k(NEW, NEW) - k(NEW, X) @ solved
    found = d.predict(Y, NEW)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.covariance_matrix, covariance, rtol=1e-4, atol=2e-5)
    new = d.predict(Y, NEW, include_noise=True).covariance_matrix
    np.testing.assert_allclose(new, covariance + NOISE**2 * np.eye(2), rtol=1e-4, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_gradients_of_a_density_agree_with_finite_differences(name):
    """Also where points coincide, and distances are 0."""
    with jax.enable_x64(True):
        kernel = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), KERNELS[name][0])
        points = jnp.concatenate([X, X[:1]])
        leaves, structure = jax.tree.flatten(kernel)

        def density(leaves, points):
            kernel = jax.tree.unflatten(structure, leaves)
            d = jd.GaussianProcess(kernel, points, 0.0, NOISE, 0.0)
            return d.log_prob(jnp.asarray([*Y, 0.25]))

        gradient = jax.grad(density)(leaves, points)
        for i, slope in enumerate(gradient):
            up, down = ([*leaves] for _ in range(2))
            up[i], down[i] = leaves[i] + 1e-6, leaves[i] - 1e-6
            expected = (density(up, points) - density(down, points)) / 2e-6
            np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-6)
        assert np.isfinite(jax.grad(density, 1)(leaves, points)).all()


def test_kernels_add_and_multiply():
    a, b = jd.kernels.RBF(2.0, [1.0, 3.0]), jd.kernels.Linear(0.5)
    x, y = jnp.array([0.0, 1.0, 2.5]), jnp.array([1.0, -1.0])
    both = a * b + b
    assert both.batch_shape == (2,)
    np.testing.assert_allclose(both(x, y), a(x, y) * b(x, y) + b(x, y), rtol=1e-6)


@pytest.mark.slow
def test_batches_of_processes_and_of_values():
    points = jnp.arange(5.0)
    d = jd.GaussianProcess(jd.kernels.Matern32(1.0, [0.5, 2.0]), points, noise_scale=0.1)
    assert d.batch_shape == (2,)
    y = d.sample(KEY, (3,))
    assert y.shape == (3, 2, 5)
    new = jnp.array([0.5, 7.0])
    found = d.predict(y, new)
    assert found.batch_shape == (3, 2)
    one = d[1].predict(y[2, 1], new)
    np.testing.assert_allclose(found.mean[2, 1], one.mean, rtol=1e-4)
    mapped = jax.jit(jax.vmap(lambda d, y: d.predict(y, new).variance))(d, y[0])
    np.testing.assert_allclose(mapped[1], one.variance, rtol=1e-4)


@pytest.mark.slow
def test_an_ornstein_uhlenbeck_process_is_a_markov_chain():
    """Of 300 steps: its density by the chain is that of the dense matrix, in float32."""
    decay = np.exp(-0.1)
    step = lambda x: jd.Normal(decay * x, np.sqrt(1 - decay**2))
    chain = jd.MarkovChain(jd.Normal(0.0, 1.0), step, 300)
    process = jd.GaussianProcess(jd.kernels.Matern12(1.0, 10.0), jnp.arange(300.0), jitter=0.0)
    x = chain.sample(KEY, 3)
    np.testing.assert_allclose(process.log_prob(x), chain.log_prob(x), rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: jd.GaussianProcess(3.0, X), TypeError, "one of jaxdist.kernels"),
        (lambda: jd.kernels.RBF() + 1.0, TypeError, "one of jaxdist.kernels"),
        (lambda: jd.GaussianProcess(jd.kernels.RBF(), 1.0), ValueError, "points must have the"),
        (
            lambda: jd.GaussianProcess(jd.kernels.RBF(), X).predict(Y, np.ones((2, 3))),
            ValueError,
            "number of features",
        ),
        (
            lambda: jd.GaussianProcess(jd.kernels.RBF(np.ones(3)), X, np.ones(2)),
            ValueError,
            "do not broadcast",
        ),
    ],
)
@pytest.mark.slow
def test_errors_name_the_argument(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- inducing points -----------------------------------------------------------------------------


def sparse(inducing, **parameters):
    kernel = jd.kernels.RBF(SCALE, LENGTH)
    given = {"loc": 1.0, "noise_scale": NOISE} | parameters
    return jd.VariationalGaussianProcess(kernel, X, inducing, **given)


def posterior_at_the_data():
    """The best process with the data as inducing points, and what is compared of it."""
    d = sparse(X, jitter=1e-5).optimum(Y)
    loss = jd.losses.gaussian_process_elbo(d, Y)
    return d.predict(NEW), d.predict(NEW, include_noise=True), loss, d.inducing_dist.mean


def test_with_all_data_as_inducing_points_it_is_the_posterior():
    """By linear algebra in float64; the bound is the density of the data."""
    kernel = lambda x, y: SCALE**2 * np.exp(-(distances(x, y) ** 2) / 2)
    noisy = kernel(X, X) + NOISE**2 * np.eye(4)
    solved = np.linalg.solve(noisy, kernel(X, NEW))
    mean, covariance = 1 + solved.T @ (Y - 1), kernel(NEW, NEW) - kernel(NEW, X) @ solved
    function, observed, loss, at_data = jax.jit(posterior_at_the_data)()
    np.testing.assert_allclose(function.mean, mean, rtol=2e-4)
    np.testing.assert_allclose(function.covariance_matrix, covariance, rtol=3e-4, atol=3e-5)
    noise = observed.covariance_matrix - function.covariance_matrix
    np.testing.assert_allclose(noise, NOISE**2 * np.eye(2), atol=1e-6)
    np.testing.assert_allclose(at_data, 1 + kernel(X, X) @ np.linalg.solve(noisy, Y - 1), rtol=3e-4)
    density = stats.multivariate_normal(np.ones(4), noisy).logpdf(Y)
    np.testing.assert_allclose(loss, -density, rtol=3e-4)


def bounds():
    """At the optimum, with the gradient; of the prior, for twice the data and for these."""
    elbo = jd.losses.gaussian_process_elbo
    best = jax.value_and_grad(elbo)(sparse(NEW, jitter=0.0).optimum(Y), Y)
    return *best, elbo(sparse(NEW), Y, num_data=8), elbo(sparse(NEW), Y)


def test_the_bound_at_the_optimum_is_that_of_titsias():
    """No other distribution has a better one: the gradient is 0."""
    kernel = lambda x, y: SCALE**2 * np.exp(-(distances(x, y) ** 2) / 2)
    low_rank = kernel(X, NEW) @ np.linalg.solve(kernel(NEW, NEW), kernel(NEW, X))
    density = stats.multivariate_normal(np.ones(4), low_rank + NOISE**2 * np.eye(4)).logpdf(Y)
    expected = density - np.trace(kernel(X, X) - low_rank) / (2 * NOISE**2)
    loss, gradient, half, whole = jax.jit(bounds)()
    np.testing.assert_allclose(loss, -expected, rtol=1e-5)
    np.testing.assert_allclose(gradient.whitened_loc, np.zeros(2), atol=2e-4)
    np.testing.assert_allclose(gradient.whitened_scale_tril, np.zeros((2, 2)), atol=2e-4)
    np.testing.assert_allclose(half, 2 * whole, rtol=1e-6)  # q is the prior


@pytest.mark.slow
def test_without_observations_it_is_the_process():
    d = sparse(NEW[:, None] + np.zeros((2, 3, 2)), jitter=1e-6)  # a batch of inducing points
    process = jd.GaussianProcess(jd.kernels.RBF(SCALE, LENGTH), X, 1.0, NOISE)
    assert d.batch_shape == (2,)
    np.testing.assert_allclose(d.covariance()[1], process.covariance(), rtol=1e-5, atol=1e-5)
    loc, stddev = d.latent_marginals
    np.testing.assert_allclose(loc, np.ones((2, 4)), rtol=1e-6)
    np.testing.assert_allclose(stddev, np.full((2, 4), SCALE), rtol=1e-5)
    assert d.optimum(np.ones((3, 2, 4))).batch_shape == (3, 2)


def test_likelihoods_of_another_kind_are_averaged_over_the_function():
    """A normal one by quadrature is exact."""
    d = sparse(NEW).optimum(Y)
    exact = jd.losses.gaussian_process_elbo(d, Y)
    averaged = jd.losses.gaussian_process_elbo(d, Y, likelihood=lambda f: jd.Normal(f, NOISE))
    np.testing.assert_allclose(averaged, exact, rtol=1e-5)
    loc, stddev = (np.asarray(x, float) for x in d.latent_marginals)
    nodes = stats.norm.ppf((np.arange(20_000) + 0.5)[:, None] / 20_000)
    terms = -np.logaddexp(0, -(loc + stddev * nodes)).mean(0)
    trials = jd.losses.gaussian_process_elbo(
        d, np.ones(4), likelihood=lambda f: jd.Bernoulli(logits=f)
    )
    prior = sparse(NEW).whitened_dist
    expected = jd.kl_divergence(d.whitened_dist, prior) - terms.sum()
    np.testing.assert_allclose(trials, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: sparse(np.zeros(3)), ValueError, "same number of features; got 2 and 1"),
        (lambda: sparse(NEW, whitened_loc=np.zeros(3)), ValueError, "for 2 inducing points; got"),
        (
            lambda: jd.losses.gaussian_process_elbo(jd.Normal(0.0, 1.0), Y),
            TypeError,
            "process must be a VariationalGaussianProcess; got Normal",
        ),
        (
            lambda: jd.losses.gaussian_process_elbo(sparse(NEW), Y, likelihood=lambda f: f),
            TypeError,
            "what likelihood returns must be a Distribution",
        ),
        (
            lambda: jd.losses.gaussian_process_elbo(sparse(NEW), Y[:3]),
            ValueError,
            r"value must have the shape \(4,\), one observation at each of the index points; got",
        ),
        (
            lambda: jd.losses.gaussian_process_elbo(sparse(NEW, noise_scale=0.0), Y),
            ValueError,
            "without a likelihood.*process.noise_scale",
        ),
    ],
)
def test_errors_of_inducing_points_name_the_argument(make, error, message):
    with pytest.raises(error, match=message):
        make()
