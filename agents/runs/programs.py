"""The compiled programs of a run: the initial states, updates in chunks, and evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..algorithms.registry import Algorithm
from ..execution.shards import Shard
from . import guards
from .evaluation import Best, initial_best, update_best
from .guards import Finite
from .placement import logged, pad, place, shardings
from .run import Run

MAX_CHUNK = 256
"""Largest number of updates per chunk; the device allocates memory for their metrics."""


def initial(run: Run) -> tuple[Any, Best | None]:
    """The states before the first update, and the best before the first evaluation."""

    def init(shard: Shard, member: tuple[Array, Any]) -> Any:
        seed, config = member
        return initialize(run.algorithm, shard, (run.key(seed), config))

    members = place(run, (run.member_seeds, run.configs))
    states = place(run, jax.jit(run.over_members(init))(members))
    return states, place(run, initial_best(run, states)) if run.evaluations else None


def initialize(algorithm: Algorithm, shard: Shard, member: tuple[Array, Any]) -> Any:
    """The state before the first update, from the key and the config of a member."""
    key, config = member
    return algorithm.init(key, algorithm.make_problem(config, shard))


def advance_by(
    algorithm: Algorithm,
    shard: Shard,
    state: Any,
    config: Any,
    num_updates: Array,
    on_nan: str,
) -> tuple[Any, dict[str, Array], Finite]:
    """Make up to `MAX_CHUNK` updates; their number need not be known at compile time.

    Args:
      algorithm: the algorithm.
      shard: the shard of the streams.
      state: its state, for one seed.
      config: its config.
      num_updates: the number of updates, integer scalar.
      on_nan: what to do if an update is not finite, one of `guards.ON_NAN`.

    Returns:
      The new state; the metrics, `[MAX_CHUNK]`; and what was finite, `[MAX_CHUNK, quantities]`. Of
      both, the first `num_updates` rows are valid.
    """
    problem = algorithm.make_problem(config, shard)
    update = guards.guarded(lambda state: algorithm.update(state, problem), on_nan, shard)
    _, *logged = jax.eval_shape(update, state)
    log = jax.tree.map(lambda row: jnp.zeros((MAX_CHUNK, *row.shape), row.dtype), logged)

    def step(i: Array, carry: Any) -> Any:
        state, log = carry
        state, *row = update(state)
        return state, jax.tree.map(lambda values, value: values.at[i].set(value), log, row)

    state, (metrics, finite) = jax.lax.fori_loop(0, num_updates, step, (state, log))
    return state, metrics, finite


def check_finite(run: Run, states: Any) -> Finite:
    """What of the states of all members is finite, `[num_members, quantities]`."""
    check = lambda shard, state: guards.finite_state(state, shard)
    return jax.jit(run.over_members(check), out_shardings=logged(run))(states)


def compile_updates(run: Run, states: Any, configs: Any) -> Callable[..., Any]:
    """The program `(states, configs, num_updates) -> (states, metrics, finite)`.

    The states are donated. Every process gets the metrics, and what is finite, of all members and
    of their padding.
    """

    def advance(shard: Shard, member: Any, num_updates: Array) -> Any:
        state, config = member
        return advance_by(run.algorithm, shard, state, config, num_updates, run.on_nan)

    advance_all = run.over_members(advance)

    jitted = jax.jit(
        lambda states, configs, num_updates: advance_all((states, configs), num_updates),
        donate_argnums=0,
        out_shardings=(shardings(states), logged(run), logged(run)),
    )
    return jitted.lower(states, configs, np.int32(1)).compile()


def compile_evaluation(run: Run, states: Any, best: Best, configs: Any) -> Callable[..., Any]:
    """The program `(best, states, configs, update) -> (best, returns)`; the best is donated.

    Every process gets the returns of all members and of their padding.
    """
    seeds = pad(run, run.member_seeds)

    def evaluate(_: Shard, member: Any, update: Array) -> Any:
        *member, best = member
        return update_best(run, member, best, update)

    evaluate_all = run.over_members(evaluate)

    jitted = jax.jit(
        lambda best, states, configs, update: evaluate_all((seeds, states, configs, best), update),
        donate_argnums=0,
        out_shardings=(shardings(best), logged(run)),
    )
    return jitted.lower(best, states, configs, np.int32(1)).compile()
