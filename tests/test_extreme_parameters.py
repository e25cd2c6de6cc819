"""Parameters at the ends of float32: values from mpmath, and no NaN."""

import jax
import numpy as np
import pytest

import jaxdist as jd

HUGE, LEAST = np.float32(3e38), np.float32(1.2e-38)


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
        (jd.NoncentralChi2(HUGE, 1.0), HUGE, -45.5639350),
        (jd.NoncentralChi2(HUGE, 1.5), 1e30, -np.inf),
        (jd.GeneralizedInverseGaussian(1.0, HUGE), 1.0, 43.3794844),
        (jd.GeneralizedInverseGaussian(0.0, 0.5, 0.2), 1e30, -1.25e30),
        (jd.NoncentralT(5.5, HUGE), HUGE, -88.3470108),
        (jd.NoncentralT(5.5, 1e30), 2e30, -71.2706745),
        (jd.NoncentralT(5.5, 1e6), 2e6, -16.0086322),
        (jd.NoncentralT(LEAST, 2.0), 1.0, -87.3389882),
        (jd.NoncentralT(HUGE, -0.5), 1.0, -2.04393853),
    ],
    ids=str,
)
def test_log_densities(d, x, log_prob):
    value, slopes = jax.value_and_grad(lambda d, x: d.log_prob(x), (0, 1))(d, np.float32(x))
    np.testing.assert_allclose(value, log_prob, rtol=2e-6)
    assert not any(np.isnan(slope) for slope in jax.tree.leaves(slopes))
