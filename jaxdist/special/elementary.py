"""Logarithms, and sums and differences of exponentials, without cancellation."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.special.approximation import elementwise, horner


@elementwise
def xlogy(x: Array, y: Array) -> Array:
    r"""Return `x log(y)`, which is 0 where x = 0, whatever y is.

    The derivative in `x` is 0 where both are 0, instead of infinite.

    Args:
      x: any shape broadcastable with `y`.
      y: non-negative.
    """
    some = x != 0
    return jnp.where(some, x * jnp.log(jnp.where(some, y, 1)), x * log_or_zero(y))


@elementwise
def xlog1py(x: Array, y: Array) -> Array:
    r"""Return `x log(1 + y)`, which is 0 where x = 0, whatever y is.

    The derivative in `x` is 0 where x = 0 and y = -1, instead of infinite.

    Args:
      x: any shape broadcastable with `y`.
      y: at least -1.
    """
    some = x != 0
    defined = jnp.where(y > -1, y, 0)
    return jnp.where(some, x * jnp.log1p(jnp.where(some, y, 0)), x * jnp.log1p(defined))


@elementwise
def xlogx(x: Array) -> Array:
    r"""Return `x log(x)`: 0 at 0, with derivative 0 there.

    Args:
      x: non-negative, any shape.
    """
    return xlogy(x, x)


def log_or_zero(x: Array) -> Array:
    """Return `log(x)` where x > 0, and 0 with gradient 0 elsewhere."""
    return jnp.log(jnp.where(x > 0, x, 1))


@jax.custom_jvp
def softplus(x: Array) -> Array:
    """Return `log(1 + exp(x))`, in half of the operations of `jax.nn.softplus`."""
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return softplus(x), jax.nn.sigmoid(x) * x_dot


@elementwise
def log1mexp(x: Array) -> Array:
    r"""Logarithm of a complement, `log(1 - exp(-x))`.

    Maechler (2012), "Accurately computing log(1 - exp(-|a|))": two forms that meet at log 2.

    Args:
      x: positive, any shape; at 0 the result is `-inf`, with derivative 0.
    """
    near = x < math.log(2)
    small = jnp.log(-jnp.expm1(-jnp.where(near & (x > 0), x, 1)))
    large = jnp.log1p(-jnp.exp(-jnp.where(near, 1, x)))
    return jnp.where(x > 0, jnp.where(near, small, large), jnp.where(x == 0, -math.inf, math.nan))


@elementwise
def log_expm1(x: Array) -> Array:
    r"""Inverse of softplus, `log(exp(x) - 1)`.

    Args:
      x: positive, any shape; at 0 the result is `-inf`.
    """
    return x + log1mexp(x)


def log_sech2(x: Array) -> Array:
    """Return `log(1 - tanh(x)**2)`, the logarithm of the derivative of tanh, without overflow.

    Args:
      x: any shape.
    """
    return 2 * (math.log(2) - x - jax.nn.softplus(-2 * x))


_ARTANH = [1 / (2 * k + 3) / 9**k for k in range(16)]  # in powers of 9 r^2, at most 1


def artanh_tail(r: Array) -> Array:
    """Return `artanh(r) / r - 1` for `|r| <= 1/3`."""
    return r * r * horner(_ARTANH, 9 * r * r)


@elementwise
@jax.custom_jvp
def log1pmx(x: Array) -> Array:
    r"""Return `log(1 + x) - x` without cancellation around 0.

    .. math:: \log(1 + x) - x = r \left(2 r^2 \sum_k \frac{r^{2 k}}{2 k + 3} - x \right),
              \quad r = x / (2 + x)

    Args:
      x: at least -1, any shape.
    """
    near = (x > -0.5) & (x < 1)
    z = jnp.where(near, x, 0)
    r = z / (2 + z)
    far = jnp.where(near, 1, x)
    return jnp.where(near, r * (2 * artanh_tail(r) - z), jnp.log(1 + far) - far)


@log1pmx.defjvp
def _log1pmx_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return log1pmx(x), -x / (1 + x) * x_dot


_EXPM1MX = [1 / math.factorial(k + 2) for k in range(18)]


@elementwise
@jax.custom_jvp
def expm1mx(x: Array) -> Array:
    """Return `exp(x) - 1 - x` without cancellation around 0.

    Args:
      x: any shape.
    """
    near = jnp.abs(x) < 1
    z, far = jnp.where(near, x, 0), jnp.where(near, 1, x)
    return jnp.where(near, z * z * horner(_EXPM1MX, z), jnp.expm1(far) - far)


@expm1mx.defjvp
def _expm1mx_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return expm1mx(x), jnp.expm1(x) * x_dot


def log_or_masked(x: Array) -> Array:
    """Logarithm whose gradient at 0 is 0 instead of infinite: a masked entry stays masked.

    Args:
      x: non-negative, any shape.

    Returns:
      The shape of `x`; `-inf` at 0.
    """
    return jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1)), -math.inf)


def masked_log_softmax(logits: Array) -> Array:
    """Normalise log-probabilities along the last axis; `-inf` entries stay, with gradient 0.

    Args:
      logits: shape `(..., categories)`, below infinity.

    Returns:
      The shape of `logits`; all `-inf` where all entries are.
    """
    masked = logits == -math.inf
    everything = jnp.all(masked, -1, keepdims=True)
    return jnp.where(masked, -math.inf, jax.nn.log_softmax(jnp.where(everything, 0, logits), -1))


def log_total(log_probs: Array) -> Array:
    """Sum probabilities, given by their logarithms, along the last axis.

    Args:
      log_probs: shape `(..., n)`, below infinity.

    Returns:
      Shape `(...)`; `-inf` with gradient 0 where all are.
    """
    nothing = jnp.all(log_probs == -math.inf, -1)
    total = jax.nn.logsumexp(jnp.where(nothing[..., None], 0, log_probs), -1)
    return jnp.where(nothing, -math.inf, total)


def up_to_pi(x: Array) -> Array:
    """Return `pi - x`, where x may be so close to pi that the rounding of pi matters.

    Args:
      x: any shape.
    """
    lost = math.sin(float(np.asarray(math.pi, x.dtype)))  # pi less its float
    # The factor x / pi hides that both terms have a constant part, which XLA would add up first.
    return (math.pi - x) + x * (lost / math.pi)
