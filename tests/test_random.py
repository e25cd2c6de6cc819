"""The samplers: their bits, their distributions in extreme regimes, and their independence of how
they are scheduled. What every distribution draws is tested in test_sampling.py."""

import contextlib
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from benchmarks.exactness import accelerators_path
from jaxdist import random
from jaxdist.random.rejection import accepted_by_lanes, accepted_by_rounds, first_accepted

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


@functools.cache
def compiled(sampler, *constants):
    """A sampler of given shape and dtype, compiled once for all tests; it takes the parameters."""
    sample = jax.jit(lambda key, *parameters: sampler(key, *parameters, *constants))
    return functools.partial(sample, KEY)


def draw(sampler, *parameters, count=COUNT):
    """Draw with float32 parameters; return variates of NumPy's float64."""
    parameters = map(jnp.float32, parameters)
    return np.asarray(compiled(sampler, (count,))(*parameters), float)


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


def test_on_other_platforms_no_library_makes_the_bits():
    """A call could not be fused with what uses the bits."""
    draw = jax.jit(lambda key: random.normal(jax.random.wrap_key_data(key), (1000,), jnp.float32))
    exported = jax.export.export(draw, platforms=["cuda", "rocm", "tpu"])(jax.random.key_data(KEY))
    assert "custom_call" not in str(exported.mlir_module())


@pytest.mark.parametrize("path", [contextlib.nullcontext, accelerators_path])
@pytest.mark.parametrize("implementation", ["rbg", "unsafe_rbg"])
def test_keys_of_other_kinds(implementation, path):
    key = jax.random.key(3, impl=implementation)
    np.testing.assert_array_equal(random.bits(key, (100,)), jax.random.bits(key, (100,)))

    @jax.jit
    def sample(key):
        normal = random.normal(key, (20_000,), jnp.float32)
        counts = random.poisson(key, jnp.float32(30), (20_000,))
        return normal, random.gamma(key, jnp.float32(0.7), (20_000,)), counts

    with path():
        normal, gamma, counts = sample(key)
    assert stats.kstest(normal, stats.norm().cdf).pvalue > P_VALUE
    assert stats.kstest(gamma, stats.gamma(0.7).cdf).pvalue > P_VALUE
    assert counts_agree(counts, stats.poisson(30))


def test_on_accelerators_the_hardware_makes_the_words_of_its_keys():
    key = jax.random.key(3, impl="rbg")
    with accelerators_path():
        draw = jax.jit(lambda key: random.gamma(key, jnp.float32(2), (5000,)))
        program = draw.lower(key).as_text()
    assert "rng_bit_generator" in program
    assert program.count("xor") < 40  # 20 rounds of threefry for each element would have more


def test_without_partitionable_threefry_the_bits_are_still_those_of_jax():
    if not hasattr(jax, "threefry_partitionable"):
        pytest.skip("this JAX knows one threefry only")
    with jax.threefry_partitionable(False):
        np.testing.assert_array_equal(random.bits(KEY, (7,)), jax.random.bits(KEY, (7,)))


# --- distributions -------------------------------------------------------------------------------


@functools.cache
def continuous_draws(dtype):
    """Draws of all continuous samplers, compiled once."""

    @jax.jit
    def sample(key):
        return {name: getattr(random, name)(key, (COUNT,), dtype) for name in CONTINUOUS}

    with jax.enable_x64(dtype == jnp.float64):
        return jax.tree.map(np.asarray, sample(KEY))


@pytest.mark.fast
@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_continuous_draws(name, dtype):
    draws = continuous_draws(dtype)[name]
    assert draws.dtype == dtype
    assert np.all(np.isfinite(draws))
    assert stats.kstest(draws.astype(float), CONTINUOUS[name].cdf).pvalue > P_VALUE


def test_tails_are_resolved():
    """Of 1e7 draws the most extreme ones lie where they should, and are not on a coarse grid."""
    draws = np.asarray(compiled(random.logistic, (10_000_000,), jnp.float32)())
    for tail in (draws[draws > 14], -draws[draws < -14]):
        assert len(tail) > 4  # eight are expected
        assert len(np.unique(tail)) == len(tail)


