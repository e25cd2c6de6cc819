"""LAPACK on batches of matrices, in chunks that cannot wait for each other.

On a CPU jaxlib 0.10.0 to 0.11.0 cuts a call on a batch that takes 200,000 operations or more into
tasks for XLA's threads, and has the calling thread, which is one of them, wait until they are done
(jax commits bfd9e1f, and 8599924, which undoes it). As many such calls at once as there are threads
wait for each other for ever: on two cores, two independent factorizations or solutions in one
program. Hence a batch goes to LAPACK in a loop over chunks below that limit, which takes up to a
quarter longer than one call. It makes no difference whether the batch is written out or comes from
`vmap`, for which each function brings its own rule. Derivatives are up to those who call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.custom_batching import custom_vmap

from jaxdist.precision import matmul

_MOST_OPERATIONS = 200_000  # in one call, by jaxlib's own count


def _in_chunks(function: Callable[..., Array], operations: int, *batches: Array) -> Array:
    """Apply a function to batches of matrices.

    Args:
      function: of batches, shape `(..., n, k)` each.
      operations: how many it takes for one element of the batches, at most.
      batches: of one batch shape.
    """
    batch_shape = batches[0].shape[:-2]
    size, most = math.prod(batch_shape), max(1, _MOST_OPERATIONS // max(1, operations))
    if size <= most:
        return function(*batches)
    steps = math.ceil(size / most)
    chunk = math.ceil(size / steps)

    def loop(*batches: Array) -> Array:
        flat = [jnp.reshape(x, (size, *x.shape[-2:])) for x in batches]
        result = jax.eval_shape(function, *flat)

        def step(i: Array, done: Array) -> Array:
            # Both dynamic slices clamp a last chunk that would reach beyond the end.
            part = function(*(lax.dynamic_slice_in_dim(x, i * chunk, chunk) for x in flat))
            return lax.dynamic_update_slice_in_dim(done, part, i * chunk, 0)

        zeros = jnp.zeros_like(flat[0], shape=result.shape)  # varies over a mesh as that does
        done = lax.fori_loop(0, steps, step, zeros)
        return jnp.reshape(done, batch_shape + result.shape[1:])

    return lax.platform_dependent(*batches, cpu=loop, default=function)


@custom_vmap
def cholesky(matrix: Array) -> Array:
    """Return the lower Cholesky factor, NaN without one, of symmetric matrices `(..., n, n)`."""
    operations = matrix.shape[-1] ** 3 // 3
    return _in_chunks(lambda x: lax.linalg.cholesky(x, symmetrize_input=False), operations, matrix)


@custom_vmap
def eigenvalues(matrix: Array) -> Array:
    """Return the eigenvalues, in ascending order, of symmetric matrices `(..., n, n)`."""
    return _in_chunks(jnp.linalg.eigvalsh, 5 * matrix.shape[-1] ** 3, matrix)


@custom_vmap
def eigenvectors(matrix: Array) -> Array:
    """Return the eigenvectors of symmetric matrices, their columns, and in a last row the values.

    Args:
      matrix: shape `(..., n, n)`.

    Returns:
      Shape `(..., n + 1, n)`, by ascending eigenvalues.
    """

    def function(matrix: Array) -> Array:
        values, vectors = jnp.linalg.eigh(matrix, symmetrize_input=False)
        return jnp.concatenate([vectors, values[..., None, :]], -2)

    return _in_chunks(function, 9 * matrix.shape[-1] ** 3, matrix)


def inverse(matrix: Array) -> Array:
    """Return the inverses of matrices `(..., n, n)`."""
    return jnp.linalg.inv(matrix)


def solve(matrix: Array, column: Array) -> Array:
    """Solve A x = b for matrices `(..., n, n)` and vectors `(..., n)`."""
    return jnp.linalg.solve(matrix, column[..., None])[..., 0]


def log_abs_det(matrix: Array) -> Array:
    """Return the logarithms of the absolute determinants of matrices `(..., n, n)`."""
    return jnp.linalg.slogdet(matrix)[1]


@custom_vmap
def polar_factor(matrix: Array) -> Array:
    """Return the orthogonal factor U V^T of matrices U S V^T, `(..., n, n)`."""

    def function(matrix: Array) -> Array:
        u, _, v_transposed = jnp.linalg.svd(matrix)
        return matmul(u, v_transposed)

    return _in_chunks(function, 30 * matrix.shape[-1] ** 3, matrix)


@custom_vmap
def triangular_factor(matrix: Array) -> Array:
    """Return the upper triangular factor R of matrices Q R, `(..., k, n)` with k >= n."""
    k, n = matrix.shape[-2:]
    return _in_chunks(lambda x: jnp.linalg.qr(x, mode="r"), 2 * k * n * n, matrix)


@custom_vmap
def solve_lower(factor: Array, columns: Array) -> Array:
    """Solve `factor @ z = columns`, lower triangular `(..., n, n)` and `(..., n, k)`."""
    return _solve(factor, columns, transpose_a=False)


@custom_vmap
def solve_lower_transposed(factor: Array, columns: Array) -> Array:
    """Solve `factor.T @ z = columns`, lower triangular `(..., n, n)` and `(..., n, k)`."""
    return _solve(factor, columns, transpose_a=True)


def _solve(factor: Array, columns: Array, transpose_a: bool) -> Array:
    n, k = columns.shape[-2:]

    def function(factor: Array, columns: Array) -> Array:
        return lax.linalg.triangular_solve(
            factor, columns, left_side=True, lower=True, transpose_a=transpose_a
        )

    return _in_chunks(function, n * n * k, factor, columns)


def _map_matrices(
    function: Callable[[Array], Array],
) -> Callable[[int, Sequence[bool], Array], tuple[Array, bool]]:
    """The rule of a function that takes batches: a mapped axis is one axis more of the batch."""
    return lambda axis_size, in_batched, matrix: (function(matrix), True)


def _map_systems(
    function: Callable[[Array, Array], Array],
) -> Callable[[int, Sequence[bool], Array, Array], tuple[Array, bool]]:
    """The rule of a solution: systems that share a factor are one with more columns."""

    def rule(
        axis_size: int, in_batched: Sequence[bool], factor: Array, columns: Array
    ) -> tuple[Array, bool]:
        factor_is_mapped, columns_are_mapped = in_batched
        if factor_is_mapped:
            if not columns_are_mapped:
                columns = jnp.broadcast_to(columns, (axis_size, *columns.shape))
            return function(factor, columns), True
        k = columns.shape[-1]
        wide = jnp.moveaxis(columns, 0, -2)
        wide = jnp.reshape(wide, (*wide.shape[:-2], axis_size * k))
        solved = jnp.reshape(function(factor, wide), (*wide.shape[:-1], axis_size, k))
        return jnp.moveaxis(solved, -2, 0), True

    return rule


cholesky.def_vmap(_map_matrices(cholesky))
eigenvalues.def_vmap(_map_matrices(eigenvalues))
eigenvectors.def_vmap(_map_matrices(eigenvectors))
polar_factor.def_vmap(_map_matrices(polar_factor))
triangular_factor.def_vmap(_map_matrices(triangular_factor))
solve_lower.def_vmap(_map_systems(solve_lower))
solve_lower_transposed.def_vmap(_map_systems(solve_lower_transposed))
