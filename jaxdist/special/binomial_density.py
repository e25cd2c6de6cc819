"""The log-probability of the binomial distribution, by Loader's saddle-point form.

Loader, Fast and Accurate Computation of Binomial Probabilities (2000): the binomial coefficient by
errors of Stirling's formula, and its leading term with the probabilities by deviances.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero
from jax.typing import ArrayLike

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.promotion import custom_jvp
from jaxdist.special.beta import sort_pair
from jaxdist.special.deviance import deviance_from_difference, log_ratio
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import xlog1py, xlogx, xlogy
from jaxdist.special.gamma import lgamma1p, log_gamma_ratio
from jaxdist.special.logistic import log_prob_of_trials, softplus
from jaxdist.special.polygamma import digamma_difference_remainder
from jaxdist.special.quotient import quotient
from jaxdist.special.stirling import stirling_series


def binomial_log_prob(
    k: ArrayLike,
    n: ArrayLike,
    *,
    probs: ArrayLike | None = None,
    logits: ArrayLike | None = None,
) -> Array:
    r"""Log-probability of the binomial distribution, for 0 <= k <= n.

    .. math:: \log \binom{n}{k} p^k (1 - p)^{n - k}

    Give exactly one of `probs` and `logits`. Accurate to 4 eps.

    Args:
      k: number of successes, in `[0, n]`, any shape broadcastable with the others; need not be an
        integer.
      n: number of trials, non-negative.
      probs: probability of success, in [0, 1].
      logits: log-odds of success.
    """
    if probs is not None and logits is None:
        return _binomial_of_probs(k, n, probs)
    if logits is not None and probs is None:
        return _binomial_of_logits(k, n, logits)
    raise ValueError("binomial_log_prob: give exactly one of probs and logits")


Tangent = Array | SymbolicZero


def _along_counts_and(
    binomial: Callable[..., Array],
    log_prob_of_sequence: Callable[..., Array],
    primals: tuple[Array, Array, Array],
    tangents: tuple[Tangent, Tangent, Tangent],
) -> Array:
    """Derivative of a log-probability: in the parameter, it is that of one sequence of outcomes.

    There no large terms cancel, and no derivative squares a small probability.

    Args:
      binomial: the log-probability of k successes in n trials, without a derivative of its own.
      log_prob_of_sequence: the log-probability of one sequence with as many successes.
      primals: k, n and the parameter.
      tangents: theirs.
    """
    (k, n, parameter), (*of_counts, of_parameter) = primals, tangents
    dot = jnp.zeros_like(k)
    if not isinstance(of_parameter, SymbolicZero):
        along = functools.partial(log_prob_of_sequence, k, n - k)
        dot += jax.jvp(along, (parameter,), (vary_with(of_parameter, parameter),))[1]
    if not all(isinstance(tangent, SymbolicZero) for tangent in of_counts):
        of_counts = [jnp.zeros_like(k) if isinstance(t, SymbolicZero) else t for t in of_counts]
        dot += jax.jvp(lambda k, n: binomial(k, n, parameter), (k, n), tuple(of_counts))[1]
    return dot


def _sequence_of_probs(successes: Array, failures: Array, probs: Array) -> Array:
    return xlogy(successes, probs) + xlog1py(failures, -probs)


@elementwise
@custom_jvp
def _binomial_of_probs(k: Array, n: Array, probs: Array) -> Array:
    return _evaluate_probs(k, n, probs)


def _is_impossible(k: Array, n: Array, probs: Array) -> Array:
    return ((probs <= 0) & (k > 0)) | ((probs >= 1) & (k < n))


@functools.partial(_binomial_of_probs.defjvp, symbolic_zeros=True)
def _binomial_of_probs_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Tangent, Tangent, Tangent]
) -> tuple[Array, Array]:
    k, n, probs = primals
    impossible = _is_impossible(k, n, probs)
    possible = k, n, jnp.where(impossible, 0.5, probs)
    dot = _along_counts_and(_evaluate_probs, _sequence_of_probs, possible, tangents)
    return _binomial_of_probs(k, n, probs), jnp.where(impossible, 0, dot)


def _evaluate_probs(k: Array, n: Array, probs: Array) -> Array:
    impossible = _is_impossible(k, n, probs)
    p = jnp.where(impossible, 0.5, probs)
    certain = p >= 1
    few, m, t = _mask_few(k, n)
    log_q = jnp.where(certain, 0, jnp.log1p(-jnp.where(certain, 0, p)))
    direct = _log_choose_few(*sort_pair(k, n - k)) + xlogy(k, p) + (n - k) * log_q
    p = jnp.where(few, 0.5, p)
    cost = _binomial_deviance(m, t - m, p, 1 - p, m - t * p)
    log_prob = jnp.where(few, direct, _log_choose_remainder(m, t - m) - cost)
    return jnp.where(impossible, -math.inf, log_prob)


@elementwise
@custom_jvp
def _binomial_of_logits(k: Array, n: Array, logits: Array) -> Array:
    return _evaluate_logits(k, n, logits)


@functools.partial(_binomial_of_logits.defjvp, symbolic_zeros=True)
def _binomial_of_logits_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Tangent, Tangent, Tangent]
) -> tuple[Array, Array]:
    dot = _along_counts_and(_evaluate_logits, log_prob_of_trials, primals, tangents)
    value = _binomial_of_logits(*primals)
    return value, jnp.where(value > -math.inf, dot, 0)


def _evaluate_logits(k: Array, n: Array, logits: Array) -> Array:
    impossible = jnp.isinf(logits) & (jnp.where(logits < 0, k, n - k) > 0)
    largest = jnp.finfo(logits.dtype).max  # times no trials it is 0, which infinity is not
    logits = jnp.clip(jnp.where(impossible, 0, logits), -largest, largest)
    few, m, t = _mask_few(k, n)
    log_p, log_q = -softplus(-logits), -softplus(logits)
    direct = _log_choose_few(*sort_pair(k, n - k)) + log_prob_of_trials(k, n - k, logits)
    extreme = jnp.abs(logits) > 20
    z = jnp.where(extreme, 0, logits)
    p, q = jax.nn.sigmoid(z), jax.nn.sigmoid(-z)
    # m - t p, by that of p, 1 - p and p - 1/2 which is rounded least.
    middle = (m - t / 2) - t / 2 * jnp.tanh(z / 2)
    excess = jnp.where(z < -1, m - t * p, jnp.where(z > 1, t * q - (t - m), middle))
    near = _binomial_deviance(m, t - m, p, q, excess)
    far = m * (jnp.log(m / t) - log_p) + (t - m) * (jnp.log1p(-m / t) - log_q)
    cost = jnp.where(extreme, far, near)
    log_prob = jnp.where(few, direct, _log_choose_remainder(m, t - m) - cost)
    return jnp.where(impossible, -math.inf, log_prob)


def _mask_few(k: Array, n: Array) -> tuple[Array, Array, Array]:
    """Return whether successes or failures are below 1/2; k and n, or harmless ones there."""
    few = (k < 0.5) | (n - k < 0.5)
    return few, jnp.where(few, 1, k), jnp.where(few, 2, n)


def _log_choose_few(s: Array, l: Array) -> Array:
    """Logarithm of `(s + l)! / (s! l!)`, for small s."""
    z = jnp.where(s < 1, s, 0)
    return z * jnp.log1p(l) + log_gamma_ratio(l + 1, z) - lgamma1p(z)


def _log_choose_remainder(k: Array, l: Array) -> Array:
    """Logarithm of `(k + l)! / (k! l!)` over `(k + l)^(k + l) / (k^k l^l)`."""
    remainder, ratio = _split_log_choose_remainder(k, l)
    return remainder + jnp.log(ratio) / 2


def _split_log_choose_remainder(k: Array, l: Array) -> tuple[Array, Array]:
    """Split it into r and m of `r + log(m) / 2`."""
    # Stacked, because three copies of the function compile three times as long.
    (d, d_k, d_l), (m, m_k, m_l) = _split_stirling_error(jnp.stack([k + l, k, l]))
    smaller, larger = sort_pair(m_k, m_l)  # whose product may overflow
    return d - d_k - d_l, m / larger * (0.5 / math.pi / smaller)


def _split_stirling_error(n: Array) -> tuple[Array, Array]:
    r"""Split the logarithm of `n! / (n / e)^n`, which is 0 at 0, into d and m of `d + log(m) / 2`.

    For n >= 1/2 they are `stirling_error(n)` and :math:`2 \pi n`, of which m is returned over 2 π.
    Sums of such logarithms round least where the m are multiplied before the logarithm is taken.
    """
    small = n < 0.5
    z, m = jnp.where(small, n, 0), jnp.where(small, 0.5, n)
    below = lgamma1p(z) - xlogx(z) + z - math.log(math.pi) / 2
    return jnp.where(small, below, stirling_series(m)), m


def _binomial_deviance(k: Array, l: Array, p: Array, q: Array, excess: Array) -> Array:
    """Deviance of k successes and l failures, given q = 1 - p and `excess = k - (k + l) p`."""
    means = jnp.stack([(k + l) * p, (k + l) * q])
    counts, means = jnp.stack([k, l]), jnp.maximum(means, jnp.finfo(k.dtype).tiny)
    successes, failures = deviance_from_difference(counts, means, jnp.stack([excess, -excess]))
    return successes + failures


def split_binomial_kernel(
    a: Array, b: Array, x: Array, y: Array, excess: Array
) -> tuple[Array, Array]:
    """Split `log_binomial_kernel` into e and r of `e + log(r) / 2`.

    Sums of several round least where the r are multiplied before the logarithm is taken.

    Args:
      a: non-negative, of one shape and dtype with the others.
      b: likewise.
      x: inside (0, 1).
      y: `1 - x`.
      excess: `a - (a + b) x`, without the rounding of x or y that is near 1.
    """
    remainder, ratio = _split_log_choose_remainder(a, b)
    return remainder - _binomial_deviance(a, b, x, y, excess), ratio


@custom_jvp
def log_binomial_kernel(a: Array, b: Array, x: Array, y: Array) -> Array:
    r"""Compute :math:`\log \frac{(a + b)!}{a!\, b!} x^a y^b` for 0 < x < 1 and y = 1 - x.

    Args:
      a: non-negative, of one shape and dtype with the others; need not be an integer.
      b: likewise.
      x: inside (0, 1).
      y: `1 - x`.
    """
    return _log_choose_remainder(a, b) - _binomial_deviance(a, b, x, y, a * y - b * x)


@log_binomial_kernel.defjvp
def _log_binomial_kernel_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate: log x + psi(a + b + 1) - psi(a + 1) in a, so in b; a / x - b / y in x."""
    (a, b, x, y), (a_dot, b_dot, x_dot, y_dot) = primals, tangents
    n, excess = a + b + 1, a * y - b * x
    slope_a = digamma_difference_remainder(a + 1, b) + log_ratio(x, n, a + 1, -excess - y)
    slope_b = digamma_difference_remainder(b + 1, a) + log_ratio(y, n, b + 1, excess - x)
    slope_x = quotient(excess, x * y)
    dot = slope_a * a_dot + slope_b * b_dot + slope_x * (x_dot - y_dot) / 2
    return log_binomial_kernel(a, b, x, y), dot
