import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms import mpo
from agents.experience import environments
from agents.experience.replay import Experience

KEY = jax.random.key(0)
CHOICE = mpo.Config(
    env="CartPole-v1",
    total_steps=300,
    num_envs=2,
    num_steps=16,
    warmup_steps=100,
    buffer_size=128,
    batch_size=8,
    hidden_sizes=(8,),
)
BOX = dataclasses.replace(CHOICE, env="Pendulum-v1")


def experience(config, num):
    env = environments.make(config.env)
    rng, size = np.random.default_rng(0), (num, env.observation_size)
    return Experience(
        observation=jnp.asarray(rng.normal(size=size), jnp.float32),
        action=jax.vmap(env.action_space.sample)(jax.random.split(KEY, num)),
        reward=jnp.asarray(rng.normal(size=num), jnp.float32),
        next_observation=jnp.asarray(rng.normal(size=size), jnp.float32),
        terminated=jnp.asarray(rng.random(num) < 0.3),
    )


def losses(config, batch, key):
    """Parameters, target parameters, terms and gradient."""
    problem = mpo.make_problem(config)

    def networks(key):
        key_actor, key_critic = jax.random.split(key)
        actor = jax.tree.map(lambda leaf: 3.0 * leaf, problem.actor.init(key_actor))
        return {"actor": actor, "critics": [problem.critic.init(key_critic)]}

    params, average = (networks(k) for k in jax.random.split(key))
    num = len(mpo.initial_log_multipliers(params["actor"], problem))
    duals = {"log_temperature": jnp.log(0.3), "log_multipliers": jnp.zeros(num)}
    graded = jax.grad(mpo.loss, has_aux=True)
    gradient, terms = graded(params | duals, average | duals, batch, key[None], problem)
    return params, average, terms, gradient


def test_the_losses_over_choices_are_their_formulas():
    batch = experience(CHOICE, 8)
    problem = mpo.make_problem(CHOICE)

    @jax.jit
    def evaluate(key):
        params, average, terms, gradient = losses(CHOICE, batch, key)
        s, s_next = batch.observation, batch.next_observation
        old, new = (problem.actor.apply(p["actor"], s).probs for p in (average, params))
        old_next = problem.actor.apply(average["actor"], s_next).probs
        q = problem.critic.apply(params["critics"][0], s)
        targets = [problem.critic.apply(average["critics"][0], x) for x in (s, s_next)]
        return terms, gradient, (old, new, old_next, q, *targets)

    terms, gradient, arrays = evaluate(KEY)
    old, new, old_next, q, q_old, q_next = (np.asarray(a, np.float64) for a in arrays)
    psi = old * np.exp(q_old / 0.3)
    psi /= psi.sum(-1, keepdims=True)
    weights_kl = np.mean(np.sum(psi * np.log(psi / old), -1))
    kl = np.mean(np.sum(old * np.log(old / new), -1))
    y = batch.reward + 0.99 * np.where(batch.terminated, 0, np.sum(old_next * q_next, -1))
    taken = q[np.arange(8), batch.action]
    np.testing.assert_allclose(terms["critic_loss"], 0.5 * np.mean((taken - y) ** 2), rtol=1e-4)
    np.testing.assert_allclose(
        terms["policy_loss"], -np.mean(np.sum(psi * np.log(new), -1)), rtol=1e-4
    )
    np.testing.assert_allclose(terms["weights_kl"], weights_kl, rtol=1e-3)
    np.testing.assert_allclose(terms["kl"], kl, rtol=1e-3, atol=1e-6)
    # The dual variables rise where a constraint is violated.
    np.testing.assert_allclose(gradient["log_temperature"], 0.3 * (0.1 - weights_kl), rtol=1e-3)
    np.testing.assert_allclose(gradient["log_multipliers"], [0.01 - kl], rtol=1e-3)


@pytest.mark.slow
def test_draws_in_a_box_estimate_the_values():
    """With many draws, the target of the critic is the mean value of the target policy."""
    config = dataclasses.replace(BOX, num_actions=4096)
    problem = mpo.make_problem(config)
    actor, critic = problem.actor.init(KEY), problem.critic.init(KEY)
    s = experience(BOX, 4).observation
    pi = problem.actor.apply(actor, s)
    actions, log_prior, q = mpo.possible(jax.random.split(KEY, 2), pi, critic, s, problem)
    assert actions.shape == (4096, 4, 1)
    np.testing.assert_allclose(jnp.sum(jnp.exp(log_prior), 0), 1.0, rtol=1e-4)
    draws = pi.sample(jax.random.key(1), (4096,))[..., 0]
    np.testing.assert_allclose(np.mean(actions[..., 0], 0), np.mean(draws, 0), atol=0.1)
    rows = jnp.concatenate([jnp.broadcast_to(s, (4096, 4, 3)), actions / 2.0], -1)
    np.testing.assert_allclose(q, problem.critic.apply(critic, rows), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("config", [CHOICE, BOX], ids=["choice", "box"])
def test_an_update_moves_all_parameters_and_their_targets(config):
    problem = mpo.make_problem(config)
    before = jax.jit(lambda key: mpo.init(key, problem))(KEY)
    after, metrics = jax.jit(lambda state: mpo.update(state, problem))(before)
    for name in ("params", "target", "target_actor"):
        old, new = (jax.tree.leaves(getattr(state, name)) for state in (before, after))
        assert all(np.any(a != b) for a, b in zip(old, new, strict=True) if a.size)
    assert all(np.isfinite(metrics[name]) for name in mpo.METRICS)
    parts = len(before.params["log_multipliers"])
    assert parts == (2 if config is BOX else 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env": "Several-probe"}, "MPO supports Discrete and bounded Box action spaces"),
        ({"weights_kl": 0.0}, "weights_kl must be greater than 0"),
        ({"num_actions": 0}, "num_actions must be greater than 0"),
    ],
)
def test_invalid_hyper_parameters_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CHOICE, **changes)
