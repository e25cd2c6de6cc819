"""Export of a policy to a file that JAX alone can run.

The file is a ZIP archive of functions that `jax.export` has serialized, and a description in JSON.
Serialization, in both directions, needs the package flatbuffers.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

import jaxdist as jd

from ..execution.jax_settings import with_default_types
from ..experience import environments
from ..experience.environment import Environment
from ..experience.rollout import Policy, as_recurrent
from ..experience.spaces import clip, listed_bounds
from ..networks.greedy import greedy_action
from .atomic_write import replacing
from .run import Point, Run
from .selection import best_member, policy_of
from .training import restore, restore_best

PLATFORMS = ("cpu", "cuda", "tpu")
"""The platforms that an exported policy runs on."""

DESCRIPTION = "policy.json"
"""The name of the description in the archive."""

KEY_SHAPE = (2,)
"""The shape of the data of a PRNG key of the exported policy, as `jax.random.PRNGKey` makes it."""

Row = Callable[..., Any]
"""A function of one observation."""


def export_run(run: Run, path: Path, *, seed: int | None = None, best: bool = True) -> Point:
    """Write a policy of a run to a file: see `export_policy`.

    Args:
      run: the run.
      path: the file.
      seed: the seed; that of the best evaluation in training if not given.
      best: whether to take the state with the best evaluation, if the run has evaluations, instead
        of the last one.

    Returns:
      The seed and the point of the member whose policy it is.
    """
    best_states = restore_best(run) if run.evaluations else None
    member = best_member(run, best_states, seed)
    states = best_states.state if best and best_states is not None else restore(run)[0]
    export_member(run, states, member, path)
    return run.members[member]


def export_member(run: Run, states: Any, member: int, path: Path) -> None:
    """Write the policy of a member, from the states of all, to a file."""
    policy = policy_of(run, states, member)
    about = {"algorithm": run.name, "member": run.members[member]}
    export_policy(policy, run.config.env, path, about)


@with_default_types
def export_policy(policy: Policy, env_name: str, path: Path, about: dict[str, Any]) -> None:
    """Write a policy, with its parameters, to a file.

    The archive has the functions `sample.bin`, `greedy.bin` and `log_prob.bin`. All are of a batch
    of observations, in the shape and the dtype of the environment, of any size:

    - `sample(observation, key)` returns actions and the log-densities of their draws; the key is
      the data of one, uint32 `[2]`, such as `jax.random.PRNGKey(0)`.
    - `greedy(observation)` returns actions.
    - `log_prob(observation, action)` returns log-densities, of probabilities if they are discrete.

    Actions of `sample` and `greedy` lie within the bounds of boxes: they are clipped, as
    `Environment.step` does. Log-densities are those of the policy's distribution, whose draws are
    not clipped.

    Where the environment masks actions, a boolean mask `[batch, num_actions]` follows the
    observation. A recurrent policy has its memory as the next argument, returns the new one last,
    and has a function `initial.bin` from observations to the memory at the start of an episode.

    Args:
      policy: the policy, whose parameters become constants of the functions.
      env_name: the name of its environment.
      path: the file.
      about: what is added to the description, `policy.json`.
    """
    env = environments.make(env_name)
    functions = _functions(policy, env)
    batch = export.symbolic_shape("batch")
    inputs = {name: _batched(_inputs(env, policy)[name], batch) for name in functions}
    files = {
        f"{name}.bin": export.export(jax.jit(function), platforms=PLATFORMS)(*inputs[name])
        for name, function in functions.items()
    }
    description = about | {
        "env": env_name,
        "observation": str(env.observation_space),
        "action": str(env.action_space),
        "action_bounds": listed_bounds(env.action_space),
        "functions": {name: list(map(str, inputs[name])) for name in functions},
        "platforms": PLATFORMS,
        "jax": jax.__version__,
    }
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(DESCRIPTION, json.dumps(description, indent=2) + "\n")
        for name, exported in files.items():
            archive.writestr(name, bytes(exported.serialize()))


def _functions(policy: Policy, env: Environment) -> dict[str, Callable[..., Any]]:
    """The exported functions of a batch."""
    recurrent = as_recurrent(policy)
    has_memory = recurrent is policy
    num_seen = 1 + bool(env.mask_size)

    def apply(arguments: tuple[Any, ...]) -> tuple[jd.Distribution, tuple[Any, ...], Any]:
        """The distribution of one observation, the other arguments, and the new memory."""
        flat = env.flatten(*arguments[:num_seen])
        rest = arguments[num_seen:]
        memory, rest = (rest[0], rest[1:]) if has_memory else ((), rest)
        rows = recurrent.apply(flat[None], jax.tree.map(lambda leaf: leaf[None], memory))
        pi, memory = jax.tree.map(lambda leaf: leaf[0], rows)
        return pi, rest, (memory,) if has_memory else ()

    def sample(*arguments: Any) -> Any:
        pi, (key,), memory = apply(arguments)
        action = pi.sample(key)
        return clip(env.action_space, action), pi.log_prob(action), *memory

    def greedy(*arguments: Any) -> Any:
        pi, _, memory = apply(arguments)
        action = clip(env.action_space, greedy_action(pi))
        return (action, *memory) if memory else action

    def log_prob(*arguments: Any) -> Any:
        pi, (action,), memory = apply(arguments)
        return (pi.log_prob(action), *memory) if memory else pi.log_prob(action)

    functions = {
        "sample": _with_keys(sample),
        "greedy": jax.vmap(greedy),
        "log_prob": jax.vmap(log_prob),
    }
    if has_memory:
        start = lambda *_: jax.tree.map(lambda leaf: leaf[0], recurrent.initial(1))
        functions["initial"] = jax.vmap(start)
    return functions


def _with_keys(sample: Row) -> Callable[..., Any]:
    """A function of a batch and the data of one key, from one of one row and its key."""

    def sample_batch(*arguments: Any) -> Any:
        *rows, data = arguments
        key = jax.random.wrap_key_data(data, impl="threefry2x32")
        indices = jnp.arange(jax.tree.leaves(rows)[0].shape[0])
        keys = jax.vmap(jax.random.fold_in, (None, 0))(key, indices)
        return jax.vmap(sample)(*rows, keys)

    return sample_batch


def _inputs(env: Environment, policy: Policy) -> dict[str, list[Any]]:
    """The shapes and dtypes of the arguments of each function; those of one row are marked."""
    key = jax.random.key(0)
    observation: Any = env.observation
    mask = [jax.ShapeDtypeStruct((env.mask_size,), bool)] if env.mask_size else []
    memory = []
    if as_recurrent(policy) is policy:
        initial = jax.eval_shape(lambda: as_recurrent(policy).initial(1))
        memory = [jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), initial)]
    action = jax.eval_shape(env.action_space.sample, key)
    seen = [observation, *mask]
    return {
        "sample": [*seen, *memory, KEY_SHAPE],
        "greedy": [*seen, *memory],
        "log_prob": [*seen, *memory, action],
        "initial": seen,
    }


def _batched(arguments: list[Any], batch: Any) -> list[Any]:
    """The arguments of a batch; the data of the key has no such axis."""
    add = lambda leaf: jax.ShapeDtypeStruct((*batch, *leaf.shape), leaf.dtype)
    key = jax.ShapeDtypeStruct(KEY_SHAPE, jnp.uint32)
    return [key if argument is KEY_SHAPE else jax.tree.map(add, argument) for argument in arguments]
