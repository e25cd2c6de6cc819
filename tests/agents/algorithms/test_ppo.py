import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd
from agents.actor_critic.collection import collect
from agents.actor_critic.optimization import anneal_entropy, learning_rate_schedule
from agents.algorithms import ppo
from agents.experience import environments
from agents.experience.normalization import normalize_advantages
from agents.networks.actors import make_actor
from agents.networks.layers import Network

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

train = jax.jit(ppo.train)


def small(**changes):
    return dataclasses.replace(SMALL, **changes)


def test_total_steps_is_rounded_down_to_whole_updates():
    assert ppo.Config(total_steps=500_000).num_updates == 976
    assert ppo.Config(total_steps=1023).num_updates == 1


@pytest.mark.slow
def test_vmapped_learning_rates_equal_single_runs():
    """Up to rounding."""
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


def test_another_learning_rate_does_not_recompile():
    traces = []

    def apply(params, s):
        traces.append(s.shape)
        return plain.apply(params, s)

    plain = make_actor(environments.make("Match-probe"), (4,), "tanh")
    actor = Network(plain.init, apply)
    config = small(total_steps=128, actor=actor)
    train(KEY, config)
    once = len(traces)
    train(KEY, dataclasses.replace(config, learning_rate=1e-4, gamma=0.9, clip=0.1))
    assert len(traces) == once > 0


@pytest.mark.slow
def test_a_longer_run_needs_no_more_memory():
    """Except for the metrics, a hundred bytes per update."""

    def room(num_updates):
        config = small(total_steps=128 * num_updates)
        program = jax.jit(lambda key: ppo.train(key, config)).lower(KEY).compile()
        return program.memory_analysis().temp_size_in_bytes

    assert room(1_000) - room(10) < 990 * 100


@pytest.fixture(scope="module")
def batch():
    """A state of training, and a batch collected with its policy."""
    config = small(env="CartPole-v1")

    @jax.jit
    def first_batch():
        problem = ppo.make_problem(config)
        state = ppo.init(KEY, problem)
        _, _, batch, _ = collect(state, problem)
        return state.params, batch

    params, batch = first_batch()
    return (
        config,
        params,
        dataclasses.replace(batch, advantage=normalize_advantages(batch.advantage)),
    )


@jax.jit
def loss_and_gradient(params, batch, kl_coef, config):
    loss = lambda params: ppo.loss(params, batch, kl_coef, ppo.make_problem(config))
    return jax.value_and_grad(loss, has_aux=True)(params)


@pytest.mark.parametrize("objective", ["clip", "dpo", "kl"])
def test_the_first_gradient_is_the_policy_gradient(batch, objective):
    """At the old policy the ratio is 1, and its gradient is that of log pi."""
    config, params, batch = batch
    config = dataclasses.replace(config, objective=objective, value_coef=0.0, entropy_coef=0.0)
    actor = ppo.make_problem(config).actor

    @jax.jit
    @jax.grad
    def score_function(params):
        log_prob = actor.apply(params["actor"], batch.observation).log_prob(batch.action)
        return -jnp.mean(jd.score_function(log_prob, batch.advantage))

    expected = score_function(params)
    _, actual = loss_and_gradient(params, batch, 3.0, config)
    assert optax.tree.norm(expected["actor"]) > 1e-3
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6), actual, expected
    )


def test_the_loss_is_the_sum_of_its_parts(batch):
    config, params, batch = batch
    (total, parts), _ = loss_and_gradient(params, batch, 1.0, config)
    expected = (
        parts["policy_loss"]
        + config.value_coef * parts["value_loss"]
        - config.entropy_coef * parts["entropy"]
    )
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    error = batch.target - batch.value
    np.testing.assert_allclose(parts["value_loss"], 0.5 * jnp.mean(error**2), rtol=1e-5)
    assert abs(float(parts["entropy"]) - np.log(2)) < 0.01


