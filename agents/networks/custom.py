"""Your own actors and critics: what they are applied to, and what they may return.

One abstract evaluation, which compiles and computes nothing, checks them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..experience.environment import Environment
from ..experience.spaces import Box, Discrete
from ..validation import summary
from .actors import Actor, Head, HeadedActor, box_normal, make_head, mask_logits
from .adapters import Adapted, adapt
from .critics import Critic
from .layers import Network, Params

BATCH = 7
"""Number of inputs of the abstract evaluation, which is unlikely to be another size too."""

ABOUT_SHAPES = re.compile(r"shape|dimension|broadcast|incompatible", re.IGNORECASE)
"""What the message of an error has if sizes do not fit."""

Fitted = TypeVar("Fitted")

View = Callable[[Array], Any]
"""From rows `[batch, size]` to the inputs of a user's network, a tree of `[batch, ...]`."""


def custom_actor(field: Any, env: Environment, distribution: str, size: int, view: View) -> Actor:
    """An actor made of a user's network.

    It may return a distribution over actions; the input of the head of `distribution`, such as
    logits; or, in a box, a pair of location and positive scale. Actions that the environment masks
    get probability 0.

    Args:
      field: the network, from `adapters.as_field`.
      env: the environment.
      distribution: one of `actors.DISTRIBUTIONS`.
      size: the length of the flat input, which begins with the mask of actions if there is one.
      view: from flat inputs to those of the network.

    Raises:
      TypeError: the network cannot be applied, or returns something else.
    """
    if isinstance(field, HeadedActor):
        return field
    adapted = adapt("actor", field, _example(view, size))
    head = make_head(env, distribution)
    rows = jax.ShapeDtypeStruct((BATCH, size), jnp.float32)
    free = jnp.asarray(head.free, jnp.float32)

    def build(takes: str) -> Actor:
        call = _call(adapted, takes, view)
        output = _evaluate("actor", adapted, call, rows, view, takes)
        to_policy = _to_policy(output, env, distribution, head, adapted)
        policy_of = lambda params, x: to_policy(call(params, x), free, x)
        _check_policy(jax.eval_shape(_of_new(adapted, policy_of), rows), env)
        return _actor(adapted, call, to_policy, _free(output, head))

    return _first_that_fits(adapted, build)


def custom_critic(field: Any, shape: tuple[int, ...], size: int, view: View) -> Critic:
    """A critic made of a user's network.

    Args:
      field: the network, from `adapters.as_field`.
      shape: the shape of the output for one input: empty for one value, otherwise one number for
        each action, or for each bin of a value head. For one value, the network may return `[1]`.
      size: the length of the flat input.
      view: from flat inputs to those of the network.

    Raises:
      TypeError: the network cannot be applied, or returns something else.
    """
    adapted = adapt("critic", field, _example(view, size))
    rows = jax.ShapeDtypeStruct((BATCH, size), jnp.float32)

    def build(takes: str) -> Critic:
        call = _call(adapted, takes, view)
        _check_values(_evaluate("critic", adapted, call, rows, view, takes), shape, adapted)
        values = lambda params, x: call(params, x).reshape(-1, *shape).astype(jnp.float32)
        return Network(adapted.network.init, _on_rows(values))

    return _first_that_fits(adapted, build)


def _first_that_fits(adapted: Adapted, build: Callable[[str], Fitted]) -> Fitted:
    """What is built of a network of batches or of one that is mapped over examples.

    Raises:
      TypeError: neither fits; the error is that of the first.
    """
    errors = []
    for takes in adapted.takes:
        try:
            return build(takes)
        except TypeError as error:
            errors.append(error)
    raise errors[0]


def _call(adapted: Adapted, takes: str, view: View) -> Callable[[Params, Array], Any]:
    """The network as a function of rows; one of one example is mapped over them."""
    apply = adapted.network.apply
    by_row = jax.vmap(apply, (None, 0)) if takes == "example" else apply
    return lambda params, rows: by_row(params, view(rows))


def _of_new(adapted: Adapted, function: Callable[[Params, Array], Any]) -> Callable[[Array], Any]:
    """A function of rows, with the parameters of some key."""
    return lambda rows: function(adapted.network.init(jax.random.key(0)), rows)


