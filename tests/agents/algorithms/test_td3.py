import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from agents.algorithms import td3
from agents.experience import replay
from agents.experience.replay import Experience
from agents.off_policy.learning import Learner

KEY = jax.random.key(0)
SMALL = td3.Config(
    total_steps=300,
    num_envs=2,
    num_steps=16,
    warmup_steps=100,
    buffer_size=128,
    batch_size=8,
    hidden_sizes=(8,),
)


def experience(num):
    """Random steps of Pendulum."""
    rng = np.random.default_rng(0)
    return Experience(
        observation=jnp.asarray(rng.normal(size=(num, 3)), jnp.float32),
        action=jnp.asarray(rng.uniform(-2, 2, (num, 1)), jnp.float32),
        reward=jnp.asarray(rng.normal(size=num), jnp.float32),
        next_observation=jnp.asarray(rng.normal(size=(num, 3)), jnp.float32),
        terminated=jnp.asarray(rng.random(num) < 0.3),
    )


def networks(problem, key, num_critics):
    key_actor, *keys = jax.random.split(key, 1 + num_critics)
    actor = jax.tree.map(lambda leaf: 3.0 * leaf + 0.1, problem.actor.init(key_actor))
    return {"actor": actor, "critics": [problem.critic.init(k) for k in keys]}


@pytest.mark.parametrize("variant", ["td3", pytest.param("ddpg", marks=pytest.mark.slow)])
def test_the_losses_are_their_formulas(variant):
    """Without noise on target actions; the gradient of the actor is that of the first critic."""
    config = dataclasses.replace(SMALL, variant=variant, target_noise=0.0)
    problem = td3.make_problem(config)
    batch, num = experience(8), 1 if variant == "ddpg" else 2

    @jax.jit
    def evaluate(key):
        params, average = (networks(problem, k, num) for k in jax.random.split(key))
        graded = jax.value_and_grad(td3.loss, has_aux=True)
        (_, terms), gradient = graded(params, average, batch, key[None], problem, False)

        def q(critic, s, a):
            return problem.critic.apply(critic, jnp.concatenate([s, a / 2.0], -1))

        s, s_next = batch.observation, batch.next_observation
        mean = lambda actor, s: problem.actor.apply(actor, s).mean
        next_action = mean(average["actor"], s_next)
        after = jnp.stack([q(c, s_next, next_action) for c in average["critics"]]).min(0)
        y = batch.reward + 0.99 * jnp.where(batch.terminated, 0.0, after)
        critic_loss = sum(jnp.mean((q(c, s, batch.action) - y) ** 2) for c in params["critics"])
        value = lambda actor: -jnp.mean(q(params["critics"][0], s, mean(actor, s)))
        return terms, critic_loss, gradient["actor"], jax.value_and_grad(value)(params["actor"])

    terms, critic_loss, gradient, (actor_loss, expected) = evaluate(KEY)
    np.testing.assert_allclose(terms["critic_loss"], critic_loss, rtol=1e-4)
    np.testing.assert_allclose(terms["actor_loss"], actor_loss, rtol=1e-4)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6), gradient, expected
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1])
def test_the_actor_and_the_targets_are_delayed(number):
    problem = td3.make_problem(SMALL)
    state = jax.jit(lambda key: td3.init(key, problem))(KEY)
    params, unravel = ravel_pytree(state.params)
    learner = Learner(params, params, state.optimizer, unravel)
    step = jax.jit(
        lambda learner: td3.gradient_step(
            KEY[None], learner, experience(8), jnp.asarray(number), problem, False
        )[0]
    )
    new = step(learner)
    moved = jax.tree.map(lambda a, b: np.any(a != b), unravel(new.params), state.params)
    assert all(jax.tree.leaves(moved["critics"]))
    assert any(jax.tree.leaves(moved["actor"])) == (number == 1)
    assert np.array_equal(new.average, params) == (number == 0)


@pytest.mark.slow
def test_actions_with_noise_stay_in_the_box():
    """They are clipped as the environment does: the critics learn of the actions that it took."""
    problem = td3.make_problem(dataclasses.replace(SMALL, exploration_noise=1.0))
    state = jax.jit(lambda key: td3.update(td3.init(key, problem), problem)[0])(KEY)
    action = np.abs(replay.in_order(state.buffer).action)
    assert np.all(action <= 2.0)
    assert np.any(action == 2.0)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["td3", "ddpg"])
def test_it_learns_pendulum(variant):
    _, metrics = jax.jit(td3.train)(KEY, td3.Config(variant=variant))
    assert np.nanmean(metrics["episode_return"][-30:]) > -200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env": "CartPole-v1"}, "TD3 supports bounded Box action spaces; 'CartPole-v1' has Discr"),
        ({"delay": 0}, "delay must be greater than 0"),
        ({"target_noise": -1.0}, "target_noise must not be negative"),
    ],
)
def test_invalid_hyper_parameters_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **changes)
