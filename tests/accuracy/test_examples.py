"""Inputs at which results were once wrong in kind, with their right values from mpmath."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd


def slope(function: Callable[[Any], Any], at: float) -> jax.Array:
    return jax.grad(function)(jnp.float32(at))


ROTATION = np.array([[2, -2, 1], [1, 2, 2], [2, 1, -2]]) / 3

EXAMPLES: dict[str, tuple[Callable[[], Any], float]] = {
    "slope of TanhNormal in the value": (
        lambda: slope(jd.TanhNormal(0.0, 1.54286861).log_prob, 2.0e-8),
        3.15982e-8,
    ),
    "variance of Kumaraswamy, 1e4": (lambda: jd.Kumaraswamy(1e4, 0.5).variance, 7.09888e-9),
    "variance of Kumaraswamy, 1e5": (lambda: jd.Kumaraswamy(1e5, 0.5).variance, 7.10108e-11),
    "variance of Kumaraswamy, 1e6": (lambda: jd.Kumaraswamy(1e6, 1e-3).variance, 2.40086e-15),
    "log-survival of Binomial": (
        lambda: jd.Binomial(18, logits=-100.0).log_survival_function(9),
        -989.3136,
    ),
    "log-cdf of Geometric": (
        lambda: jd.Geometric(logits=-2085.89478).log_cdf(1_000_000),
        -2072.0793,
    ),
    "entropy of Geometric": (lambda: jd.Geometric(logits=-2085.89478).entropy(), 2086.8948),
    "entropy of a trial that is nearly sure": (
        lambda: jd.Bernoulli(logits=87.5465088).entropy(),
        8.43734418e-37,
    ),
    "quantile of Folded where the density is tiny": (
        lambda: jd.Folded(jd.Normal(2.03022194, 0.224669039)).icdf(1.02607252e-28),
        1.55835239e-11,
    ),
    "slope of the cdf of LogSeries in logits whose complement underflows": (
        lambda: slope(lambda logits: jd.LogSeries(logits=logits).cdf(4019162.0), 95.1642151),
        -0.0017428669,
    ),
    "entropy of LogSeries where the second probability underflows": (
        lambda: jd.LogSeries(logits=-87.4942017).entropy(),
        4.47738334e-37,
    ),
    "log-cdf of BetaNegativeBinomial with a heavy tail": (
        lambda: jd.BetaNegativeBinomial(1.53911746, 0.0176504459, 0.00783936307).log_cdf(1),
        -0.364806019,
    ),
    "quantile of Cosine near the middle": (
        lambda: jd.Cosine(2.67952657, 189909.109).icdf(0.520977914),
        96948.5365,
    ),
    "slope of the cdf of Triangular in the end": (
        lambda: slope(
            lambda low: jd.Triangular(low, 1.28442246e-09, -228945.375).cdf(-499517.438),
            -79628528.0,
        ),
        -1.21160514e-10,
    ),
    "slope of NoncentralT in df at the center": (
        lambda: slope(
            lambda df: jd.NoncentralT(df, 273.018951).log_prob(3.31252902e-14), 63.4125023
        ),
        6.21636131e-05,
    ),
    "log-cdf of ContinuousBernoulli": (
        lambda: jd.ContinuousBernoulli(0.001).log_cdf(0.99),
        -7.165438e-5,
    ),
    "log-survival of HalfNormal": (
        lambda: jd.HalfNormal(1.0).log_survival_function(1e-6),
        -7.978849e-7,
    ),
    "cdf of InverseGamma": (lambda: jd.InverseGamma(0.01, 1.0).cdf(3e38), 0.5853324),
    "cdf of Gamma": (lambda: jd.Gamma(0.01, 1e-20).cdf(1e-20), 0.4003790),
    "mean of GeneralizedPareto": (lambda: jd.GeneralizedPareto(0.0, 1.0, 2.0).mean, np.inf),
    "mean of FisherSnedecor": (lambda: jd.FisherSnedecor(3.0, 1.0).mean, np.inf),
    "variance of LogNormal": (lambda: jd.LogNormal(-273672.0, 170.0).variance, 0.0),
    "quantile of Gamma": (lambda: jd.Gamma(1e15, 1.0).icdf(0.3), 1e15),
    "quantile of Chi2": (lambda: jd.Chi2(1e15).icdf(0.3), 1e15),
    "quantile of StudentT": (lambda: jd.StudentT(0.005).icdf(0.9999), np.inf),
    "log-density of a low-rank normal": (
        lambda: jd.LowRankMultivariateNormal(
            np.zeros(5), np.full((5, 2), 1e3), np.full(5, 1e-4)
        ).log_prob(np.ones(5)),
        5.766939,
    ),
    "log-density of a low-rank normal with an entry that the others determine": (
        lambda: jd.LowRankMultivariateNormal(
            [0.0, 1.3087689e-06, 6.28343694e-15],
            [[1471.30627, 4342.22852], [1633.96924, -7211.42432], [-2077.97852, -8069.95264]],
            [3.61466846e-07, 48271512.0, 0.00148247438],
        ).log_prob(np.array([-7852.62598, 6929.65234, 13542.667])),
        -28.551331,
    ),
    "slope of a low-rank normal in the variance of an entry that the others determine": (
        lambda: slope(
            lambda variance: jd.LowRankMultivariateNormal(
                [-4.40366897e-16, -1.01931155e-05, -3.32822433e-15],
                [[56.5474243, -3.37972069], [31.0590649, 63.954483], [14.7855911, 34.0877304]],
                jnp.stack([variance, jnp.float32(1.88084607e-06), jnp.float32(6381761.0)]),
                validate_args=False,
            ).log_prob(np.array([-33.0668678, -28.2704201, 219.06279])),
            4.90890779e-05,
        ),
        -1.4267730e-4,
    ),
    "log-probability of what is nearly sure": (
        lambda: jd.Categorical(logits=[20.0, 0.0, 1.0]).log_prob(0),
        -7.663950e-9,
    ),
    "log-probability of counts that are nearly sure": (
        lambda: jd.BetaBinomial(1e-4, 3e5, 224).log_prob(0),
        -7.463893e-8,
    ),
    "log-cdf of NegativeBinomial": (
        lambda: jd.NegativeBinomial(0.0422, logits=100.0).log_cdf(54830),
        -3.7365903,
    ),
    "slope of StudentT in df": (
        lambda: slope(lambda df: jd.StudentT(df).log_prob(3.0), 86735264.0),
        -2.0603463e-15,
    ),
    "slope of Kumaraswamy next to 1": (
        lambda: slope(jd.Kumaraswamy(2.0, 3.0).log_prob, 0.99999994),
        -33554430.0,
    ),
    "cdf of VonMises at a large loc": (
        lambda: jd.VonMises(1e7, 2.0).cdf(1.0) + jd.VonMises(1e7, 2.0).survival_function(1.0),
        1.0,
    ),
    "variance of TruncatedNormal at a large scale": (
        lambda: jd.TruncatedNormal(0.0, 1e20, -1.0, 1.0).variance,
        1 / 3,
    ),
    "divergence of rare successes": (
        lambda: jd.kl_divergence(jd.Geometric(logits=-55.0), jd.Geometric(logits=-54.5)),
        0.1487213,
    ),
    "far quantile of InverseGaussian": (
        lambda: jd.InverseGaussian(34794.72265625, 55556.87109375).icdf(1e-30),
        408.65155,
    ),
    "quantile of InverseGaussian": (
        lambda: jd.InverseGaussian(2.8831802410422824e-05, 6.271459369600052e-06).icdf(0.003),
        6.816062e-7,
    ),
    "survival of a skewed InverseGaussian": (
        lambda: jd.InverseGaussian(24407.21875, 2.3008253080547547e-08).survival_function(
            146.48800659179688
        ),
        9.9995581e-6,
    ),
    "log-survival of Gompertz": (
        lambda: jd.Gompertz(1e-30, 1.0).log_survival_function(100.0),
        -2.6881172e13,
    ),
    "slope of the cdf of Gompertz": (lambda: slope(jd.Gompertz(1e-15, 1.0).cdf, 200.0), 0.0),
    "quantile of AsymmetricLaplace": (
        lambda: jd.AsymmetricLaplace(0.0, 1.0, 100.0).isf(2e-4),
        -0.0100025,
    ),
    "cdf of Chi": (lambda: jd.Chi(0.01).cdf(1e-25), 0.56200393),
    "log-density of Chi": (lambda: jd.Chi(3.0).log_prob(1e-25), -115.35505),
    "log-density of Rayleigh": (lambda: jd.Rayleigh(1e20).log_prob(1e-30), -161.18096),
    "quantile of Triangular": (lambda: jd.Triangular(0.0, 1e-25, 5e-26).icdf(0.3), 3.8729835e-26),
    "mean of JohnsonSU": (lambda: jd.JohnsonSU(0.0, 0.05).mean, 0.0),
    "slope of the cdf of LogUniform": (
        lambda: slope(jd.LogUniform(1e-26, 1e27).cdf, 2e-26),
        4.0971177e23,
    ),
    "slope of the cdf of GeneralizedNormal": (
        lambda: slope(jd.GeneralizedNormal(0.0, 1.0, 70.0).cdf, 1e5),
        0.0,
    ),
    "Censored beyond the base distribution": (
        lambda: jd.Censored(jd.Uniform(0.0, 1.0), 2.0, 3.0).log_prob(2.0),
        0.0,
    ),
    "slope of the mean of GeneralizedExtremeValue": (
        lambda: slope(lambda c: jd.GeneralizedExtremeValue(0.0, 1.0, c).mean, 0.0),
        0.989056,
    ),
    "slope of the variance of GeneralizedExtremeValue": (
        lambda: slope(lambda c: jd.GeneralizedExtremeValue(0.0, 1.0, c).variance, 1e-6),
        4.3031007,
    ),
    "slope of the entropy of Poisson": (
        lambda: slope(lambda rate: jd.Poisson(rate).entropy(), 1e4),
        5.00008334e-5,
    ),
    "cdf of HalfStudentT": (lambda: jd.HalfStudentT(0.01).cdf(1e38), 0.59541718),
    "quantile of GeneralizedNormal": (
        lambda: jd.GeneralizedNormal(0.0, 1.0, 100.0).icdf(0.6),
        0.19886522,
    ),
    "variance of Hurdle": (
        lambda: jd.Hurdle(jd.Poisson(1e6), 1e-9).variance,
        1.001e6,
    ),
    "log-probability of a large Quantized": (
        lambda: jd.Quantized(jd.Normal(1e8, 1e7)).log_prob(1e8),
        -17.037034,
    ),
    "slope of NoncentralT in df": (
        lambda: slope(
            lambda df: jd.NoncentralT(df, -0.0338090062).log_prob(-8.36658164e-20), 296.053864
        ),
        2.85230567e-06,
    ),
    "slope of NoncentralT in the noncentrality": (
        lambda: slope(
            lambda delta: jd.NoncentralT(3.86151981, delta).log_prob(-15344697300.0), -69.2915115
        ),
        -0.0556954319,
    ),
    "slope of NoncentralF in df2": (
        lambda: slope(
            lambda df2: jd.NoncentralF(1.31488311, df2, 0.000763897202).log_prob(2.13124728),
            7441.50244,
        ),
        1.91063596e-09,
    ),
    "slope of NoncentralF in the noncentrality": (
        lambda: slope(
            lambda rate: jd.NoncentralF(6.68605042, 0.128212944, rate).log_prob(817651319000.0),
            0.000149314146,
        ),
        0.00958792482,
    ),
    "log-density of NoncentralBeta": (
        lambda: jd.NoncentralBeta(0.0115541806, 0.020855438, 0.00012073679).log_prob(
            3.08148806e-37
        ),
        78.1976515,
    ),
    "mean of GeneralizedInverseGaussian": (
        lambda: jd.GeneralizedInverseGaussian(-0.188834697, 5.48434364e-05, 1.19678879).mean,
        199.791879,
    ),
    "variance of GeneralizedInverseGaussian": (
        lambda: (
            jd.GeneralizedInverseGaussian(-0.666665554, 693.040344, 5.66605749e-15).variance * 1e30
        ),
        0.0463014688,
    ),
    "slope of GeneralizedInverseGaussian in the order": (
        lambda: slope(
            lambda order: jd.GeneralizedInverseGaussian(
                order, 1.65978463e-06, 3.31058313e17
            ).log_prob(1.25404895e18),
            6.54312032e-07,
        ),
        1.33179788,
    ),
    "log-probability of FisherNoncentralHypergeometric": (
        lambda: jd.FisherNoncentralHypergeometric(8667, 1614767, 320, 0.000271149474).log_prob(0),
        -0.000465803935,
    ),
    "slope of the cdf of WalleniusNoncentralHypergeometric": (
        lambda: (
            slope(
                lambda odds: jd.WalleniusNoncentralHypergeometric(11, 37, 24, odds).cdf(10),
                328.57016,
            )
            * 1e15
        ),
        -0.385709655,
    ),
    "log-probability of WalleniusNoncentralHypergeometric": (
        lambda: jd.WalleniusNoncentralHypergeometric(2634317, 58348, 116, 0.0129955504).log_prob(
            56
        ),
        -5.67431121,
    ),
    "variance of FisherNoncentralHypergeometric": (
        lambda: jd.FisherNoncentralHypergeometric(1000, 1000, 8, 1e8).variance,
        8.0563945988e-8,
    ),
    "divergence of nearly equal LogSeries": (
        lambda: jd.kl_divergence(jd.LogSeries(1.10141278e-10), jd.LogSeries(1.1014311e-10)) * 1e20,
        0.761681539,
    ),
    "slope of the entropy of StudentT": (
        lambda: slope(lambda df: jd.StudentT(df).entropy(), 30.0),
        -0.001128993882,
    ),
    "slope of the entropy of StudentT in a large df": (
        lambda: slope(lambda df: jd.StudentT(df).entropy(), 1e8) * 1e16,
        -1.00000001,
    ),
    "slope of SoftLaplace next to its median": (
        lambda: slope(jd.SoftLaplace(0.0, 1.0).log_prob, 1e-12),
        -1e-12,
    ),
    "log-survival of TwoPieceNormal above its mode": (
        lambda: jd.TwoPieceNormal(0.0, 1.0, 13.0077572).log_survival_function(1e-9),
        -0.00589270836,
    ),
    "log-cdf of TwoPieceNormal below its mode": (
        lambda: jd.TwoPieceNormal(0.0, 1.0, 0.0492779836).log_cdf(-0.845),
        -0.0362037279,
    ),
    "slope of GeneralizedNormal whose power overflows": (
        lambda: slope(jd.GeneralizedNormal(0.0, 1.0, 3.0).log_prob, -1e16),
        3e32,
    ),
    "slope of the log-survival of GeneralizedNormal at the mode": (
        lambda: slope(jd.GeneralizedNormal(0.0, 1.0, 2.0).log_survival_function, 0.0),
        -1.12837917,
    ),
    "slope of the log-cdf of SkewedExponentialPower at the mode": (
        lambda: slope(jd.SkewedExponentialPower(0.0, 1.0, 2.0, 2.0).log_cdf, 0.0),
        2.25675833,
    ),
    "slope of the cdf of Bates in the middle": (
        lambda: slope(jd.Bates(3, -1.0, 1.0).cdf, 0.0),
        1.125,
    ),
    "slope of the log-cdf of VonMises at the mode": (
        lambda: slope(jd.VonMises(0.0, 2.0).log_cdf, 0.0),
        1.03177082,
    ),
    "slope of the log-survival of VonMises at the mode": (
        lambda: slope(jd.VonMises(0.0, 2.0).log_survival_function, 0.0),
        -1.03177082,
    ),
    "slope of TwoPieceStudentT in the scale": (
        lambda: slope(lambda s: jd.TwoPieceStudentT(1e-6, 0.0, s, 2.0).log_prob(1e8), 1.0),
        1e-6,
    ),
    "log-probability of a process with eigenvalues of all sizes": (
        lambda: jd.DeterminantalPointProcess([1e-6, 1.0, 1e6], ROTATION).log_prob([1, 1, 1]),
        -14.5086596,
    ),
    "variance of a nearly uniform SineSkewed": (
        lambda: jd.SineSkewed(jd.VonMises(0.0, 1e-6), 0.0).variance,
        0.9999995,
    ),
    "mean of a nearly uniform SineSkewed": (
        lambda: jd.SineSkewed(jd.VonMises(0.0, 1e-6), 1e-3).mean,
        1.56979633,
    ),
    "small quantile of Gamma": (
        lambda: jnp.log(jd.Gamma(0.008224166, 0.000210838873).icdf(0.472674012)),
        -83.2216014,
    ),
    "small quantile of Maxwell": (
        lambda: jd.Maxwell(5.70200588e16).icdf(7.54242204e-36),
        173883.485,
    ),
    "small quantile of a nearly uniform PERT": (
        lambda: (
            jd.PERT(0.0, 3.39734397e-4, 8.71401308e10, 0.00534983678).icdf(1.55977991e-31) * 1e20
        ),
        1.35196148,
    ),
    "log-survival of a nearly uniform PERT": (
        lambda: (
            jd.PERT(0.0, 3.39734397e-4, 8.71401308e10, 0.00534983678).log_survival_function(
                1.35196152e-20
            )
            * 1e31
        ),
        -1.55977996,
    ),
    "quantile of Truncated far from the mode": (
        lambda: jd.Truncated(jd.Normal(9.56759262, 2.35347939), -13.9500971, 0.108812928).icdf(
            0.686367393
        ),
        -0.0978553613,
    ),
    "log-probability of counts of a category that is nearly sure": (
        lambda: (
            jd.Multinomial(9367, probs=[0.99999994, 1.2011913e-29, 1.92158062e-30]).log_prob(
                [9367, 0, 0]
            )
            * 1e25
        ),
        -1.30515042,
    ),
    "slope of InverseGaussian far out": (
        lambda: slope(jd.InverseGaussian(0.0328841098, 858.835205).log_prob, 1.16435134e18),
        -397107.111,
    ),
    "slope of InverseGaussian in the concentration": (
        lambda: slope(
            lambda c: jd.InverseGaussian(0.0328841098, c).log_prob(1.16435134e18), 858.835205
        ),
        -5.38371267e20,
    ),
    "slope of InverseGaussian in loc": (
        lambda: slope(
            lambda loc: jd.InverseGaussian(loc, 107687.672).log_prob(1.66944769e-27), 2.31382002e-9
        ),
        -2.01143887e22,
    ),
    "slope of Normal in the logarithm of the scale": (
        lambda: (
            slope(lambda s: jd.Normal(869911680.0, log_scale=s).log_prob(-2.5787092e36), 49.3484802)
            / 1e29
        ),
        9.10456993,
    ),
    "slope of a sharp Normal at its mean": (
        lambda: slope(lambda s: jd.Normal(1.0, log_scale=s).log_prob(1.0), -2.6e36),
        -1.0,
    ),
    "cdf of StudentT beyond the largest float": (
        lambda: jd.StudentT(0.0176199172, -0.00975026563, 0.00407666061).cdf(3.39999995e38),
        0.909376613,
    ),
    "log-density of GeneralizedExtremeValue of a huge concentration": (
        lambda: jd.GeneralizedExtremeValue(0.0, 1.0, 3e38).log_prob(1e20),
        -135.648548,
    ),
    "log-density of SinhArcsinh at a distance beyond the largest float": (
        lambda: jd.SinhArcsinh(-3e38, 3e38, 0.2, 0.5).log_prob(3e38),
        -90.6305896,
    ),
    "slope of SinhArcsinh in the skew": (
        lambda: slope(lambda s: jd.SinhArcsinh(-3e38, 3e38, s, 0.5).log_prob(3e38), 0.2),
        2.1398279,
    ),
    "third moment of Delta": (lambda: jd.Delta(2.0).moment(3), 8.0),
    "third moment of a point": (lambda: jd.Poisson(0.0).moment(3), 0.0),
    "fourth moment of Poisson": (lambda: jd.Poisson(1e-30).moment(4), 1e-30),
    "cdf of LogSeries whose complement is no float": (
        lambda: jd.LogSeries(logits=20.7220249).cdf(1_073_741_820),
        0.9906516642,
    ),
    "slope of the cdf of a rare Hurdle": (
        lambda: slope(lambda r: jd.Hurdle(jd.Poisson(r), 0.0673009232).cdf(2), 0.00182849495),
        -5.68088751e-4,
    ),
    "log-density slope in the many degrees of freedom of a vector": (
        lambda: slope(
            lambda df: jd.MultivariateStudentT(df, jnp.zeros(3), jnp.eye(3)).log_prob(
                jnp.array([1.5, -0.7, 0.6])
            ),
            297840.0,
        ),
        1.68809697e-11,
    ),
    "density of SineSkewed opposite to its mode, as a slope": (
        lambda: slope(
            jd.SineSkewed(jd.VonMises(3.09159946, 7.62345123), -0.0120226545).cdf, 0.00553594017
        ),
        2.61855913e-7,
    ),
    "cdf of TruncatedNormal in large units": (
        lambda: jd.TruncatedNormal(74.2032471, 7359.58643, -389.968597, 414.858368).cdf(107.901108),
        0.618552201,
    ),
    "mean of TruncatedNormal on a wide interval": (
        lambda: jd.TruncatedNormal(0.0457210951, 0.464904994, -1.82754219, 2.48522997).mean,
        0.0457762053,
    ),
    "slope of a mixture beyond float32": (
        lambda: slope(
            jd.Mixture(
                jd.Categorical(logits=[25.0, 18.0]),
                [jd.Normal(4.6e17, 3.7e-11), jd.Laplace(0.0, 3e-17)],
            ).log_prob,
            6.3e29,
        ),
        0.0,  # where the value is -inf
    ),
    "density of RelaxedBernoulli where tiny odds and a tiny value cancel": (
        lambda: jd.RelaxedBernoulli(3.944325e-5, probs=3.081163e-31).log_prob(1.80485133e-35),
        -0.392322894,
    ),
    "slope of a likely category of DirichletMultinomial that has few counts": (
        lambda: slope(
            lambda a: jd.DirichletMultinomial(
                jnp.stack([a, jnp.float32(0.003686724), jnp.float32(0.0662520677)]), 1_814_061
            ).log_prob(np.array([2062, 1_811_999, 0])),
            0.201695576,
        ),
        -5.41820684,
    ),
    "slope of BetaGeometric in a small concentration of successes": (
        lambda: slope(
            lambda a: jd.BetaGeometric(a, 3.37004712e-6).log_prob(2),
            0.00238796999,
        ),
        -0.906862673,
    ),
    "slope of BetaNegativeBinomial in a small concentration of failures": (
        lambda: slope(
            lambda a: jd.BetaNegativeBinomial(4.60026286e-6, a, 76096.0781).log_prob(999_966_848),
            0.000121702993,
        ),
        289.788965,
    ),
    "slope of BetaNegativeBinomial in a total count far below one": (
        lambda: slope(
            lambda n: jd.BetaNegativeBinomial(2508.88232, 1.82138422e-6, n).log_prob(1),
            0.0113551216,
        ),
        -8.37236047,
    ),
    "slope of Multinomial in the probability of what is nearly sure": (
        lambda: slope(
            lambda p: jd.Multinomial(
                1_117_554, jnp.stack([jnp.float32(2.98752722e-14), jnp.float32(2.01425579e-27), p])
            ).log_prob(np.array([0, 0, 1_117_554])),
            0.99999994,
        ),
        3.33872339e-8,
    ),
    "slope of LambertWNormal in the scale at a large tailweight": (
        lambda: slope(
            lambda scale: jd.LambertWNormal(0.524743497, scale, 27.914732).log_prob(6.04343532e19),
            25.9877338,
        ),
        0.0018068341,
    ),
    "probable count of WalleniusNoncentralHypergeometric of all successes": (
        lambda: jd.WalleniusNoncentralHypergeometric(32, 15, 33, 43.059486).log_prob(32),
        -0.489991698,
    ),
}


SLOW_EXAMPLES = (
    "slope of the cdf of WalleniusNoncentralHypergeometric",
    "small quantile of a nearly uniform PERT",
    "quantile of Truncated far from the mode",
)


@pytest.mark.parametrize(
    "name",
    [pytest.param(v, marks=pytest.mark.slow if v in SLOW_EXAMPLES else ()) for v in EXAMPLES],
)
def test_value(name):
    evaluate, expected = EXAMPLES[name]
    np.testing.assert_allclose(evaluate(), expected, rtol=2e-6)


@pytest.mark.parametrize(
    ("d", "x", "expected"),
    [
        (
            jd.DirichletMultinomial([343539.219, 8.88725281, 2.12325558e-5], 144_758),
            [144_754, 4, 0],
            -1.82753447,
        ),
        (jd.NoncentralF(2.73265862, 766.885498, 0.00144872128), 0.443511814, -0.361821985),
        (jd.LambertWNormal(0.0, 3.74693359e-13, 95.6592789), 0.0901656523, -3.07414203),
    ],
    ids=lambda v: type(v).__name__,
)
def test_logarithms_of_factors_do_not_cancel(d: jd.Distribution, x: Any, expected: float) -> None:
    np.testing.assert_allclose(d.log_prob(np.array(x)), expected, rtol=4 * 2.0**-23)


def test_the_slope_of_a_negative_binomial_in_a_large_total_count():
    """Rounding the total count changes it by 3e-8."""
    log_prob = lambda r: jd.NegativeBinomial(r, logits=1.3e-6).log_prob(227000)
    np.testing.assert_allclose(slope(log_prob, 227810.188), -1.77934479e-3, atol=2.4e-7)


def test_a_truncated_normal_far_from_its_bounds_is_at_the_nearest():
    d = jd.TruncatedNormal(1.3e11, 1.3e-34, 6.2858e7, 6.2921e7)
    np.testing.assert_array_equal(d.sample(jax.random.key(0), 3), np.float32(6.2921e7))
    assert d.cdf(6.29e7) == 0
    d = jd.TruncatedNormal(-1.8e7, 2.5e-33, -2.4e9, 1.7e10)
    assert d.cdf(0.0) == 1


# The derivatives of log_prob in loc, scale, low, high and the value, from mpmath.
FAR = {
    "beyond 1e44 standard deviations": (
        (1.3e11, 1.3e-34, 6.2858e7, 6.2921e7, 6.2921e7),
        [7.69602913e-12, -1.53846152e34, 0, -np.inf, np.inf],
    ),
    "beyond 1e20 standard deviations": (
        (-1e10, 1e-10, 0, 1, 1e-20),
        [1, 2e20, 1e30, 0, -1e30],
    ),
    "at the end, beyond 1e20": ((-1e20, 1, 0, 5, 0), [-1e-20, -2, 1e20, 0, -1e20]),
    "beyond 1e8 standard deviations": ((-1e8, 1, 0, 5, 2e-8), [1e-8, 2, 1e8, 0, -1e8]),
    "at a scale far above the interval": (
        (0, 50, 5, 5.001, 5.0003),
        [-8.00132e-8, -1.60046e-8, 1000.06999, -1000.06999, -0.00200012],
    ),
    "at a scale that nothing depends on": (
        (0.3, 1e8, -0.5, 0.7, 0.1),
        [0, -1.2e-25, 0.833333333, -0.833333333, 2e-17],
    ),
}


@pytest.mark.parametrize("name", FAR)
def test_slopes_of_a_truncated_normal_far_out(name):
    (*parameters, x), expected = FAR[name]

    def log_prob(x, *parameters):
        return jd.TruncatedNormal(*parameters, validate_args=False).log_prob(x)

    of_x, *of_parameters = jax.grad(log_prob, range(5))(*map(jnp.float32, (x, *parameters)))
    np.testing.assert_allclose([*of_parameters, of_x], expected, rtol=4e-5, atol=1e-23)


def test_the_draw_of_a_tiny_concentration_has_a_gradient():
    draw = lambda a: jd.Dirichlet(a).rsample(jax.random.key(0))[1]
    assert np.all(np.isfinite(jax.grad(draw)(jnp.array([2.5e-37, 2.4, 4.0, 7.5e-2]))))


# Derivatives of the cdf in the parameters, where the density underflows. From mpmath.
FAR_TAILS = {
    "Cauchy": (jd.Cauchy, (3.84151673e14, 5.83450323e-16), 1031244.19, [0, 8.28604714e-16]),
    "Cauchy, below": (jd.Cauchy, (0.5, 2.0), -1e25, [0, 3.183099e-26]),
    "HalfCauchy": (jd.HalfCauchy, (1e-12,), 1e15, [-6.36619781e-16]),
    "StudentT": (
        jd.StudentT,
        (3.3, 0.5, 2e-3),
        1e7,
        [3.07514437e-31, 0, -2.37488328e-29],
    ),
    "StudentT, beyond the largest float": (
        jd.StudentT,
        (0.0176199172, -0.00975026563, 0.00407666061),
        3.39999995e38,
        [8.73815878, 0, -0.391687393],
    ),
    "HalfStudentT, beyond the largest float": (
        jd.HalfStudentT,
        (0.0176199172, 0.00407666061),
        3.39999995e38,
        [17.4763176, -0.783374786],
    ),
    "HalfStudentT": (jd.HalfStudentT, (2.5, 3.0), 1e13, [1.9885462e-30, -5.90997911e-32]),
    "TwoPieceStudentT": (
        jd.TwoPieceStudentT,
        (1.0, 0.0, 1.0, 2.0),
        -1e25,
        [-3.69650914e-25, 0, 6.366198e-27, -8.2760574e-27],
    ),
    "Horseshoe": (jd.Horseshoe, (2.0,), -1e25, [2.53974555e-26]),
    "Levy": (jd.Levy, (0.1, 1e-12), 1e18, [-3.98942289e-34, -0.000398942284]),
    "GeneralizedExtremeValue": (
        jd.GeneralizedExtremeValue,
        (0.0, 1e-12, 0.42),
        1.0,
        [-5.0390285e-28, -5.03902852e-16, -3.09102663e-26],
    ),
    "GeneralizedPareto": (
        jd.GeneralizedPareto,
        (0.0, 1e-12, 0.42),
        1.0,
        [-5.0390285e-28, -5.03902852e-16, -3.09102663e-26],
    ),
}
SLOW_TO_COMPILE = (
    "HalfStudentT",
    "HalfStudentT, beyond the largest float",
    "Horseshoe",
    "TwoPieceStudentT",
)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in SLOW_TO_COMPILE else ())
        for name in FAR_TAILS
    ],
)
def test_slopes_of_the_cdf_far_in_a_tail(name):
    """They are density times z, which does not underflow where the density does."""
    family, parameters, x, expected = FAR_TAILS[name]
    cdf = lambda *parameters: family(*parameters).cdf(jnp.float32(x))
    slopes = jax.grad(cdf, tuple(range(len(parameters))))(*map(jnp.float32, parameters))
    np.testing.assert_allclose(slopes, expected, rtol=1e-5, atol=1.2e-38)


@pytest.mark.parametrize(
    ("d", "q", "expected"),
    [
        (jd.Frechet(1.51921265e-17, 0.0106759835), 0.755358875, 7.65084453e34),
        (jd.GeneralizedNormal(0.0, 1.82191493e-17, 0.0300884657), 0.908552527, 7.97849943e35),
        (jd.Pareto(1e-10, 0.025), 0.9, 9.99989104e29),
        (jd.SinhArcsinh(0.0, 1e-14, -6.86481285, 17.0086632), 0.0650250688, -1.691381e35),
        (jd.Weibull(1e-10, 0.0088), 0.9, 1.44833436e31),
    ],
    ids=str,
)
def test_quantiles_whose_powers_overflow(d: jd.Distribution, q: float, expected: float) -> None:
    """The effect of rounding q is up to 100 eps."""
    np.testing.assert_allclose(d.icdf(q), expected, rtol=2e-5)
