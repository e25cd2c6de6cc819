"""Parameters at the ends of float32: values from mpmath, and no NaN."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.catalog import is_continuous, rows, still
from tests.extreme_parameters import COUNTS, REALS, extreme_parameters, has_scalar_parameters
from tests.summaries import summary

HUGE, LEAST = np.float32(3e38), np.float32(1.2e-38)
PROBABILITIES = np.float32([1e-30, 0.1, 0.5, 0.9])
TAILS = ("cdf", "survival_function", "log_cdf", "log_survival_function")


@pytest.mark.parametrize(
    ("d", "x", "log_prob"),
    [
        (jd.GeneralizedExtremeValue(-HUGE, 1e38, 0.5), HUGE, -91.7196167),
        (jd.GeneralizedExtremeValue(-HUGE, 1e30, 0.5), HUGE, -127.635432),
        (jd.GeneralizedExtremeValue(HUGE, LEAST, 0.0), 1.0, -np.inf),
        (jd.PERT(-HUGE, 0.0, HUGE, 4.0), 0.0, -88.6613843),
        (jd.PERT(-1.5, -1.45, HUGE, LEAST), 1e38, -88.5968458),
        (jd.Triangular(-HUGE, HUGE, 0.0), 0.0, -88.5968458),
        (jd.Arcsine(-HUGE, HUGE), 0.0, -89.7415757),
        (jd.Gamma(LEAST, 1e-30), 1.0, -87.315912),
        (jd.Gamma(1e30, LEAST), LEAST, -2.4270938e32),
        (jd.Gamma(HUGE, 0.5), -1.0, -np.inf),
        (jd.Chi2(LEAST), -1.0, -np.inf),
        (jd.Chi(1e30), LEAST, -1.2135469e32),
        (jd.Chi(1e30), 1e30, -np.inf),
        (jd.Weibull(1e30, LEAST), 1e-30, -19.2383592),
        (jd.Weibull(0.2, HUGE), 0.2, 89.2062837),
        (jd.Weibull(0.2, HUGE), 1e9, -np.inf),
        (jd.Frechet(HUGE, HUGE), HUGE, -1.0),
        (jd.Frechet(0.2, HUGE), LEAST, -np.inf),
        (jd.Gompertz(LEAST, 1e30), 4e-29, 21.7616415),
        (jd.Gompertz(HUGE, 1e30), 1e30, -np.inf),
        (jd.Gompertz(HUGE, 0.5), -1.0, -np.inf),
        (jd.GeneralizedPareto(-1.5, LEAST, 1e-30), 1e3, -2.51476133e31),
        (jd.GeneralizedPareto(-1.5, 0.2, -HUGE), 0.0, -np.inf),
        (jd.InverseGaussian(LEAST, 1e30), LEAST, 164.593706),
        (jd.InverseGaussian(0.2, 0.5), LEAST, -2.08333337e37),
        (jd.NoncentralChi2(HUGE, 1.0), HUGE, -45.5639350),
        (jd.NoncentralChi2(HUGE, 1.5), 1e30, -np.inf),
        (jd.GeneralizedInverseGaussian(1.0, HUGE), 1.0, 43.3794844),
        (jd.GeneralizedInverseGaussian(0.0, 0.5, 0.2), 1e30, -1.25e30),
        (jd.GeneralizedInverseGaussian(1e-3, 1e-20, 0.2), 1.0, -4.52417275),
        (jd.GeneralizedInverseGaussian(1e-10, 1e-30, 0.2), 1.0, -4.93005388),
        (jd.GeneralizedInverseGaussian(-2.5, LEAST, 0.2), 1.0, -224.330926),
        (jd.GeneralizedInverseGaussian(1e30, 0.5, 0.25), 1e30, -35.4577149),
        (jd.NoncentralT(5.5, HUGE), HUGE, -88.3470108),
        (jd.NoncentralT(5.5, 1e30), 2e30, -71.2706745),
        (jd.NoncentralT(5.5, 1e6), 2e6, -16.0086322),
        (jd.NoncentralT(LEAST, 2.0), 1.0, -87.3389882),
        (jd.NoncentralT(HUGE, -0.5), 1.0, -2.04393853),
        (jd.SkewNormal(-1.5, 1e30, -HUGE), 0.0, -1.01249997e17),
        (jd.JohnsonSU(-1.0, 1.5, HUGE, 0.2), -HUGE, -9665.54274),
        (jd.NormalInverseGaussian(-HUGE, 0.2, 10.0, -4.0), 0.0, -np.inf),
        (jd.NormalInverseGaussian(-1.5, HUGE, HUGE, -4.0), 1.0, -22.0439385),
        (jd.NormalInverseGaussian(-1.5, 0.2, LEAST, LEAST), 0.4, -4.04889496),
        (jd.NormalInverseGaussian(-1.5, 1e30, HUGE, -4.0), 0.4, -541499995.0),
        (jd.LambertWNormal(-HUGE, 0.2, HUGE), 0.0, -136.604901),
        (jd.LambertWNormal(HUGE, 0.2, 0.01), -HUGE, -8692.78272),
        (jd.ExponentiallyModifiedGaussian(0.0, LEAST, LEAST), 1000.0, -87.315912),
        (jd.ExponentiallyModifiedGaussian(-HUGE, 1.0, LEAST), HUGE, -94.5159119),
        (jd.TwoPieceNormal(0.0, LEAST, HUGE), 1000.0, -38581.7549),
        (jd.VonMises(LEAST, HUGE), 0.0, 43.3794844),
        (jd.VonMises(HUGE, 0.3), -HUGE, -2.0195269),
        (jd.GeneralizedNormal(HUGE, 0.2, HUGE), -HUGE, -np.inf),
        (jd.SkewedExponentialPower(HUGE, 1.0, HUGE, 1.5), -HUGE, -np.inf),
        (jd.SinhArcsinh(HUGE, 0.2, -0.5, LEAST), -HUGE, -np.inf),
        (jd.TwoPieceNormal(HUGE, 1.0, 1.5), -HUGE, -np.inf),
        (jd.Beta(HUGE, HUGE), 0.5, 44.4192051),
        (jd.Beta(LEAST, HUGE), LEAST, -3.59999994),
        (jd.Beta(HUGE, 0.5), -1.0, -np.inf),
        (jd.Kumaraswamy(LEAST, 0.5), 0.4, -43.3911017),
        (jd.Kumaraswamy(LEAST, 2.0), 0.999, -180.844944),
        (jd.Kumaraswamy(LEAST, HUGE), 0.0, np.inf),
        (jd.NoncentralBeta(0.75, HUGE, 1.5), LEAST, 85.8598343),
        (jd.NoncentralBeta(HUGE, HUGE, 0.0), 0.5, 44.4192051),
        (jd.NoncentralBeta(1e-30, LEAST, 1.5), 0.4, -86.3387956),
        (jd.LogitNormal(-HUGE, 0.2), 0.4, -np.inf),
        (jd.RelaxedBernoulli(HUGE, logits=-2.0), 0.4, -1.2163953e38),
        (jd.Arcsine(0.0, LEAST), -1.0, -np.inf),
        (jd.TruncatedNormal(0.0, LEAST, LEAST, 2.0), 0.0, -np.inf),
        (jd.PERT(-1.5, -1.45, 1e30, HUGE), -HUGE, -np.inf),
        (jd.BetaGeometric(3.5, HUGE), 0.0, -87.3440829),
        (jd.BetaGeometric(HUGE, HUGE), 7.0, -5.54517744),
        (jd.BetaGeometric(HUGE, LEAST), 1e6, -75781428.6),
        (jd.BetaBinomial(HUGE, 1e30, 24), 2.0, -423.804046),
        (jd.BetaBinomial(1e30, 0.7, 10**9), 0.0, -4.9354287e10),
        (jd.BetaBinomial(0.7, HUGE, 10**9), 5.0, -340.132291),
        (jd.BetaNegativeBinomial(1e30, 3.5, 1e30), 0.0, -1.38629438e30),
        (jd.BetaNegativeBinomial(1e-30, 1e-30, 1e-30), 3.0, -71.5624594),
        (jd.NegativeBinomial(LEAST, 0.02), 2.0, -95.8331052),
        (jd.Skellam(HUGE, HUGE), 7.0, -45.563935),
        (jd.Skellam(1e30, 1e30), 1e9, -35.8042885),
        (jd.Chi2(LEAST), 1.0, -88.5090592),
        (jd.Chi(LEAST), 1.0, -87.8159120),
        (jd.SinhArcsinh(0.0, 1.0, -0.5, HUGE), 1.0, -94.0947634),
        (jd.SinhArcsinh(0.0, 0.2, -0.5, 1e38), 0.4, -92.0798603),
        (jd.Bates(5, -HUGE, HUGE), 0.0, -88.1931183),
    ],
    ids=str,
)
def test_log_densities(d, x, log_prob):
    value, slopes = jax.value_and_grad(lambda d, x: d.log_prob(x), (0, 1))(d, np.float32(x))
    np.testing.assert_allclose(value, log_prob, rtol=2e-6)
    assert not any(np.isnan(slope) for slope in jax.tree.leaves(slopes))


@pytest.mark.parametrize(
    ("d", "method", "x", "expected"),
    [
        (jd.Gamma(1e30, 1e-30), "log_cdf", 1e3, -1.30247347e32),
        (jd.Chi2(LEAST), "cdf", 1.0, 1.0),
        (jd.Weibull(1e30, LEAST), "cdf", 1e-30, 0.632120559),
        (jd.FisherSnedecor(LEAST, LEAST), "cdf", 1.0, 0.5),
        (jd.InverseGaussian(0.2, 0.5), "log_cdf", LEAST, -2.08333337e37),
        (jd.InverseGaussian(1e-30, HUGE), "log_survival_function", 1.0, -np.inf),
        (jd.Chi(LEAST), "cdf", 1.0, 1.0),
        (jd.Weibull(0.2, LEAST), "icdf", 0.1, 0.0),
        (jd.Frechet(0.2, LEAST), "icdf", 0.9, np.inf),
        (jd.Uniform(0.0, HUGE), "log_cdf", LEAST, -175.912758),
        (jd.Uniform(-1.0, HUGE), "log_cdf", 0.0, -88.5968458),
        (jd.Triangular(-1.5, HUGE, -1.45), "cdf", 1e38, 0.555555541),
        (jd.Triangular(-1.5, HUGE, -1.45), "survival_function", 1e38, 0.444444459),
        (jd.Arcsine(0.0, HUGE), "log_cdf", LEAST, -88.4079616),
        (jd.Cosine(-1e30, 1.5), "log_survival_function", -1e9, -143.178866),
        (jd.TruncatedNormal(0.0, LEAST, -1.0, 2.0), "cdf", LEAST, 0.841344746),
        (jd.TruncatedNormal(0.0, LEAST, LEAST, 2.0), "cdf", 1.0, 1.0),
        (jd.Kumaraswamy(LEAST, 0.5), "log_survival_function", 0.4, -43.7016668),
        (jd.Kumaraswamy(0.5, LEAST), "icdf", 0.5, 1.0),
        (jd.Chi2(LEAST), "survival_function", 1e-30, 4.15160898e-37),
        (jd.Chi2(LEAST), "log_survival_function", 1e-30, -83.7721525),
        (jd.Gamma(HUGE, 1.0), "cdf", HUGE, 0.5),
        (jd.Gamma(LEAST, 1.0), "icdf", 0.5, 0.0),
        (jd.InverseGamma(LEAST, 1.0), "icdf", 0.5, np.inf),
        (jd.Chi(1e-30), "icdf", 0.1, 0.0),
        (jd.Beta(HUGE, HUGE), "cdf", 0.5, 0.5),
        (jd.Beta(HUGE, HUGE), "log_cdf", np.float32(0.4), -1.22465969e37),
        (jd.VonMises(0.0, HUGE), "cdf", 5e-20, 0.806761877),
        (jd.VonMises(0.0, HUGE), "log_cdf", -5e-19, -40.5906018),
        (jd.LogNormal(HUGE, HUGE), "icdf", 0.5, np.inf),
        (jd.LogLogistic(-HUGE, HUGE), "icdf", 0.5, 0.0),
        (jd.Pareto(HUGE, LEAST), "icdf", 0.5, np.inf),
        (jd.LogUniform(LEAST, HUGE), "icdf", 0.9, 6.87583478e30),
        (jd.GeneralizedPareto(-HUGE, 0.2, 1e3), "icdf", 0.9, np.inf),
        (jd.Gompertz(LEAST, HUGE), "icdf", 0.5, 2.8983133e-37),
        (jd.LogitRelaxedBernoulli(1e-30, logits=-2.0), "icdf", 0.1, -4.19722455e30),
        (jd.RelaxedBernoulli(LEAST, logits=-2.0), "icdf", 0.9, 1.0),
        (jd.TruncatedNormal(0.0, LEAST, -1.0, 2.0), "log_cdf", -LEAST, -1.84102165),
        (jd.NormalInverseGaussian(0.0, 1e-20, 3.0, 1.0), "log_survival_function", 5.0, -59.6360192),
        (
            jd.NormalInverseGaussian(0.0, 1e-10, 1e20, 1e3),
            "log_survival_function",
            2e-15,
            -3.78318437,
        ),
        (jd.NormalInverseGaussian(0.0, 1e-30, 3.0, 1.0), "survival_function", 1e-30, 0.25),
        (jd.JohnsonSU(1.0, 0.1, 0.0, LEAST), "icdf", 0.3, -2.50344644e-32),
        (jd.JohnsonSU(1.0, 1e30), "icdf", 0.3, -1.52440051e-30),
        (jd.SinhArcsinh(0.0, 1.0, 0.0, 1e-30), "icdf", 0.99, 2.18993504),
        (jd.SinhArcsinh(0.0, LEAST, -100.0, 1.0), "icdf", 0.5, -161287.028),
        (jd.GeneralizedExtremeValue(0.0, 1e30, -1e30), "icdf", 0.9, 1.0),
        (jd.GeneralizedExtremeValue(0.0, 1e9, 1e30), "icdf", 0.1, -1e-21),
        (jd.ExponentiallyModifiedGaussian(0.0, 1.0, 1e-30), "log_cdf", -5.0, -85.8218540),
        (jd.ExponentiallyModifiedGaussian(0.0, 1.0, 1e-20), "log_cdf", -20.0, -252.969540),
        (jd.ExponentiallyModifiedGaussian(0.0, LEAST, LEAST), "log_cdf", 1.0, -87.315912),
        (jd.AsymmetricLaplace(0.0, LEAST, 1e38), "icdf", 0.1, -2.76310196),
        (jd.LambertWNormal(0.0, 1.0, HUGE), "icdf", 0.9, np.inf),
        (jd.Bates(5, -HUGE, HUGE), "log_cdf", -1e38, -2.2859208),
        (jd.NegativeBinomial(1e30, 1e-30), "survival_function", 7, 1.0249198e-5),
        (jd.NegativeBinomial(HUGE, LEAST), "cdf", 0, 0.0273237241),
        (jd.NegativeBinomial(LEAST, LEAST), "log_survival_function", 7, -787.92265),
        (jd.BetaBinomial(LEAST, 0.7, 24), "log_survival_function", 0, -85.8328432),
        (jd.BetaBinomial(LEAST, 0.7, 24), "log_cdf", 0, -5.28773672e-38),
    ],
    ids=str,
)
def test_tails(d, method, x, expected):
    evaluate = lambda d, x: getattr(d, method)(x)
    value, slopes = jax.value_and_grad(evaluate, (0, 1))(d, np.float32(x))
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    assert not any(np.isnan(slope) for slope in jax.tree.leaves(slopes))


@pytest.mark.parametrize(
    ("d", "method", "x", "slopes"),
    [
        (jd.AsymmetricLaplace(-HUGE, 0.2, 0.5), "cdf", 0.0, {"asymmetry": 0, "x": 0}),
        (jd.SoftLaplace(0.0, 1.0), "icdf", 1e-30, {"x": 1e30, "scale": -68.6259702}),
        (jd.GeneralizedNormal(-1.5, 0.2, LEAST), "cdf", 0.0, {"power": 0}),
        (jd.GeneralizedNormal(-HUGE, 0.2, 0.8), "cdf", HUGE, {"scale": 0}),
        (jd.VonMises(-1.0, HUGE), "cdf", 0.0, {"concentration": 0}),
        (jd.Cauchy(-HUGE, LEAST), "log_cdf", HUGE, {"scale": 0}),
        (jd.Gamma(HUGE, 1.0), "icdf", 0.5, {"concentration": 1, "rate": -HUGE}),
        (jd.GeneralizedPareto(0.0, 1.0, 1e3), "icdf", 1e-3, {"concentration": 1.00136086e-6}),
        (jd.TruncatedNormal(0.0, LEAST, -1.0, 2.0), "log_cdf", -LEAST, {"low": 0, "high": 0}),
        (jd.LogNormal(HUGE, 1.0), "icdf", 0.5, {"loc": np.inf, "scale": 0}),
        (jd.Beta(LEAST, 1e-30), "log_cdf", 1e-30, {"concentration1": -1e30}),
        (jd.TwoPieceNormal(0.0, 1e30, 1.5), "icdf", 1e-30, {"skew": 5.12987960e30}),
        (jd.StudentT(1e30, 0.0, 0.2), "log_cdf", -HUGE, {"df": -55.1675073}),
        (jd.GeneralizedNormal(0.0, 1e-30, 0.8), "log_cdf", -1e30, {"loc": -8.00001325e17}),
        (jd.GeneralizedNormal(HUGE, 0.2, 1e-30), "log_cdf", 0.0, {"power": 0}),
        (jd.GeneralizedNormal(0.0, LEAST, 0.8), "log_cdf", 0.0, {"scale": 0}),
        (jd.Bates(5, -1.5, LEAST), "log_survival_function", 0, {"low": 3.33333333, "high": np.inf}),
        (jd.NegativeBinomial(1e30, 1e-30), "survival_function", 7, {"probs": 7.2991962e25}),
        (jd.BetaBinomial(LEAST, 0.7, 24), "log_cdf", 0, {"concentration1": -4.40644735}),
    ],
    ids=str,
)
def test_slopes_of_tails_and_quantiles(d, method, x, slopes):
    evaluate = lambda d, x: getattr(d, method)(x)
    of_d, of_x = jax.grad(evaluate, (0, 1))(d, np.float32(x))
    for name, slope in slopes.items():
        found = of_x if name == "x" else getattr(of_d, name)
        np.testing.assert_allclose(found, slope, rtol=2e-6, err_msg=name)


@pytest.mark.parametrize(
    ("d", "name", "expected"),
    [
        (jd.StudentT(LEAST), "entropy", 8.33333349e37),
        (jd.StudentT(3e-20), "entropy", 3.33333344e19),
        (jd.GeneralizedNormal(0.0, 0.2, HUGE), "variance", 0.0133333333),
        (jd.Chi2(LEAST), "entropy", -1.66666670e38),
        (jd.Chi(LEAST), "mean", 1.50397694e-38),
        (jd.Chi(HUGE), "variance", 0.5),
        (jd.Chi(HUGE), "entropy", 1.07236494),
        (jd.Gamma(HUGE, 1.0), "entropy", 45.7173614),
        (jd.InverseGamma(LEAST, 0.5), "entropy", 8.33333349e37),
        (jd.Beta(HUGE, HUGE), "mean", 0.5),
        (jd.Beta(HUGE, HUGE), "entropy", -43.9192051),
        (jd.Weibull(HUGE, HUGE), "mean", HUGE),
        (jd.Weibull(0.2, LEAST), "variance", np.inf),
        (jd.Frechet(HUGE, 2.6), "variance", np.inf),
        (jd.LogLogistic(HUGE, LEAST), "variance", np.inf),
        (jd.LogNormal(-1.5, HUGE), "variance", np.inf),
        (jd.LogitNormal(-1.0, HUGE), "mean", 0.5),
        (jd.RelaxedBernoulli(LEAST, logits=0.0), "mean", 0.5),
        (jd.TanhNormal(HUGE, 0.2), "variance", 0.0),
        (jd.Pareto(1e30, 1e30), "mean", 1e30),
        (jd.JohnsonSU(-100.0, 1.0, 0.0, LEAST), "mean", 265917.350),
        (jd.JohnsonSU(-100.0, 1.0, 0.0, 1e-30), "variance", 8.43772314e26),
        (jd.JohnsonSU(0.0, LEAST), "variance", np.inf),
        (jd.JohnsonSU(1e3, 1e20, 0.0, 1e15), "variance", 9.99999934e-11),
        (jd.SinhArcsinh(0.0, 1.0, -1000.0), "mean", -np.inf),
        (jd.SinhArcsinh(0.0, 1.0, 0.0, 1000.0), "variance", np.inf),
        (jd.GeneralizedExtremeValue(0.0, 1.0, -1e30), "variance", np.inf),
        (jd.Poisson(1e30), "entropy", 35.9577149),
        (jd.NegativeBinomial(1e30, 0.02), "entropy", 34.0219061),
        (jd.NegativeBinomial(HUGE, 0.02), "entropy", 43.7815526),
        (jd.NegativeBinomial(0.7, logits=1000.0), "entropy", 1000.59486),
        (jd.Skellam(HUGE, HUGE), "entropy", 46.063935),
        (jd.DiscreteLaplace(HUGE), "entropy", 0),
        (jd.Zipf(HUGE), "entropy", 0),
        (jd.BetaGeometric(HUGE, HUGE), "variance", 2),
        (jd.BetaGeometric(3.5, HUGE), "variance", np.inf),
        (jd.BetaBinomial(HUGE, HUGE, 24), "mean", 12),
        (jd.BetaBinomial(HUGE, HUGE, 24), "variance", 6),
        (jd.BetaBinomial(LEAST, LEAST, 24), "variance", 144),
        (jd.BetaBinomial(1e30, 0.7, 24), "entropy", 1.12990369e-27),
    ],
    ids=str,
)
def test_summaries(d, name, expected):
    value, slopes = jax.value_and_grad(lambda d: summary(d, name))(d)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    assert not any(np.isnan(slope) for slope in jax.tree.leaves(slopes))


@functools.partial(jax.jit, static_argnames=("method", "moves_value"))
def value_and_slopes(d, x, method, moves_value):
    """The value of a method, its slopes in the parameters and, where there is one, in the value."""

    def evaluate(moved, x):
        return getattr(still(moved, d), method)(x)

    value, pull_back = jax.vjp(evaluate, d, x)
    slopes, slope = pull_back(jnp.ones_like(value))
    return value, (slopes, slope) if moves_value else (slopes,)


def where_nan(d, x, results):
    """Describe some of the points at which a result or one of its slopes is NaN, if there are."""
    bad = np.logical_or.reduce([np.isnan(leaf) for leaf in jax.tree.leaves(results)])
    points = list(zip(*np.nonzero(bad), strict=True))
    parameters = lambda i: {name: float(value[i]) for name, value in d._stored().items()}
    some = [f"at {x[i]} of {parameters(i)}" for i in points[:5]]
    return "\n".join([f"{len(points)} of {bad.size} are NaN", *some]) if some else ""


def evaluate_at_the_ends(row, method, values):
    """Evaluate a method of all extreme distributions of a row's family; nothing may be NaN."""
    d = extreme_parameters(row.make())
    d = d.expand((values.size, *d.batch_shape))
    x = np.broadcast_to(values[:, None], d.batch_shape)
    moves_value = is_continuous(d) or (method == "icdf" and not d.support.is_discrete)
    results = value_and_slopes(d, x, method, moves_value)
    assert not where_nan(d, x, results), where_nan(d, x, results)
    return results[0]


