"""Circulant matrices: every row is the one before, moved to the right by one entry.

The discrete Fourier transform diagonalizes them: the eigenvalues of a symmetric one are the real
Fourier coefficients of its first row, of which half determine the others.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array


def spectrum(row: Array) -> Array:
    """Return the eigenvalues, shape `(..., n // 2 + 1)`, of symmetric circulant matrices.

    Args:
      row: first rows, shape `(..., n)`.
    """
    return jnp.fft.rfft(row).real


def row_of_spectrum(eigenvalues: Array, n: int) -> Array:
    """Return the first rows, shape `(..., n)`: the inverse of `spectrum`."""
    return jnp.fft.irfft(eigenvalues, n)


def multiplicities(n: int) -> np.ndarray:
    """Return how often each entry of a spectrum is an eigenvalue, shape `(n // 2 + 1,)`."""
    return np.where((2 * np.arange(n // 2 + 1)) % n == 0, 1, 2)


def energies(x: Array) -> Array:
    """Return the squared norms of the parts of x in each eigenspace, shape `(..., n // 2 + 1)`."""
    n = x.shape[-1]
    coefficients = jnp.fft.rfft(x) / math.sqrt(n)
    return (coefficients.real**2 + coefficients.imag**2) * multiplicities(n)


def multiply(eigenvalues: Array, x: Array) -> Array:
    """Multiply symmetric circulant matrices with vectors, shape `(..., n)`."""
    return jnp.fft.irfft(eigenvalues * jnp.fft.rfft(x), x.shape[-1])


def symmetric_part(row: Array) -> Array:
    """Return the mean of a row and of the same row read backwards from its first entry."""
    backwards = jnp.roll(jnp.flip(row, -1), 1, -1)
    return (row + backwards) / 2
