"""Bessel functions, and the von Mises integral."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np
from jax import Array

from jaxdist.special.approximation import elementwise


@elementwise
def log_i0(kappa):
    return kappa + jnp.log(jsp.i0e(kappa))


@elementwise
def log_i0e(kappa):
    return jnp.log(jsp.i0e(kappa))


@elementwise
def bessel_ratio(kappa):
    return jsp.i1e(kappa) / jsp.i0e(kappa)


@elementwise
def bessel_ratio_complement(kappa):
    return 1 - jsp.i1e(kappa) / jsp.i0e(kappa)


@elementwise
def von_mises_cdf(x, kappa):
    nodes, weights = np.polynomial.legendre.leggauss(48)
    s = jnp.abs(jnp.sin(x / 2))
    end = 2 * jnp.arcsin(jnp.sqrt(jnp.minimum(1, s**2 + 10 / jnp.maximum(kappa, 1))))
    start = jnp.abs(x)
    half = (end - start) / 2
    t = start[..., None] + half[..., None] * (1 + nodes.astype(x.dtype))
    values = jnp.exp(-2 * kappa[..., None] * jnp.sin(t / 2) ** 2)
    tail = half * jnp.sum(values * weights.astype(x.dtype), -1) / (2 * math.pi * jsp.i0e(kappa))
    return jnp.where(x < 0, tail, 1 - tail)
