r"""The logistic function, its integral and its slope, with exact derivatives in both tails.

The derivatives that JAX gives :math:`\sigma(x) (1 - \sigma(x))` and :math:`1 - \tanh^2 x` are 0, or
have no right digit, where the function rounds to 1.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.of_arrays import of_arrays

_LARGE = 1e20  # from which log cosh(x) is |x| - log 2, in float64 too
_TINY_LOGITS = -40.0  # where both functions are the exponential, in float64 too


@of_arrays()
@custom_jvp
def sigmoid(x: Array) -> Array:
    r"""Return the logistic function :math:`\sigma(x) = 1 / (1 + e^{-x})`.

    Args:
      x: any shape.
    """
    return jax.nn.sigmoid(x)


@sigmoid.defjvp
def _sigmoid_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return sigmoid(x), _sigmoid_slope(x) * x_dot


@custom_jvp
def _sigmoid_slope(x: Array) -> Array:
    return sigmoid(x) * sigmoid(-x)


@_sigmoid_slope.defjvp
def _sigmoid_slope_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    slope = _sigmoid_slope(x)
    return slope, -tanh(x / 2) * slope * x_dot


@of_arrays()
@custom_jvp
def softplus(x: Array) -> Array:
    """Return `log(1 + exp(x))`, in half of the operations of `jax.nn.softplus`.

    Args:
      x: any shape.
    """
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return softplus(x), sigmoid(x) * x_dot


@of_arrays()
@custom_jvp
def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent.

    Args:
      x: any shape.
    """
    return jnp.tanh(x)


@tanh.defjvp
def _tanh_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return tanh(x), 4 * _sigmoid_slope(2 * x) * x_dot


@of_arrays()
@custom_jvp
def log_sigmoid_slope(x: Array) -> Array:
    r"""Logarithm of the derivative of the logistic function, :math:`\log \sigma(x) \sigma(-x)`.

    It is the log-density of the logistic distribution.

    Args:
      x: any shape.
    """
    size = jnp.abs(x)
    return -size - 2 * jnp.log1p(jnp.exp(-size))


@log_sigmoid_slope.defjvp
def _log_sigmoid_slope_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return log_sigmoid_slope(x), -tanh(x / 2) * x_dot


@of_arrays()
def times_sigmoid(number: Array, x: Array) -> Array:
    """Return `number * sigmoid(x)`, also where the latter underflows.

    Args:
      number: any shape broadcastable with `x`.
      x: log-odds.
    """
    return _times(number, sigmoid(x), x)


@of_arrays()
def times_softplus(number: Array, x: Array) -> Array:
    """Return `number * softplus(x)`, also where the latter underflows.

    Args:
      number: any shape broadcastable with `x`.
      x: log-odds.
    """
    return _times(number, softplus(x), x)


def _times(number: Array, function: Array, x: Array) -> Array:
    """Multiply a number by a function of x that is exp(x) where it underflows."""
    is_tiny = x < _TINY_LOGITS
    root = jnp.exp(jnp.where(is_tiny, x, 0) / 2)
    return jnp.where(is_tiny, root * (number * root), number * function)


@of_arrays()
@custom_jvp
def log_prob_of_trials(successes: Array, failures: Array, logits: Array) -> Array:
    r"""Log-probability of a sequence of trials, :math:`s \log \sigma(l) + f \log \sigma(-l)`.

    Args:
      successes: s, any shape broadcastable with the others.
      failures: f, any shape.
      logits: log-odds l of success.
    """
    return -times_softplus(successes, -logits) - times_softplus(failures, logits)


@log_prob_of_trials.defjvp
def _log_prob_of_trials_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """The slope in l is s less its expectation: around l = 0 by how much that differs from half."""
    (s, f, l), (s_dot, f_dot, l_dot) = primals, tangents
    around_zero = (s - f) / 2 - (s + f) / 2 * tanh(l / 2)
    slope = jnp.where(jnp.abs(l) < 1, around_zero, times_sigmoid(s, -l) - times_sigmoid(f, l))
    dot = slope * l_dot - softplus(-l) * s_dot - softplus(l) * f_dot
    return log_prob_of_trials(s, f, l), dot


@of_arrays()
def log_sech2(x: Array) -> Array:
    r"""Logarithm of the derivative of tanh, :math:`\log(1 - \tanh^2 x) = \log \mathrm{sech}^2 x`.

    Finite also where tanh(x) rounds to one.

    Args:
      x: any shape.
    """
    return log_sigmoid_slope(2 * x) + 2 * math.log(2)


@of_arrays()
def log_cosh(x: Array) -> Array:
    r"""Logarithm of the hyperbolic cosine, :math:`\log \cosh x`, with its derivative tanh x.

    Args:
      x: any shape.
    """
    far = jnp.abs(x) > _LARGE  # twice x may overflow
    near = -log_sech2(jnp.where(far, 0, x)) / 2
    return jnp.where(far, jnp.abs(x) - math.log(2), near)
