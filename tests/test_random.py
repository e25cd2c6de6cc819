"""The samplers: their bits, their distributions in extreme regimes, and their independence of how
they are scheduled. What every distribution draws is tested in test_sampling.py."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from jaxdist import random
from jaxdist.random.rejection import first_accepted

KEY = jax.random.key(7)
COUNT = 200_000
P_VALUE = 1e-5
CONTINUOUS = {
    "uniform": stats.uniform(),
    "uniform_open": stats.uniform(),
    "normal": stats.norm(),
    "exponential": stats.expon(),
    "laplace": stats.laplace(),
    "logistic": stats.logistic(),
    "gumbel": stats.gumbel_r(),
    "cauchy": stats.cauchy(),
}


# --- bits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (5,), (3, 7), (0,), (100_003,)])
def test_bits_are_those_of_jax(shape):
    np.testing.assert_array_equal(random.bits(KEY, shape), jax.random.bits(KEY, shape))


def test_bits_of_64_are_those_of_jax():
    with jax.enable_x64(True):
        ours, theirs = (f(KEY, (1000,), jnp.uint64) for f in (random.bits, jax.random.bits))
    np.testing.assert_array_equal(ours, theirs)


def test_on_a_cpu_no_loop_makes_the_bits():
    program = jax.jit(lambda key: random.bits(key, (1000,))).lower(KEY).compile().as_text()
    assert "while" not in program


def test_on_other_platforms_the_bits_are_made_by_jax():
    exported = jax.export.export(
        jax.jit(lambda key: random.bits(jax.random.wrap_key_data(key), (1000,))),
        platforms=["cpu", "cuda"],
        disabled_checks=[jax.export.DisabledSafetyCheck.custom_call("cu_threefry2x32_ffi")],
    )(jax.random.key_data(KEY))
    assert "threefry2x32" in str(exported.mlir_module())


@pytest.mark.parametrize("implementation", ["rbg", "unsafe_rbg"])
def test_keys_of_other_kinds(implementation):
    key = jax.random.key(3, impl=implementation)
    np.testing.assert_array_equal(random.bits(key, (100,)), jax.random.bits(key, (100,)))
    normal = random.normal(key, (20_000,), jnp.float32)
    gamma = random.gamma(key, jnp.float32(2.5), (20_000,))
    assert stats.kstest(normal, stats.norm().cdf).pvalue > P_VALUE
    assert stats.kstest(gamma, stats.gamma(2.5).cdf).pvalue > P_VALUE


def test_without_partitionable_threefry_the_bits_are_still_those_of_jax():
    if not hasattr(jax, "threefry_partitionable"):
        pytest.skip("this JAX knows one threefry only")
    with jax.threefry_partitionable(False):
        np.testing.assert_array_equal(random.bits(KEY, (7,)), jax.random.bits(KEY, (7,)))


# --- distributions -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_draws(name):
    sampler, reference = getattr(random, name), CONTINUOUS[name]
    for dtype, x64 in ((jnp.float32, False), (jnp.float64, True)):
        with jax.enable_x64(x64):
            draws = np.asarray(sampler(KEY, (COUNT,), dtype))
        assert draws.dtype == dtype
        assert np.all(np.isfinite(draws))
        assert stats.kstest(draws.astype(float), reference.cdf).pvalue > P_VALUE


def test_tails_are_fine():
    """Of 1e7 draws the most extreme ones lie where they should, and are not on a coarse grid."""
    draws = np.asarray(random.logistic(KEY, (10_000_000,), jnp.float32), float)
    for tail in (draws[draws > 14], -draws[draws < -14]):
        assert len(tail) > 4  # eight are expected
        assert len(np.unique(tail)) == len(tail)


@pytest.mark.parametrize("a", [1e-3, 0.05, 0.7, 1.0, 3.0, 1e4])
def test_log_gamma(a):
    draws = np.asarray(random.log_gamma(KEY, jnp.float32(a), (COUNT,)), float)
    reference = stats.loggamma(float(np.float32(a)))
    assert stats.kstest(draws[draws > -700], conditional(reference, -700)).pvalue > P_VALUE
    gamma = random.gamma(KEY, jnp.float32(a), (COUNT,))
    np.testing.assert_allclose(gamma, np.exp(draws), rtol=2e-5, atol=1e-37)


def conditional(reference, low):
    below = reference.cdf(low)
    return lambda x: (reference.cdf(x) - below) / (1 - below)


def test_logit_beta_between_its_two_peaks():
    logit = np.asarray(random.logit_beta(KEY, jnp.float32(1e-3), jnp.float32(1e-3), (10**6,)))
    between = np.mean((logit > np.log(0.4 / 0.6)) & (logit < np.log(0.6 / 0.4)))
    assert abs(between - 4.05e-4) < 5 * np.sqrt(4.05e-4 / 10**6)


@pytest.mark.parametrize("df", [0.3, 3.0, 1e6])
def test_student_t(df):
    draws = np.asarray(random.student_t(KEY, jnp.float32(df), (COUNT,)), float)
    assert stats.kstest(draws, stats.t(float(np.float32(df))).cdf).pvalue > P_VALUE


@pytest.mark.parametrize("rate", [1e-3, 0.5, 9.99, 10.0, 60.0, 1e5])
def test_poisson(rate):
    draws = random.poisson(KEY, jnp.float32(rate), (COUNT,))
    assert counts_agree(draws, stats.poisson(float(np.float32(rate))))


def test_poisson_of_huge_rates():
    for rate in (1e7, 2e9):
        draws = np.asarray(random.poisson(KEY, jnp.float32(rate), (COUNT,)), float)
        z = (draws - rate) / np.sqrt(rate)
        assert stats.kstest(z, stats.norm().cdf).pvalue > P_VALUE
        assert len(np.unique(draws % 8)) == 8  # no grid of floats shows


@pytest.mark.parametrize(
    ("low", "high"), [(-3, 3), (0, 999), (-(2**31), 2**31 - 1), (-(2**30), 2**30), (7, 7)]
)
def test_integers(low, high):
    """The remainders are all as frequent, and so are the parts of the interval."""
    draws = np.asarray(random.integers(KEY, jnp.int32(low), jnp.int32(high), (COUNT,)), np.int64)
    number = high - low + 1
    assert np.all((draws >= low) & (draws <= high))
    parts = min(number, 10)
    for which in ((draws - low) % parts, (draws - low) * parts // number):
        counts = np.bincount(which, minlength=parts)
        assert parts == 1 or stats.chisquare(counts).pvalue > P_VALUE


def test_mixed_rates_draw_as_each_rate_alone():
    rates = jnp.array([0.1, 5.0, 12.0, 300.0])
    draws = random.poisson(KEY, rates, (COUNT // 4, 4))
    for column, rate in zip(np.asarray(draws).T, rates, strict=True):
        assert counts_agree(column, stats.poisson(float(rate)))


@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.3), (10, 0.9), (30, 0.5), (1000, 0.3), (1e5, 1e-5), (1e6, 0.7)]
)
def test_binomial(n, p):
    p = float(np.float32(p))
    arrays = map(jnp.float32, (n, p, 1 - p))
    assert counts_agree(random.binomial(KEY, *arrays, (COUNT,)), stats.binom(int(n), p))


def counts_agree(draws, reference):
    values, counts = np.unique(np.asarray(draws), return_counts=True)
    expected = reference.pmf(values) * counts.sum()
    common = expected >= 10
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(expected[common], max(counts.sum() - expected[common].sum(), 1e-9))
    if expected[-1] < 10:  # too few for the test's approximation: join them to their neighbours
        observed = np.append(observed[:-2], observed[-2:].sum())
        expected = np.append(expected[:-2], expected[-2:].sum())
    return len(observed) < 2 or stats.chisquare(observed, expected).pvalue > P_VALUE


@pytest.mark.parametrize("concentration", [0.0, 1e-2, 1.0, 50.0, 1e5])
def test_von_mises(concentration):
    draws = np.asarray(random.von_mises(KEY, jnp.float32(concentration), (COUNT,)), float)
    uniform, bell = stats.uniform(-np.pi, 2 * np.pi), stats.vonmises(max(concentration, 1e-9))
    reference = bell if concentration else uniform
    assert stats.kstest(draws, reference.cdf).pvalue > P_VALUE


@pytest.mark.parametrize("size", [3, 7, 32, 33, 1000])
def test_categorical(size):
    """Drawn once from each row, often from each row, and from one row alone."""
    logits = np.random.default_rng(size).normal(size=size).astype(np.float32)
    logits[size // 2] = -np.inf
    probs = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum()
    rows = jnp.broadcast_to(logits, (COUNT // 10, size))
    for given, shape in ((rows, (COUNT // 10,)), (rows[:2], (COUNT // 2, 2)), (logits, (COUNT,))):
        draws = np.asarray(random.categorical(KEY, given, shape)).ravel()
        counts = np.bincount(draws, minlength=size)
        some = probs > 0
        assert counts[~some].sum() == 0
        assert stats.chisquare(counts[some], probs[some] * len(draws)).pvalue > P_VALUE


def test_rows_that_differ():
    logits = jnp.where(jnp.eye(50, 200, dtype=bool), 0.0, -jnp.inf)
    once = random.categorical(KEY, logits, (50,))
    often = random.categorical(KEY, logits, (30, 50))
    np.testing.assert_array_equal(once, np.arange(50))
    np.testing.assert_array_equal(often, np.broadcast_to(np.arange(50), (30, 50)))


@pytest.mark.parametrize("size", [3, 100])
def test_all_categories_masked(size):
    logits = jnp.full(size, -jnp.inf)
    for shape in ((), (4,)):
        np.testing.assert_array_equal(random.categorical(KEY, logits, shape), -np.ones(shape))


def test_a_million_categories():
    draws = np.asarray(random.categorical(KEY, jnp.zeros(10**6), (10**6,)))
    assert abs(len(np.unique(draws)) - 10**6 * (1 - np.exp(-1))) < 2500
    assert abs(draws.mean() - 499_999.5) < 5 * 288_675 / 1000


# --- rejection -----------------------------------------------------------------------------------


def seldom(first, second, threshold):
    """Accept a value that tells its words, and seldom."""
    u = (first >> 8).astype(jnp.float32)
    return jnp.where((second >> 8).astype(jnp.float32) * 2.0**-24 < threshold, u, jnp.nan)


def test_a_draw_does_not_depend_on_how_many_are_made():
    """Few are all tried again; of many, those left over are gathered."""
    threshold = jnp.linspace(0.2, 0.9, 70_001, dtype=jnp.float32)
    many = first_accepted(KEY, seldom, (threshold,), (70_001,), jnp.float32)
    for size in (1, 100, 32_767):
        few = first_accepted(KEY, seldom, (threshold[:size],), (size,), jnp.float32)
        np.testing.assert_array_equal(few, many[:size])


def test_elements_decided_before_are_kept():
    decided = jnp.where(jnp.arange(40_000) % 3 == 0, -1.0, jnp.nan)
    drawn = first_accepted(KEY, seldom, (jnp.float32(0.5),), (40_000,), jnp.float32, decided)
    assert np.all((np.asarray(drawn) == -1) == (np.arange(40_000) % 3 == 0))


@pytest.mark.parametrize(
    "draw",
    [
        lambda key, x: random.gamma(key, x, (3,)),
        lambda key, x: random.poisson(key, 20 * x, (3,)),
        lambda key, x: random.von_mises(key, x, (3,)),
    ],
    ids=["gamma", "poisson", "von_mises"],
)
def test_invalid_parameters_end(draw):
    """NaN parameters must not make the attempts go on for ever."""
    x = jnp.array([jnp.nan, 1.0, -1.0])
    drawn = np.asarray(jax.jit(draw)(KEY, x), float)
    assert np.isfinite(drawn[1])


# --- derivatives ---------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [0.2, 3.0, 200.0])
def test_gamma_moves_along_its_quantile(a):
    with jax.enable_x64(True):
        log_x, path = jax.jvp(lambda a: random.log_gamma(KEY, a, (50,)), (a,), (1.0,))
    log_x, h = np.asarray(log_x), 1e-5 * a
    q = special.gammainc(a, np.exp(log_x))
    up, down = (np.log(special.gammaincinv(a + step, q)) for step in (h, -h))
    np.testing.assert_allclose(path, (up - down) / (2 * h), rtol=1e-5)


@pytest.mark.parametrize(("a", "b"), [(0.4, 2.0), (30.0, 0.7), (50.0, 80.0)])
def test_beta_moves_along_its_quantile(a, b):
    with jax.enable_x64(True):
        draw = lambda a, b: random.logit_beta(KEY, a, b, (50,))
        logit, path = jax.jvp(draw, (a, b), (1.0, 0.5))
    q = special.betainc(a, b, special.expit(np.asarray(logit)))
    inner, h = (q > 1e-6) & (q < 1 - 1e-6), 1e-5
    quantile = lambda h: special.logit(special.betaincinv(a + h, b + h / 2, q))
    expected = (quantile(h) - quantile(-h)) / (2 * h)
    np.testing.assert_allclose(path[inner], expected[inner], rtol=1e-4, atol=1e-6)


def test_the_path_goes_on_where_the_draw_underflows():
    a = jnp.float32(1e-3)
    log_draw, slope = jax.jvp(
        lambda a: random.log_gamma(KEY, a, (1000,)), (a,), (jnp.ones_like(a),)
    )
    # There log x = (log u + log Gamma(a + 1)) / a, of which only the first term matters.
    far = np.asarray(log_draw) < -200
    np.testing.assert_allclose(slope[far], -log_draw[far] / a, rtol=1e-2)
    assert far.sum() > 500
