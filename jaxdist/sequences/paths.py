r"""Sums, maxima and draws over all paths of a chain with finitely many states, parallel in time.

A step is a matrix of log-weights, from the state before (rows) to the state after (columns). The
product of steps sums over the states between, in logarithms, so that no weight underflows. Products
are associative: an associative scan takes them in a number of rounds that is logarithmic in the
number of steps (Sarkka and Garcia-Fernandez 2021, "Temporal parallelization of Bayesian
smoothers"). Each product keeps its largest entry aside, so that long chains lose no digits.

All functions are of one chain: `jax.vmap` makes batches.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import random

Scaled = tuple[Array, Array]  # a matrix whose largest entry is 0, and the log-weight kept aside
Product = Callable[[Array, Array], Array]


def _logsumexp(x: Array) -> Array:
    """Sum weights, given by their logarithms, along the last axis; `-inf` with gradient 0 of none.

    Unlike `jaxdist.special.masked_logsumexp` it has no derivative rule of its own: the shapes of
    such rules are confused where a mapped and compiled function calls one with several shapes.
    """
    largest = jnp.max(lax.stop_gradient(x), -1)
    largest = jnp.where(jnp.isfinite(largest), largest, 0)
    total = jnp.sum(jnp.exp(x - largest[..., None]), -1)
    return jnp.where(total > 0, jnp.log(jnp.where(total > 0, total, 1)) + largest, -jnp.inf)


def _normalized(log_weights: Array) -> Array:
    """Return log-probabilities; all `-inf` where all weights are 0."""
    total = _logsumexp(log_weights)[..., None]
    return log_weights - jnp.where(jnp.isfinite(total), total, 0)


def log_product(a: Array, b: Array) -> Array:
    """Sum over the states between two steps: shapes `(..., n, n)`."""
    return _logsumexp(a[..., :, None, :] + jnp.matrix_transpose(b)[..., None, :, :])


def max_product(a: Array, b: Array) -> Array:
    """Take the best of the states between two steps: shapes `(..., n, n)`."""
    return jnp.max(a[..., :, None, :] + jnp.matrix_transpose(b)[..., None, :, :], -1)


def steps(log_initial: Array, log_transition: Array, log_likelihood: Array) -> Array:
    """Return the matrices of the steps, of which the first leads from any state.

    Args:
      log_initial: log-probabilities of the first state, shape `(n,)`.
      log_transition: log-probabilities of the next state, shape `(n, n)`.
      log_likelihood: of what is observed at each step in each state, shape `(T, n)`.

    Returns:
      Shape `(T, n, n)`.
    """
    num_steps, n = log_likelihood.shape
    before = jnp.broadcast_to(log_transition, (num_steps, n, n)).at[0].set(log_initial)
    return before + log_likelihood[:, None, :]


def products(product: Product, matrices: Array, reverse: bool = False) -> Scaled:
    """Return the products of all steps up to each one, or from each one on if `reverse`."""

    def combine(a: Scaled, b: Scaled) -> Scaled:
        first, second = (b, a) if reverse else (a, b)
        matrix, scale = _scaled(product(first[0], second[0]))
        return matrix, scale + first[1] + second[1]

    return lax.associative_scan(combine, _scaled(matrices), reverse=reverse)


def _scaled(matrix: Array) -> Scaled:
    largest = jnp.max(lax.stop_gradient(matrix), (-2, -1))
    largest = jnp.where(jnp.isfinite(largest), largest, 0)
    return matrix - largest[..., None, None], largest


def log_total(matrices: Array) -> Array:
    """Return the logarithm of the sum over all paths, a number."""
    matrix, scale = products(log_product, matrices)
    return scale[-1] + _logsumexp(matrix[-1, 0])


def filtered(matrices: Array) -> Array:
    """Return log-probabilities of the state at each step given the steps up to it: `(T, n)`."""
    return _normalized(products(log_product, matrices)[0][:, 0])


def smoothed(matrices: Array) -> Array:
    """Return log-probabilities of the state at each step given all steps: `(T, n)`."""
    later = products(log_product, matrices[1:], reverse=True)[0]
    future = _logsumexp(later)
    future = jnp.concatenate([future, jnp.zeros_like(matrices[:1, 0])])
    return _normalized(products(log_product, matrices)[0][:, 0] + future)


def best_path(matrices: Array) -> Array:
    """Return the states of the path with the largest weight, shape `(T,)`, int32."""
    scores = products(max_product, matrices)[0][:, 0]
    from_before = jnp.argmax(scores[:-1, :, None] + matrices[1:], -2)
    return _trace_back(from_before, jnp.argmax(scores[-1]))


def draw_path_backwards(key: Array, log_filtered: Array, log_transition: Array) -> Array:
    """Draw a path given what is observed, from the last step to the first.

    Each step draws the state before every state there may be, all steps at once; the path follows
    those that it meets.

    Args:
      key: a PRNG key.
      log_filtered: log-probabilities of the states given the steps up to each, shape `(T, n)`.
      log_transition: log-probabilities of the next state, shape `(n, n)`.
    """
    last_key, key = jax.random.split(key)
    logits = log_filtered[:-1, None, :] + log_transition.T
    from_before = random.categorical(key, logits, logits.shape[:-1])
    return _trace_back(from_before, random.categorical(last_key, log_filtered[-1], ()))


def _trace_back(from_before: Array, last: Array) -> Array:
    """Follow maps `(T - 1, n)` from each state to the one before it, from the last state on."""
    ends = jnp.full_like(from_before, last, shape=(1, from_before.shape[1]))
    maps = jnp.concatenate([from_before, ends])
    follow = lambda later, earlier: jnp.take_along_axis(earlier, later, -1)
    return lax.associative_scan(follow, maps, reverse=True)[:, 0].astype(jnp.int32)


def draw_path(key: Array, log_initial: Array, log_transition: Array, num_steps: int) -> Array:
    """Draw a path of a chain, shape `(T,)`, int32: the next of every state, then those it meets."""
    first_key, key = jax.random.split(key)
    n = len(log_initial)
    to_next = random.categorical(key, log_transition, (num_steps - 1, n))
    first = jnp.full_like(to_next, random.categorical(first_key, log_initial, ()), shape=(1, n))
    follow = lambda earlier, later: jnp.take_along_axis(later, earlier, -1)
    return lax.associative_scan(follow, jnp.concatenate([first, to_next]))[:, 0]
