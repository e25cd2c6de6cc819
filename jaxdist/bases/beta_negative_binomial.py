"""Standardized moments of counts of failures whose probability of success has a beta distribution.

The beta negative binomial distribution, of which the beta geometric one is a case.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array


def beta_negative_binomial_skewness(a: Array, b: Array, n: Array, stddev: Array) -> Array:
    r"""Return the skewness, infinite for a <= 3 and NaN for a <= 2.

    .. math:: \frac{(1 + 2 n / d) (2 b + d)}{(d - 2)\, \sigma}, \quad d = a - 1

    Args:
      a: concentration of what ends the count.
      b: concentration of what is counted.
      n: number of events that end the count.
      stddev: σ.
    """
    d = jnp.where(a > 3, a, 5) - 1
    skewness = (1 + 2 * n / d) * ((2 * b + d) / (d - 2)) / jnp.where(a > 3, stddev, 1)
    return jnp.where(a > 3, skewness, jnp.where(a > 2, math.inf, math.nan))


def beta_negative_binomial_kurtosis(a: Array, b: Array, n: Array) -> Array:
    r"""Return the excess kurtosis, infinite for a <= 4 and NaN for a <= 2: a sum of positive terms.

    .. math:: \frac{1}{d - 3} \left(6 (1 + r e) + \frac{r d}{n (d + n)} ((d + 1) e + 2 (d - 2))
              \right), \quad d = a - 1, \; e = \frac{(2 b + d)^2}{b (b + d)}, \;
              r = \frac{d - 1}{d - 2}

    It is the formula of the beta binomial distribution for a negative number of trials.

    Args:
      a: concentration of what ends the count.
      b: concentration of what is counted.
      n: number of events that end the count.
    """
    d = jnp.where(a > 4, a, 6) - 1
    e = (2 * b + d) / b * ((2 * b + d) / (b + d))
    r = (d - 1) / (d - 2)
    of_number = r * (d / (n * (d + n))) * ((d + 1) * e + 2 * (d - 2))
    kurtosis = (6 * (1 + r * e) + of_number) / (d - 3)
    return jnp.where(a > 4, kurtosis, jnp.where(a > 2, math.inf, math.nan))
