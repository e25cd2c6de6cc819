"""Losses of models: exact gradients by enumeration, and the order of bounds."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist.losses.importance_weighted import vimco_surrogate, wake_sleep_surrogate
from jaxdist.losses.log_weights import WeightedDraws

KEY = jax.random.key(3)
GUIDE = jnp.array([0.3, -0.5, 0.1])  # logits of q
MODEL = jnp.array([-1.0, 0.4, 0.9])  # log p(x, z) for each z
LOG_EVIDENCE = float(jax.nn.logsumexp(MODEL))


def tuples(num_samples):
    """All tuples of values of z."""
    return jnp.array(list(itertools.product(range(3), repeat=num_samples)))


def draws_of(guide, model, z):
    return WeightedDraws(model[z], jax.nn.log_softmax(guide)[z])


def bound(guide, model, z):
    draws = draws_of(guide, model, z)
    weights = draws.log_joint - draws.log_guide
    return jax.nn.logsumexp(weights) - jnp.log(len(z))


def probability(guide, z):
    return jnp.exp(jnp.sum(jax.nn.log_softmax(guide)[z]))


def exact_bound(guide, model, num_samples):
    """The mean of the bound over all tuples of draws."""
    terms = jax.vmap(lambda z: probability(guide, z) * bound(guide, model, z))
    return jnp.sum(terms(tuples(num_samples)))


@jax.jit
def mean_gradients():
    """The mean over all pairs of draws of VIMCO's and wake-sleep's gradients, and the exact one."""

    def mean_gradient(surrogate):
        def of_pair(z):
            gradient = jax.grad(lambda g, m: surrogate(draws_of(g, m, z)), (0, 1))(GUIDE, MODEL)
            return jax.tree.map(lambda leaf: probability(GUIDE, z) * leaf, gradient)

        return jax.tree.map(lambda leaf: -leaf.sum(0), jax.vmap(of_pair)(tuples(2)))

    exact = jax.grad(exact_bound, (0, 1))(GUIDE, MODEL, 2)
    return mean_gradient(vimco_surrogate), mean_gradient(wake_sleep_surrogate), exact


def test_vimco_is_unbiased_by_enumeration():
    vimco, wake_sleep, exact = mean_gradients()
    for found, expected in zip(vimco, exact, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(wake_sleep[1], exact[1], atol=1e-6)  # of the model


@pytest.mark.slow
def test_wake_sleep_is_the_score_of_weighted_draws():
    def expected(guide):
        def term(z):
            draws = draws_of(GUIDE, MODEL, z)
            weights = jax.nn.softmax(draws.log_joint - draws.log_guide)
            return probability(GUIDE, z) * jnp.sum(weights * jax.nn.log_softmax(guide)[z])

        return jnp.sum(jax.vmap(term)(tuples(2)))

    np.testing.assert_allclose(mean_gradients()[1][0], jax.grad(expected)(GUIDE), atol=1e-6)


def test_more_draws_make_the_bound_tighter():
    bounds = [float(jax.jit(exact_bound, static_argnums=2)(GUIDE, MODEL, k)) for k in (1, 2, 3)]
    assert bounds[0] < bounds[1] < bounds[2] < LOG_EVIDENCE


@pytest.mark.slow
@pytest.mark.parametrize("zero", [0, 1])
def test_vimco_with_impossible_values_is_finite(zero):
    log_joint = jnp.array([0.3, -1.0]).at[zero].set(-jnp.inf)
    loss, gradient = jax.value_and_grad(
        lambda log_guide: vimco_surrogate(WeightedDraws(log_joint, log_guide))
    )(jnp.array([-1.0, -0.5]))
    assert np.isfinite(loss)
    assert np.all(np.isfinite(gradient))


def exact_elbo(guide, model):
    q = jax.nn.softmax(guide)
    return jnp.sum(q * (model - jnp.log(q)))


ESTIMATORS = ["enumeration", "score_function", "leave_one_out"]


@pytest.mark.parametrize(
    "estimator",
    [e if e == "enumeration" else pytest.param(e, marks=pytest.mark.slow) for e in ESTIMATORS],
)
def test_elbo_has_the_exact_gradient(estimator):
    num_samples = 1 if estimator == "enumeration" else 100_000

    @jax.jit
    def gradients(guide, model):
        def loss(guide, model):
            q = jd.Categorical(logits=guide)
            return jd.losses.elbo(
                lambda z: model[z], q, KEY, num_samples=num_samples, estimator=estimator
            )

        return jax.value_and_grad(loss, (0, 1))(guide, model)

    value, gradient = gradients(GUIDE, MODEL)
    expected, expected_gradient = jax.value_and_grad(exact_elbo, (0, 1))(GUIDE, MODEL)
    atol = 1e-6 if estimator == "enumeration" else 0.01
    np.testing.assert_allclose(value, -expected, atol=atol)
    for found, exact in zip(gradient, expected_gradient, strict=True):
        np.testing.assert_allclose(found, -exact, atol=atol)


def normal_log_joint(z):
    return jd.Normal(0.0, 1.0).log_prob(z) + jd.Normal(z, 1.0).log_prob(2.0)


@pytest.mark.slow
def test_sticking_the_landing_has_no_variance_at_the_posterior():
    def loss(guide, stick):
        return jd.losses.elbo(normal_log_joint, guide, KEY, stick_the_landing=stick)

    posterior = jd.Normal(1.0, np.sqrt(0.5, dtype=np.float32))
    stuck, usual = (jax.grad(loss)(posterior, stick) for stick in (True, False))
    np.testing.assert_allclose(jax.tree.leaves(stuck), 0, atol=1e-5)
    assert np.max(np.abs(jax.tree.leaves(usual))) > 0.1
    with pytest.raises(ValueError, match="needs pathwise derivatives"):
        jd.losses.elbo(lambda z: 0.0, jd.Bernoulli(0.5), KEY, stick_the_landing=True)


@pytest.mark.slow
def test_iwae_has_the_gradient_of_a_numerical_integral():
    guide = jd.Normal(0.3, 0.8)
    keys = jax.random.split(KEY, 20_000)

    def loss(guide, key):
        return jd.losses.iwae(normal_log_joint, guide, key, num_samples=2)

    gradient = jax.vmap(jax.grad(loss), (None, 0))(guide, keys)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()

    def integral(guide):
        z = guide.loc + guide.scale * nodes
        log_weight = normal_log_joint(z) - guide.log_prob(z)
        pairs = jnp.logaddexp(log_weight[:, None], log_weight) - jnp.log(2)
        return -jnp.sum(weights[:, None] * weights * pairs)

    exact = jax.grad(integral)(guide)
    for found, expected in zip(jax.tree.leaves(gradient), jax.tree.leaves(exact), strict=True):
        np.testing.assert_allclose(found.mean(), expected, atol=4 * found.std() / 140)


def test_a_weight_of_zero_leaves_an_observation_out():
    d = jd.Exponential(2.0)
    loss = jd.losses.maximum_likelihood(d, [1.0, -1.0, 3.0], weights=[1.0, 0.0, 3.0])
    np.testing.assert_allclose(loss, 2 * 2.5 - np.log(2), rtol=1e-6)


@pytest.mark.slow
def test_contrastive_posterior_is_smallest_at_the_posterior():
    """With theta drawn from another distribution than the prior."""
    theta = jd.Normal(0.5, 1.5).sample(KEY, (4096,))
    x = jd.Normal(theta, 0.5).sample(jax.random.key(5))
    prior = jd.Normal(0.0, 1.0)
    precision = 1 + 1 / 0.25

    def loss(shift_and_log_scale):
        shift, log_scale = shift_and_log_scale
        q = jd.Normal(x / 0.25 / precision + shift, jnp.exp(log_scale) / jnp.sqrt(precision))
        return jd.losses.contrastive_posterior(q, prior, theta)

    gradient = jax.grad(loss)(jnp.zeros(2))
    np.testing.assert_allclose(gradient, 0, atol=0.05)
    curvature = jnp.linalg.eigvalsh(jax.hessian(loss)(jnp.zeros(2)))
    assert np.all(curvature > 0.2)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: jd.losses.vimco(lambda z: 0.0, jd.Bernoulli(0.5), KEY, num_samples=1), "least 2"),
        (
            lambda: jd.losses.iwae(lambda z: z, jd.Normal(np.zeros(2), 1.0), KEY),
            r"must return one number for a draw; got shape \(2,\)",
        ),
        (lambda: jd.losses.contrastive(np.zeros((2, 3))), "square matrix"),
        (
            lambda: jd.losses.contrastive_posterior(
                jd.Normal(np.zeros(2), 1.0), jd.Normal(0.0, 1.0), np.zeros(3)
            ),
            "batch shape",
        ),
    ],
)
def test_bad_arguments_are_named(function, message):
    with pytest.raises(ValueError, match=message):
        function()
