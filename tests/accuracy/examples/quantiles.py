"""Quantiles that were once wrong."""

import jax.numpy as jnp
import numpy as np

import jaxdist as jd
from tests.accuracy.examples.example import Example

EXAMPLES: dict[str, Example] = {
    "quantile of Folded where the density is tiny": (
        lambda: jd.Folded(jd.Normal(2.03022194, 0.224669039)).icdf(1.02607252e-28),
        1.55835239e-11,
    ),
    "quantile of Cosine near the middle": (
        lambda: jd.Cosine(2.67952657, 189909.109).icdf(0.520977914),
        96948.5365,
    ),
    "quantile of Gamma": (lambda: jd.Gamma(1e15, 1.0).icdf(0.3), 1e15),
    "quantile of Chi2": (lambda: jd.Chi2(1e15).icdf(0.3), 1e15),
    "quantile of StudentT": (lambda: jd.StudentT(0.005).icdf(0.9999), np.inf),
    "far quantile of InverseGaussian": (
        lambda: jd.InverseGaussian(34794.72265625, 55556.87109375).icdf(1e-30),
        408.65155,
    ),
    "quantile of InverseGaussian": (
        lambda: jd.InverseGaussian(2.8831802410422824e-05, 6.271459369600052e-06).icdf(0.003),
        6.816062e-7,
    ),
    "quantile of AsymmetricLaplace": (
        lambda: jd.AsymmetricLaplace(0.0, 1.0, 100.0).isf(2e-4),
        -0.0100025,
    ),
    "quantile of Triangular": (lambda: jd.Triangular(0.0, 1e-25, 5e-26).icdf(0.3), 3.8729835e-26),
    "quantile of GeneralizedNormal": (
        lambda: jd.GeneralizedNormal(0.0, 1.0, 100.0).icdf(0.6),
        0.19886522,
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
    "quantile of Truncated far from the mode": (
        lambda: jd.Truncated(jd.Normal(9.56759262, 2.35347939), -13.9500971, 0.108812928).icdf(
            0.686367393
        ),
        -0.0978553613,
    ),
}
