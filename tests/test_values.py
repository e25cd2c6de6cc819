"""Values against float64 references, and the methods against each other (law 6)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.catalog import is_atomic, is_continuous, is_univariate, rows, still

KEY = jax.random.key(2)
QUANTILES = np.array([1e-4, 0.01, 0.2, 0.5, 0.8, 0.99, 0.9999])
EPS = float(np.finfo(np.float32).eps)
STEP = 1e-6  # of differences in float64, relative to the inputs


def values_for(row, d):
    """Values at the reference's quantiles, else draws."""
    if is_univariate(d) and hasattr(row.reference, "ppf"):
        q = QUANTILES.reshape(-1, *[1] * len(d.batch_shape))
        x = np.broadcast_to(row.reference.ppf(q), (QUANTILES.size, *d.batch_shape))
        return np.asarray(x, np.int32 if d.support.is_discrete else np.float32)
    return np.asarray(d.sample(KEY, 7))


def condition(function, d, x):
    """The unavoidable effect of rounding the inputs: sum of |input * derivative|, in float64."""
    with jax.enable_x64(True):
        d = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), d)
        leaves, structure = jax.tree.flatten(d)
        moving = is_continuous(d)
        inputs = [*leaves, np.asarray(x, np.float64)] if moving else leaves

        def scaled(factors):
            values = [
                jnp.where(jnp.isinf(v), v, v * f) for v, f in zip(inputs, factors, strict=True)
            ]
            value = values.pop() if moving else x
            return function(still(jax.tree.unflatten(structure, values), d), value)

        # Differences compile in a third of the time of derivatives.
        steps = STEP * np.eye(len(inputs))
        moved = jax.jit(jax.vmap(scaled))(1 + np.concatenate([steps, -steps]))
        ahead, behind = np.split(np.asarray(moved), 2)
        effects = np.abs(ahead - behind) / (2 * STEP)
        return np.where(np.isfinite(effects), effects, 0).sum(0)


def check(function, d, x, got, expected, rtol):
    """Compare with a reference, up to rounding and the effect of rounding the inputs."""
    expected, got = np.asarray(expected, float), np.asarray(got, float)
    infinite = np.isinf(expected)
    np.testing.assert_array_equal(got[infinite], expected[infinite])
    error = np.abs(np.where(infinite, 0, got) - np.where(infinite, 0, expected))
    size = np.where(infinite, 1, np.maximum(np.abs(expected), 1))
    if np.any(error > rtol * EPS * size):  # the condition takes long to compile
        size = np.maximum(size, condition(function, d, x))
    excess = error / (rtol * EPS * size)
    assert np.all(excess <= 1), f"{excess.max():.1f} times the allowed error"


# Compiled once for all tests of a row: at as many values each.
log_prob = jax.jit(jd.log_prob)


@rows(essential=True, fast=True)
def test_log_prob(row):
    d = row.make()
    x = values_for(row, d)
    log_density = getattr(row.reference, "logpdf", None) or row.reference.logpmf
    expected = log_density(np.asarray(x, float) if is_continuous(d) else x)
    check(jd.log_prob, d, x, log_prob(d, x), expected, row.rtol)


TAILS = {
    "cdf": "cdf",
    "survival_function": "sf",
    "log_cdf": "logcdf",
    "log_survival_function": "logsf",
}


@jax.jit
def tails(d, x):
    return {method: getattr(d, method)(x) for method in TAILS}


@rows(is_univariate, fast=True)
def test_cumulative(row):
    d = row.make()
    x = values_for(row, d)
    exact = np.asarray(x, float)
    cdf = row.reference.cdf(exact)
    sf = getattr(row.reference, "sf", lambda x: 1 - cdf)(exact)
    with np.errstate(divide="ignore"):
        derived = {"cdf": cdf, "sf": sf, "logcdf": np.log(cdf), "logsf": np.log(sf)}
    for method, got in tails(d, x).items():
        reference = getattr(row.reference, TAILS[method], None)
        expected = derived[TAILS[method]] if reference is None else reference(exact)
        check(getattr(jd, method), d, x, got, expected, row.rtol)


@rows(is_univariate, fast=True)
def test_icdf_inverts_cdf(row):
    d = row.make()
    x = values_for(row, d)
    if not is_atomic(d):
        q = np.asarray(QUANTILES, np.float32).reshape(-1, *[1] * len(d.batch_shape))
        q = np.broadcast_to(q, (QUANTILES.size, *d.batch_shape))
        np.testing.assert_allclose(
            d.icdf(q), row.reference.ppf(np.asarray(q, float)), rtol=2e-4, atol=1e-5
        )
    else:
        p = np.asarray(d.cdf(x))
        density = np.exp(np.asarray(log_prob(d, x)))
        q = p - density / 2
        np.testing.assert_array_equal(d.icdf(q), x)
    assert np.all(np.asarray(d.icdf(np.zeros_like(q))) <= np.asarray(d.icdf(np.ones_like(q))))


