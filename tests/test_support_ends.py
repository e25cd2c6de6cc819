"""Values and gradients at the ends of supports, at subnormal numbers and at huge ones."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

import jaxdist as jd

NORMAL = jd.Normal(0.0, 1.0)


NIG = jd.NormalInverseGaussian(0.0, 1.0, 2.0, 0.5)


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


def flow(*transforms):
    return jd.TransformedDistribution(NORMAL, transforms)


POSITIVE = [
    jd.InverseGamma(2.0, 3.0),
    jd.LogNormal(0.5, 2.0),
    *(jd.Gamma(a, 2.0) for a in (0.5, 1.0, 2.0)),
    jd.Chi2(3.0),
    *(jd.Weibull(2.0, k) for k in (0.5, 1.0, 3.0)),
    *(jd.FisherSnedecor(df, 3.0) for df in (2.0, 3.0)),
    jd.Exponential(2.0),
    jd.HalfNormal(2.0),
    jd.HalfCauchy(2.0),
    jd.GeneralizedPareto(0.0, 1.0, 0.5),
    flow(jd.ExpTransform()),
    flow(jd.SoftplusTransform()),
]
UNIT = [
    *(jd.Beta(a, b) for a, b in [(0.5, 0.5), (1.0, 8.0), (8.0, 1.0), (2.0, 3.0)]),
    *(jd.Kumaraswamy(a, b) for a, b in [(0.5, 0.5), (1.0, 8.0), (2.0, 3.0)]),
    jd.ContinuousBernoulli(0.3),
    jd.RelaxedBernoulli(0.5, 0.3),
    flow(jd.SigmoidTransform()),
    flow(jd.SigmoidTransform(), jd.AffineTransform(0.0, 2.0), jd.AffineTransform(0.0, 0.5)),
    jd.Uniform(0.0, 1.0),
]
MORE_POSITIVE = [
    jd.Chi(3.0),
    jd.Frechet(2.0, 1.5),
    jd.Gompertz(0.5, 2.0),
    jd.HalfStudentT(3.0, 2.0),
    jd.InverseGaussian(1.0, 2.0),
    jd.Levy(0.0, 1.0),
    jd.LogLogistic(0.5, 0.5),
    jd.Maxwell(2.0),
    jd.Rayleigh(2.0),
]
MORE_UNIT = [
    jd.Arcsine(0.0, 1.0),
    jd.Bates(1),
    jd.Bates(4),
    jd.LogitNormal(0.5, 2.0),
    jd.PERT(0.0, 0.25, 1.0),
    jd.PERT(0.0, 0.0, 1.0),
    jd.Triangular(0.0, 1.0, 0.25),
]
CUMULATIVE = ("cdf", "survival_function", "log_cdf", "log_survival_function")


@functools.partial(jax.jit, static_argnames="method")
def value_and_gradients(d, x, method):
    """Compiled once for all distributions of a class."""
    evaluate = lambda d, x: getattr(d, method)(x)
    return jax.vmap(jax.value_and_grad(evaluate, (0, 1)), (None, 0))(d, x)


def has_nan(d, method, x):
    leaves = jax.tree.leaves(value_and_gradients(d, x, method))
    return any(np.any(np.isnan(leaf)) for leaf in leaves)


@pytest.mark.parametrize(
    "method",
    [
        "log_prob",
        pytest.param("cdf", marks=pytest.mark.slow),
        "log_cdf",
        pytest.param("survival_function", marks=pytest.mark.slow),
        pytest.param("log_survival_function", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    ("d", "x"),
    [
        *((d, [0, 1e-45, 1e-39, 3e-38]) for d in POSITIVE),
        *((d, [0, 1e-39, 1e-30, 1 - 6e-8, 1]) for d in UNIT),
        *(slow(d, [0, 1e-45, 1e-39, 3e-38]) for d in MORE_POSITIVE),
        *(slow(d, [0, 1e-39, 1e-30, 1 - 6e-8, 1]) for d in MORE_UNIT),
        *(slow(d, [0, 1e-39, 1e-30]) for d in (jd.Horseshoe(2.0), NIG)),
        (flow(jd.TanhTransform()), [-1, 1]),
        (jd.TanhNormal(0.0, 1.0), [-1, 1]),
    ],
    ids=lambda x: type(x).__name__,
)
def test_values_and_gradients_are_not_nan(d, x, method):
    if isinstance(d, jd.InverseGamma) and method != "log_prob":
        x = x[:3]
    assert not has_nan(d, method, np.float32(x))


@jax.jit
def cumulative(d, x):
    return [getattr(d, method)(x) for method in CUMULATIVE]


@pytest.mark.parametrize("d", [*POSITIVE, *UNIT, *map(slow, MORE_POSITIVE + MORE_UNIT)], ids=str)
def test_nothing_lies_below_the_support(d):
    lower, _ = d.support.bounds
    assert list(map(float, cumulative(d, np.float32(lower)))) == [0, 1, -np.inf, 0]


@pytest.mark.parametrize(
    ("d", "x", "expected"),
    [
        (jd.Beta(1.0, 8.0), 0.0, -7),
        (jd.Beta(8.0, 1.0), 1.0, 7),
        (jd.Beta(1.0, 1.0), 1.0, 0),
        (jd.Exponential(3.0), 0.0, -3),
        (jd.Gamma(1.0, 3.0), 0.0, -3),
        (jd.HalfNormal(1.0), 0.0, 0),
    ],
    ids=str,
)
def test_the_slope_at_an_end_with_a_finite_density(d, x, expected):
    np.testing.assert_allclose(jax.grad(d.log_prob)(x), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("d", "end", "slope"),
    [
        (jd.Uniform(-1.0, 3.0), -1.0, 0.25),
        (jd.Uniform(-1.0, 3.0), 3.0, 0.25),
        (jd.Pareto(1.0, 2.0), 1.0, 2.0),
        (jd.GeneralizedPareto(1.0, 2.0, 0.5), 1.0, 0.5),
        (jd.GeneralizedPareto(1.0, 2.0, -1.0), 1.0, 0.5),
        (jd.Exponential(2.0), 0.0, 2.0),
        (jd.HalfNormal(2.0), 0.0, 0.39894228),
        (jd.HalfCauchy(2.0), 0.0, 0.31830989),
        (jd.HalfStudentT(3.0, 2.0), 0.0, 0.36755260),
        (jd.Lindley(2.0), 0.0, 4 / 3),
        (jd.Masked(jd.Exponential(2.0), True), 0.0, 2.0),
        (jd.Gompertz(0.5, 2.0), 0.0, 1.0),
        (jd.TruncatedNormal(0.0, 1.0, 0.0, 2.0), 0.0, 0.83591910),
        (jd.TruncatedNormal(0.0, 1.0, 0.0, 2.0), 2.0, 0.11312935),
        (jd.Truncated(jd.Normal(0.0, 1.0), 0.0, 2.0), 2.0, 0.11312935),
        (jd.Truncated(jd.Exponential(2.0), 1.0, 2.0), 1.0, 2.31303529),
        (jd.Truncated(jd.Exponential(2.0), 1.0, 2.0), 2.0, 0.31303529),
        (jd.Truncated(jd.Exponential(2.0), high=2.0), 0.0, 2.03731472),
        (jd.Truncated(jd.Laplace(0.0, 1.0), -1.0), -1.0, 0.22539972),
        (jd.LogUniform(1.0, 4.0), 1.0, 0.72134752),
        (jd.LogUniform(1.0, 4.0), 4.0, 0.18033688),
        (jd.Triangular(1.0, 3.0, 1.0), 1.0, 1.0),
        (jd.Triangular(1.0, 3.0, 3.0), 3.0, 1.0),
        (jd.ContinuousBernoulli(0.3), 0.0, 1.48277119),
        (jd.ContinuousBernoulli(0.3), 1.0, 0.63547337),
    ],
    ids=str,
)
def test_the_derivative_of_the_cdf_at_an_end_is_the_density(d, end, slope):
    """As in torch; beyond the end it is 0. So is that of the logarithm of the tail that is 1."""
    is_lower = end == d.support.bounds[0]
    beyond = end - 1 if is_lower else end + 1
    x = np.float32([end, beyond])
    slopes = {method: value_and_gradients(d, x, method)[1][1] for method in CUMULATIVE}
    of_one = {"log_survival_function": -slope} if is_lower else {"log_cdf": slope}
    for method, expected in ({"cdf": slope, "survival_function": -slope} | of_one).items():
        np.testing.assert_allclose(slopes[method], [expected, 0], rtol=1e-6)
    assert list(d.cdf(x)) == list(1 - d.survival_function(x)) == 2 * [0 if is_lower else 1]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(
    "make",
    [
        lambda t: jd.InverseGamma(np.float32(6.3e6), np.float32(5.8e-37)),
        lambda t: jd.StudentT(np.float32(2e-6)),
        lambda t: jd.Maxwell(2 * jnp.finfo(jnp.float32).tiny),
        lambda t: jd.Gamma(t, 1 + 0 * t),
        lambda t: jd.InverseGamma(t, 1 + 0 * t),
        lambda t: jd.Chi2(t),
        lambda t: jd.Beta(t, t),
        lambda t: jd.Beta(1 + 0 * t, t),
        lambda t: jd.Kumaraswamy(t, t),
        lambda t: jd.Weibull(1 + 0 * t, t),
        lambda t: jd.Pareto(1 + 0 * t, t),
        lambda t: jd.FisherSnedecor(t, t),
        lambda t: jd.LogNormal(0 * t, 1 / t),
        lambda t: jd.Dirichlet(jnp.stack([t, t, t])),
    ],
)
def test_draws_have_a_finite_density_however_small_the_parameters_are(make, dtype):
    """In the type of the parameters, which a draw overflows or underflows."""
    d = make(jnp.asarray(1e-4 if dtype == "float16" else 1e-30, dtype))
    x = d.sample(jax.random.key(0), (300,))
    assert np.all(d.support.check(x))
    assert np.all(np.isfinite(d.log_prob(x)))
    assert np.all(np.isfinite(d.sample_and_log_prob(jax.random.key(0), (300,))[0]))


HUGE = np.float32(3.4e38)


@pytest.mark.parametrize(
    "family", [jd.Normal, jd.Laplace, jd.Logistic, jd.Cauchy, jd.Gumbel, jd.SkewNormal, jd.StudentT]
)
def test_a_difference_that_overflows_is_standardized(family):
    extra = {jd.SkewNormal: {"alpha": 2.0}, jd.StudentT: {"df": 3.0}}.get(family, {})
    d = family(loc=-HUGE, scale=HUGE, **extra)
    unit = family(loc=-1.0, scale=1.0, **extra)
    np.testing.assert_allclose(d.cdf(HUGE), unit.cdf(1.0), rtol=1e-5)
    expected = unit.log_prob(1.0) - np.log(HUGE)
    np.testing.assert_allclose(d.log_prob(HUGE), expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-20, 1e-25, 1e-30])
@pytest.mark.parametrize(
    "family", [jd.Normal, jd.Laplace, jd.Logistic, jd.Cauchy, jd.Gumbel, jd.Weibull, jd.Pareto]
)
def test_gradients_at_small_scales_are_not_nan(family, scale):
    d = family(np.float32(scale), 1.5) if family in (jd.Weibull, jd.Pareto) else family(0.0, scale)
    for x in np.float32([2 * scale, 1.0, 1e10, 1e20]):
        gradient = jax.grad(jd.log_prob)(d, x)
        assert not any(np.any(np.isnan(leaf)) for leaf in jax.tree.leaves(gradient)), x
        assert jnp.isfinite(jax.tree.leaves(jax.grad(jd.log_prob)(d, np.float32(2 * scale)))[0])


@pytest.mark.parametrize(
    ("d", "q", "slope"),
    [
        (jd.Laplace(0.0, 2.0), 0.5, 4.0),
        (jd.Logistic(0.0, 2.0), 0.5, 8.0),
        (jd.SoftLaplace(0.0, 2.0), 0.5, 2 * np.pi),
        (jd.Cauchy(0.0, 2.0), 0.5, 2 * np.pi),
        (jd.Arcsine(0.0, 1.0), 0.5, np.pi / 2),
        (jd.LogUniform(1.0, 4.0), 0.0, np.log(4.0)),
        (jd.LogUniform(1.0, 4.0), 1.0, 4 * np.log(4.0)),
        (jd.ContinuousBernoulli(0.5), 1.0, 1.0),
        (jd.ContinuousBernoulli(0.3), 1.0, 1.57362975),
        (jd.HalfCauchy(2.0), 0.0, np.pi),
        (jd.Gumbel(0.0, 1.0), 0.0, np.inf),
        (jd.Gumbel(0.0, 1.0), 1.0, np.inf),
        (jd.LogNormal(0.0, 1.0), 1.0, np.inf),
        (jd.Levy(0.0, 1.0), 0.0, np.inf),
    ],
    ids=str,
)
def test_the_slope_of_a_quantile_is_one_over_the_density(d, q, slope):
    """Also where two formulas meet, at the median, and where it is clipped or infinite."""
    np.testing.assert_allclose(jax.grad(d.icdf)(q), slope, rtol=1e-6)
    np.testing.assert_allclose(jax.grad(d.isf)(1 - q), -slope, rtol=1e-6)


# In logarithms the numbers are z = 3e58 and 1e-40.
FAR, NEAR = (np.float32(3e38), np.float32(1e-20)), (np.float32(1e-20), np.float32(1e20))
TINY = np.float32(1.2e-38)
LOG_6E38 = np.log(6e38)  # overflows too
POWER_OF_8 = (np.log(8) + LOG_6E38) / 8
LOG_FAR, LOG_NEAR = np.log(np.float64(FAR[0])) - np.log(1e-20), np.log(1e-20) - np.log(1e20)


@pytest.mark.parametrize(
    ("d", "method", "x", "expected"),
    [
        (jd.HalfCauchy(1.0), "log_survival_function", FAR[0], np.log(2 / np.pi / 3e38)),
        (jd.Cauchy(0.0, FAR[1]), "log_survival_function", FAR[0], -LOG_FAR - np.log(np.pi)),
        (jd.Cauchy(0.0, FAR[1]), "log_cdf", -FAR[0], -LOG_FAR - np.log(np.pi)),
        (jd.Cauchy(-HUGE, HUGE), "log_survival_function", HUGE, np.log(np.arctan(0.5) / np.pi)),
        (
            jd.Horseshoe(2.0),
            "log_survival_function",
            FAR[0],
            np.log(np.sqrt(2 / np.pi**3) / 1.5e38),
        ),
        (jd.Horseshoe(FAR[1]), "log_cdf", -FAR[0], np.log(2 / np.pi**3) / 2 - LOG_FAR),
        (
            jd.Horseshoe(FAR[1]),
            "log_prob",
            FAR[0],
            np.log(2 / np.pi**3) / 2 - 2 * LOG_FAR - np.log(1e-20),
        ),
        # 3^(3/2) / (pi t^3) of three degrees of freedom
        (
            jd.StudentT(3.0, 0.0, FAR[1]),
            "log_survival_function",
            FAR[0],
            np.log(2 * np.sqrt(3) / np.pi) - 3 * LOG_FAR,
        ),
        (
            jd.Levy(0.0, FAR[1]),
            "log_survival_function",
            FAR[0],
            np.log(2 / np.pi) / 2 - LOG_FAR / 2,
        ),
        (jd.Maxwell(NEAR[1]), "log_cdf", NEAR[0], np.log(2 / np.pi) / 2 - np.log(3) + 3 * LOG_NEAR),
        (
            jd.Maxwell(NEAR[1]),
            "log_prob",
            NEAR[0],
            np.log(2 / np.pi) / 2 + 2 * LOG_NEAR - np.log(1e20),
        ),
        (jd.Chi(3.0), "log_prob", np.float32(2.6e19), -(2.6e19**2) / 2),
        (
            jd.StudentT(3.0, 0.0, 0.5),
            "log_prob",
            FAR[0],
            np.log(12 * np.sqrt(3) / np.pi) - 4 * LOG_6E38,
        ),
        (jd.GeneralizedPareto(0.0, 0.5, 8.0), "log_survival_function", FAR[0], -POWER_OF_8),
        (jd.GeneralizedPareto(0.0, 0.5, 8.0), "log_prob", FAR[0], np.log(2) - 9 * POWER_OF_8),
        (jd.GeneralizedExtremeValue(0.0, 0.5, 8.0), "log_prob", FAR[0], np.log(2) - 9 * POWER_OF_8),
        (jd.Weibull(0.5, 0.5), "log_survival_function", FAR[0], -np.sqrt(6e38)),
        (jd.Weibull(0.5, 0.5), "log_prob", FAR[0], -np.sqrt(6e38)),
        (jd.SkewNormal(0.0, 1.0, 2.0), "log_cdf", np.float32(-1e17), -2.5e34),
        (jd.SoftLaplace(0.0, 1.5), "log_prob", FAR[0], -2e38),
        (jd.Gamma(2.25, 0.25), "log_survival_function", FAR[0], -0.75e38),
        (jd.InverseGaussian(6.0, 0.75), "log_prob", FAR[0], -0.75 * 3e38 / 72),
        (jd.InverseGaussian(0.0625, 2.0**-10), "log_prob", FAR[0], -3e38 / 8),
        (jd.Chi(3.0), "log_prob", np.float32(1e20), -np.inf),
        (
            jd.Chi(320.0),
            "log_prob",
            NEAR[0],
            319 * np.log(1e-20) - 159 * np.log(2) - special.gammaln(160),
        ),
        (jd.Maxwell(0.5), "log_prob", FAR[0], -np.inf),
        (jd.Moyal(0.0, 0.5), "log_prob", -FAR[0], -np.inf),
        (jd.Gumbel(0.0, 0.5), "log_prob", -FAR[0], -np.inf),
        (
            jd.Horseshoe(NEAR[1]),
            "log_prob",
            NEAR[0],
            np.log(np.log(2) - np.euler_gamma - 2 * LOG_NEAR)
            - np.log(2 * np.pi**3) / 2
            - np.log(1e20),
        ),
        (jd.Gamma(0.006, FAR[0]), "log_prob", np.float32(6.0), -np.inf),
        (jd.Gamma(2.0, TINY), "log_prob", NEAR[0], 2 * np.log(1.2e-38) + np.log(1e-20)),
        (jd.Gamma(FAR[0], 1.0), "log_prob", FAR[0], -np.log(2 * np.pi * 3e38) / 2),
        (jd.Poisson(FAR[0]), "log_prob", FAR[0], -np.log(2 * np.pi * 3e38) / 2),
        (jd.AsymmetricLaplace(0.0, 1.0, NEAR[0]), "log_prob", np.float32(2.0), np.log(1e-20)),
        (jd.Gompertz(2.0, 1e5), "log_prob", np.float32(1e38), -np.inf),
        (jd.FisherSnedecor(1e-20, 1e20), "log_prob", np.float32(1), np.log(0.5e-20)),
        (jd.InverseGamma(1.0, NEAR[0]), "log_prob", FAR[0], np.log(1e-20) - 2 * np.log(3e38)),
        (
            jd.Levy(-FAR[0], TINY),
            "log_prob",
            np.float32(0),
            np.log(1.2e-38 / (2 * np.pi)) / 2 - 1.5 * np.log(3e38),
        ),
    ],
    ids=str,
)
def test_logarithms_are_finite_where_z_overflows_or_underflows(d, method, x, expected):
    """Infinite they are only where they overflow; their slopes are not NaN in either case."""
    value, gradients = value_and_gradients(d, x[None], method)
    np.testing.assert_allclose(value, [expected], rtol=1e-6)
    assert not any(np.any(np.isnan(leaf)) for leaf in jax.tree.leaves(gradients))


@pytest.mark.parametrize(
    "d", [jd.Weibull(0.015, 46.0), jd.Frechet(2000.0, 130.0), jd.Gompertz(10.0, 1200.0)], ids=str
)
def test_slopes_are_zero_outside_whatever_they_are_at_one(d):
    """The density is evaluated at another number for those outside."""
    for method in ("log_prob", *CUMULATIVE):
        _, gradients = value_and_gradients(d, np.float32([-7.0]), method)
        assert all(np.all(leaf == 0) for leaf in jax.tree.leaves(gradients)), method


@pytest.mark.parametrize(
    "d", [jd.Gamma(1e20, 1e-30), slow(jd.Beta(3e38, 1.0)), jd.LogNormal(1.0, 1e-20)], ids=str
)
def test_slopes_of_tails_are_zero_outside_also_where_those_inside_are_not_defined(d):
    for method in CUMULATIVE:
        _, gradients = value_and_gradients(d, np.float32([-7.0]), method)
        assert all(np.all(leaf == 0) for leaf in jax.tree.leaves(gradients)), method


def test_the_slopes_of_a_horseshoe_at_its_pole():
    """The density is infinite at 0, and the probability of either side does not depend on scale."""
    d = jd.Horseshoe(2.0)
    for method, slope in [("cdf", np.inf), ("log_cdf", np.inf), ("survival_function", -np.inf)]:
        _, (of_d, of_x) = value_and_gradients(d, np.zeros(1, np.float32), method)
        assert (of_d.scale, of_x) == (0, slope)


def test_a_slope_that_overflows_leaves_the_others_alone():
    """Of the log-probability of counts, in the probabilities."""
    d = jd.Multinomial(14, np.float32([1.3e-38, 0.5, 0.5]))
    gradient = jax.grad(jd.log_prob)(d, np.array([9, 2, 3]))
    np.testing.assert_allclose(gradient.probs, [np.inf, 2 / 0.5 - 14, 3 / 0.5 - 14], rtol=1e-6)


def test_slopes_are_zero_where_all_components_of_a_mixture_overflow():
    """Which component is nearest cannot be told: the log-density is -inf, as outside."""
    of_one = jd.MixtureSameFamily(jd.Categorical(logits=np.zeros(2)), jd.Normal([0.0, 1.0], 1e-10))
    of_two = jd.Mixture(
        jd.Categorical(logits=np.zeros(2)), [jd.Normal(0.0, 1e-10), jd.Laplace(0.0, 1e-30)]
    )
    for d in (of_one, of_two):
        value, gradients = jax.value_and_grad(jd.log_prob, (0, 1))(d, np.float32(1e15))
        assert value == -np.inf
        assert all(np.all(leaf == 0) for leaf in jax.tree.leaves(gradients))


@pytest.mark.parametrize("method", ["log_survival_function", "log_cdf"])
def test_a_mask_hides_an_infinite_slope(method):
    """Of z = 1e20, whose square overflows: 0 times the slope in the scale is 0."""
    x = jnp.float32(1e20) * (-1 if method == "log_cdf" else 1)

    def evaluate(scale, hidden):
        value = getattr(jd.Normal(0.0, scale), method)(x)
        return jnp.where(hidden, 0, value)

    assert jax.grad(evaluate)(1.0, True) == 0
    assert jax.grad(evaluate)(1.0, False) == np.inf
    assert jax.jvp(lambda s: evaluate(s, False), (1.0,), (0.0,))[1] == 0
    assert jax.grad(lambda s: jd.Minimum(jd.Normal(0.0, s), 3).cdf(jnp.abs(x)))(1.0) == 0


@pytest.mark.parametrize(
    ("d", "x"),
    [
        (jd.FisherSnedecor(1e5, 1.0), 1.2e-38),
        (jd.StudentT(1e20, 0.0, 1e-30), 1.0),
        (jd.InverseGamma(3e38, 1.0), 1e20),
        (jd.Levy(0.0, 1e5), 1e-30),
        (jd.SinhArcsinh(0.0, 1.0, 1e20, 1.0), 0.0),
    ],
    ids=lambda v: type(v).__name__,
)
def test_forward_mode_along_one_argument_ignores_infinite_slopes_in_others(d, x):
    leaves, structure = jax.tree.flatten((d, jnp.float32(x)))

    @jax.jit
    def derivatives(leaves):
        log_prob = lambda leaves: jd.log_prob(*jax.tree.unflatten(structure, leaves))
        changes = jnp.eye(len(leaves))
        return [jax.jvp(log_prob, (leaves,), (list(change),))[1] for change in changes]

    assert not np.any(np.isnan(derivatives(leaves)))
