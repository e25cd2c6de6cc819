r"""The Kalman filter and smoother of one sequence, in square-root form.

A normal distribution is kept as a mean and a triangular factor L of its covariance :math:`L L^T`,
and every step is one orthogonal factorization (Kailath, Sayed and Hassibi 2000, "Linear
Estimation", chapter 12). Covariances stay positive definite however long the sequence is, and have
the digits of the factors.

All functions are of one sequence: `jax.vmap` makes batches.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.linalg.square_root import lower_factor
from jaxdist.linalg.triangular import log_det, solve_lower, solve_lower_matrix
from jaxdist.numerics.loop_carries import vary_with
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


class Filtered(NamedTuple):
    """What the filter has found, all stacked over the steps.

    Attributes:
      state: each state given the observations up to it.
      backward: each state given those observations and the next state.
      log_prob: log-density of each observation given those before it, shape `(T,)`.
      half_log_det: half the log-determinant of its covariance, shape `(T,)`.
    """

    state: Normals
    backward: Backward
    log_prob: Array
    half_log_det: Array


def kalman_filter(
    initial: Normals, transition: Linear, observation: Linear, x: Array, observed: Array | None
) -> Filtered:
    """Filter a sequence of observations, shape `(T, m)`."""

    def step(ahead: Normals, given: tuple[Array, Array | None]) -> tuple[Normals, Filtered]:
        state, log_prob, half_log_det = update(ahead, observation, *given)
        backward = predict(state, transition)
        return backward.ahead, Filtered(state, backward, log_prob, half_log_det)

    first = vary_with(initial, transition, observation, x, observed)
    return lax.scan(step, first, (x, observed))[1]


def smoother(filtered: Filtered) -> Normals:
    """Return each state given all observations (Rauch, Tung and Striebel), stacked."""

    def step(later: Normals, backward: Backward) -> tuple[Normals, Normals]:
        mean = _given_next(backward, later.mean)
        through = solve_lower_matrix(backward.ahead.factor, later.factor)
        spread = jnp.concatenate([matmul(backward.cross, through), backward.factor], -1)
        state = Normals(mean, lower_factor(spread))
        return state, state

    return _backwards(step, filtered, jax.tree.map(lambda leaf: leaf[-1], filtered.state))


def draw_states(filtered: Filtered, noise: Array) -> Array:
    """Draw all states given all observations, shape `(T, n)`, from as many standard normals."""

    def step(later: Array, given: tuple[Backward, Array]) -> tuple[Array, Array]:
        backward, z = given
        x = _given_next(backward, later) + matvec(backward.factor, z)
        return x, x

    last = filtered.state.mean[-1] + matvec(filtered.state.factor[-1], noise[-1])
    return _backwards(step, filtered, last, noise[:-1])


def _given_next(backward: Backward, following: Array) -> Array:
    """The mean of a state given the next one."""
    z = solve_lower(backward.ahead.factor, following - backward.ahead.mean)
    return backward.mean + matvec(backward.cross, z)


def _backwards(step: Any, filtered: Filtered, last: Any, *rest: Array) -> Any:
    """Scan from the last step but one to the first, and append the last."""
    backward = jax.tree.map(lambda leaf: leaf[:-1], filtered.backward)
    given = (backward, *rest) if rest else backward
    last = vary_with(last, given)
    others = lax.scan(step, last, given, reverse=True)[1]
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b[None]]), others, last)


def prior(initial: Normals, transition: Linear, num_steps: int) -> Normals:
    """Return each state without any observation, stacked."""

    def step(state: Normals, _: None) -> tuple[Normals, Normals]:
        return predict(state, transition).ahead, state

    return lax.scan(step, vary_with(initial, transition), None, num_steps)[1]


def draw_prior(initial: Normals, transition: Linear, noise: Array) -> Array:
    """Draw all states without any observation, shape `(T, n)`, from as many standard normals."""

    def step(x: Array, z: Array) -> tuple[Array, Array]:
        noise = transition.noise
        following = matvec(transition.matrix, x) + noise.mean + matvec(noise.factor, z)
        return following, following

    first = initial.mean + matvec(initial.factor, noise[0])
    first = vary_with(first, transition, noise)
    return jnp.concatenate([first[None], lax.scan(step, first, noise[1:])[1]])