def test_the_value_loss_takes_the_larger_of_the_clipped_and_plain_error(batch):
    """All values have changed by 1, which is clipped to 0.2."""
    config, params, batch = batch
    moved = jax.tree.map(lambda leaf: leaf, params)
    moved["critic"][-1]["bias"] = params["critic"][-1]["bias"] + 1.0
    (_, parts), _ = loss_and_gradient(moved, batch, 1.0, config)
    error = batch.target - batch.value
    larger = jnp.maximum((1.0 - error) ** 2, (0.2 - error) ** 2)
    np.testing.assert_allclose(parts["value_loss"], 0.5 * jnp.mean(larger), rtol=1e-4)


def test_the_penalty_is_the_divergence_from_the_old_policy(batch):
    config, params, batch = batch
    config = dataclasses.replace(config, objective="kl")
    moved = jax.tree.map(lambda leaf: leaf, params)
    moved["actor"]["network"][-1]["bias"] = jnp.array([0.0, 1.0])
    (_, light), _ = loss_and_gradient(moved, batch, 1.0, config)
    (_, heavy), _ = loss_and_gradient(moved, batch, 3.0, config)
    p = np.asarray(batch.policy.probs)
    q = p * np.exp([0.0, 1.0])
    q /= q.sum(-1, keepdims=True)
    np.testing.assert_allclose(light["kl"], np.mean(np.sum(p * np.log(p / q), -1)), rtol=1e-4)
    np.testing.assert_allclose(
        heavy["policy_loss"] - light["policy_loss"], 2 * light["kl"], rtol=1e-4
    )


@pytest.mark.parametrize(("kl", "factor"), [(0.02, 2.0), (0.01, 1.0), (0.005, 0.5)])
def test_the_penalty_adapts_to_the_divergence(kl, factor):
    config = small(objective="kl", kl_target=0.01)
    penalty = jd.adaptive_kl_coefficient(jnp.float32(3.0), jnp.float32(kl), config.kl_target)
    assert penalty == 3.0 * factor


@pytest.mark.slow
def test_the_penalty_objective_learns():
    config = small(objective="kl", kl_target=0.02)
    state, _ = train(KEY, config)
    cues = jnp.array([[-1.0], [1.0]])
    assert np.all(np.diagonal(ppo.policy(state, config)(cues).probs) > 0.9)
    assert state.kl_coef != 1.0


@pytest.mark.slow
def test_the_discovered_objective_learns():
    config = small(objective="dpo", clip_value=False)
    state, _ = train(KEY, config)
    cues = jnp.array([[-1.0], [1.0]])
    assert np.all(np.diagonal(ppo.policy(state, config)(cues).probs) > 0.9)


def test_the_drift_is_its_formula():
    ratio, advantage = np.array([0.25, 1.0, 3.0]), np.array([-2.0, 1.0, 1.5])
    gain = np.array([np.log(0.25) * -2.0, 0.0, 2.0 * 1.5])
    width = np.array([0.6, 2.0, 2.0])
    expected = ratio * advantage - (gain - width * np.tanh(gain / width))
    log_prob = jnp.log(jnp.asarray(ratio))
    actual = ppo.drifted_ratio(log_prob, jnp.zeros(3), jnp.asarray(advantage))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_values_may_change_by_more_than_the_clip_range(batch):
    config, params, batch = batch
    config = dataclasses.replace(config, clip_value=False)
    moved = jax.tree.map(lambda leaf: leaf, params)
    moved["critic"][-1]["bias"] = params["critic"][-1]["bias"] + 1.0
    (_, parts), _ = loss_and_gradient(moved, batch, 1.0, config)
    error = 1.0 - (batch.target - batch.value)
    np.testing.assert_allclose(parts["value_loss"], 0.5 * jnp.mean(error**2), rtol=1e-4)


