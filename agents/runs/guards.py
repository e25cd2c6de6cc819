"""Guards against updates that are not finite: NaN or infinite metrics, parameters, observations."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd

from ..execution.shards import Shard
from ..experience.replay import Buffer, unpack
from ..experience.streams import Streams

ON_NAN = ("stop", "skip", "ignore")
"""What to do if an update of a member is not finite.

stop: keep the last finite state, and end the training of this member; the others go on.
skip: undo the update, and go on with other random numbers.
ignore: keep the update.
"""

OF_EPISODES = ("episode_return", "episode_length")
"""Metrics that are NaN where no episode has ended."""

NAMES = {
    "optimizer": "gradient",
    "params": "parameters",
    "observations": "statistics of observations",
    "rewards": "scale of rewards",
    "target": "target parameters",
}
"""The names of fields of a state in messages; what an optimizer remembers are gradients."""

COUNTS = {"observation": "nonfinite_observations", "reward": "nonfinite_rewards"}
"""The metrics that count what was not finite in the course of an update; they are not logged."""

Update = Callable[[Any], tuple[Any, dict[str, Array]]]
"""Function from a state to the next one and its metrics."""


class Finite(jd.Pytree):
    """Whether the quantities that are checked after an update are finite.

    Attributes:
      flags: booleans, `[..., quantities]`.
      names: the names of the quantities: fields of the state, and metrics.
    """

    flags: Array | np.ndarray
    names: tuple[str, ...] = jd.static()


def guarded(
    update: Update, on_nan: str, shard: Shard
) -> Callable[[Any], tuple[Any, dict[str, Array], Finite]]:
    """Guard an update of one member.

    An update is finite if its metrics, and the floats of the new state, are; the state of the
    environment and the replay buffer are not checked. An update that is not finite has no metrics
    but its steps; `stop` leaves the state as it was, so that every later update fails likewise.

    Args:
      update: the update.
      on_nan: one of `ON_NAN`.
      shard: the shard of the streams; all shards decide alike.

    Returns:
      Function from a state to the new state, its metrics, and what of them was finite.
    """

    def guarded_update(old: Any) -> tuple[Any, dict[str, Array], Finite]:
        new, metrics = update(old)
        finite = _finite(new, metrics, shard)
        metrics = {name: m for name, m in metrics.items() if name not in COUNTS.values()}
        if on_nan == "ignore":
            return new, metrics, finite
        instead = old if on_nan == "stop" else _with_randomness_of(old, new)
        is_finite = jnp.all(finite.flags)
        return _choose(is_finite, new, instead), _masked(is_finite, metrics, instead), finite

    return guarded_update


@dataclasses.dataclass(frozen=True)
class Failure:
    """The first update of a member in a chunk that was not finite.

    Attributes:
      member: the index of the member.
      row: the index of the update in the chunk.
      quantities: the names of what was not finite; only what the environment has returned, if that
        is the cause.
    """

    member: int
    row: int
    quantities: list[str]


def failures(finite: Finite) -> list[Failure]:
    """The failures in a chunk of updates, whose flags are `[updates, members, quantities]`."""
    flags = np.asarray(finite.flags)
    failed = np.logical_not(np.all(flags, axis=-1))
    rows = failed.argmax(axis=0)
    return [
        Failure(
            member=int(j),
            row=int(rows[j]),
            quantities=_causes(np.asarray(finite.names)[~flags[rows[j], j]].tolist()),
        )
        for j in np.nonzero(failed.any(axis=0))[0]
    ]


def _causes(quantities: list[str]) -> list[str]:
    """What the environment has returned, if that was not finite; otherwise everything."""
    return [name for name in quantities if name in COUNTS] or quantities


def finite_state(state: Any, shard: Shard) -> Finite:
    """What of a state is finite, with the experience in replay buffers.

    Args:
      state: the state of a member.
      shard: the shard of the streams.
    """
    fields = _fields(state)
    finite = {}
    for streams in (field for field in fields.values() if isinstance(field, Streams)):
        finite["observation"] = _all_finite(streams.observation)
        finite["reward"] = _all_finite(streams.episode_return)
        finite["memory of the policy"] = _all_finite(streams.memory)
    finite |= {name: _all_finite(value) for name, value in _quantities(fields).items()}
    for buffer in (field for field in fields.values() if isinstance(field, Buffer)):
        rows = unpack(buffer.words.reshape(-1, buffer.words.shape[2]), buffer)
        finite["stored observation"] = _all_finite((rows.observation, rows.next_observation))
        finite["stored reward"] = _all_finite(rows.reward)
    return Finite(shard.all(jnp.stack(list(finite.values()))), tuple(finite))


def has_finite_policy(state: Any) -> Array:
    """Whether the parameters of a state, and its statistics of observations, are finite."""
    return _all_finite((state.params, getattr(state, "observations", None)))


def _finite(state: Any, metrics: dict[str, Array], shard: Shard) -> Finite:
    """Whether what an update has done is finite on every shard; causes come before effects."""
    fields = _fields(state)
    finite = {name: metrics[count] == 0 for name, count in COUNTS.items()}
    for streams in (field for field in fields.values() if isinstance(field, Streams)):
        finite |= _finite_streams(streams, finite["observation"])
    for name, metric in metrics.items():
        if name not in COUNTS.values():
            has_value = jnp.asarray(name not in OF_EPISODES) | (metrics["episodes"] > 0)
            finite[name] = jnp.isfinite(metric) | ~has_value
    finite |= {name: _all_finite(value) for name, value in _quantities(fields).items()}
    return Finite(shard.all(jnp.stack(list(finite.values()))), tuple(finite))


def _finite_streams(streams: Streams, returned: Array) -> dict[str, Array]:
    """Whether streams after an update are finite, by what would be the cause.

    Args:
      streams: the streams.
      returned: whether all observations were finite that the environment returned in the update.
    """
    starts = jnp.where((streams.episode_length == 0)[:, None], streams.observation, 0)
    spoiled = (streams.observation, streams.episode_return)
    return {
        "observation": returned & _all_finite(starts),
        # If the environment is not the cause, only an action that is not finite can be.
        "action": _all_finite(spoiled),
        "memory of the policy": _all_finite(streams.memory),
    }


def _fields(state: Any) -> dict[str, Any]:
    return {field.name: getattr(state, field.name) for field in dataclasses.fields(state)}


def _quantities(fields: dict[str, Any]) -> dict[str, Any]:
    """What is checked of the fields of a state, apart from its experience, by name."""
    checked = {n: f for n, f in fields.items() if not isinstance(f, Buffer | Streams)}
    order = [*(n for n in NAMES if n in checked), *(n for n in checked if n not in NAMES)]
    return {NAMES.get(name, name): checked[name] for name in order}


def _all_finite(tree: Any) -> Array:
    floats = [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.inexact)]
    # XLA of jaxlib 0.11 crashes if an array without elements is mapped over several devices.
    return jnp.asarray([True, *(jnp.all(jnp.isfinite(leaf)) for leaf in floats)]).all()


def _with_randomness_of(old: Any, new: Any) -> Any:
    """A state with the key and the step counter of another, so that it goes another way."""
    return dataclasses.replace(old, key=new.key, steps=new.steps)


def _choose(is_finite: Array, new: Any, old: Any) -> Any:
    """One of two states.

    To choose between the rows of replay buffers would copy them in every update. Those of the new
    one are kept: the rows that were added lie where the next ones will be written.
    """

    def choose(a: Any, b: Any) -> Any:
        if isinstance(a, Buffer):
            position, size = choose(a.position, b.position), choose(a.size, b.size)
            return dataclasses.replace(a, position=position, size=size)
        return jnp.where(is_finite, a, b)

    return jax.tree.map(choose, new, old, is_leaf=lambda leaf: isinstance(leaf, Buffer))


def _masked(is_finite: Array, metrics: dict[str, Array], state: Any) -> dict[str, Array]:
    """The metrics of an update; NaN, and 0 for integers, if it was undone."""

    def mask(metric: Array) -> Array:
        is_float = jnp.issubdtype(metric.dtype, jnp.inexact)
        return jnp.where(is_finite, metric, jnp.nan if is_float else 0)

    steps = jnp.where(is_finite, metrics["steps"], state.steps)
    return {name: mask(metric) for name, metric in metrics.items()} | {"steps": steps}
