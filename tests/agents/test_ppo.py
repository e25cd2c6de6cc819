import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd
from agents import envs, networks, ppo
from agents.rollout import rollout

KEY = jax.random.key(0)
SMALL = ppo.Config(
    env="Match-probe",
    total_steps=12_800,
    num_steps=32,
    num_minibatches=2,
    learning_rate=1e-2,
    gamma=0.5,
    hidden_sizes=(16,),
)
CUES = jnp.array([[-1.0], [1.0]])

train = jax.jit(ppo.train)


def small(**changes):
    return dataclasses.replace(SMALL, **changes)


@pytest.mark.parametrize(
    ("probe", "observations", "values"),
    [
        ("Constant", CUES, [1.0, 1.0]),
        ("Cue", CUES, [-1.0, 1.0]),
        ("TwoSteps", [[0.0], [1.0]], [0.5, 1.0]),
        ("Truncated", CUES, [-2.0, 2.0]),
        ("Both", CUES, [-(1.75 + 1.5 + 1.0) / 3, (1.75 + 1.5 + 1.0) / 3]),
    ],
)
def test_the_critic_learns_the_values(probe, observations, values):
    """Truncated is worth cue / (1 - gamma); Both looks the same, but ends."""
    config = small(env=f"{probe}-probe")
    state, _ = train(KEY, config)
    _, critic = ppo.actor_and_critic(config)
    v = critic.apply(state.params["critic"], jnp.asarray(observations))
    np.testing.assert_allclose(v, values, atol=0.1)


def test_the_policy_learns_to_match_the_cue():
    state, metrics = train(KEY, SMALL)
    probs = ppo.policy(state, SMALL)(CUES).probs
    assert np.all(np.diagonal(probs) > 0.97)
    assert metrics["episode_return"][0] < 0.5 < 0.9 < metrics["episode_return"][-1]


def test_the_policy_learns_actions_in_a_box():
    config = small(env="Target-probe", entropy_coef=0.0, total_steps=25_600)
    state, _ = train(KEY, config)
    policy = ppo.policy(state, config)(CUES)
    np.testing.assert_allclose(policy.mean, 0.5 * CUES, atol=0.1)
    assert np.all(np.asarray(policy.stddev) < 0.5)


def test_metrics_tell_of_every_update():
    _, metrics = train(KEY, SMALL)
    assert ppo.num_updates(SMALL) == 100
    np.testing.assert_array_equal(metrics["steps"], 128 * np.arange(1, 101))
    np.testing.assert_array_equal(metrics["episodes"], 128)
    assert all(values.shape == (100,) for values in metrics.values())


def test_a_budget_is_rounded_down_to_whole_updates():
    assert ppo.num_updates(ppo.Config(total_steps=500_000)) == 976
    assert ppo.num_updates(ppo.Config(total_steps=1023)) == 1


def test_numbers_of_a_config_can_be_vmapped_and_change_nothing_else():
    """Two learning rates in one program are the two runs one by one, up to rounding."""
    rates = jnp.array([1e-3, 1e-2])
    config = small(total_steps=1_280)
    together, _ = jax.jit(
        jax.vmap(lambda rate: ppo.train(KEY, dataclasses.replace(config, learning_rate=rate)))
    )(rates)
    for i, rate in enumerate(rates):
        alone, _ = train(KEY, dataclasses.replace(config, learning_rate=float(rate)))
        jax.tree.map(
            lambda many, one, i=i: np.testing.assert_allclose(many[i], one, atol=2e-3),
            together.params,
            alone.params,
        )


def test_another_learning_rate_is_not_another_program():
    traces = []

    def apply(params, s):
        traces.append(s.shape)
        return plain.apply(params, s)

    plain = networks.categorical_actor(1, 2, (4,), "tanh")
    actor = networks.Network(plain.init, apply)
    config = small(total_steps=128, actor=actor)
    train(KEY, config)
    once = len(traces)
    train(KEY, dataclasses.replace(config, learning_rate=1e-4, gamma=0.9, clip=0.1))
    assert len(traces) == once > 0


@pytest.fixture(scope="module")
def batch():
    """A state of training, and a batch collected with its policy."""
    config = small(env="CartPole-v1")
    state = ppo.init(KEY, config)
    env, policy = envs.make(config.env), ppo.policy(state, config)
    _, transitions, _ = rollout(KEY, env, policy, state.streams, config.num_steps)
    return config, state.params, ppo.estimate(state.params, transitions, config)


