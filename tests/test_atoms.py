"""Distributions with atoms, which are single numbers that have a probability, and a density."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(12)
NORMAL, LOG_TAIL = jd.Normal(0.0, 1.0), stats.norm.logsf(1)
CLIPPED, RAIN = jd.Censored(NORMAL, -1.0, 1.0), jd.Hurdle(jd.Exponential(1.0), gate=0.3)
CHANCE = jd.Categorical([0.5, 0.5])


@pytest.mark.parametrize(
    ("d", "x", "expected"),
    [
        (
            jd.TransformedDistribution(CLIPPED, jd.AffineTransform(0.0, 2.0)),
            [-2.0, 2.0, 0.5],
            [LOG_TAIL, LOG_TAIL, stats.norm.logpdf(0.5, scale=2)],
        ),
        (
            jd.TransformedDistribution(
                jd.Censored(NORMAL, -1.0, 0.1), jd.AffineTransform(-0.3, -3.0)
            ),
            [np.float32(-0.3) - 3 * np.float32(0.1), 2.7],  # which are not the images of floats
            [stats.norm.logsf(0.1), LOG_TAIL],
        ),
        (
            jd.TransformedDistribution(RAIN, jd.ExpTransform()),
            [1.0, 2.0],
            np.log([0.3, 0.7 * 0.5 / 2]),
        ),
        (jd.Shifted(jd.Scaled(RAIN, 2.0), 1.0), [1.0, 3.0], np.log([0.3, 0.35 * np.exp(-1)])),
        (
            jd.Mixture(CHANCE, [jd.Delta(0.0), NORMAL]),
            [0.0, 0.5],
            np.log([0.5, 0.5 * stats.norm.pdf(0.5)]),
        ),
        (
            jd.Mixture(CHANCE, [RAIN, jd.Exponential(1.0)]),
            [0.0, 1.0],
            np.log([0.15, 0.85 * np.exp(-1)]),
        ),
        (
            jd.Mixture(jd.Categorical([0.0, 1.0]), [RAIN, jd.Exponential(1.0)]),
            [0.0, 1.0],
            [0.0, -1.0],
        ),
        (
            jd.MixtureSameFamily(CHANCE, jd.Censored(NORMAL, high=jnp.array([1.0, 2.0]))),
            [1.0, 2.0, 0.0],
            [
                LOG_TAIL + np.log(0.5),
                stats.norm.logsf(2) + np.log(0.5),
                stats.norm.logpdf(0),
            ],
        ),
        (jd.Censored(jd.Censored(NORMAL, high=1.0), high=1.0), [1.0], [LOG_TAIL]),
        (jd.Censored(jd.Delta(1.0), high=1.0), [1.0], [0.0]),
        (jd.Censored(jd.ZeroInflated(NORMAL, gate=0.3), high=0.0), [0.0], [np.log(0.65)]),
    ],
)
def test_an_atom_keeps_its_probability(d, x, expected):
    np.testing.assert_allclose(d.log_prob(jnp.array(x)), expected, rtol=2e-6, atol=1e-6)
    draws, log_probs = d.sample_and_log_prob(KEY, 1000)
    np.testing.assert_allclose(d.log_prob(draws), log_probs, rtol=1e-5, atol=1e-5)


def test_a_component_that_is_masked_out_has_no_atoms():
    """It is a factor of 1, beside densities and beside atoms."""
    weights, slab = jd.Categorical([0.25, 0.75]), jd.Exponential(1.0)
    off, on = (jd.Masked(RAIN, mask) for mask in (False, True))
    for first, second, expected in (
        (off, slab, np.log([1, 0.25 + 0.75 * np.exp(-2)])),
        (off, RAIN, np.log([0.25 + 0.75 * 0.3, 0.25 + 0.75 * 0.7 * np.exp(-2)])),
        (on, slab, np.log([0.25 * 0.3, 0.25 * 0.7 * np.exp(-2) + 0.75 * np.exp(-2)])),
    ):
        for d in (
            jd.Mixture(weights, [first, second]),
            jd.Mixture(weights, [jd.Independent(d.expand(1), 1) for d in (first, second)]),
        ):
            x = np.float32([0.0, 2.0])
            got = d.log_prob(x.reshape(2, *d.event_shape))
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-7)
    same = jd.MixtureSameFamily(
        weights, jd.Masked(jd.Hurdle(jd.Exponential([1.0, 2.0]), gate=0.3), [False, True])
    )
    np.testing.assert_allclose(same.log_prob(0.0), np.log(0.25 + 0.75 * 0.3), rtol=1e-6)


def test_the_divergence_of_what_is_masked_out_is_0():
    pairs = [(RAIN, jd.Exponential(1.0)), (jd.Exponential(1.0), RAIN), (CLIPPED, NORMAL)]
    for p, q in pairs:
        for masks in ((False, True), (True, False)):
            masked = [jd.Masked(d, mask) for d, mask in zip((p, q), masks, strict=True)]
            assert jd.monte_carlo_kl(*masked, KEY, 100) == (0, 0)
    nested = jd.Mixture(jd.Categorical([0.0, 1.0]), [RAIN, jd.Exponential(1.0)])
    assert jd.monte_carlo_kl(RAIN, nested, KEY, 1000).estimate == np.inf


def test_entries_of_vectors_are_atoms_by_themselves():
    expected = 2 * LOG_TAIL + stats.norm.logpdf(0.25) - np.log(2)
    clipped = jd.Censored(jd.Normal(jnp.zeros(3), 1.0), -1.0, 1.0)
    twice = jd.AffineTransform(0.0, 2.0)
    vector = jd.Independent(clipped, 1)
    for base in (vector, jd.Sample(CLIPPED, 3), jd.Reshaped(vector, 3), jd.Masked(vector, True)):
        d = jd.TransformedDistribution(base, twice)
        np.testing.assert_allclose(d.log_prob(jnp.array([-2.0, 0.5, 2.0])), expected, rtol=1e-6)
    entropy = 3 * (CLIPPED.entropy() + (1 - 2 * stats.norm.sf(1)) * np.log(2))
    np.testing.assert_allclose(d.entropy(), entropy, rtol=1e-6)
    joint = jd.Joint([d, jd.TransformedDistribution(RAIN, twice)])
    value = [jnp.array([-2.0, 0.5, 2.0]), 0.0]
    np.testing.assert_allclose(joint.log_prob(value), expected + np.log(0.3), rtol=1e-6)
    turned = jd.TransformedDistribution(vector, jd.LowerCholeskyAffine(jnp.zeros(3), jnp.eye(3)))
    with pytest.raises(NotImplementedError, match="use transforms of single numbers"):
        turned.log_prob(jnp.zeros(3))


def test_tails_of_an_atom_that_is_turned_around():
    d = jd.TransformedDistribution(CLIPPED, jd.AffineTransform(0.0, -2.0))
    x, tail = np.float32([-2.0, 0.0, 2.0]), np.exp(LOG_TAIL)
    np.testing.assert_allclose(d.cdf(x), [tail, 0.5, 1], rtol=1e-6)
    np.testing.assert_allclose(d.log_cdf(x), np.log([tail, 0.5, 1]), rtol=1e-6)
    np.testing.assert_allclose(d.survival_function(x), [1 - tail, 0.5, 0], rtol=1e-6)
    turned = jd.TransformedDistribution(RAIN, jd.AffineTransform(0.0, -1.0))
    np.testing.assert_allclose(turned.cdf(np.float32([-1, 0])), [0.7 * np.exp(-1), 1], rtol=1e-6)
    np.testing.assert_allclose(turned.cdf(-1e-6), 0.7, rtol=1e-5)


def test_entropies_with_atoms():
    twice = jd.TransformedDistribution(CLIPPED, jd.AffineTransform(0.0, 2.0))
    tail = stats.norm.sf(1)
    of_density = stats.norm.expect(lambda x: -stats.norm.logpdf(x), lb=-1, ub=1)
    expected = -2 * tail * np.log(tail) + of_density
    np.testing.assert_allclose(CLIPPED.entropy(), expected, rtol=1e-6)
    np.testing.assert_allclose(twice.entropy(), expected + (1 - 2 * tail) * np.log(2), rtol=1e-6)
    alike = jd.MixtureSameFamily(CHANCE, jd.Hurdle(jd.Exponential([1.0, 1.0]), gate=0.3))
    nested = jd.Censored(RAIN, high=2.0)
    curved = jd.TransformedDistribution(RAIN, jd.ExpTransform())
    for d, name in ((alike, "MixtureSame"), (nested, "Censored"), (curved, "Transformed")):
        with pytest.raises(NotImplementedError, match=f"{name}.*mean of `-log_prob`"):
            d.entropy()


def test_quantiles_of_a_spike_and_a_slab():
    d = jd.Mixture(CHANCE, [jd.Delta(0.1), NORMAL])
    below = stats.norm.cdf(0.1) / 2
    q = np.float32([0.1, below + 0.01, 0.5, below + 0.49, 0.9])
    expected = [stats.norm.ppf(0.2), *np.full(3, np.float32(0.1)), stats.norm.ppf(0.8)]
    np.testing.assert_allclose(d.icdf(q), expected, rtol=1e-5)
    np.testing.assert_allclose(d.isf(1 - q), expected, rtol=1e-5)
    slopes = 2 / stats.norm.pdf(expected) * [1, 0, 0, 0, 1]
    np.testing.assert_allclose(jax.vmap(jax.grad(d.icdf))(q), slopes, rtol=1e-5)
    assert not d.has_rsample


def test_a_capped_rain_gauge_has_moments():
    d = jd.Censored(jd.Hurdle(jd.Exponential(1.0), gate=0.3), high=2.0)
    first = 1 - np.exp(-2)  # of min(x, 2) the mean, and the mean square
    second = 2 - 6 * np.exp(-2)
    np.testing.assert_allclose(d.mean, 0.7 * first, rtol=1e-6)
    np.testing.assert_allclose(d.variance, 0.7 * second - (0.7 * first) ** 2, rtol=1e-5)
    raised = jd.Censored(jd.Hurdle(jd.Exponential(1.0), gate=0.3), low=1.0)
    np.testing.assert_allclose(raised.mean, 0.3 + 0.7 * (1 + np.exp(-1)), rtol=1e-6)


def test_clipped_counts_are_counts():
    p = np.array([0, stats.poisson.cdf(1, 3), 0, 0, 0, 0])
    p[2:5], p[5] = stats.poisson.pmf([2, 3, 4], 3), stats.poisson.sf(4, 3)
    d = jd.Censored(jd.Poisson(3.0), 1, 5)
    truncated = np.where(np.arange(6) >= 2, p, 0) / p[2:].sum()
    got = jd.Truncated(d, 2, 9).log_prob(jnp.arange(6))
    np.testing.assert_allclose(jnp.exp(got), truncated, rtol=1e-5)
    cdf = np.cumsum(p)
    got = jd.Maximum(d, 2).log_prob(jnp.arange(1, 6))
    np.testing.assert_allclose(jnp.exp(got), np.diff(cdf**2), rtol=1e-5)
    got = jd.Hurdle(d, gate=0.2).log_prob(jnp.arange(6))
    np.testing.assert_allclose(jnp.exp(got), [0.2, *0.8 * p[1:]], rtol=1e-5)


def test_a_hurdle_needs_positive_values():
    for base in (jd.Uniform(-2.0, -1.0), jd.DiscreteUniform(-3, 0)):
        with pytest.raises(ValueError, match=r"Hurdle: .*upper end of the support of base_dist"):
            jd.Hurdle(base, gate=0.3)


def test_a_divergence_from_an_atom_that_is_none_is_infinite():
    pairs = [(RAIN, jd.Exponential(1.0)), (jd.Joint([RAIN]), jd.Joint([jd.Exponential(1.0)]))]
    for p, q in pairs:
        assert jd.monte_carlo_kl(p, q, KEY, 1000).estimate == np.inf
    gate = jd.monte_carlo_kl(jd.Exponential(1.0), RAIN, KEY, 1000).estimate
    np.testing.assert_allclose(gate, -np.log(0.7), rtol=1e-5)
