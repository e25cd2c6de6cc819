"""Draws agree with the density and lie in the support (law 5)."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd
from benchmarks.exactness import accelerators_path
from jaxdist import constraints
from tests.catalog import CIRCULAR, is_atomic, is_continuous, is_univariate, rows

KEY = jax.random.key(3)
COUNT = 100_000
P_VALUE = 1e-5  # several hundred tests are made: a false alarm in about one run of a thousand


@functools.lru_cache(maxsize=1)  # the tests of one row follow each other
def many(row):
    """A hundred thousand draws."""
    return row.make().sample(KEY, COUNT)


@rows(one_per_class=True)
def test_shape_and_dtype(row):
    d = row.make()
    draws = jax.eval_shape(lambda d: d.sample(KEY, (2, 3)), d)
    assert draws.shape == (2, 3, *d.batch_shape, *d.event_shape)
    counts = d.support.is_discrete and not isinstance(d.support, constraints.OneHot)
    assert draws.dtype == (jnp.int32 if counts else d.dtype)


def test_raw_and_typed_keys_draw_the_same():
    d = jd.Gamma([0.5, 3.0], 1.0)
    np.testing.assert_array_equal(d.sample(jax.random.key_data(KEY)), d.sample(KEY))


@rows(fast=True)
def test_draws_lie_in_the_support(row):
    d, draws = row.make(), many(row)
    assert np.all(np.asarray(d.support.check(draws)))
    assert not np.any(np.isnan(d.log_prob(draws)))


@rows(one_per_class=True)
def test_draws_of_low_precision_lie_in_the_support(row):
    for dtype in (jnp.bfloat16, jnp.float16):
        d = jax.tree.map(lambda leaf, dtype=dtype: leaf.astype(dtype), row.make())
        draws = d.sample(KEY, 10_000)
        assert np.all(np.asarray(d.support.check(draws)))
    log_prob = d.log_prob(draws)
    assert log_prob.dtype == d.dtype
    assert not np.any(np.isnan(np.asarray(log_prob, np.float32)))


@rows(one_per_class=True)
def test_accelerators_draw_the_same(row):
    """Up to rounding, by which a proposal in a great many is refused on one platform only."""
    d = row.make()
    draw = jax.jit(lambda key: d.sample(key, 2000))
    if "platform_index" not in str(draw.trace(KEY).jaxpr):
        return  # one program serves all platforms
    here = np.asarray(draw(KEY), float)
    with accelerators_path():
        there = np.asarray(jax.jit(lambda key: d.sample(key, 2000))(KEY), float)
    assert np.mean(np.isclose(here, there, rtol=1e-3, atol=1e-5)) > 0.999


@rows(lambda d: is_univariate(d) and is_continuous(d))
def test_kolmogorov_smirnov(row):
    d = row.make()
    draws = np.asarray(many(row), float).reshape(COUNT, -1)
    uniform = np.asarray(row.reference.cdf(draws.reshape(COUNT, *d.batch_shape)))
    for column in uniform.reshape(COUNT, -1).T:
        assert stats.kstest(column, "uniform").pvalue > P_VALUE


@rows(lambda d: is_univariate(d) and is_atomic(d))
def test_chi_square(row):
    d = row.make()
    draws = np.asarray(many(row)).reshape(COUNT, -1)
    occurring = [np.unique(column, return_counts=True) for column in draws.T]
    most = max(len(values) for values, _ in occurring)
    for (values, counts), part in zip(occurring, flat(d), strict=True):
        padded = np.pad(values, (0, most - len(values)), "edge")  # all in one shape
        log_probs = np.asarray(part.log_prob(padded), float)[: len(values)]
        expected = np.exp(log_probs) * COUNT
        common = expected >= 10
        observed = np.append(counts[common], counts[~common].sum())
        expected = np.append(expected[common], COUNT - expected[common].sum())
        if expected[-1] < 10:
            observed, expected = observed[:-1], expected[:-1] / expected[:-1].sum()
            expected = expected * observed.sum()
        if len(observed) > 1:
            assert stats.chisquare(observed, expected).pvalue > P_VALUE


def flat(d):
    """The distribution with its batch axes made one."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[len(d.batch_shape) :]), d)


@rows(lambda d: not isinstance(d, CIRCULAR))
def test_moments(row):
    d = row.make()
    try:
        mean, stddev = np.asarray(d.mean, float), np.asarray(d.stddev, float)
    except NotImplementedError:
        pytest.skip(f"{row} has no moments")
    draws = np.asarray(many(row), float)
    exists = np.isfinite(mean)
    error = np.abs(draws.mean(0) - np.where(exists, mean, 0))
    allowed = 5 * np.nan_to_num(stddev, nan=np.inf) / np.sqrt(COUNT) + 1e-5 * np.abs(mean)
    assert np.all((error <= allowed) | ~exists)


@pytest.mark.parametrize(
    "dtype", [jnp.bfloat16, pytest.param(jnp.float16, marks=pytest.mark.slow), jnp.float32]
)
@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        (jd.Beta, (0.01, 0.01)),
        (jd.Beta, (2000.0, 3.0)),
        (jd.Kumaraswamy, (0.01, 5.0)),
        (jd.Kumaraswamy, (5.0, 0.1)),
        (jd.Gamma, (0.01, 1.0)),
        (jd.Gamma, (6e3, 0.125)),
        (jd.Chi2, (0.02,)),
        (jd.Dirichlet, ([0.01, 0.1, 3.0],)),
        (jd.InverseGamma, (0.05, 1.0)),
        (jd.LogNormal, (0.0, 9.0)),
        (jd.Weibull, (1.0, 0.1)),
        (jd.FisherSnedecor, (0.1, 0.1)),
        (jd.Pareto, (1.0, 0.1)),
        (jd.StudentT, (0.1,)),
        (jd.Cauchy, (0.0, 1e3)),
        (jd.Laplace, (0.0, 3e4)),
        (jd.LogisticNormal, ([0.0, 0.0], [5.0, 5.0])),
        (jd.ContinuousBernoulli, (0.999,)),
        (jd.Uniform, (1.0, 1.01)),
        (jd.TruncatedNormal, (0.0, 1.0, 8.0, 9.0)),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_draws_do_not_round_to_where_their_density_is_infinite_or_zero(family, parameters, dtype):
    d = family(*(jnp.asarray(parameter, dtype) for parameter in parameters))
    draws = d.sample(jax.random.key(0), 5000)
    assert draws.dtype == dtype
    assert np.all(np.isfinite(np.asarray(draws, np.float32)))
    assert np.all(d.support.check(draws))
    assert np.all(np.isfinite(np.asarray(d.log_prob(draws), np.float32)))


@pytest.mark.parametrize(
    "d",
    [
        jd.FisherSnedecor(51.0, 0.035),
        jd.Gamma(4.7e-31, 1.0),
        jd.LogisticNormal([0.0, 0.0], [30.0, 30.0]),
        jd.Weibull(1.0, 1e-3),
        jd.Dirichlet([1e-30, 1e-3, 3.0]),
    ],
    ids=lambda d: type(d).__name__,
)
def test_draws_of_extreme_distributions_have_a_finite_log_prob(d):
    draws = d.sample(jax.random.key(1), 200)
    assert np.all(d.support.check(draws))
    assert np.all(np.isfinite(d.log_prob(draws)))