def _evaluate(name: str, adapted: Adapted, call: Any, rows: Any, view: View, takes: str) -> Any:
    """The shapes of what a network returns for a batch."""
    try:
        return jax.eval_shape(_of_new(adapted, call), rows)
    except Exception as error:  # whatever the user's code raises
        one = _example(view, rows.shape[-1])
        inputs = one if takes == "example" else jax.eval_shape(view, rows)
        is_vector = isinstance(one, jax.ShapeDtypeStruct) and len(one.shape) == 1
        is_of_shapes = is_vector and ABOUT_SHAPES.search(str(error))
        hint = f". Its first layer takes {one.shape[0]} inputs" if is_of_shapes else ""
        raise TypeError(
            f"{name} cannot be applied to its input, {_types(inputs)} "
            f"({'one observation' if takes == 'example' else f'{BATCH} observations'}): "
            f"{summary(error)}{hint}"
        ) from error


def _to_policy(
    output: Any, env: Environment, distribution: str, head: Head, adapted: Adapted
) -> Callable[[Any, Array, Array], jd.Distribution]:
    """The function from the output of a network, free parameters and rows to a distribution."""
    mask = env.mask_size
    space = env.action_space
    if isinstance(output, jd.Distribution):
        if not mask:
            return lambda pi, _, __: pi
        if not isinstance(output, jd.Categorical):
            raise TypeError(
                f"actor returns {type(output).__name__}, whose actions cannot be masked as "
                f"{env.name} requires; return the logits, or jd.Categorical(logits=logits)"
            )
        return lambda pi, _, x: jd.Categorical(logits=mask_logits(pi.logits, x[:, :mask]))
    if _is_pair(output) and isinstance(space, Box):
        return _pair_to_policy(output, space, distribution, env)
    if not (isinstance(output, jax.ShapeDtypeStruct) and output.shape == (BATCH, head.size)):
        raise TypeError(_wrong_output(output, env, head, distribution, adapted))

    def to_policy(y: Array, free: Array, x: Array) -> jd.Distribution:
        y = y.astype(jnp.float32)
        return head.distribution(mask_logits(y, x[:, :mask]) if mask else y, free)

    return to_policy


def _pair_to_policy(
    output: Any, space: Box, distribution: str, env: Environment
) -> Callable[[Any, Array, Array], jd.Distribution]:
    """Location and scale of each coordinate of a box, in its shape or flat."""
    if distribution == "beta":
        raise TypeError(
            "actor returns a pair, location and scale, but the policy is a Beta distribution; "
            "set distribution='normal' or 'tanh-normal', or return one array"
        )
    loc, scale = output
    size = math.prod(space.shape)
    if math.prod(loc.shape) != BATCH * size or math.prod(scale.shape) not in (BATCH * size, size):
        raise TypeError(
            f"actor returns a pair of {_types(output)} for {BATCH} observations; the actions of "
            f"{env.name} are {space}, so location and scale must have {size} entries for each "
            "observation"
        )

    def to_policy(pair: Any, _: Array, x: Array) -> jd.Distribution:
        loc, scale = (y.astype(jnp.float32).reshape(-1, *space.shape) for y in pair)
        return box_normal(space, distribution, loc, scale=jnp.broadcast_to(scale, loc.shape))

    return to_policy


def _free(output: Any, head: Head) -> tuple[float, ...]:
    """The initial free parameters of the head, if the output is its input."""
    return head.free if isinstance(output, jax.ShapeDtypeStruct) else ()


def _actor(adapted: Adapted, call: Any, to_policy: Any, free: tuple[float, ...]) -> Actor:
    """The actor; its parameters are those of the network, with those of the head if it has any."""
    if not free:
        none = jnp.zeros(0)
        apply = lambda params, x: to_policy(call(params, x), none, x)
        return Network(adapted.network.init, _on_rows(apply))

    def init(key: Array) -> Params:
        return {"network": adapted.network.init(key), "free": jnp.asarray(free, jnp.float32)}

    def apply_with_free(params: Params, x: Array) -> jd.Distribution:
        pi: jd.Distribution = to_policy(call(params["network"], x), params["free"], x)
        return pi

    return Network(init, _on_rows(apply_with_free))