def test_the_first_gradient_is_the_policy_gradient(batch):
    """Where the policy has not moved, the ratio is 1 and its gradient that of log pi."""
    config, params, batch = batch
    config = dataclasses.replace(config, value_coef=0.0, entropy_coef=0.0)
    actor, _ = ppo.actor_and_critic(config)

    def score_function(params):
        a = (batch.advantage - batch.advantage.mean()) / (batch.advantage.std() + 1e-8)
        log_prob = actor.apply(params["actor"], batch.observation).log_prob(batch.action)
        return -jnp.mean(jd.score_function(log_prob, a))

    expected = jax.grad(score_function)(params)
    actual = jax.grad(ppo.loss, has_aux=True)(params, batch, config)[0]
    assert optax.tree.norm(expected["actor"]) > 1e-3
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6), actual, expected
    )


def test_the_loss_is_the_sum_of_its_parts(batch):
    config, params, batch = batch
    total, parts = ppo.loss(params, batch, config)
    expected = (
        parts["policy_loss"]
        + config.value_coef * parts["value_loss"]
        - config.entropy_coef * parts["entropy"]
    )
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    np.testing.assert_allclose(parts["value_loss"], 0.5 * jnp.mean(batch.advantage**2), rtol=1e-5)
    assert abs(float(parts["entropy"]) - np.log(2)) < 0.01


def test_of_the_clipped_and_the_plain_value_error_the_larger_counts(batch):
    """All values have moved by 1, of which the clip lets pass 0.2."""
    config, params, batch = batch
    moved = jax.tree.map(lambda leaf: leaf, params)
    moved["critic"][-1]["bias"] = params["critic"][-1]["bias"] + 1.0
    _, parts = ppo.loss(moved, batch, config)
    larger = jnp.maximum((1.0 - batch.advantage) ** 2, (0.2 - batch.advantage) ** 2)
    np.testing.assert_allclose(parts["value_loss"], 0.5 * jnp.mean(larger), rtol=1e-4)


def test_gradients_are_clipped_by_their_global_norm():
    config = small(max_grad_norm=1e-3)
    params = {"a": jnp.zeros(3), "b": jnp.zeros(2)}
    grads = {"a": jnp.array([3.0, 0.0, 0.0]), "b": jnp.array([0.0, 4.0])}
    optimizer = ppo.optimizer(config)
    tiny, _ = optimizer.update(grads, optimizer.init(params))
    scaled = jax.tree.map(lambda g: g * 1e-3 / 5.0, grads)
    expected = jax.tree.map(lambda g: -1e-2 * g / (abs(g) + 1e-5), scaled)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), tiny, expected)


@pytest.mark.parametrize("n", [1, 2, 7, 512, 1000])
def test_a_permutation_has_every_index_once(n):
    order = ppo.permutation(KEY, n)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_permutations_are_uniform():
    """All 24 orders of four, chi-square with 23 degrees of freedom: 99.99% below 58."""
    orders = jax.vmap(lambda key: ppo.permutation(key, 4))(jax.random.split(KEY, 24_000))
    _, counts = np.unique(np.asarray(orders), axis=0, return_counts=True)
    assert len(counts) == 24
    assert np.sum((counts - 1000) ** 2 / 1000) < 58


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_envs": 0}, "num_envs must be greater than 0; got 0"),
        ({"num_minibatches": 3}, "num_minibatches must divide num_envs \\* num_steps = 128; got 3"),
        ({"learning_rate": -1.0}, "learning_rate must be greater than 0; got -1.0"),
        ({"gamma": 1.5}, "gamma must lie between 0 and 1; got 1.5"),
        ({"entropy_coef": -0.1}, "entropy_coef must not be negative; got -0.1"),
        ({"hidden_sizes": (64, 0)}, "hidden_sizes must be greater than 0; got \\(64, 0\\)"),
        ({"activation": "sine"}, "activation must be one of elu, .*tanh; got 'sine'"),
        ({"total_steps": 100}, "total_steps must allow for one update .* 128 steps; got 100"),
        ({"env": "Nowhere"}, "unknown environment 'Nowhere'"),
    ],
)
def test_a_bad_config_is_an_error_that_says_what_is_wrong(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)
