"""The ports of well-known torch scripts learn what the originals learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from notebooks.ports import (
    actor_critic_workers,
    cartpole_bernoulli,
    categorical_reinforce,
    mlp_actors,
    normal_pathwise,
)

KEY = jax.random.key(0)


def test_the_gradient_of_categorical_reinforce_is_reward_times_probs_minus_onehot():
    gradients = jax.vmap(jax.grad(categorical_reinforce.loss), (None, 0))(
        jnp.zeros(3), jax.random.split(KEY, 50)
    )
    possible = categorical_reinforce.PAYOFF[:, None] * (1 / 3 - jnp.eye(3))
    distances = jnp.abs(gradients[:, None] - possible).max(-1)
    np.testing.assert_allclose(distances.min(1), 0, atol=1e-6)
    assert set(distances.argmin(1).tolist()) == {0, 1, 2}


@pytest.mark.slow
def test_categorical_reinforce_finds_the_best_action():
    probabilities = jax.jit(jax.vmap(categorical_reinforce.train))(jax.random.split(KEY, 20))
    assert jnp.mean(probabilities[:, -1].argmax(-1) == 2) > 0.8


@pytest.mark.slow
def test_normal_pathwise_finds_the_best_action_and_becomes_certain():
    loc, log_scale = jax.jit(normal_pathwise.train)(KEY)
    assert abs(loc[-1] - 3) < 0.1
    assert log_scale[-1] < -2


@pytest.mark.slow
def test_cartpole_bernoulli_learns_and_its_policy_is_saved(tmp_path):
    params, returns = jax.jit(cartpole_bernoulli.train)(KEY)
    assert returns[:5].mean() < 60
    assert returns[-20:].mean() > 150
    cartpole_bernoulli.save(params, tmp_path / "policy.pkl")
    loaded = cartpole_bernoulli.load(tmp_path / "policy.pkl")
    jax.tree.map(np.testing.assert_array_equal, loaded, params)


@pytest.mark.slow
def test_actor_critic_workers_learn():
    returns = jax.jit(actor_critic_workers.train)(KEY)[1]
    assert jnp.nanmean(returns[-50:]) > 200


@pytest.mark.slow
@pytest.mark.parametrize(("env", "gain"), [("CartPole-v1", 150), ("Swimmer-misc", 150)])
def test_mlp_actors_learn(env, gain):
    returns = jax.jit(lambda key: mlp_actors.train(key, env))(KEY)
    assert returns[-10:].mean() - returns[:3].mean() > gain