def _on_rows(apply: Callable[[Params, Array], Any]) -> Callable[[Params, Array], Any]:
    """A function of inputs with any leading axes, from one of rows `[batch, size]`."""

    def apply_to_any(params: Params, x: Array) -> Any:
        leading = x.shape[:-1]
        rows = apply(params, x.reshape(-1, x.shape[-1]))
        return jax.tree.map(lambda leaf: leaf.reshape(*leading, *leaf.shape[1:]), rows)

    return apply_to_any


def _check_policy(policy: Any, env: Environment) -> None:
    """Check that a distribution is one over the actions of each of the observations."""
    space = env.action_space
    if policy.batch_shape != (BATCH,):
        raise TypeError(
            f"actor returns {type(policy).__name__} of batch shape {policy.batch_shape} and event "
            f"shape {policy.event_shape} for {BATCH} observations; expected batch shape "
            f"({BATCH},), with events like the actions of {env.name}, {space}"
            + (". Write jd.Independent(policy, 1)" if isinstance(space, Box) else "")
        )
    key = jax.random.key(0)
    draw = jax.eval_shape(lambda p: p.sample(key), policy)
    expected = jax.eval_shape(jax.vmap(space.sample), jax.random.split(key, BATCH))
    if _kinds(draw) != _kinds(expected):
        raise TypeError(
            f"actor returns {type(policy).__name__}, whose draws for {BATCH} observations are "
            f"{_types(draw)}; the actions of {env.name} are {space}: {_types(expected)}"
        )


def _kinds(tree: Any) -> list[tuple[str, tuple[int, ...], bool]]:
    """The path, the shape and whether it is integer of each leaf."""
    return [
        (jax.tree_util.keystr(path), leaf.shape, jnp.issubdtype(leaf.dtype, jnp.integer))
        for path, leaf in jax.tree.leaves_with_path(tree)
    ]


def _check_values(output: Any, shape: tuple[int, ...], adapted: Adapted) -> None:
    accepted = [(BATCH, *shape)] if shape else [(BATCH,), (BATCH, 1)]
    if isinstance(output, jax.ShapeDtypeStruct) and output.shape in accepted:
        return
    size = math.prod(shape)
    expected = f"{size} numbers" if shape else "one number"
    raise TypeError(
        f"critic returns {_types(output)} for {BATCH} observations; expected {expected} for each: "
        f"shape {' or '.join(map(str, accepted))}. End the network with "
        f"{adapted.layer.format(size=size)}"
    )


def _wrong_output(
    output: Any, env: Environment, head: Head, distribution: str, adapted: Adapted
) -> str:
    space = env.action_space
    raw = {Discrete: "the logits", Box: "the input of its head"}.get(type(space), "their heads")
    has_scale = isinstance(space, Box) and distribution != "beta"
    pair = ", or a pair (location, scale)" if has_scale else ""
    kind = f" with distribution='{distribution}'" if distribution != "auto" else ""
    return (
        f"actor returns {_types(output)} for {BATCH} observations; the actions of {env.name} are "
        f"{space}{kind}: expected {raw}, float32[{BATCH},{head.size}]{pair}, or a jaxdist "
        f"distribution. End the network with {adapted.layer.format(size=head.size)}"
    )


def _is_pair(output: Any) -> bool:
    is_pair = isinstance(output, tuple | list) and len(output) == 2
    return is_pair and all(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in output)


def _example(view: View, size: int) -> Any:
    """The shapes and dtypes of one input of a user's network."""
    rows = jax.eval_shape(view, jax.ShapeDtypeStruct((1, size), jnp.float32))
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), rows)


def _types(tree: Any) -> str:
    """The dtypes and shapes of a tree, such as `float32[7,2]`."""
    write = lambda leaf: f"{leaf.dtype.name}[{','.join(map(str, leaf.shape))}]"
    is_array = lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct)
    leaves, structure = jax.tree.flatten(tree)
    if len(leaves) == 1 and is_array(leaves[0]) and is_array(tree):
        return write(leaves[0])
    if not all(map(is_array, leaves)) or not isinstance(tree, tuple | list | dict):
        return f"{type(tree).__module__}.{type(tree).__name__}"
    return str(jax.tree.unflatten(structure, map(write, leaves))).replace("'", "")
