"""The losses of soft actor-critic, for discrete and for continuous (Box) actions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd

from ..actor_critic.problem import Problem
from ..experience.replay import Experience
from ..experience.spaces import Discrete, box_transform
from ..networks.actors import HeadedActor
from ..networks.batch_norm import BatchNorm
from ..networks.critics import Critic
from ..networks.layers import Params
from ..off_policy.action_values import by_group, critic_input, evaluate, smaller, taken

METRICS = ("critic_loss", "actor_loss", "temperature", "entropy", "value")
"""The names of the terms of the loss."""


def loss(
    params: dict[str, Any],
    target: Sequence[Params],
    batch: Experience,
    keys: Array,
    problem: Problem[Any],
    batched: bool,
) -> tuple[Array, dict[str, Any]]:
    """The losses of the critics, of the actor and of the temperature, each of its own parameters.

    With H = E[-log pi(a | s)] and a drawn from pi(. | s), and likewise for s':

    L_q = 1/2 sum_i mean (q_i(s, a_t) - y)^2, y = r + gamma (E min_i q_i'(s', a') + alpha H(s')),
    or y = r where the episode terminated, with the target parameters for q_i';
    L_pi = -mean (E min_i q_i(s, a) + alpha H(s));
    L_alpha = alpha (mean H(s) - the target entropy).

    Args:
      params: the parameters of the actor and of both critics, and the logarithm of the temperature
        alpha.
      target: the parameters of both q'.
      batch: steps from the replay buffer, every leaf `[batch, ...]`.
      keys: PRNG keys for the actions in a box, one for each of equal parts of the batch.
      problem: the problem.
      batched: whether networks of the same shape are evaluated by batched products, which an
        accelerator launches fewer of; otherwise one after another, which is faster on a CPU.

    Returns:
      The sum of the three losses, scalar, and its terms; with batch normalization also the running
      `"statistics"` of each critic after this batch.

    References:
      Haarnoja et al. 2018, equations 5, 9 and 18; Christodoulou 2019, equations 10 to 12; Bhatt et
      al. 2024, figure 2, for batch normalization.
    """
    alpha = jnp.exp(params["log_temperature"])
    fixed_alpha = jax.lax.stop_gradient(alpha)
    of_batch: dict[str, Any] = {}
    if problem.config.batch_norm:
        q, values, entropies, statistics = _values_on_batch(keys, params, batch, problem, batched)
        of_batch = {"statistics": statistics}
    elif isinstance(problem.env.action_space, Discrete):
        q, values, entropies = _values_of_choices(params, target, batch, problem, batched)
    else:
        q, values, entropies = _values_in_box(keys, params, target, batch, problem, batched)
    soft_value = values + fixed_alpha * entropies
    y = batch.reward + problem.config.gamma * jnp.where(batch.terminated, 0.0, soft_value[1])
    squared_error = 0.5 * jnp.sum((q - jax.lax.stop_gradient(y)) ** 2, axis=0)

    # One mean of all terms, because each mean would be a kernel.
    rows = jnp.stack([squared_error, soft_value[0], entropies[0], jnp.mean(q, axis=0)])
    critic_loss, mean_soft_value, entropy, value = jnp.mean(rows, axis=1)
    excess = jax.lax.stop_gradient(entropy) - target_entropy(problem)
    return critic_loss - mean_soft_value + alpha * excess, {
        "critic_loss": critic_loss,
        "actor_loss": -mean_soft_value,
        "temperature": alpha,
        "entropy": entropy,
        "value": value,
    } | of_batch


def acting_policy(
    params: Params, s: Array, problem: Problem[Any], batched: bool
) -> jd.Distribution:
    """pi(. | s); in a box as `loss` evaluates it, so that XLA stacks its parameters once."""
    if not batched or isinstance(problem.env.action_space, Discrete):
        return problem.actor.apply(params, s)
    twice = evaluate(problem.actor.apply, [params, params], [s, s], batched)
    pi: jd.Distribution = jax.tree.map(lambda leaf: leaf[0], twice)
    return pi


def target_entropy(problem: Problem[Any]) -> Array:
    """The target entropy that the temperature is tuned to, in the units of the action space."""
    space, config = problem.env.action_space, problem.config
    if isinstance(space, Discrete):
        return jnp.asarray(config.entropy_of_choice * np.log(space.n))
    return jnp.sum(config.entropy_of_box + jnp.log(box_transform(space).scale))


def _values_of_choices(
    params: dict[str, Any],
    target: Sequence[Params],
    batch: Experience,
    problem: Problem[Any],
    batched: bool,
) -> tuple[Array, Array, Array]:
    """The values of the actions taken and, as sums over actions, of the policies.

    Returns:
      q_i(s, a_t), `[2, batch]`; E min_i q_i(s, a) and E min_i q_i'(s', a'), `[2, batch]`; and the
      entropies H(s) and H(s'), `[2, batch]`.
    """
    pi, q = _policies_and_values(params, target, batch, problem, batched)
    values = jnp.sum(pi.probs * jax.lax.stop_gradient(smaller(q)), -1)
    return taken(q[:2], batch.action), values, pi.entropy()


def _policies_and_values(
    params: dict[str, Any],
    target: Sequence[Params],
    batch: Experience,
    problem: Problem[Any],
    batched: bool,
) -> tuple[Any, Array]:
    """The categorical pi(. | s) and pi(. | s'), and the values q_i(s, .) and q_i'(s', .)."""
    s, s_next, actor = batch.observation, batch.next_observation, problem.actor
    networks, inputs = [*params["critics"], *target], [s, s, s_next, s_next]
    if batched and isinstance(actor, HeadedActor) and _are_alike(actor, problem.critic, params):
        own = params["actor"]["network"]
        networks = [own, jax.lax.stop_gradient(own), *networks]
        x = evaluate(problem.critic.apply, networks, [s, s_next, *inputs], batched)
        return actor.head(x[:2], params["actor"]["free"], jnp.stack([s, s_next])), x[2:]
    pi = _policies(params["actor"], batch, problem, batched)
    return pi, evaluate(problem.critic.apply, networks, inputs, batched)


def _are_alike(actor: HeadedActor, critic: Critic, params: dict[str, Any]) -> bool:
    """Whether the actor's network and the critics are one function of parameters of one shape."""
    networks = [params["actor"]["network"], *params["critics"]]
    shapes = [jax.tree.map(jnp.shape, network) for network in networks]
    return actor.network.apply == critic.apply and shapes[0] == shapes[1]


def _policies(
    params: Params, batch: Experience, problem: Problem[Any], batched: bool
) -> jd.Distribution:
    """pi(. | s) and pi(. | s'), the latter without gradient, of batch shape `[2, batch]`."""
    observations = [batch.observation, batch.next_observation]
    fixed = jax.lax.stop_gradient(params)
    pi: jd.Distribution = evaluate(problem.actor.apply, [params, fixed], observations, batched)
    return pi


def _values_in_box(
    keys: Array,
    params: dict[str, Any],
    target: Sequence[Params],
    batch: Experience,
    problem: Problem[Any],
    batched: bool,
) -> tuple[Array, Array, Array]:
    """The same as `_values_of_choices`, estimated by one draw and its pathwise derivative."""
    pi = _policies(params["actor"], batch, problem, batched)
    draw = lambda key, part: part.rsample_and_log_prob(key)
    (a, next_a), log_prob = by_group(draw, keys, pi, axis=1)
    of_critic = partial(critic_input, problem.env)
    known = of_critic(batch.observation, batch.action)
    drawn = of_critic(batch.observation, a)
    next_drawn = of_critic(batch.next_observation, jax.lax.stop_gradient(next_a))
    q = evaluate(
        problem.critic.apply,
        [*params["critics"], *jax.lax.stop_gradient(params["critics"]), *target],
        [known, known, drawn, drawn, next_drawn, next_drawn],
        batched,
    )
    return q[:2], smaller(q[2:]), -log_prob


def _values_on_batch(
    keys: Array,
    params: dict[str, Any],
    batch: Experience,
    problem: Problem[Any],
    batched: bool,
) -> tuple[Array, Array, Array, list[Params]]:
    """The same with critics that normalize batches, and no target critics.

    The critics are evaluated on one batch of the actions taken and of the next ones, so that both
    are normalized by the same statistics; those of the actor's loss are the running ones.

    Returns:
      What `_values_of_choices` returns, and the running statistics of each critic.
    """
    pi: Any = _policies(params["actor"], batch, problem, batched)
    critics, fixed = params["critics"], jax.lax.stop_gradient(params["critics"])
    s, s_next = batch.observation, batch.next_observation
    is_discrete = isinstance(problem.env.action_space, Discrete)
    if is_discrete:
        known, drawn, next_drawn = s, s, s_next
    else:
        draw = lambda key, part: part.rsample_and_log_prob(key)
        (a, next_a), log_prob = by_group(draw, keys, pi, axis=1)
        of_critic = partial(critic_input, problem.env)
        known, drawn = of_critic(s, batch.action), of_critic(s, a)
        next_drawn = of_critic(s_next, jax.lax.stop_gradient(next_a))
    on_batch = BatchNorm(problem.config.activation).on_batch
    x = jnp.concatenate([known, next_drawn])
    q, statistics = evaluate(on_batch, critics, [x, x], batched)
    q_known, q_next = jnp.split(q, 2, axis=1)
    q_drawn = evaluate(problem.critic.apply, fixed, [drawn, drawn], batched)
    running = [jax.tree.map(lambda leaf, i=i: leaf[i], statistics) for i in range(len(critics))]
    if is_discrete:
        smallest = jnp.stack([jnp.min(q_drawn, 0), jnp.min(q_next, 0)])
        values = jnp.sum(pi.probs * jax.lax.stop_gradient(smallest), -1)
        return taken(q_known, batch.action), values, pi.entropy(), running
    values = jnp.stack([jnp.min(q_drawn, 0), jnp.min(q_next[..., 0], 0)])
    return q_known[..., 0], values, -log_prob, running
