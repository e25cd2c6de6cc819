"""Probabilities below and above a number that were once wrong."""

import jaxdist as jd
from tests.accuracy.examples.example import Example

EXAMPLES: dict[str, Example] = {
    "log-survival of Binomial": (
        lambda: jd.Binomial(18, logits=-100.0).log_survival_function(9),
        -989.3136,
    ),
    "log-cdf of Geometric": (
        lambda: jd.Geometric(logits=-2085.89478).log_cdf(1_000_000),
        -2072.0793,
    ),
    "log-cdf of BetaNegativeBinomial with a heavy tail": (
        lambda: jd.BetaNegativeBinomial(1.53911746, 0.0176504459, 0.00783936307).log_cdf(1),
        -0.364806019,
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
    "log-cdf of NegativeBinomial": (
        lambda: jd.NegativeBinomial(0.0422, logits=100.0).log_cdf(54830),
        -3.7365903,
    ),
    "cdf of VonMises at a large loc": (
        lambda: jd.VonMises(1e7, 2.0).cdf(1.0) + jd.VonMises(1e7, 2.0).survival_function(1.0),
        1.0,
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
    "cdf of Chi": (lambda: jd.Chi(0.01).cdf(1e-25), 0.56200393),
    "Censored beyond the base distribution": (
        lambda: jd.Censored(jd.Uniform(0.0, 1.0), 2.0, 3.0).log_prob(2.0),
        0.0,
    ),
    "cdf of HalfStudentT": (lambda: jd.HalfStudentT(0.01).cdf(1e38), 0.59541718),
    "log-survival of TwoPieceNormal above its mode": (
        lambda: jd.TwoPieceNormal(0.0, 1.0, 13.0077572).log_survival_function(1e-9),
        -0.00589270836,
    ),
    "log-cdf of TwoPieceNormal below its mode": (
        lambda: jd.TwoPieceNormal(0.0, 1.0, 0.0492779836).log_cdf(-0.845),
        -0.0362037279,
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
    "cdf of StudentT beyond the largest float": (
        lambda: jd.StudentT(0.0176199172, -0.00975026563, 0.00407666061).cdf(3.39999995e38),
        0.909376613,
    ),
    "cdf of LogSeries whose complement is no float": (
        lambda: jd.LogSeries(logits=20.7220249).cdf(1_073_741_820),
        0.9906516642,
    ),
    "cdf of TruncatedNormal in large units": (
        lambda: jd.TruncatedNormal(74.2032471, 7359.58643, -389.968597, 414.858368).cdf(107.901108),
        0.618552201,
    ),
}
