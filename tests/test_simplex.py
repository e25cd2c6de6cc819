"""The simplex: edges, extreme concentrations and temperatures, gradients along it."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxdist as jd

KEY = jax.random.key(11)


def test_entropy_of_large_concentrations():
    assert float(jd.Dirichlet([386071.16] * 3).entropy()) == pytest.approx(-12.77243, abs=1e-5)


@pytest.mark.parametrize("concentration", [[1e-3, 1e-3], [1e6, 2e6, 5.0], [0.3, 40.0, 1e4]])
def test_dirichlet_at_its_mean_and_entropy_against_mpmath(concentration):
    d = jd.Dirichlet(concentration)
    with mpmath.workdps(40):
        a = [mpmath.mpf(float(value)) for value in np.float32(concentration)]
        total = mpmath.fsum(a)
        log_beta = mpmath.fsum(map(mpmath.loggamma, a)) - mpmath.loggamma(total)
        at_mean = mpmath.fsum((v - 1) * mpmath.log(v / total) for v in a) - log_beta
        psi = [(v - 1) * mpmath.digamma(v) for v in a]
        entropy = log_beta + (total - len(a)) * mpmath.digamma(total) - mpmath.fsum(psi)
    np.testing.assert_allclose(d.log_prob(d.mean), float(at_mean), rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(d.entropy(), float(entropy), rtol=2e-6, atol=4e-6)


def test_dirichlet_of_two_is_beta():
    x = np.array([[0.1, 0.9], [0.7, 0.3]])
    two = jd.Dirichlet([2.5, 0.75]).log_prob(x)
    np.testing.assert_allclose(two, jd.Beta(2.5, 0.75).log_prob(x[:, 0]), rtol=2e-6)


def test_dirichlet_at_the_edge():
    corner = jnp.array([0.0, 0.25, 0.75])
    d = jd.Dirichlet([[0.5, 2.0, 2.0], [2.0, 2.0, 2.0], [1.0, 2.0, 2.0]])
    np.testing.assert_allclose(d.log_prob(corner)[:2], [np.inf, -np.inf])
    assert np.isfinite(d.log_prob(corner)[2])
    assert jd.Dirichlet([0.5, 2.0, 2.0]).log_prob([0.0, 0.0, 1.0]) == -np.inf
    score = jax.grad(lambda d: d.log_prob(corner)[2])(d)
    assert np.all(np.isfinite(score.concentration))


def test_tiny_concentrations_are_exact_in_the_joint_call():
    d = jd.Dirichlet([1e-3, 2e-3, 1e-3])
    x, log_prob = d.rsample_and_log_prob(KEY, 1000)
    assert np.all(np.asarray(x) > 0)
    assert np.all(np.isfinite(log_prob))
    np.testing.assert_allclose(np.mean(log_prob), -d.entropy(), rtol=0.2)
    np.testing.assert_allclose(np.mean(x, 0), d.mean, atol=0.06)


def test_dirichlet_modes():
    a = jnp.array([[2.0, 3.0, 4.0], [0.5, 2.0, 1.0], [0.5, 0.2, 0.9]])
    expected = [[1 / 6, 2 / 6, 3 / 6], [0, 1, 0], [0, 0, 1]]
    np.testing.assert_allclose(jd.Dirichlet(a).mode, expected, rtol=1e-6)


@pytest.mark.slow
def test_pathwise_derivative_of_a_dirichlet_expectation():
    """The gradient of the mean of draws is that of E x_0 = a_0 / sum(a)."""
    a = jnp.array([0.8, 2.0, 5.0])
    gradient = jax.grad(lambda a: jnp.mean(jd.Dirichlet(a).rsample(KEY, 100_000)[:, 0]))(a)
    expected = jax.grad(lambda a: a[0] / jnp.sum(a))(a)
    np.testing.assert_allclose(gradient, expected, atol=2e-3)


def test_the_gradient_is_that_of_the_formula():
    d, x = jd.Dirichlet([2.0, 3.0, 4.0]), jnp.array([0.2, 0.3, 0.5])
    gradient = jax.grad(jd.log_prob, argnums=1)(d, x)
    np.testing.assert_allclose(gradient, (d.concentration - 1) / x, rtol=1e-6)


def test_the_divergence_of_nearly_equal_concentrations_of_which_one_is_large():
    """Their effect on that of the means is one of the small concentrations."""
    p = jd.Dirichlet([0.544962347, 194419.422, 0.202756658])
    q = jd.Dirichlet([0.544962466, 194419.391, 0.202756628])
    np.testing.assert_allclose(jd.kl_divergence(p, q), 6.57055877e-14, atol=6e-13)  # mpmath


# --- generalized Dirichlet -----------------------------------------------------------------------


def of_dirichlet(concentration):
    """The generalized distribution that a Dirichlet distribution is."""
    a = np.asarray(concentration, np.float32)
    return jd.GeneralizedDirichlet(a[:-1], np.cumsum(a[::-1])[::-1][1:])


@pytest.mark.parametrize(
    "concentration",
    [
        [0.5, 1.0, 2.5, 4.0],
        pytest.param([2.0, 3.0], marks=pytest.mark.slow),
        pytest.param([2e4, 6e4, 3.0], marks=pytest.mark.slow),
    ],
)
def test_a_dirichlet_is_a_generalized_one(concentration):
    d, general = jd.Dirichlet(concentration), of_dirichlet(concentration)
    x = d.sample(KEY, 5)
    np.testing.assert_allclose(general.log_prob(x), d.log_prob(x), rtol=4e-6)
    for name in ("mean", "variance"):
        np.testing.assert_allclose(getattr(general, name), getattr(d, name), rtol=1e-6)
    for name in ("skewness", "kurtosis"):
        np.testing.assert_allclose(getattr(general, name), getattr(d, name), 5e-6, atol=1e-7)
    np.testing.assert_allclose(general.covariance(), d.covariance(), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(general.entropy(), d.entropy(), rtol=2e-6)
    np.testing.assert_allclose(general.natural_parameters[1][:-1], 0, atol=1e-6)
    other = jd.Dirichlet(np.arange(1.0, len(concentration) + 1))
    np.testing.assert_allclose(
        jd.kl_divergence(general, other), jd.kl_divergence(d, other), rtol=2e-6
    )


def power(a, b, n):
    """E[x^n] of the entries, at 200 digits."""
    with mpmath.workdps(200):
        a, b = [mpmath.mpf(float(v)) for v in a], [mpmath.mpf(float(v)) for v in b]
        moments, rest = [], mpmath.mpf(1)
        for x, y in zip(a, b, strict=True):
            total = mpmath.rf(x + y, n)
            moments.append(rest * mpmath.rf(x, n) / total)
            rest *= mpmath.rf(y, n) / total
        return [*moments, rest]


def cumulants(a, b):
    """Skewness and excess kurtosis of the entries, by their raw moments."""
    powers = [power(a, b, n) for n in range(1, 5)]
    with mpmath.workdps(200):
        for m1, m2, m3, m4 in zip(*powers, strict=True):
            variance = m2 - m1**2
            third = m3 - 3 * m1 * m2 + 2 * m1**3
            fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
            yield float(third / variance**1.5), float(fourth / variance**2 - 3)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0.5, 2.0, 1.0], [0.5, 0.5, 3.0]),
        ([1e-3, 5.0, 1e4], [1e-2, 1e5, 3.0]),
        ([1e20, 3.0, 2.0], [1e20, 1e12, 7.0]),
        ([1e-6, 40.0], [1e-6, 1e-3]),
    ],
)
def test_skewness_and_kurtosis_of_a_generalized_dirichlet(a, b):
    a, b = np.array([a, b], np.float32)
    d = jd.GeneralizedDirichlet(a, b)
    moments = np.stack([d.skewness, d.kurtosis], -1)
    np.testing.assert_allclose(moments, list(cumulants(a, b)), rtol=4e-6, atol=1e-6)


def test_entries_may_be_positively_correlated():
    """Whether anything is left after the first entry varies much, its parts do not."""
    covariance = jd.GeneralizedDirichlet([0.1, 50.0], [0.1, 50.0]).covariance()
    expected = (0.25 + 0.25 / 1.2) * (0.25 * 100 / 101) - 0.25**2  # E[r^2 v (1 - v)] - E[r / 2]^2
    np.testing.assert_allclose(covariance[1, 2], expected, rtol=1e-5)
    assert covariance[0, 1] < 0


@pytest.mark.parametrize(
    ("a", "b"),
    [([1.5, 3.0, 2.0], [5.0, 4.0, 6.0]), ([1.5, 3.0, 2.0], [1.0, 0.4, 6.0]), ([1, 1], [2, 1])],
)
def test_nothing_is_denser_than_the_mode(a, b):
    d = jd.GeneralizedDirichlet(a, b)
    np.testing.assert_allclose(np.sum(d.mode), 1, rtol=1e-6)
    nearby = 0.98 * d.mode + 0.02 * d.sample(KEY, 1000)
    assert np.all(d.log_prob(d.mode) >= d.log_prob(nearby) - 1e-5)
    assert np.all(d.log_prob(d.mode) >= d.log_prob(d.sample(KEY, 1000)) - 1e-5)


def test_generalized_dirichlet_at_edges():
    """By the exponents of the fractions that are 0 or 1: that of 1 - v_1 is b_1 - 2 here."""
    d = jd.GeneralizedDirichlet([2.0, 1.0], [[1.5, 1.5], [2.5, 2.0], [2.0, 1.0]])
    np.testing.assert_array_equal(d.log_prob([1.0, 0.0, 0.0])[:2], [np.inf, -np.inf])
    np.testing.assert_allclose(d.log_prob([1.0, 0.0, 0.0])[2], np.log(6), rtol=2e-5)
    assert np.all(d.log_prob([0.0, 0.5, 0.5]) == -np.inf)
    np.testing.assert_allclose(d.log_prob([0.5, 0.0, 0.5])[2], np.log(3), rtol=1e-6)
    np.testing.assert_allclose(d.log_prob([0.5, 0.5, 0.0])[2], np.log(3), rtol=1e-6)
    scores = jax.jacobian(lambda d: d.log_prob([1.0, 0.0, 0.0]))(d)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(scores))
    slopes = jax.jacobian(lambda x: d.log_prob(x))(jnp.array([1.0, 0.0, 0.0]))
    assert np.all(np.isfinite(slopes))


@pytest.mark.slow
def test_the_pathwise_derivative_of_the_mean_of_a_generalized_dirichlet():
    d = jd.GeneralizedDirichlet([0.8, 2.0], [3.0, 0.5])
    of_draws = jax.grad(lambda d: jnp.mean(d.rsample(KEY, 100_000)[:, 1]))(d)
    exact = jax.grad(lambda d: d.mean[1])(d)
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, atol=3e-3), of_draws, exact)


@pytest.mark.parametrize("function", [jd.variance, jax.jit(jd.variance)], ids=["eager", "jit"])
def test_the_variance_of_large_concentrations_does_not_underflow(function):
    """Of Beta(a, a) it is 1 / (8 a) for large a; XLA turns a / b / c into a / (b c)."""
    variance = function(jd.GeneralizedDirichlet([1e20, 1.0], [1e20, 1e30]))
    np.testing.assert_allclose(variance[0], 1.25e-21, rtol=1e-6)
    np.testing.assert_allclose(variance[2], 1.25e-21, rtol=1e-6)


def test_the_entropy_of_fractions_that_are_nearly_all_or_nothing():
    """That of Beta(a, 1 / a) is -a, and the mean logarithm of 1 - v is -a, for a large a."""
    first = jd.GeneralizedDirichlet([1e30, 1.0], [1e-30, 1.0]).entropy()
    last = jd.GeneralizedDirichlet([1.0, 1e30], [1.0, 1e-30]).entropy()
    np.testing.assert_allclose([first, last], [-2e30, -1e30], rtol=1e-6)


def test_no_score_of_a_draw_is_nan():
    """Also where terms of the derivative in an entry, of different signs, are beyond the range."""
    d = jd.GeneralizedDirichlet([1.0, 1e3, 1e6], [1e-3, 1e-4, 1e-2])
    x = d.sample(KEY, 50)
    scores, slopes = jax.vmap(jax.grad(jd.log_prob, (0, 1)), (None, 0))(d, x)
    assert np.all(np.isfinite(scores.concentration1) & np.isfinite(scores.concentration0))
    assert not np.any(np.isnan(slopes))
    # At the smallest number, to which entries were rounded up; in units of its inverse.
    x = jnp.array([1.0, *[np.finfo(np.float32).tiny] * 3])
    d = jd.GeneralizedDirichlet([1.0, 1.5, 1.0], [1e-3, 1.5, 2.0])
    slopes = jax.grad(d.log_prob)(x)[1:] * x[1]
    reference = [0.5 - 2.999 / 3, -2.999 / 3 - 1.5 / 2, -2.999 / 3 - 1.5 / 2 + 1]
    np.testing.assert_allclose(slopes, reference, rtol=1e-5)


def test_fractions_of_nearly_all_or_nothing_have_finite_joint_densities():
    d = jd.GeneralizedDirichlet([1e-3, 3.0, 1e-30], [1e-3, 0.4, 1e-3])
    x, log_prob = d.rsample_and_log_prob(KEY, 1000)
    assert np.all(np.asarray(x) > 0)
    assert np.all(np.isfinite(log_prob))
    with pytest.raises(ValueError, match=r"concentration1 and concentration0 must be of equal"):
        jd.GeneralizedDirichlet([1.0, 2.0, 3.0], [1.0, 2.0])


# --- logistic normal -----------------------------------------------------------------------------


def test_logistic_normal_near_the_vertices():
    d = jd.LogisticNormal([60.0, -80.0], [1.0, 1.0])
    x, log_prob = d.rsample_and_log_prob(KEY, 100)
    assert np.all(np.asarray(x) > 0)
    assert np.all(np.isfinite(log_prob))
    assert d.log_prob([0.0, 0.5, 0.5]) == -np.inf


def test_two_proportions_are_logit_normal():
    x = jnp.array([0.25, 0.75])
    expected = jd.Normal(0.5, 2.0).log_prob(jnp.log(x[0] / x[1])) - jnp.sum(jnp.log(x))
    np.testing.assert_allclose(jd.LogisticNormal([0.5], [2.0]).log_prob(x), expected, rtol=1e-6)


def test_numbers_are_broadcast_to_vectors():
    assert jd.LogisticNormal(jnp.zeros(3), 1.0).event_shape == (4,)
    assert jd.LogisticNormal(0.0, 1.0).event_shape == (2,)
    assert jd.LogisticNormal(jnp.zeros((5, 1, 3)), jnp.ones((2, 3))).batch_shape == (5, 2)


# --- relaxed categories --------------------------------------------------------------------------


def test_draws_at_low_temperature_have_finite_joint_densities_and_gradients():
    def total(d):
        return jnp.sum(d.rsample_and_log_prob(KEY, 1000)[1])

    d = jd.RelaxedOneHotCategorical(0.01, logits=jnp.array([0.0, 3.0, -5.0]))
    assert np.isfinite(total(d))
    gradient = jax.grad(total)(d)
    assert np.all(np.isfinite(gradient.logits))
    assert np.isfinite(gradient.temperature)


def with_a_masked_category():
    return jd.RelaxedOneHotCategorical(0.5, logits=jnp.array([1.0, -jnp.inf, 0.5]))


def test_the_density_is_that_without_the_masked_category():
    masked, x = with_a_masked_category(), jnp.array([0.3, 0.0, 0.7])
    smaller = jd.RelaxedOneHotCategorical(0.5, logits=jnp.array([1.0, 0.5]))
    np.testing.assert_allclose(masked.log_prob(x), smaller.log_prob(x[::2]), rtol=1e-6)
    assert masked.log_prob([0.3, 0.1, 0.6]) == -np.inf


def test_the_entry_of_a_masked_category_is_drawn_as_zero():
    assert np.all(np.asarray(with_a_masked_category().sample(KEY, 100))[:, 1] == 0)


def test_the_score_of_a_masked_category_is_zero():
    score = jax.grad(jd.log_prob)(with_a_masked_category(), jnp.array([0.3, 0.0, 0.7]))
    assert score.logits[1] == 0
    assert np.all(np.isfinite(score.logits))
    assert np.isfinite(score.temperature)


def test_the_largest_entry_of_a_relaxed_draw_is_a_categorical_draw():
    probs = np.array([0.2, 0.5, 0.3])
    largest = jnp.argmax(jd.RelaxedOneHotCategorical(0.7, probs).sample(KEY, 50_000), -1)
    np.testing.assert_allclose(np.bincount(largest) / 50_000, probs, atol=0.01)


def test_slopes_of_a_relaxed_choice_are_those_of_differences_between_entries():
    """Of entries that differ in their last bits, at a large temperature; mpmath's values."""
    logits = jnp.float32([22.7141113, 6.11311293, 56.4307518])
    x = jnp.float32([0.333333313, 0.333333313, 0.333333373])
    slopes = jax.grad(lambda v: jd.RelaxedOneHotCategorical(287942592.0, logits=v).log_prob(x))
    np.testing.assert_allclose(
        slopes(logits), [-1.99999975748, 0.999999814903, 0.999999942581], rtol=1e-5
    )


def test_a_common_offset_of_relaxed_logits_changes_nothing():
    logits, x = jnp.array([0.0, 1.0, -jnp.inf, 2.0]), jnp.array([0.2, 0.3, 0.0, 0.5])
    d = jd.RelaxedOneHotCategorical(0.5, logits=logits)
    shifted = jd.RelaxedOneHotCategorical(0.5, logits=logits + 2.0**20)
    np.testing.assert_allclose(shifted.log_prob(x), d.log_prob(x), rtol=1e-6)
    np.testing.assert_allclose(shifted.rsample(KEY), d.rsample(KEY), rtol=1e-5)


def test_dirichlet_at_a_value_next_to_the_smallest_number():
    d = jd.Dirichlet(jnp.array([121.212006, 1.11103964, 2.17079141e-05]))
    x = jnp.array([1.0, 2.90628979e-11, 3.69571759e-38])
    np.testing.assert_allclose(d.log_prob(x), 78.1427062, rtol=2e-6)  # mpmath
