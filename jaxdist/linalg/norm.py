"""The Euclidean norm, and determinants that are made of norms."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.special import log1p_square
from jaxdist.special.hyperbolic import hypot


def norm(z: Array) -> Array:
    """Return the Euclidean norm, without overflow and with gradient 0 at 0.

    Args:
      z: shape `(..., n)`.

    Returns:
      Shape `(...)`.
    """
    largest = lax.stop_gradient(jnp.max(jnp.abs(z), -1, keepdims=True))
    nonzero = largest > 0
    unit = jnp.where(nonzero, z, 1) / jnp.where(nonzero, largest, 1)
    return largest[..., 0] * jnp.sqrt(jnp.sum(unit * unit, -1))


def log_det_identity_plus_gram(z: Array) -> Array:
    r"""Return :math:`\log |1 + Z Z^T|`, exactly where Z is small and without overflow.

    It adds :math:`\log(1 + |z_k|^2)` for one row :math:`z_k` after another, and takes from the
    following rows the part along it that is counted, by the factor :math:`1 / \sqrt{1 + |z_k|^2}`.

    Args:
      z: shape `(..., n, m)`.

    Returns:
      Shape `(...)`.
    """
    z = jnp.matrix_transpose(z) if z.shape[-2] > z.shape[-1] else z

    def add(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        total, rows = carry
        row = rows[..., :1, :]
        size = norm(row)[..., None]
        root = hypot(1, size)
        along = jnp.sum(rows * (row / root), -1, keepdims=True)
        rows = rows - along * (row / (1 + root))
        return (total + log1p_square(size[..., 0, 0]), jnp.roll(rows, -1, -2)), None

    start = vary_with(jnp.zeros_like(z[..., 0, 0]), z)
    return lax.scan(add, (start, z), None, length=z.shape[-2])[0][0]
