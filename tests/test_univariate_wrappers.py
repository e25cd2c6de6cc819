"""Distributions made of one univariate distribution: what the laws of the catalog do not cover."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln

import jaxdist as jd

KEY = jax.random.key(12)
EPS = float(np.finfo(np.float32).eps)


@pytest.mark.slow
def test_a_truncated_normal_is_that_of_the_closed_form_far_out_in_the_tails():
    low, high = np.array([20.0, -100.0, 8.0, 0.0]), np.array([np.inf, -90.0, 8.1, 1e-4])
    d = jd.Truncated(jd.Normal(0.0, 1.0), low, high)
    exact = jd.TruncatedNormal(0.0, 1.0, low, high)
    q = jnp.linspace(0.01, 0.99, 9)[:, None] * jnp.ones(4)
    x = exact.icdf(q)
    np.testing.assert_allclose(d.icdf(q), x, rtol=8 * EPS)
    np.testing.assert_allclose(d.log_prob(x), exact.log_prob(x), rtol=1e-5, atol=5e-4)
    for method in ("log_cdf", "log_survival_function"):  # whose terms are up to 4,000
        got, expected = getattr(d, method)(x), getattr(exact, method)(x)
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-3)


@pytest.mark.slow
def test_a_truncated_count_may_be_far_out_in_the_tail():
    d = jd.Truncated(jd.Poisson(3.0), [90, 200], [100, 210])
    k = np.array([[90, 200], [93, 203]])
    with np.errstate(under="ignore"):
        ratios = [stats.poisson.logpmf(np.arange(a, b), 3) for a, b in [(90, 101), (200, 211)]]
    expected = stats.poisson.logpmf(k, 3) - [np.logaddexp.reduce(r) for r in ratios]
    np.testing.assert_allclose(d.log_prob(k), expected, atol=3e-4)
    draws = d.sample(KEY, 1000)
    assert np.all((draws >= jnp.array([90, 200])) & (draws <= jnp.array([100, 210])))
    share = np.mean(np.asarray(draws) == np.array([90, 200]), 0)
    np.testing.assert_allclose(share, np.exp(expected[0]), atol=0.02)


@pytest.mark.parametrize("loc", [0.0, 100.3, -5000.0])
def test_quantized_probabilities_sum_to_one_and_do_not_cancel(loc):
    d = jd.Quantized(jd.Logistic(loc, 2.0), 0, 255)
    log_prob = np.asarray(d.log_prob(jnp.arange(256)), float)
    assert np.all(np.isfinite(log_prob))
    np.testing.assert_allclose(np.exp(log_prob).sum(), 1, rtol=1e-5)
    beyond = np.arange(1, 255)
    distance = np.abs(beyond - 0.5 - loc)
    far = distance > 50
    expected = -(distance - 0.5) / 2 + np.log(-np.expm1(-0.5))
    np.testing.assert_allclose(log_prob[beyond][far], expected[far], rtol=1e-4)


@pytest.mark.parametrize(
    ("base", "reference"),
    [
        (jd.Logistic(0.3, 2.0), stats.logistic(0.3, 2.0)),
        pytest.param(
            jd.Normal([-7.25, 40.0], [3.0, 0.4]),
            stats.norm([-7.25, 40.0], [3.0, 0.4]),
            marks=pytest.mark.slow,
        ),
        pytest.param(jd.Gamma(2.0, 0.1), stats.gamma(2.0, scale=10.0), marks=pytest.mark.slow),
    ],
)
def test_summaries_of_quantized_numbers_without_bounds(base, reference):
    d = jd.Quantized(base)
    y = np.arange(-400, 600).reshape((-1,) + (1,) * len(d.batch_shape))
    p = reference.cdf(y) - reference.cdf(y - 1)
    mean = np.sum(p * y, 0)
    central = [np.sum(p * (y - mean) ** n, 0) for n in range(5)]
    expected = {
        "mean": mean,
        "variance": central[2],
        "skewness": central[3] / central[2] ** 1.5,
        "kurtosis": central[4] / central[2] ** 2 - 3,
        "mode": y.ravel()[np.argmax(p, 0)],
    }
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(d, name), value, rtol=1e-5, atol=1e-5, err_msg=name)
    entropy = -np.sum(p * np.log(np.maximum(p, 1e-300)), 0)
    np.testing.assert_allclose(d.entropy(), entropy, rtol=4 * EPS)


@pytest.mark.parametrize(
    ("base", "reference", "mean", "variance"),
    [
        (jd.LogNormal(0.0, 1.0), stats.lognorm(1.0), 2.169791, 4.667922),
        pytest.param(
            jd.StudentT(3.0, 0.0, 1.0), stats.t(3.0), 0.5, 3.08358, marks=pytest.mark.slow
        ),
        pytest.param(
            jd.Pareto(1.0, 1.5), stats.pareto(1.5), 3.6123753, np.inf, marks=pytest.mark.slow
        ),  # 1 + zeta(1.5)
        pytest.param(jd.Cauchy(0.0, 1.0), stats.cauchy(), np.nan, None, marks=pytest.mark.slow),
    ],
)
def test_summaries_of_quantized_numbers_with_heavy_tails(base, reference, mean, variance):
    d = jd.Quantized(base)
    np.testing.assert_allclose(d.mean, mean, rtol=1e-6)
    if variance is not None:
        np.testing.assert_allclose(d.variance, variance, rtol=1e-5)
    y = np.arange(-2_000_000, 2_000_001)
    cdf, sf = reference.cdf(y), reference.sf(y)
    p = np.where(y <= 0, np.diff(cdf, prepend=0.0), -np.diff(sf, prepend=1.0))[1:]
    entropy = -np.sum(p * np.log(np.maximum(p, 1e-300)))
    np.testing.assert_allclose(d.entropy(), entropy, rtol=1e-5)


def test_the_mode_of_a_quantized_number_may_be_a_bound():
    d = jd.Quantized(jd.Normal(jnp.array([-3.0, 0.4, 99.0]), 2.0), low=0, high=5)
    np.testing.assert_array_equal(d.mode, [0, 0, 5])


def test_the_probability_of_a_narrow_interval_keeps_its_digits():
    d, width = jd.Normal(0.0, 1.0), np.float32([1e-6, 1e-4, 1e-2])
    expected = np.log(stats.norm.cdf(np.float64(width)) - 0.5)
    np.testing.assert_allclose(jd.log_interval_prob(d, 0.0, width), expected, rtol=4 * EPS)


def test_narrow_intervals_around_a_kink_are_integrated_no_worse_than_subtracted():
    d = jd.Laplace(0.0, 1.0)
    got = jd.log_interval_prob(d, np.float32([-0.2, -0.01]), np.float32([0.25, 0.03]))
    expected = np.log(stats.laplace.cdf([0.25, 0.03]) - stats.laplace.cdf([-0.2, -0.01]))
    np.testing.assert_allclose(got, expected, rtol=1e-5)


@pytest.mark.slow
def test_empty_intervals_and_those_of_everything():
    d = jd.Normal(0.0, 1.0)
    assert jd.log_interval_prob(d, 1.0, 1.0) == -np.inf
    assert jd.log_interval_prob(d, -np.inf, np.inf) == 0
    gradient = jax.grad(lambda d: jd.log_interval_prob(d, -np.inf, np.inf))(d)
    assert gradient.loc == gradient.scale == 0


@pytest.mark.parametrize("base", [jd.Normal(0.5, 2.0), jd.Geometric(0.4)], ids=["real", "counts"])
def test_censored_draws_are_the_bounds_as_often_as_their_probability(base):
    d = jd.Censored(base, 1.0, 3.0)
    draws = np.asarray(d.sample(KEY, 50_000))
    for end in (1.0, 3.0):
        np.testing.assert_allclose(np.mean(draws == end), np.exp(d.log_prob(end)), atol=0.01)


def test_the_pathwise_derivative_of_a_censored_draw_moves_its_mean():
    def mean(loc):
        return jnp.mean(jd.Censored(jd.Normal(loc, 1.0), -1.0, 2.0).rsample(KEY, 50_000))

    inside = stats.norm.cdf(2 - 0.3) - stats.norm.cdf(-1 - 0.3)
    np.testing.assert_allclose(jax.grad(mean)(0.3), inside, atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("rank", "extreme"), [(1, jd.Minimum), (5, jd.Maximum)])
@pytest.mark.parametrize("base", [jd.Normal(0.5, 2.0), jd.Poisson(2.0)], ids=["real", "counts"])
def test_the_extremes_are_order_statistics(base, rank, extreme):
    ordered, extreme = jd.OrderStatistic(base, 5, rank), extreme(base, 5)
    x = jnp.array([0.0, 1.0, 4.0])
    for method in ("log_prob", "log_cdf", "log_survival_function"):
        np.testing.assert_allclose(getattr(ordered, method)(x), getattr(extreme, method)(x), 1e-5)
    q = jnp.array([0.01, 0.5, 0.99])
    np.testing.assert_allclose(ordered.icdf(q), extreme.icdf(q), rtol=1e-5)


def test_the_maximum_of_very_many_draws():
    d = jd.Maximum(jd.Exponential(1.0), 10**6)
    np.testing.assert_allclose(d.icdf(0.5), -np.log(-np.expm1(-np.log(2) / 1e6)), rtol=1e-6)
    np.testing.assert_allclose(d.sample(KEY, 1000).mean(), np.log(1e6) + 0.5772, atol=0.2)


def test_middle_ranks_of_many_draws_have_tails():
    """Also where the probability of the base, or its complement, rounds to 0."""
    n, k, x = 40, 20, jnp.array([-30.0, -0.5, 6.0, 12.0])
    joint = jd.JointOrderStatistics(jd.Normal(0.0, 1.0), n, ranks=(k,))
    combinations = gammaln(n + 1) - gammaln(k) - gammaln(n + 1 - k)
    norm = stats.norm
    powers = (k - 1) * norm.logcdf(x) + (n - k) * norm.logsf(x)
    expected = combinations + powers + norm.logpdf(x)
    ordered = jd.OrderStatistic(jd.Normal(0.0, 1.0), n, k)
    hazards = np.exp(norm.logpdf(x) - norm.logcdf(x)), np.exp(norm.logpdf(x) - norm.logsf(x))
    slopes = (k - 1) * hazards[0] - (n - k) * hazards[1] - x
    for density in (ordered.log_prob, lambda x: joint.log_prob(x[:, None])):
        got, pullback = jax.vjp(density, x)
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=4e-6)
        np.testing.assert_allclose(pullback(jnp.ones(4))[0], slopes, rtol=4e-6)


def test_ordered_draws_have_the_divergence_of_the_draws():
    p, q = (jd.JointOrderStatistics(jd.Normal(loc, 1.0), 4) for loc in (0.0, 1.0))
    np.testing.assert_allclose(jd.kl_divergence(p, q), 4 * 0.5, rtol=1e-6)
    with pytest.raises(NotImplementedError, match="some order statistics among others"):
        jd.kl_divergence(*(jd.JointOrderStatistics(d.base_dist, 4, (1, 4)) for d in (p, q)))


def test_what_cannot_be_wrapped_is_named():
    vector, atoms = jd.Dirichlet(jnp.ones(3)), jd.Delta(0.0)
    for wrap in (jd.Truncated, jd.Censored, jd.Quantized, jd.Folded):
        with pytest.raises(TypeError, match=f"{wrap.__name__}: base_dist must"):
            wrap(vector)
    with pytest.raises(TypeError, match="Folded: base_dist must have a density"):
        jd.Folded(jd.Poisson(1.0))
    with pytest.raises(TypeError, match="Truncated: base_dist must have a density, or be discrete"):
        jd.Truncated(jd.Censored(jd.Normal(0.0, 1.0), 0.0), 0.0, 1.0)
    with pytest.raises(TypeError, match="Maximum"):
        jd.Maximum(atoms, 2)
    with pytest.raises(ValueError, match="rank must be at most total_count"):
        jd.OrderStatistic(jd.Normal(0.0, 1.0), 3, 4)
    for ranks in ((), (0, 1), (2, 1), (1, 1), (4,)):
        with pytest.raises(ValueError, match=r"ranks must be increasing .* total_count, 3"):
            jd.JointOrderStatistics(jd.Normal(0.0, 1.0), 3, ranks)
    with pytest.raises(TypeError, match="JointOrderStatistics: base_dist must have a density"):
        jd.JointOrderStatistics(jd.Poisson(1.0), 3)
    with pytest.raises(TypeError, match="Hurdle: base_dist must be a distribution of single"):
        jd.Hurdle(vector, 0.5)
    with pytest.raises(TypeError, match=r"Hurdle: base_dist must .* have a density; got Delta"):
        jd.Hurdle(atoms, 0.5)


def test_samples_have_their_divergence():
    p, q = (jd.Sample(jd.Normal(loc, 1.0), (3, 2)) for loc in (0.0, 1.0))
    np.testing.assert_allclose(jd.kl_divergence(p, q), 6 * 0.5, rtol=1e-6)
    rows = jd.Sample(jd.MultivariateNormalDiag(jnp.zeros(2), jnp.ones(2)), 3)
    with pytest.raises(NotImplementedError, match="different shapes"):
        jd.kl_divergence(p, rows)


# --- Shifted and Scaled --------------------------------------------------------------------------

REAL = [
    jd.Normal(0.5, 2.0),
    jd.Laplace(0.5, 2.0),
    jd.GeneralizedExtremeValue(0.5, 2.0, 0.1),
    jd.JohnsonSU(0.5, 2.0, 0.5, 2.0),
    jd.SinhArcsinh(0.5, 2.0, 0.3, 1.2),
    jd.LambertWNormal(0.5, 2.0, 0.3),
    jd.Levy(0.5, 2.0),
    jd.Uniform(-1.0, 3.0),
    jd.Arcsine(-1.0, 3.0),
    jd.Triangular(-1.0, 3.0, 0.5),
]
POSITIVE = [
    jd.Gamma(2.0, 3.0),
    jd.Exponential(2.0),
    jd.HalfNormal(2.0),
    jd.HalfCauchy(2.0),
    jd.HalfStudentT(3.0, 2.0),
    jd.Maxwell(2.0),
    jd.Rayleigh(2.0),
    jd.Weibull(2.0, 3.0),
    jd.Frechet(2.0, 3.0),
    jd.Pareto(2.0, 3.0),
    jd.LogUniform(0.5, 3.0),
    jd.InverseGamma(2.0, 3.0),
    jd.InverseGaussian(2.0, 3.0),
    jd.LogNormal(0.5, 2.0),
    jd.LogLogistic(0.5, 2.0),
    jd.Beta(2.0, 3.0),
]


def by_class(distributions):
    return [
        pytest.param(d, id=type(d).__name__, marks=pytest.mark.slow if i else ())
        for i, d in enumerate(distributions)
    ]


@pytest.mark.parametrize("base", [*by_class(REAL), *by_class(POSITIVE)])
def test_scaled_and_shifted_densities_are_those_of_the_base(base):
    q = np.array([0.1, 0.5, 0.9])
    x, keeps_family = base.icdf(q), not isinstance(base, jd.Beta)
    scaled, shifted = jd.Scaled(base, 3.0), jd.Shifted(base, 0.25)
    assert (type(scaled) is type(base)) == keeps_family
    np.testing.assert_allclose(
        scaled.log_prob(3 * x), base.log_prob(x) - np.log(3), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(shifted.log_prob(x + 0.25), base.log_prob(x), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scaled.icdf(q), 3 * x, rtol=1e-5)


@pytest.mark.parametrize("make", [jd.Scaled, jd.Shifted])
def test_a_scale_or_shift_of_another_shape_is_an_error(make):
    with pytest.raises(ValueError, match=r"must broadcast with the shape \(3,\) of a draw; got"):
        make(jd.Normal(jnp.zeros(3), 1.0), jnp.ones(2))


@pytest.mark.parametrize(
    ("base", "slope"), [(jd.Normal(0.0, 2.0), 2 / np.sqrt(8 * np.pi)), (jd.Laplace(0.0, 1.0), 1.0)]
)
def test_small_quantiles_of_folded_distributions(base, slope):
    """Near 0 the probability of at most x is x times twice the density there."""
    q = np.float32([1e-30, 1e-9, 1e-5])
    np.testing.assert_allclose(jd.Folded(base).icdf(q), q / slope, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("low", "high"), [(1.5, np.inf), (-np.inf, 2.5), (1.5, 4.5), (0.5, 3)])
def test_bounds_of_censored_counts_that_are_no_integers(low: float, high: float) -> None:
    """They are the integers next to them inside, as those of Truncated."""
    d = jd.Censored(jd.Poisson(2.0), low, high)
    x = np.arange(40)
    clipped = np.clip(x, np.ceil(low), np.floor(high)).astype(int)
    p = np.bincount(clipped, stats.poisson.pmf(x, 2.0), minlength=40)
    mean = p @ x
    np.testing.assert_allclose(np.exp(d.log_prob(x)), p, rtol=1e-5)
    np.testing.assert_allclose(d.cdf(x), np.cumsum(p), rtol=1e-5)
    np.testing.assert_allclose([d.mean, d.variance], [mean, p @ (x - mean) ** 2], rtol=1e-5)
    np.testing.assert_allclose(d.entropy(), stats.entropy(p), rtol=1e-5)
    assert jnp.isfinite(d.log_prob(d.sample(KEY, 1000))).all()
    assert d.icdf(0.0) == clipped.min()


def test_bounds_of_censored_counts_without_two_integers_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"'high' must satisfy GreaterThanEq\(lower_bound=2"):
        jd.Censored(jd.Poisson(2.0), 0.5, 1.5)


@pytest.mark.parametrize(
    ("make", "low", "high"),
    [
        (lambda: jd.Quantized(jd.LogNormal(0.0, 1.0)), 0, 2**31 - 2),
        (lambda: jd.Quantized(jd.Uniform(0.3, 5.2)), 1, 6),
        (lambda: jd.Quantized(jd.Uniform(0.3, 5.2), low=2, high=4.5), 2, 4),
        (lambda: jd.Quantized(jd.Uniform(0.3, 1.2), low=4), 4, 4),
        (lambda: jd.Quantized(jd.Beta(2.0, 3.0), high=7), 0, 1),
    ],
)
def test_support_of_quantized_is_that_of_its_base(make, low: int, high: int) -> None:
    d = make()
    assert (d.icdf(0.0), d.icdf(1.0)) == (low, high)
    assert d.support.check(jnp.array([low - 1, low])).tolist() == [False, True]
    assert d.log_prob(low - 1) == -jnp.inf


RARE = {  # P(X = 1), P(X = 2) ... of counts that are seldom positive
    "Geometric": (lambda: jd.Geometric(0.999999), stats.geom(np.float32(0.999999), loc=-1)),
    "NegativeBinomial": (lambda: jd.NegativeBinomial(1.0, probs=1e-5), stats.nbinom(1, 1 - 1e-5)),
    "NegativeBinomial of fewer": (
        lambda: jd.NegativeBinomial(0.01, probs=0.4),
        stats.nbinom(0.01, 0.6),
    ),
    "Binomial": (lambda: jd.Binomial(10, probs=1e-4), stats.binom(10, 1e-4)),
    "Binomial of one": (lambda: jd.Binomial(1, probs=0.3), stats.binom(1, 0.3)),
    "BetaBinomial": (lambda: jd.BetaBinomial(1.0, 1e5, 10), stats.betabinom(10, 1.0, 1e5)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RARE)
def test_variance_of_a_hurdle_of_rare_counts(name: str) -> None:
    make, reference = RARE[name]
    k = np.arange(1, 200)
    p = reference.pmf(k) / reference.pmf(k).sum()
    beyond = p @ (k - 1)  # the mean less 1, which does not cancel
    variance = p @ (k - 1.0) ** 2 - beyond**2
    np.testing.assert_allclose(jd.Hurdle(make(), gate=0.0).variance, variance, rtol=2e-5)


# --- Hurdle and ZeroInflated of densities --------------------------------------------------------

STEEP = jd.Gamma(0.5, 1.0)  # whose density at 0 is infinite


@pytest.mark.parametrize("wrap", [jd.Hurdle, jd.ZeroInflated])
def test_at_0_a_density_with_a_gate_has_the_probability_of_the_gate(wrap):
    def log_prob(gate, concentration, x):
        return wrap(jd.Gamma(concentration, 1.0), gate).log_prob(x)

    value, slopes = jax.value_and_grad(log_prob, (0, 1, 2))(0.3, 0.5, 0.0)
    np.testing.assert_allclose(value, np.log(0.3), rtol=1e-6)
    np.testing.assert_allclose(slopes, [1 / 0.3, 0, 0], rtol=1e-6)
    d = wrap(STEEP, jnp.array([0.0, 0.3, 1.0]))
    np.testing.assert_allclose(d.log_prob(0.0), [-np.inf, np.log(0.3), 0], rtol=1e-6)
    np.testing.assert_allclose(d.cdf(0.0), [0, 0.3, 1], rtol=1e-6)
    np.testing.assert_array_equal(d.support.check(0.0), True)


def test_draws_are_0_as_often_as_the_gate_says_and_the_others_are_of_the_base():
    d = jd.ZeroInflated(jd.Normal(0.5, 2.0), 0.3)
    draws = np.asarray(d.sample(KEY, 50_000), float)
    np.testing.assert_allclose(np.mean(draws == 0), 0.3, atol=0.01)
    assert stats.kstest(draws[draws != 0], stats.norm(0.5, 2.0).cdf).pvalue > 1e-5


def test_quantiles_are_flat_where_the_distribution_function_jumps():
    d = jd.ZeroInflated(jd.Normal(0.0, 1.0), 0.5)
    q = np.float32([0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])
    expected = [-np.inf, stats.norm.ppf(0.2), 0, 0, 0, stats.norm.ppf(0.8), np.inf]
    for got in (d.icdf(q), d.isf(1 - q)):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    slopes = jax.vmap(jax.grad(d.icdf))(q[1:-1])
    density = 0.5 * stats.norm.pdf(stats.norm.ppf(0.2))
    np.testing.assert_allclose(slopes[np.array([0, 2, 4])], [1 / density, 0, 1 / density], 1e-5)
    assert np.all(np.isfinite(slopes))


def test_upper_quantiles_of_a_rare_hurdle_are_exact():
    d = jd.Hurdle(jd.Exponential(1.0), gate_logits=30.0)  # of which 1e-13 are positive
    q = np.float32([1e-30, 1e-20, 5e-14])
    weight = 1 / (1 + np.exp(30.0))
    np.testing.assert_allclose(d.isf(q), -np.log(q.astype(float) / weight), rtol=1e-5)
    np.testing.assert_allclose(d.survival_function(3.0), weight * np.exp(-3), rtol=1e-6)


def test_a_hurdle_of_negative_numbers_too_is_of_the_positive_ones():
    """The model of Cragg, and a gap between 0 and the base distribution."""
    cragg = jd.Hurdle(jd.Normal(-1.0, 2.0), 0.4)
    x = np.float32([-1.0, 0.0, 0.5, 3.0])
    density = 0.6 * stats.norm.pdf(x, -1, 2) / stats.norm.sf(0, -1, 2)
    np.testing.assert_allclose(jnp.exp(cragg.log_prob(x)), [0, 0.4, *density[2:]], rtol=1e-5)
    distant = jd.ZeroInflated(jd.Pareto(2.0, 3.0), 0.3)
    assert not distant.has_rsample  # a gate that moves makes draws jump
    assert np.all(np.isfinite(jax.vmap(jax.grad(distant.icdf))(np.float32([0.2, 0.5, 0.7]))))
    value, slope = jax.value_and_grad(
        lambda g: jd.ZeroInflated(jd.Pareto(2.0, 3.0), g).log_prob(1.0)
    )(0.3)
    assert (value, slope) == (-np.inf, 0)


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [jd.Hurdle, jd.ZeroInflated])
def test_gates_of_integers_of_both_signs(wrap):
    base, k = jd.Skellam(2.0, 3.0), np.arange(-40, 41)
    p = stats.skellam.pmf(k, 2.0, 3.0)
    if wrap is jd.Hurdle:
        p = np.where(k > 0, p, 0) / p[k > 0].sum()
    p = 0.7 * p + np.where(k == 0, 0.3, 0)
    d, cdf = wrap(base, 0.3), np.cumsum(p)
    near = np.abs(k) < 12
    np.testing.assert_allclose(jnp.exp(d.log_prob(k[near])), p[near], rtol=1e-4)
    np.testing.assert_allclose(d.cdf(k[near]), cdf[near], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(d.survival_function(k[near]), 1 - cdf[near], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(d.mean, np.sum(p * k), rtol=1e-5)
    np.testing.assert_allclose(d.entropy(), -np.sum(p[p > 0] * np.log(p[p > 0])), rtol=1e-5)
    q = np.float32([0.02, 0.2, 0.35, 0.6, 0.83, 0.97])
    quantiles = k[np.searchsorted(cdf, q)]
    np.testing.assert_array_equal(d.icdf(q), quantiles)
    np.testing.assert_array_equal(d.isf(1 - q), quantiles)


def test_a_hurdle_of_a_density_is_fitted():
    data = np.float32([0, 0, 0.5, 2.0, 0, 1.1, 0.7])
    fitted = jd.fit(jd.Hurdle, data, init=jd.Hurdle(jd.Exponential(2.0), gate=0.5))
    np.testing.assert_allclose(fitted.gate, 3 / 7, rtol=1e-4)
    np.testing.assert_allclose(fitted.base_dist.rate, 1 / np.mean(data[data > 0]), rtol=1e-4)