@pytest.mark.slow
def test_an_update_stops_early_where_the_policy_has_changed_too_much():
    kl = lambda **changes: train(KEY, small(total_steps=128, num_epochs=20, **changes))[1]["kl"]
    assert 2 * kl(early_stop=True, kl_target=1e-4)[0] < kl()[0]


def test_policy_and_value_share_a_torso():
    """Both are outputs of one layer, whose derivative is the sum of theirs."""
    config = small(env="Masked-probe", shared_torso=True, hidden_sizes=(16, 8))
    problem = ppo.make_problem(config)
    params = ppo.init(KEY, problem).params
    s = jnp.array([[1.0, 0.0, 0.0, -1.0], [0.0, 0.0, 1.0, 1.0]])
    hidden, last = params["torso"]
    features = np.tanh(np.tanh(s @ hidden["weight"]) @ last["weight"])
    x = np.concatenate([s[:, :3], features], axis=-1)
    (layer,) = params["critic"]
    pi, value = problem.policy_and_value(params, s)
    np.testing.assert_allclose(value, (x @ layer["weight"])[:, 0], atol=1e-5)
    np.testing.assert_array_equal(pi.probs, s[:, :3])

    def outputs(torso, together):
        p = params | {"torso": torso}
        pi, v = (
            problem.policy_and_value(p, s)
            if together
            else (problem.policy(p, s), problem.value(p, s))
        )
        return jnp.sum(pi.entropy()) + jnp.sum(v)

    both, apart = (jax.grad(outputs)(params["torso"], together) for together in (True, False))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), both, apart)


@pytest.mark.slow
def test_a_shared_torso_learns():
    config = small(shared_torso=True, hidden_sizes=(16, 16))
    state, _ = train(KEY, config)
    assert np.all(np.diagonal(ppo.policy(state, config)(jnp.array([[-1.0], [1.0]])).probs) > 0.9)


def test_the_entropy_bonus_decays_to_zero():
    weight = lambda steps, **changes: (
        anneal_entropy(
            ppo.make_problem(small(entropy_coef=0.5, total_steps=2**31 + 128, **changes)), steps
        ).config.entropy_coef
    )
    wrapped = jnp.int32(-(2**31))  # 2^31 steps, which wrap around
    np.testing.assert_allclose(weight(jnp.int32(2**29), anneal_entropy=True), 0.375, rtol=1e-6)
    np.testing.assert_allclose(weight(wrapped, anneal_entropy=True), 0.5 * 2**-24, atol=1e-7)
    assert weight(jnp.int32(2**29)) == 0.5


def test_gradients_are_clipped_by_their_global_norm():
    config = small(max_grad_norm=1e-3)
    params = {"a": jnp.zeros(3), "b": jnp.zeros(2)}
    grads = {"a": jnp.array([3.0, 0.0, 0.0]), "b": jnp.array([0.0, 4.0])}
    optimizer = ppo.make_optimizer(config)
    tiny, _ = optimizer.update(grads, optimizer.init(params))
    scaled = jax.tree.map(lambda g: g * 1e-3 / 5.0, grads)
    expected = jax.tree.map(lambda g: -1e-2 * g / (abs(g) + 1e-5), scaled)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), tiny, expected)


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
        ({"objective": "trust"}, "objective must be one of clip, dpo, kl; got 'trust'"),
        ({"anneal_entropy": True, "total_steps": 2**32}, "anneal_entropy needs total_steps below"),
        ({"shared_torso": True, "hidden_sizes": ()}, "shared_torso needs at least one entry"),
        ({"env": "Nowhere"}, "unknown environment 'Nowhere'"),
    ],
)
def test_invalid_hyper_parameters_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_the_learning_rate_of_more_steps_than_32_bits_count():
    rate = learning_rate_schedule(ppo.Config(learning_rate=1.0, anneal=True), 10**11)
    np.testing.assert_allclose(rate(np.int32(2**30)), 1 - 2**30 / 10**11, rtol=1e-6)
