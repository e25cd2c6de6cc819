"""Slopes that were once wrong."""

import jax.numpy as jnp
import numpy as np

import jaxdist as jd
from tests.accuracy.examples.example import Example, slope

EXAMPLES: dict[str, Example] = {
    "slope of TanhNormal in the value": (
        lambda: slope(jd.TanhNormal(0.0, 1.54286861).log_prob, 2.0e-8),
        3.15982e-8,
    ),
    "slope of the cdf of LogSeries in logits whose complement underflows": (
        lambda: slope(lambda logits: jd.LogSeries(logits=logits).cdf(4019162.0), 95.1642151),
        -0.0017428669,
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
    "slope of a normal vector in an entry of its nearly singular precision": (
        lambda: slope(
            lambda entry: jd.MultivariateNormal(
                [1.36122322, -0.236052871, 0.383898675],
                precision_matrix=jnp.array(
                    [
                        [0.0, -3.00812459, -0.498857826],
                        [-3.00812459, 21.8303528, 2.23503757],
                        [-0.498857826, 2.23503757, 0.595878184],
                    ]
                )
                .at[0, 0]
                .set(entry),
            ).log_prob(np.array([85.7040253, 99.5639725, -637.36554])),
            0.611835957,
        ),
        -3551.75549,
    ),
    "slope of StudentT in df": (
        lambda: slope(lambda df: jd.StudentT(df).log_prob(3.0), 86735264.0),
        -2.0603463e-15,
    ),
    "slope of Kumaraswamy next to 1": (
        lambda: slope(jd.Kumaraswamy(2.0, 3.0).log_prob, 0.99999994),
        -33554430.0,
    ),
    "slope of the cdf of Gompertz": (lambda: slope(jd.Gompertz(1e-15, 1.0).cdf, 200.0), 0.0),
    "slope of the cdf of LogUniform": (
        lambda: slope(jd.LogUniform(1e-26, 1e27).cdf, 2e-26),
        4.0971177e23,
    ),
    "slope of the cdf of GeneralizedNormal": (
        lambda: slope(jd.GeneralizedNormal(0.0, 1.0, 70.0).cdf, 1e5),
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
    "slope of GeneralizedInverseGaussian in the order": (
        lambda: slope(
            lambda order: jd.GeneralizedInverseGaussian(
                order, 1.65978463e-06, 3.31058313e17
            ).log_prob(1.25404895e18),
            6.54312032e-07,
        ),
        1.33179788,
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
    "slope of SinhArcsinh in the skew": (
        lambda: slope(lambda s: jd.SinhArcsinh(-3e38, 3e38, s, 0.5).log_prob(3e38), 0.2),
        2.1398279,
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
}