@pytest.mark.parametrize("a", [1e-3, 0.05, 0.7, 1.0, 3.0, 1e4])
def test_log_gamma(a):
    draws = draw(random.log_gamma, a)
    reference = stats.loggamma(float(np.float32(a)))
    assert stats.kstest(draws[draws > -700], conditional(reference, -700)).pvalue > P_VALUE


@pytest.mark.parametrize("a", [1e-3, 0.05, 0.7, 1.0, 3.0, 1e4])
def test_gamma_is_the_exponential_of_log_gamma(a):
    log_draws = draw(random.log_gamma, a)
    np.testing.assert_allclose(draw(random.gamma, a), np.exp(log_draws), rtol=2e-5, atol=1e-37)


def conditional(reference, low):
    below = reference.cdf(low)
    return lambda x: (reference.cdf(x) - below) / (1 - below)


def test_logit_beta_between_its_two_peaks():
    logit = draw(random.logit_beta, 1e-3, 1e-3, count=10**6)
    between = np.mean((logit > np.log(0.4 / 0.6)) & (logit < np.log(0.6 / 0.4)))
    assert abs(between - 4.05e-4) < 5 * np.sqrt(4.05e-4 / 10**6)


@pytest.mark.parametrize("df", [0.3, 3.0, 1e6])
def test_student_t(df):
    reference = stats.t(float(np.float32(df)))
    assert stats.kstest(draw(random.student_t, df), reference.cdf).pvalue > P_VALUE


@pytest.mark.fast
@pytest.mark.parametrize("rate", [1e-3, 0.5, 9.99, 10.0, 60.0, 1e5])
def test_poisson(rate):
    assert counts_agree(draw(random.poisson, rate), stats.poisson(float(np.float32(rate))))


@pytest.mark.parametrize("rate", [1e7, 2e9])
def test_poisson_of_huge_rates(rate):
    draws = draw(random.poisson, rate)
    z = (draws - rate) / np.sqrt(rate)
    assert stats.kstest(z, stats.norm().cdf).pvalue > P_VALUE
    assert len(np.unique(draws % 8)) == 8  # no grid of floats shows


@pytest.mark.parametrize(
    ("low", "high"), [(-3, 3), (0, 999), (-(2**31), 2**31 - 1), (-(2**30), 2**30), (7, 7)]
)
def test_integers(low, high):
    """The remainders are all as frequent, and so are the parts of the interval."""
    draws = compiled(random.integers, (COUNT,))(jnp.int32(low), jnp.int32(high))
    draws = np.asarray(draws, np.int64)
    number = high - low + 1
    assert np.all((draws >= low) & (draws <= high))
    parts = min(number, 10)
    for which in ((draws - low) % parts, (draws - low) * parts // number):
        counts = np.bincount(which, minlength=parts)
        assert parts == 1 or stats.chisquare(counts).pvalue > P_VALUE


def test_mixed_rates_draw_as_each_rate_alone():
    rates = jnp.array([0.1, 5.0, 12.0, 300.0])
    draws = compiled(random.poisson, (COUNT // 4, 4))(rates)
    for column, rate in zip(np.asarray(draws).T, rates, strict=True):
        assert counts_agree(column, stats.poisson(float(rate)))


@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.3), (10, 0.9), (30, 0.5), (1000, 0.3), (1e5, 1e-5), (1e6, 0.7)]
)
def test_binomial(n, p):
    p = float(np.float32(p))
    assert counts_agree(draw(random.binomial, n, p, 1 - p), stats.binom(int(n), p))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("successes", "failures", "total_count"),
    [(1, 1, 1), (0, 5, 3), (3, 300, 75), (50, 500, 10), (900, 1000, 1200), (1e6, 3e6, 2e5)],
)
def test_hypergeometric(successes, failures, total_count):
    draws = draw(random.hypergeometric, successes, failures, total_count)
    size = int(successes + failures)
    assert counts_agree(draws, stats.hypergeom(size, int(successes), int(total_count)))