def numbers_around(row):
    return COUNTS if row.make().support.is_discrete else REALS


# At parameters whose sums or products overflow.
NOT_YET = (jd.NoncentralBeta, jd.NoncentralF, jd.PERT, jd.TwoPieceNormal)


@rows(
    lambda d: has_scalar_parameters(d) and not isinstance(d, NOT_YET),
    one_per_class=True,
)
def test_no_log_density_is_nan(row):
    evaluate_at_the_ends(row, "log_prob", numbers_around(row))


# Of others, slopes at parameters of 3e38 may still be NaN.
WITH_REGULAR_TAILS = (
    jd.Arcsine,
    jd.AsymmetricLaplace,
    jd.Bernoulli,
    jd.Beta,
    jd.BetaGeometric,
    jd.Binomial,
    jd.Cauchy,
    jd.Chi2,
    jd.Cosine,
    jd.DiscreteLaplace,
    jd.Exponential,
    jd.ExponentiallyModifiedGaussian,
    jd.Frechet,
    jd.Gamma,
    jd.GeneralizedExtremeValue,
    jd.Geometric,
    jd.Gompertz,
    jd.Gumbel,
    jd.HalfCauchy,
    jd.HalfNormal,
    jd.InverseGaussian,
    jd.Kumaraswamy,
    jd.Laplace,
    jd.Levy,
    jd.LogLogistic,
    jd.LogNormal,
    jd.Logistic,
    jd.Maxwell,
    jd.Moyal,
    jd.Normal,
    jd.Pareto,
    jd.Poisson,
    jd.Rayleigh,
    jd.SoftLaplace,
    jd.Triangular,
    jd.TruncatedNormal,
    jd.TwoPieceNormal,
    jd.Uniform,
    jd.VonMises,
    jd.Weibull,
    jd.Zipf,
)
# At pairs of shapes of which nearly all quantiles are 0 or 1, and where the interval underflows.
WITH_OTHER_QUANTILES = (jd.Beta, jd.TruncatedNormal)


