"""Bregman divergences against mpmath, in float32."""

import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from jaxdist.divergences.bregman import (
    itakura_saito,
    log_gamma_bregman_remainder,
    rare_beta_divergence,
)

pytestmark = pytest.mark.fast

X = np.float32([0.01, 0.3, 0.6, 3, 7.9, 8.1, 50, 1e4])
RATIO = np.float32([1.001, 0.9, 1.1, 1.9, 5, 0.1])


def log_gamma_bregman(y, x):
    return mp.loggamma(y) - mp.loggamma(x) - mp.digamma(x) * (y - x)


def deviance(x, m):
    return x * mp.log(x / m) - x + m


def reference_remainder(y, x):
    y, x = mp.mpf(float(y)), mp.mpf(float(x))
    return float(log_gamma_bregman(y, x) - deviance(y, x))


@pytest.mark.parametrize("ratio", RATIO.tolist())
def test_log_gamma_bregman_remainder_has_no_cancellation(ratio):
    y = X * np.float32(ratio)
    with mp.workdps(50):
        expected = [reference_remainder(b, a) for b, a in zip(y, X, strict=True)]
    value = log_gamma_bregman_remainder(jnp.asarray(y), jnp.asarray(X))
    # The divergence is about (ratio - 1)^2, and y / x is rounded.
    rounding = 6 + 1 / abs(ratio - 1)
    np.testing.assert_allclose(value, expected, rtol=rounding * np.finfo(np.float32).eps)


def test_itakura_saito_has_no_cancellation_around_1():
    t = np.float32([1e-3, 0.5, 0.999, 1.001, 1.5, 1e3])
    with mp.workdps(50):
        expected = [float(mp.mpf(float(x)) - 1 - mp.log(float(x))) for x in t]
    np.testing.assert_allclose(itakura_saito(jnp.asarray(t)), expected, rtol=1e-6)


def beta_divergence(a, h, b, k):
    slopes = (a - b) * mp.digamma(a) + (h - k) * mp.digamma(h)
    return mp.log(mp.beta(b, k) / mp.beta(a, h)) + slopes + (b - a + k - h) * mp.digamma(a + h)


@pytest.mark.parametrize(
    "arguments",
    [
        (1.067, 3.48e-3, 16.34, 3.479e-3),
        (3428.0, 0.46, 39.8, 0.0046),
        (0.0025, 1.4e-6, 0.4887, 1.5e-6),
        (20.0, 2.65e-4, 2.2, 2.7e-4),
    ],
)
def test_divergence_of_beta_distributions_with_a_small_concentration(arguments):
    arguments = np.float32(arguments)
    with mp.workdps(50):
        expected = float(beta_divergence(*map(mp.mpf, map(float, arguments))))
    np.testing.assert_allclose(rare_beta_divergence(*arguments), expected, rtol=2e-6)
