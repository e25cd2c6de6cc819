"""The generating functions of any distribution."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import Numbers
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT, Table
from jaxdist.precision import widen
from jaxdist.promotion import numpy_promotion, result_type


@numpy_promotion
def cumulant_generating_function(d: Distribution, t: Numbers) -> Array:
    r"""Cumulant generating function: the logarithm of the moment generating function.

    .. math:: K(t) = \log E[e^{t x}] = \mu t + \tfrac12 \sigma^2 t^2 + \dots

    Its derivatives at 0 are the cumulants, the mean and the variance first; not so if it is finite
    at 0 alone, where they are 0. It is finite where the moment itself overflows. K(t) / t is the
    entropic risk measure of costs x with risk aversion t, the objective of risk-sensitive control;
    exp(K(t) - t a) for t > 0 is Chernoff's bound of P(x >= a). Distributions.jl calls it `cgf`.

    Mixtures, sums over independent entries, affine transforms and finite supports have it whenever
    their parts do.

    Args:
      d: the distribution of x.
      t: finite, of the shapes that `log_prob` takes: `(..., *batch_shape, *event_shape)`, or
        `event_shape`. t x is an inner product for vectors.

    Returns:
      Shape `(..., *batch_shape)`; infinite with gradient 0 where the moment is, NaN where t is not
      finite.

    Raises:
      NotImplementedError: if no closed form is known.
      ValueError: if the shape of t does not fit.

    Example:
      The entropic risk of a cost, and Chernoff's bound of P(x >= 3):

      >>> import jax, jaxdist as jd
      >>> cost = jd.Gamma(2.0, 4.0)
      >>> print([f"{jd.cumulant_generating_function(cost, t) / t:.3f}" for t in (0.01, 1.0, 4.0)])
      ['0.501', '0.575', 'inf']
      >>> t = 4.0 - 2.0 / 3.0  # where K'(t) = 3
      >>> bound = jax.numpy.exp(jd.cumulant_generating_function(cost, t) - 3.0 * t)
      >>> print(f"{cost.survival_function(3.0):.1e} <= {bound:.1e}")
      8.0e-05 <= 1.6e-03

    References:
      Howard and Matheson 1972, "Risk-sensitive Markov decision processes". Chernoff 1952, "A
      measure of asymptotic efficiency for tests of a hypothesis based on the sum of observations".
    """
    return _evaluate(CUMULANT, d, t, _real)


@numpy_promotion
def moment_generating_function(d: Distribution, t: Numbers) -> Array:
    r"""Moment generating function.

    .. math:: M(t) = E[e^{t x}]

    It overflows early: prefer its logarithm, `cumulant_generating_function`. Distributions.jl calls
    it `mgf`.

    Args:
      d: the distribution of x.
      t: as for `cumulant_generating_function`.

    Returns:
      Shape `(..., *batch_shape)`; infinite with gradient 0 where the moment is, NaN where t is not
      finite.

    Raises:
      NotImplementedError: if no closed form is known.
      ValueError: if the shape of t does not fit.

    Example:
      >>> import jaxdist as jd
      >>> jd.moment_generating_function(jd.Exponential(2.0), [0.0, 1.0])
      Array([1., 2.], dtype=float32)
    """
    return _evaluate(CUMULANT, d, t, _exp)


@numpy_promotion
def characteristic_function(d: Distribution, t: Numbers) -> Array:
    r"""Characteristic function: the Fourier transform of the density, with a positive sign.

    .. math:: \varphi(t) = E[e^{i t x}]

    It exists for every distribution, also where moments do not. Distributions.jl calls it `cf`.

    Args:
      d: the distribution of x.
      t: as for `cumulant_generating_function`.

    Returns:
      Complex numbers of shape `(..., *batch_shape)`, NaN where t is not finite.

    Raises:
      NotImplementedError: if no closed form is known.
      ValueError: if the shape of t does not fit.

    Example:
      >>> import jaxdist as jd
      >>> phi = jd.characteristic_function(jd.Cauchy(0.5, 2.0), 1.0)
      >>> print(f"{phi:.4f}")
      0.1188+0.0649j
    """
    return _evaluate(CHARACTERISTIC, d, t, _complex)


Finish = Callable[[Array, np.dtype], Array]


def _real(x: Array, dtype: np.dtype) -> Array:
    return jnp.where(x < math.inf, x, math.inf).astype(dtype)


def _exp(x: Array, dtype: np.dtype) -> Array:
    finite = x < math.inf
    return jnp.where(finite, jnp.exp(jnp.where(finite, x, 0)), math.inf).astype(dtype)


def _complex(x: Array, dtype: np.dtype) -> Array:
    return x.astype(jnp.promote_types(dtype, jnp.complex64))


def _evaluate(table: Table, d: Distribution, t: Numbers, finish: Finish) -> Array:
    value = require_distribution(d)._value(t, d.event_shape)
    x = value.astype(jnp.promote_types(result_type(float, value), jnp.float32))
    finite = jnp.isfinite(x)
    result = table.evaluate(widen(d), jnp.where(finite, x, 0))
    axes = tuple(range(-len(d.event_shape), 0))
    valid = jnp.all(finite, axes) if axes else finite
    return jnp.where(valid, finish(result, result_type(d.dtype, value)), math.nan)