@rows(is_univariate, one_per_class=True)
def test_cdf_at_the_ends_and_beyond(row):
    d = row.make()
    everywhere = np.ones((QUANTILES.size, *d.batch_shape), np.float32)
    below, above = tails(d, -np.inf * everywhere), tails(d, np.inf * everywhere)
    assert np.all(np.asarray(below["cdf"]) == 0)
    assert np.all(np.asarray(above["cdf"]) == 1)
    assert np.all(np.asarray(above["log_survival_function"]) == -np.inf)
    assert np.all(np.asarray(above["log_cdf"]) == 0)


@rows(lambda d: is_univariate(d) and is_continuous(d), one_per_class=True)
def test_density_is_the_derivative_of_the_cdf(row):
    with jax.enable_x64(True):
        d = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), row.make())
        x = np.asarray(d.sample(KEY, 7))

        @jax.jit
        def slope_and_density(d, x):
            return jax.jvp(d.cdf, (x,), (jnp.ones_like(x),))[1], jnp.exp(d.log_prob(x))

        np.testing.assert_allclose(*slope_and_density(d, x), rtol=1e-5)


SUMMARIES = {"mean": "mean", "variance": "var", "entropy": "entropy"}


@rows(essential=True, fast=True)
def test_summaries(row):
    d = row.make()
    compared = [name for name, theirs in SUMMARIES.items() if hasattr(row.reference, theirs)]

    @jax.jit
    def summaries(d):
        values = {name: getattr(d, name) for name in compared if name != "entropy"}
        if "variance" in compared:
            values["stddev"] = d.stddev**2
        if "entropy" in compared:
            values |= {"entropy": d.entropy(), "perplexity": jnp.log(d.perplexity())}
        return values

    theirs = SUMMARIES | {"stddev": "var", "perplexity": "entropy"}
    for name, value in summaries(d).items():
        shape = d.batch_shape + (() if theirs[name] == "entropy" else d.event_shape)
        assert value.shape == shape
        expected = np.broadcast_to(getattr(row.reference, theirs[name])(), shape)
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=2e-6, err_msg=name)


@rows(one_per_class=True)
def test_the_mode_is_at_least_as_likely_as_draws(row):
    d = row.make()
    try:
        mode = d.mode
    except NotImplementedError as error:
        assert "closed form" in str(error)  # noqa: PT017
        return
    assert mode.shape == d.batch_shape + d.event_shape
    at_mode = np.asarray(log_prob(d, jnp.broadcast_to(mode, (7, *mode.shape))))[0]
    assert np.all(at_mode >= np.asarray(log_prob(d, d.sample(KEY, 7))).max(0) - 1e-4)


@rows(lambda d: d.has_enumerate_support)
def test_enumerated_probabilities_sum_to_one(row):
    d = row.make()
    try:
        values = d.enumerate_support()
    except NotImplementedError as error:
        assert "the same in the whole batch; got [" in str(error)  # noqa: PT017
        return
    assert values.shape[1:] == d.batch_shape + d.event_shape
    assert np.all(np.asarray(d.support.check(values)))
    total = np.exp(np.asarray(d.log_prob(values), float)).sum(0)
    np.testing.assert_allclose(total, np.ones(d.batch_shape), rtol=1e-5)
    few = d.enumerate_support(expand=False)
    assert few.shape[1:] == (1,) * len(d.batch_shape) + d.event_shape


@rows(lambda d: not d.has_enumerate_support, one_per_class=True)
def test_an_endless_support_cannot_be_listed(row):
    d = row.make()
    with pytest.raises(NotImplementedError, match=type(d).__name__):
        d.enumerate_support()


@rows(one_per_class=True)
def test_values_of_other_shapes_are_refused(row):
    d = row.make()
    d = d.expand((4, *d.batch_shape))

    def evaluated(*shape):
        return jax.eval_shape(d.log_prob, jax.ShapeDtypeStruct(shape, jnp.float32)).shape

    full = d.batch_shape + d.event_shape
    assert evaluated(5, 2, *full) == (5, 2, *d.batch_shape)
    assert evaluated(*d.event_shape) == d.batch_shape
    for shape in [(3, *full[1:]), (4, 1, *full[1:]), (*full, 1)]:
        with pytest.raises(ValueError, match="vmap"):
            evaluated(*shape)
