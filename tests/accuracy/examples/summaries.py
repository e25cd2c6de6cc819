"""Moments, entropies and divergences that were once wrong."""

import numpy as np

import jaxdist as jd
from tests.accuracy.examples.example import Example

EXAMPLES: dict[str, Example] = {
    "variance of Kumaraswamy, 1e4": (lambda: jd.Kumaraswamy(1e4, 0.5).variance, 7.09888e-9),
    "variance of Kumaraswamy, 1e5": (lambda: jd.Kumaraswamy(1e5, 0.5).variance, 7.10108e-11),
    "variance of Kumaraswamy, 1e6": (lambda: jd.Kumaraswamy(1e6, 1e-3).variance, 2.40086e-15),
    "entropy of Geometric": (lambda: jd.Geometric(logits=-2085.89478).entropy(), 2086.8948),
    "entropy of a trial that is nearly sure": (
        lambda: jd.Bernoulli(logits=87.5465088).entropy(),
        8.43734418e-37,
    ),
    "entropy of LogSeries of a tiny probability": (
        lambda: jd.LogSeries(probs=1.7311665e-24).entropy() * 1e22,
        0.488244297,
    ),
    "entropy of LogSeries where the second probability underflows": (
        lambda: jd.LogSeries(logits=-87.4942017).entropy(),
        4.47738334e-37,
    ),
    "mean of GeneralizedPareto": (lambda: jd.GeneralizedPareto(0.0, 1.0, 2.0).mean, np.inf),
    "mean of FisherSnedecor": (lambda: jd.FisherSnedecor(3.0, 1.0).mean, np.inf),
    "variance of LogNormal": (lambda: jd.LogNormal(-273672.0, 170.0).variance, 0.0),
    "variance of TruncatedNormal at a large scale": (
        lambda: jd.TruncatedNormal(0.0, 1e20, -1.0, 1.0).variance,
        1 / 3,
    ),
    "divergence of rare successes": (
        lambda: jd.kl_divergence(jd.Geometric(logits=-55.0), jd.Geometric(logits=-54.5)),
        0.1487213,
    ),
    "mean of JohnsonSU": (lambda: jd.JohnsonSU(0.0, 0.05).mean, 0.0),
    "variance of Hurdle": (
        lambda: jd.Hurdle(jd.Poisson(1e6), 1e-9).variance,
        1.001e6,
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
    "variance of FisherNoncentralHypergeometric": (
        lambda: jd.FisherNoncentralHypergeometric(1000, 1000, 8, 1e8).variance,
        8.0563945988e-8,
    ),
    "divergence of nearly equal LogSeries": (
        lambda: jd.kl_divergence(jd.LogSeries(1.10141278e-10), jd.LogSeries(1.1014311e-10)) * 1e20,
        0.761681539,
    ),
    "variance of a nearly uniform SineSkewed": (
        lambda: jd.SineSkewed(jd.VonMises(0.0, 1e-6), 0.0).variance,
        0.9999995,
    ),
    "mean of a nearly uniform SineSkewed": (
        lambda: jd.SineSkewed(jd.VonMises(0.0, 1e-6), 1e-3).mean,
        1.56979633,
    ),
    "third moment of Delta": (lambda: jd.Delta(2.0).moment(3), 8.0),
    "third moment of a point": (lambda: jd.Poisson(0.0).moment(3), 0.0),
    "fourth moment of Poisson": (lambda: jd.Poisson(1e-30).moment(4), 1e-30),
    "mean of TruncatedNormal on a wide interval": (
        lambda: jd.TruncatedNormal(0.0457210951, 0.464904994, -1.82754219, 2.48522997).mean,
        0.0457762053,
    ),
}