@pytest.mark.slow
@pytest.mark.parametrize("power", [1.1, 2.0, 7.5, 300.0])
def test_zipf(power):
    power = float(np.float32(power))
    assert counts_agree(draw(random.zipf, power), stats.zipf(power))


def counts_agree(draws, reference):
    values, counts = np.unique(np.asarray(draws), return_counts=True)
    expected = reference.pmf(values) * counts.sum()
    common = expected >= 10
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(expected[common], max(counts.sum() - expected[common].sum(), 1e-9))
    if expected[-1] < 10:  # too few for the test's approximation: join them to their neighbors
        observed = np.append(observed[:-2], observed[-2:].sum())
        expected = np.append(expected[:-2], expected[-2:].sum())
    return len(observed) < 2 or stats.chisquare(observed, expected).pvalue > P_VALUE


@pytest.mark.parametrize("concentration", [0.0, 1e-2, 1.0, 50.0, 1e5])
def test_von_mises(concentration):
    circle = stats.uniform(-np.pi, 2 * np.pi)
    reference = stats.vonmises(concentration) if concentration else circle
    assert stats.kstest(draw(random.von_mises, concentration), reference.cdf).pvalue > P_VALUE


@pytest.mark.fast
@pytest.mark.parametrize("size", [3, 7, 32, 33, 1000])
def test_categorical(size):
    """Drawn once from each row, often from each row, and from one row alone."""
    logits = np.random.default_rng(size).normal(size=size).astype(np.float32)
    logits[size // 2] = -np.inf
    probs = np.exp(logits.astype(float)) / np.exp(logits.astype(float)).sum()
    rows = jnp.broadcast_to(logits, (COUNT // 10, size))
    cases = [(rows, (COUNT // 10,)), (rows[:2], (COUNT // 2, 2)), (jnp.asarray(logits), (COUNT,))]

    @jax.jit
    def sample(key, given):
        shapes = [shape for _, shape in cases]
        return [random.categorical(key, *case) for case in zip(given, shapes, strict=True)]

    possible = probs > 0
    for draws in sample(KEY, [given for given, _ in cases]):
        counts = np.bincount(np.ravel(draws), minlength=size)
        assert counts[~possible].sum() == 0
        expected = probs[possible] * draws.size
        assert stats.chisquare(counts[possible], expected).pvalue > P_VALUE


def test_rows_that_differ():
    logits = jnp.where(jnp.eye(50, 200, dtype=bool), 0.0, -jnp.inf)
    once = compiled(random.categorical, (50,))(logits)
    often = compiled(random.categorical, (30, 50))(logits)
    np.testing.assert_array_equal(once, np.arange(50))
    np.testing.assert_array_equal(often, np.broadcast_to(np.arange(50), (30, 50)))


@pytest.mark.parametrize("size", [3, 100])
def test_all_categories_masked(size):
    logits = jnp.full(size, -jnp.inf)
    for shape in ((), (4,)):
        draws = compiled(random.categorical, shape)(logits)
        np.testing.assert_array_equal(draws, -np.ones(shape))


@pytest.mark.parametrize("size", [3, 100, 2000])
def test_a_draw_is_a_category_where_a_logit_is_nan(size):
    """Also where the NaN lies behind categories that are masked."""
    behind = jnp.full(size, -jnp.inf).at[-1].set(jnp.nan)
    rows = jnp.stack([jnp.full(size, jnp.nan), behind, jnp.zeros(size).at[0].set(jnp.nan)])
    for logits in (rows, rows[0]):
        for lead in ((), (4,)):
            draws = np.asarray(compiled(random.categorical, (*lead, *logits.shape[:-1]))(logits))
            assert np.all((draws >= 0) & (draws < size))


def test_a_million_categories():
    draws = np.asarray(compiled(random.categorical, (10**6,))(jnp.zeros(10**6)))
    assert abs(len(np.unique(draws)) - 10**6 * (1 - np.exp(-1))) < 2500
    assert abs(draws.mean() - 499_999.5) < 5 * 288_675 / 1000


# --- rejection -----------------------------------------------------------------------------------


def rarely_accepted(first, second, threshold):
    """Propose a number that identifies its random words; accept it with a probability."""
    u = (first >> 8).astype(jnp.float32)
    return jnp.where((second >> 8).astype(jnp.float32) * 2.0**-24 < threshold, u, jnp.nan)


@pytest.mark.parametrize("size", [0, 1, 100, 1024, 5000, 32_767])
def test_a_draw_does_not_depend_on_how_many_are_made(size):
    threshold = jnp.linspace(0.2, 0.9, 70_001, dtype=jnp.float32)

    @jax.jit
    def sample(key, threshold):
        return first_accepted(key, rarely_accepted, (threshold,), threshold.shape, jnp.float32)

    np.testing.assert_array_equal(sample(KEY, threshold[:size]), sample(KEY, threshold)[:size])


@pytest.mark.parametrize("size", [1024, 5000, 70_001])
@pytest.mark.parametrize("some_are_decided", [False, True])
def test_a_draw_does_not_depend_on_the_schedule(size, some_are_decided):
    threshold = jnp.linspace(0.2, 0.9, size, dtype=jnp.float32)
    decided = jnp.where(jnp.arange(size) % 3 == 0, -1.0, jnp.nan) if some_are_decided else None

    def sample(schedule):
        arguments = rarely_accepted, (threshold,), (size,), jnp.float32, decided
        return jax.jit(lambda key: schedule(key, *arguments))(KEY)

    by_lanes, by_rounds = sample(accepted_by_lanes), sample(accepted_by_rounds)
    np.testing.assert_array_equal(by_lanes, by_rounds)
    assert not np.any(np.isnan(by_lanes))


def test_elements_decided_before_are_kept():
    decided = jnp.where(jnp.arange(40_000) % 3 == 0, -1.0, jnp.nan)

    @jax.jit
    def sample(key, decided):
        p = jnp.float32(0.5)
        return first_accepted(key, rarely_accepted, (p,), (40_000,), jnp.float32, decided)

    drawn = sample(KEY, decided)
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


@functools.partial(jax.jit, static_argnums=(1, 2))
def jvp(key, sampler, count, parameters, direction):
    """Draws, and their derivatives in a direction of the parameters."""
    return jax.jvp(lambda *p: sampler(key, *p, (count,)), parameters, direction)


@pytest.mark.parametrize("a", [0.2, 3.0, 200.0])
def test_derivative_of_gamma_draws_is_that_of_the_quantile(a):
    with jax.enable_x64(True):
        log_x, slope = map(np.asarray, jvp(KEY, random.log_gamma, 50, (a,), (1.0,)))
    h, q = 1e-5 * a, special.gammainc(a, np.exp(log_x))
    up, down = (np.log(special.gammaincinv(a + step, q)) for step in (h, -h))
    np.testing.assert_allclose(slope, (up - down) / (2 * h), rtol=1e-5)


@pytest.mark.parametrize(("a", "b"), [(0.4, 2.0), (30.0, 0.7), (50.0, 80.0)])
def test_derivative_of_beta_draws_is_that_of_the_quantile(a, b):
    """In the direction (1, 1/2)."""
    with jax.enable_x64(True):
        logit, slope = map(np.asarray, jvp(KEY, random.logit_beta, 50, (a, b), (1.0, 0.5)))
    q = special.betainc(a, b, special.expit(logit))
    inner, h = (q > 1e-6) & (q < 1 - 1e-6), 1e-5
    up, down = (special.logit(special.betaincinv(a + step, b + step / 2, q)) for step in (h, -h))
    expected = (up - down) / (2 * h)
    np.testing.assert_allclose(slope[inner], expected[inner], rtol=1e-4, atol=1e-6)


def test_derivative_of_gamma_draws_that_underflow():
    a, one = jnp.float32(1e-3), jnp.float32(1)
    log_draw, slope = map(np.asarray, jvp(KEY, random.log_gamma, 1000, (a,), (one,)))
    # There log x = (log u + log Gamma(a + 1)) / a, of which only the first term matters.
    far = log_draw < -200
    np.testing.assert_allclose(slope[far], -log_draw[far] / a, rtol=1e-2)
    assert far.sum() > 500
