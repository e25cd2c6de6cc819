"""Densities and log-probabilities that were once wrong."""

import numpy as np

import jaxdist as jd
from tests.accuracy.examples.example import Example

ROTATION = np.array([[2, -2, 1], [1, 2, 2], [2, 1, -2]]) / 3

EXAMPLES: dict[str, Example] = {
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
    "log-probability of what is nearly sure": (
        lambda: jd.Categorical(logits=[20.0, 0.0, 1.0]).log_prob(0),
        -7.663950e-9,
    ),
    "log-probability of counts that are nearly sure": (
        lambda: jd.BetaBinomial(1e-4, 3e5, 224).log_prob(0),
        -7.463893e-8,
    ),
    "log-density of Chi": (lambda: jd.Chi(3.0).log_prob(1e-25), -115.35505),
    "log-density of Rayleigh": (lambda: jd.Rayleigh(1e20).log_prob(1e-30), -161.18096),
    "log-probability of a large Quantized": (
        lambda: jd.Quantized(jd.Normal(1e8, 1e7)).log_prob(1e8),
        -17.037034,
    ),
    "log-density of NoncentralBeta": (
        lambda: jd.NoncentralBeta(0.0115541806, 0.020855438, 0.00012073679).log_prob(
            3.08148806e-37
        ),
        78.1976515,
    ),
    "log-probability of FisherNoncentralHypergeometric": (
        lambda: jd.FisherNoncentralHypergeometric(8667, 1614767, 320, 0.000271149474).log_prob(0),
        -0.000465803935,
    ),
    "log-probability of WalleniusNoncentralHypergeometric": (
        lambda: jd.WalleniusNoncentralHypergeometric(2634317, 58348, 116, 0.0129955504).log_prob(
            56
        ),
        -5.67431121,
    ),
    "log-probability of a process with eigenvalues of all sizes": (
        lambda: jd.DeterminantalPointProcess([1e-6, 1.0, 1e6], ROTATION).log_prob([1, 1, 1]),
        -14.5086596,
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
    "log-density of GeneralizedExtremeValue of a huge concentration": (
        lambda: jd.GeneralizedExtremeValue(0.0, 1.0, 3e38).log_prob(1e20),
        -135.648548,
    ),
    "log-density of SinhArcsinh at a distance beyond the largest float": (
        lambda: jd.SinhArcsinh(-3e38, 3e38, 0.2, 0.5).log_prob(3e38),
        -90.6305896,
    ),
    "density of RelaxedBernoulli where tiny odds and a tiny value cancel": (
        lambda: jd.RelaxedBernoulli(3.944325e-5, probs=3.081163e-31).log_prob(1.80485133e-35),
        -0.392322894,
    ),
    "probable count of WalleniusNoncentralHypergeometric of all successes": (
        lambda: jd.WalleniusNoncentralHypergeometric(32, 15, 33, 43.059486).log_prob(32),
        -0.489991698,
    ),
}
