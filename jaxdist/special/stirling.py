r"""The error of Stirling's formula for the gamma function, and its derivatives.

.. math:: \log \Gamma(n) = (n - 1/2) \log n - n + \log(2 \pi) / 2 + \delta(n)

Its derivatives are series of their own, not found by differentiating one: programs that
differentiate twice would compile for seconds. Below 1/2 they follow from those at n + 1, by
the recurrence of the gamma function.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import chebyshev, chebyshev_difference
from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise

# (n + 1/2)^(k + 1) times the k-th derivative of `stirling_error`, as Chebyshev series in
# 1 / (n + 1/2), for n >= 1/2. Interpolated at 50 nodes with mpmath.
_STIRLING = (
    0.113925329234326, 0.034496124972361535, 0.0043741747733402545, 0.0005382659088945863,
    7.86859976585733e-05, 1.1881331528473382e-05, 1.6388975673560616e-06, 2.602203401084312e-07,
    4.1564763662336224e-08, 5.59745627201564e-09, 1.0401638216648262e-09, 1.5709825267665468e-10,
    1.8468424332789265e-11, 5.587719551895484e-12, 3.4848913547934374e-13, 8.710614960251017e-14,
    4.12673083988079e-14, -7.020724396818416e-15, 2.618512200156862e-15, -1.0143049037277875e-16,
    -1.0442868513529993e-16, 7.374175626014021e-17, -2.4109064212646045e-17,
    5.2416824562613765e-18, -1.5454598196135722e-19, -4.696955968222458e-19, 2.743248502885662e-19,
)  # fmt: skip
_STIRLING_SLOPE = (
    -0.15917080238208015, -0.0904909462955083, -0.01712452157744499, -0.0029254654396350557,
    -0.0005363438110809905, -9.538849667423039e-05, -1.5906019666609788e-05,
    -2.8724146544667704e-06, -4.996985879629677e-07, -8.083606482581656e-08,
    -1.5500027710676728e-08, -2.4872431455970933e-09, -3.989114458165553e-10,
    -9.176929486754905e-11, -9.010862379780804e-12, -2.564039253155506e-12, -5.513312335332245e-13,
    3.788141889741513e-14, -4.397691284264971e-14, 3.949070133620648e-15, -6.368469140562537e-17,
    -7.818519540441195e-16, 3.341763352133982e-16, -1.050151276397105e-16, 1.7230693725451326e-17,
    2.0943498526834957e-18, -3.259614407480741e-18, 1.5938861250342373e-18, -5.248026029452141e-19,
)  # fmt: skip
_STIRLING_CURVATURE = (
    0.4546007649084357, 0.3630092665840591, 0.09153642769753417, 0.02011287594811916,
    0.004412861127781901, 0.000908632771273267, 0.00017728921588721502, 3.567898528200287e-05,
    6.829061864024128e-06, 1.266223530613735e-06, 2.530265958443388e-07, 4.464107500584425e-08,
    8.317799654916487e-09, 1.7235771699416732e-09, 2.389073983710678e-10, 6.140109000355335e-11,
    1.0093785430444606e-11, 7.38044510307791e-13, 7.541608638762831e-13, -5.824320070516005e-14,
    2.3540947655572306e-14, 7.284697317810278e-15, -4.014370920936507e-15, 1.8005434437511303e-15,
    -4.457594852817028e-16, 5.040859819175207e-17, 2.8725298434668664e-17, -2.269675184893615e-17,
    9.881078100481168e-18, -2.9528419067904577e-18, 4.782831163245925e-19,
)  # fmt: skip


def _series(coefficients: tuple[float, ...], n: Array, power: int) -> Array:
    w = 1 / (n + 0.5)
    return w**power * chebyshev(coefficients, w, 0, 1)


@custom_jvp
def stirling_series(n: Array) -> Array:
    """Compute `stirling_error` for n >= 1/2."""
    return _series(_STIRLING, n, 1)


@stirling_series.defjvp
def _stirling_series_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (n,), (n_dot,) = primals, tangents
    return stirling_series(n), slope_series(n) * n_dot


@custom_jvp
def slope_series(n: Array) -> Array:
    """Compute `stirling_slope` for n >= 1/2."""
    return _series(_STIRLING_SLOPE, n, 2)


@slope_series.defjvp
def _slope_series_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (n,), (n_dot,) = primals, tangents
    return slope_series(n), curvature_series(n) * n_dot


def curvature_series(n: Array) -> Array:
    """Compute `stirling_curvature` for n >= 1/2."""
    return _series(_STIRLING_CURVATURE, n, 3)


def _series_difference(coefficients: tuple[float, ...], n: Array, step: Array, power: int) -> Array:
    """Return `_series` at n + step less that at n, by the divided difference of the series."""
    w, v = 1 / (n + step + 0.5), 1 / (n + 0.5)
    value, slope = chebyshev_difference(coefficients, w, v, 0, 1)
    powers = sum(w**i * v ** (power - 1 - i) for i in range(power))
    return -(step * w) * v * (powers * value + v**power * slope)


@custom_jvp
def stirling_series_difference(n: Array, step: Array) -> Array:
    """Compute `stirling_series(n + step) - stirling_series(n)` without cancellation."""
    return _series_difference(_STIRLING, n, step, 1)


@stirling_series_difference.defjvp
def _stirling_series_difference_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (n, step), (n_dot, step_dot) = primals, tangents
    dot = slope_series_difference(n, step) * n_dot + slope_series(n + step) * step_dot
    return stirling_series_difference(n, step), dot


@custom_jvp
def slope_series_difference(n: Array, step: Array) -> Array:
    """Compute `slope_series(n + step) - slope_series(n)` without cancellation."""
    return _series_difference(_STIRLING_SLOPE, n, step, 2)


@slope_series_difference.defjvp
def _slope_series_difference_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (n, step), (n_dot, step_dot) = primals, tangents
    dot = curvature_series_difference(n, step) * n_dot + curvature_series(n + step) * step_dot
    return slope_series_difference(n, step), dot


def curvature_series_difference(n: Array, step: Array) -> Array:
    """Compute `curvature_series(n + step) - curvature_series(n)` without cancellation."""
    return _series_difference(_STIRLING_CURVATURE, n, step, 3)


def shift_by_recurrence(x: Array) -> tuple[Array, Array, Array]:
    r"""Replace x < 1/2 by x + 1, for :math:`\Gamma(x + 1) = x \Gamma(x)` (DLMF 5.5.1).

    Returns:
      Whether x is below 1/2; x + 1 there, and x elsewhere; 1 / x there, and 0 elsewhere.
    """
    small = x < 0.5
    return small, jnp.where(small, x + 1, x), jnp.where(small, 1 / jnp.where(small, x, 1), 0)


def sqrt_two_pi_times(n: Array) -> Array:
    r"""Return :math:`\sqrt{2 \pi n}`, a factor of the formula, also where the square overflows."""
    is_huge = n > float(jnp.finfo(n.dtype).max) / 8
    return jnp.where(is_huge, 8 * jnp.sqrt(math.pi / 32 * n), jnp.sqrt(2 * math.pi * n))


@elementwise
@custom_jvp
def stirling_error(n: Array) -> Array:
    r"""Error of Stirling's formula for n > 0, without cancellation.

    .. math:: \delta(n) = \log n! - \left(n + \tfrac12\right) \log n + n - \tfrac12 \log 2 \pi

    Loader, Fast and Accurate Computation of Binomial Probabilities (2000); DLMF 5.11.1. Accurate
    to 8 eps.

    Args:
      n: positive, any shape.
    """
    small, m, inverse = shift_by_recurrence(n)
    return stirling_series(m) + jnp.where(small, (n + 0.5) * jnp.log1p(inverse) - 1, 0)


@stirling_error.defjvp
def _stirling_error_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (n,), (n_dot,) = primals, tangents
    return stirling_error(n), stirling_slope(n) * n_dot


@elementwise
@custom_jvp
def stirling_slope(n: Array) -> Array:
    r"""Derivative of `stirling_error` for n > 0, without cancellation.

    .. math:: \delta'(n) = \psi(n) - \log n + \frac{1}{2 n}

    DLMF 5.11.2. Accurate to 4 eps.

    Args:
      n: positive, any shape.
    """
    small, m, inverse = shift_by_recurrence(n)
    shift = jnp.log1p(inverse) - (n + 0.5) * inverse / m
    return slope_series(m) + jnp.where(small, shift, 0)


@stirling_slope.defjvp
def _stirling_slope_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (n,), (n_dot,) = primals, tangents
    return stirling_slope(n), stirling_curvature(n) * n_dot


@elementwise
def stirling_curvature(n: Array) -> Array:
    r"""Second derivative of `stirling_error` for n > 0, without cancellation.

    .. math:: \delta''(n) = \psi'(n) - \frac1n - \frac{1}{2 n^2}

    Accurate to 4 eps.

    Args:
      n: positive, any shape.
    """
    small, m, inverse = shift_by_recurrence(n)
    shift = inverse * (0.5 * inverse - 1) + (1 + 0.5 / m) / m
    return curvature_series(m) + jnp.where(small, shift, 0)
