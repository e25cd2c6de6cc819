r"""The Kalman filter and smoother of one sequence, in square-root form.

A normal distribution is kept as a mean and a triangular factor L of its covariance :math:`L L^T`,
and every step is one orthogonal factorization (Kailath, Sayed and Hassibi 2000, "Linear
Estimation", chapter 12). Covariances stay positive definite however long the sequence is, and have
the digits of the factors.

All functions are of one sequence: `jax.vmap` makes batches.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.linalg.square_root import lower_factor
from jaxdist.linalg.triangular import log_det, solve_lower, solve_lower_matrix
from jaxdist.precision import matmul, matvec
from jaxdist.special import LOG_TWO_PI


class Normals(NamedTuple):
    """Normal distributions: means, and lower triangular factors of the covariances."""

    mean: Array
    factor: Array


class Linear(NamedTuple):
    """A linear map with normal noise: x to a normal vector around `matrix @ x + noise.mean`."""

    matrix: Array
    noise: Normals


class Backward(NamedTuple):
    """The distribution of a state given the next one: normal around `mean + gain (next - ahead)`.

    The gain is the product of `cross` and the inverse of the factor of `ahead`.
    """

    mean: Array
    cross: Array
    factor: Array
    ahead: Normals


def predict(state: Normals, transition: Linear) -> Backward:
    """Return the distribution of the next state, as `ahead`, and that of the state given it."""
    n = len(state.mean)
    spread = matmul(transition.matrix, state.factor)
    upper = jnp.concatenate([spread, transition.noise.factor], -1)
    lower = jnp.concatenate([state.factor, jnp.zeros_like(state.factor)], -1)
    joint = lower_factor(jnp.concatenate([upper, lower], -2))
    mean = matvec(transition.matrix, state.mean) + transition.noise.mean
    return Backward(state.mean, joint[n:, :n], joint[n:, n:], Normals(mean, joint[:n, :n]))


def update(
    state: Normals, observation: Linear, x: Array, observed: Array | None
) -> tuple[Normals, Array, Array]:
    """Condition a state on an observation.

    Args:
      state: before the observation.
      observation: the map from the state, of n entries, to the observation, of m.
      x: the observation, shape `(m,)`.
      observed: which entries are observed, shape `(m,)`; None if all are. The others are replaced
        by independent ones that do not depend on the state, and do not count.

    Returns:
      The state given the observation; the observation's log-density; half the log-determinant of
      its covariance.
    """
    m, n = observation.matrix.shape
    noise = observation.noise.factor
    residual = x - matvec(observation.matrix, state.mean) - observation.noise.mean
    spread = matmul(observation.matrix, state.factor)
    count: Array | int = m
    if observed is not None:
        weight = observed.astype(noise.dtype)
        residual = jnp.where(observed, residual, 0)
        spread = weight[:, None] * spread
        noise = jnp.concatenate([weight[:, None] * noise, jnp.diag(1 - weight)], -1)
        count = jnp.sum(weight)
    upper = jnp.concatenate([spread, noise], -1)
    lower = jnp.concatenate([state.factor, jnp.zeros((n, noise.shape[-1]), noise.dtype)], -1)
    joint = lower_factor(jnp.concatenate([upper, lower], -2))
    z = solve_lower(joint[:m, :m], residual)
    half = log_det(joint[:m, :m])
    after = Normals(state.mean + matvec(joint[m:, :m], z), joint[m:, m:])
    return after, -jnp.sum(z * z) / 2 - half - count * LOG_TWO_PI / 2, half


def kalman_filter(
    initial: Normals, transition: Linear, observation: Linear, x: Array, observed: Array | None
) -> tuple[Backward, Array, Array]:
    """Filter a sequence.

    Returns:
      The filtered states, as distributions given the next one, stacked; the log-density of each
      observation given those before it, and half its log-determinant, shape `(T,)`.
    """

    def step(ahead: Normals, given: tuple[Array, Array | None]) -> tuple[Normals, tuple]:
        state, log_prob, half = update(ahead, observation, *given)
        backward = predict(state, transition)
        return backward.ahead, ((backward, state.factor), log_prob, half)

    _, ((backward, factors), log_probs, halves) = lax.scan(step, initial, (x, observed))
    return Filtered(backward, factors), log_probs, halves
