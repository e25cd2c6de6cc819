import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import jaxdist as jd
from agents.actor_critic.collection import collect
from agents.algorithms import trpo
from agents.experience.normalization import normalize_advantages

CONFIG = trpo.Config(
    env="CartPole-v1", num_envs=4, num_steps=32, hidden_sizes=(4,), total_steps=128
)


@pytest.fixture(scope="module")
def batch():
    @jax.jit
    def first_batch():
        problem = trpo.make_problem(CONFIG)
        state = trpo.init(jax.random.key(0), problem)
        _, _, batch, _ = collect(state, problem)
        return state.params["actor"], batch

    params, batch = first_batch()
    return params, dataclasses.replace(batch, advantage=normalize_advantages(batch.advantage))


@jax.jit
def step(params, batch, config):
    return trpo.trust_region_step(params, batch, trpo.make_problem(config))


def test_the_step_is_the_natural_gradient(batch):
    """Against a dense solve in float64 with the Fisher matrix, from scores of all actions."""
    params, batch = batch
    config = dataclasses.replace(CONFIG, cg_iterations=100, max_kl=1e-5)
    better, metrics = step(params, batch, config)
    assert metrics["accepted"] == 1.0
    actor = trpo.make_problem(config).actor
    old, unravel = ravel_pytree(params)

    @jax.jit
    def fisher_terms():
        pi = lambda theta: actor.apply(unravel(theta), batch.observation)
        log_probs = lambda theta: jax.nn.log_softmax(pi(theta).logits)
        chosen = lambda theta: jnp.mean(pi(theta).log_prob(batch.action) * batch.advantage)
        return jnp.exp(log_probs(old)), jax.jacobian(log_probs)(old), jax.grad(chosen)(old)

    p, score, g = (np.asarray(x, np.float64) for x in fisher_terms())
    fisher = np.einsum("na,nai,naj->ij", p, score, score) / len(p)
    x = np.linalg.solve(fisher + config.damping * np.eye(len(old)), g)
    change = np.asarray(ravel_pytree(better)[0] - old, np.float64)
    cosine = change @ x / np.linalg.norm(change) / np.linalg.norm(x)
    assert cosine > 0.999


@pytest.mark.parametrize("max_kl", [0.001, 0.1])
def test_the_step_stays_within_the_trust_region_and_is_better(batch, max_kl):
    params, batch = batch
    config = dataclasses.replace(CONFIG, max_kl=max_kl)
    better, metrics = step(params, batch, config)
    actor = trpo.make_problem(config).actor
    pi = actor.apply(better, batch.observation)
    kl = float(jnp.mean(jd.kl_divergence(batch.policy, pi)))
    gain = jnp.mean(jnp.exp(pi.log_prob(batch.action) - batch.log_prob) * batch.advantage)
    np.testing.assert_allclose(metrics["kl"], kl, rtol=1e-4)
    np.testing.assert_allclose(metrics["surrogate"], gain, rtol=1e-3, atol=1e-6)
    assert 0.1 * max_kl < kl <= max_kl
    assert gain > 0


def test_without_advantages_the_policy_does_not_change(batch):
    params, batch = batch
    without = dataclasses.replace(batch, advantage=jnp.zeros_like(batch.advantage))
    same, metrics = step(params, without, CONFIG)
    assert metrics["accepted"] == metrics["kl"] == 0.0
    jax.tree.map(np.testing.assert_array_equal, same, params)