@pytest.mark.parametrize("method", TAILS)
@rows(lambda d: type(d) in WITH_REGULAR_TAILS, one_per_class=True)
def test_no_tail_is_nan(row, method):
    p = evaluate_at_the_ends(row, method, numbers_around(row))
    if method in ("cdf", "survival_function"):
        assert np.all((p >= 0) & (p <= 1))


@rows(
    lambda d: type(d) in WITH_REGULAR_TAILS and type(d) not in WITH_OTHER_QUANTILES,
    one_per_class=True,
)
def test_no_quantile_is_nan(row):
    evaluate_at_the_ends(row, "icdf", PROBABILITIES)


# Where a mean or a variance does not exist, as the docstrings say.
UNDEFINED = {
    (jd.Cauchy, "mean"): lambda d: True,
    (jd.Horseshoe, "mean"): lambda d: True,
    (jd.StudentT, "mean"): lambda d: d.df <= 1,
    (jd.StudentT, "variance"): lambda d: d.df <= 1,
    (jd.TwoPieceStudentT, "mean"): lambda d: d.df <= 1,
    (jd.TwoPieceStudentT, "variance"): lambda d: d.df <= 1,
    (jd.NoncentralT, "mean"): lambda d: d.df <= 1,
    (jd.NoncentralT, "variance"): lambda d: d.df <= 1,
    (jd.LambertWNormal, "mean"): lambda d: d.tailweight >= 1,
    (jd.LambertWNormal, "variance"): lambda d: d.tailweight >= 1,
    (jd.GeneralizedPareto, "variance"): lambda d: d.concentration >= 1,
    (jd.FisherSnedecor, "variance"): lambda d: d.df2 <= 2,
    (jd.NoncentralF, "variance"): lambda d: d.df2 <= 2,
}


@pytest.mark.parametrize("name", ["mean", "variance", "entropy"])
@rows(has_scalar_parameters, one_per_class=True)
def test_no_summary_is_nan(row, name):
    """Nor are the slopes of what is finite."""
    d = extreme_parameters(row.make())
    try:
        value, pull_back = jax.vjp(lambda moved: summary(still(moved, d), name), d)
    except NotImplementedError:
        return
    is_undefined = UNDEFINED.get((type(d), name), lambda d: False)(d)
    (slopes,) = pull_back(jnp.ones_like(value))
    finite_slopes = jax.tree.map(lambda slope: jnp.where(jnp.isfinite(value), slope, 0), slopes)
    results = jnp.where(is_undefined, 0, value), finite_slopes
    bad = np.logical_or.reduce([np.isnan(leaf) for leaf in jax.tree.leaves(results)])
    assert not bad.any(), jax.tree.map(lambda leaf: leaf[bad][:3], d)
    if name == "variance":
        assert not np.any(value < 0)
