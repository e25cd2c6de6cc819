"""Upper tails of counts that are rare, by products instead of exponentials of logarithms."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero

from jaxdist.numerics.differentiation import derivative
from jaxdist.promotion import custom_jvp
from jaxdist.special.infinite_slopes import along
from jaxdist.special.second_difference import lgamma_second_difference

_MOST = 16  # counts up to which the factors are multiplied one by one
_LARGEST_RATIO = 0.25  # of a probability and the one before
_UNIT = 2.0**-64
_SMALL, _STEP = 2.0**-60, 2.0**-70  # parameter, and how much of its change a slope is that of


def rare_count_sf(
    k: Array,
    parameters: tuple[Array, ...],
    harmless: tuple[float, ...],
    log_none: Callable[..., Array],
    ratio: Callable[..., Array],
) -> tuple[Array, Array]:
    r"""Compute P(X > k) without logarithms, whose rounding is that of a tiny probability.

    .. math:: P(X > k) = p(0) \prod_{i=1}^{k + 1} r_i \sum_{j \ge 0} \prod_{i=1}^j r_{k + 1 + i},
              \quad r_i = p(i) / p(i - 1)

    Args:
      k: counts.
      parameters: of the distribution, each of a shape that broadcasts with that of `k`.
      harmless: what takes their place where the tail is not rare.
      log_none: maps the parameters to log p(0).
      ratio: maps i and the parameters to :math:`r_i`, which varies in one direction beyond k.

    Returns:
      Whether k is small, and the ratios beyond it are; and the probability.
    """
    terms = 12 if jnp.finfo(parameters[0].dtype).eps > 1e-10 else 28
    first, last = (ratio(k + 1 + i, *parameters) for i in (1, terms))
    rare = (k >= 0) & (k < _MOST) & (jnp.maximum(first, last) < _LARGEST_RATIO)
    formula = functools.partial(_sf_in_units, terms, log_none, ratio)
    return rare, _masked_sf(formula, rare, k, parameters, harmless)


def _masked_sf(
    formula: Callable[..., Array],
    rare: Array,
    k: Array,
    parameters: tuple[Array, ...],
    harmless: tuple[float, ...],
) -> Array:
    m = jnp.where(rare, k, 0) + 1
    masked = (jnp.where(rare, v, safe) for v, safe in zip(parameters, harmless, strict=True))
    return _times_unit(formula, m, *masked)


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def _times_unit(formula: Callable[..., Array], m: Array, *parameters: Array) -> Array:
    return formula(m, *parameters) * _UNIT


@functools.partial(_times_unit.defjvp, symbolic_zeros=True)
def _times_unit_jvp(
    formula: Callable[..., Array],
    primals: tuple[Array, ...],
    tangents: tuple[Array | SymbolicZero, ...],
) -> tuple[Array, Array]:
    """Differentiate in units: products that underflow may have slopes that do not."""
    value = _times_unit(formula, *primals)
    dot = jnp.zeros_like(value)
    for i, tangent in enumerate(tangents):
        if i > 0 and not isinstance(tangent, SymbolicZero):
            dot += along(_slope_times_unit(formula, i, primals), tangent)
    return value, dot


def _slope_times_unit(
    formula: Callable[..., Array], position: int, primals: tuple[Array, ...]
) -> Array:
    """Differentiate in an argument over a step, as the slope in units may overflow."""
    step = jnp.where(primals[position] < _SMALL, _STEP, 1).astype(primals[position].dtype)

    def of_steps(*arguments: Array) -> Array:
        before, steps, after = arguments[:position], arguments[position], arguments[position + 1 :]
        return formula(*before, steps * step, *after)

    steps = primals[position] / step
    arguments = (*primals[:position], steps, *primals[position + 1 :])
    return derivative(of_steps, position)(*arguments) * (_UNIT / step)


def _sf_in_units(
    terms: int,
    log_none: Callable[..., Array],
    ratio: Callable[..., Array],
    m: Array,
    *parameters: Array,
) -> Array:
    """Compute P(X >= m), for m > 0, over the unit, by so many terms beyond the first."""
    mass = jnp.exp(log_none(*parameters)) / _UNIT
    for i in range(1, _MOST + 1):
        mass = mass * jnp.where(i <= m, ratio(jnp.full_like(m, i), *parameters), 1)
    total = jnp.ones_like(mass)
    for i in range(terms, 0, -1):
        total = 1 + ratio(m + i, *parameters) * total
    return mass * total


def rare_poisson_sf(k: Array, rate: Array) -> tuple[Array, Array]:
    """Compute P(X > k) of the Poisson distribution: see `rare_count_sf`."""
    return rare_count_sf(k, (rate,), (0.25,), lambda rate: -rate, lambda i, rate: rate / i)


def rare_binomial_sf(k: Array, n: Array, p: Array) -> tuple[Array, Array]:
    """Compute P(X > k) of successes of probability p in n trials: see `rare_count_sf`."""
    return rare_count_sf(
        jnp.where(p < 0.5, k, -1),
        (n, p),
        (1.0, 0.25),
        lambda n, p: n * jnp.log1p(-p),
        lambda i, n, p: jnp.maximum(n - i + 1, 0) / i * p / jnp.maximum(1 - p, 0.5),
    )


def rare_negative_binomial_sf(k: Array, n: Array, p: Array) -> tuple[Array, Array]:
    """Compute P(X > k) of successes of probability p before n failures: see `rare_count_sf`."""
    return rare_count_sf(
        k,
        (n, p),
        (1.0, 0.25),
        lambda n, p: n * jnp.log1p(-p),
        lambda i, n, p: (n + i - 1) / i * p,
    )


def rare_beta_negative_binomial_sf(k: Array, a: Array, b: Array, n: Array) -> tuple[Array, Array]:
    """Compute P(X > k) of `BetaNegativeBinomial`, in the notation there: see `rare_count_sf`."""
    return rare_count_sf(
        jnp.where(a + b + n < math.inf, k, -1),
        (a, b, n),
        (9.0, 1.0, 1.0),
        lambda a, b, n: -lgamma_second_difference(a, b, n),
        lambda i, a, b, n: (n + i - 1) / i * ((b + i - 1) / (a + b + n + i - 1)),
    )


def rare_beta_geometric_sf(k: Array, a: Array, b: Array) -> tuple[Array, Array]:
    r"""Compute P(X > k) of `BetaGeometric`, in the notation there, by the product

    .. math:: \prod_{i=0}^k \frac{b + i}{a + b + i}

    Args:
      k: counts.
      a: positive, of a shape that broadcasts with that of `k`.
      b: likewise.

    Returns:
      Whether k is small, b smaller than a and their sum finite; and the probability.
    """
    rare = (k >= 0) & (k < _MOST) & (b < a) & (a + b < math.inf)
    formula = functools.partial(
        _sf_in_units,
        0,
        lambda a, b: jnp.zeros_like(b),
        lambda i, a, b: (b + (i - 1)) / (a + b + (i - 1)),
    )
    return rare, _masked_sf(formula, rare, k, (a, b), (2.0, 1.0))
