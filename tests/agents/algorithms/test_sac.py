import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy import stats

from agents.algorithms import sac, sac_losses
from agents.experience import environments, replay
from agents.networks.actors import make_actor
from agents.networks.batch_norm import MOMENTUM
from agents.networks.critics import make_action_critic
from agents.off_policy.learning import Learner

KEY = jax.random.key(0)
CHOICE = sac.Config(
    env="Match-probe",
    total_steps=300,
    num_envs=2,
    num_steps=16,
    warmup_steps=100,
    warmup_hold=5,
    buffer_size=128,
    batch_size=8,
    hidden_sizes=(8,),
)
BOX = dataclasses.replace(CHOICE, env="Pendulum-v1")


def experience(config, terminated):
    """A random batch of steps."""
    env = environments.make(config.env)
    rng, size = np.random.default_rng(0), (len(terminated), env.observation_size)
    action = jax.vmap(env.action_space.sample)(jax.random.split(KEY, len(terminated)))
    return replay.Experience(
        observation=jnp.asarray(rng.normal(size=size), jnp.float32),
        action=action,
        reward=jnp.asarray(rng.normal(size=len(terminated)), jnp.float32),
        next_observation=jnp.asarray(rng.normal(size=size), jnp.float32),
        terminated=jnp.asarray(terminated),
    )


PATHS = [(CHOICE, False), (CHOICE, True), (BOX, False), (BOX, True)]


@pytest.fixture(
    scope="module", params=PATHS, ids=["choice", "choice-batched", "box", "box-batched"]
)
def case(request):
    """A config, a state with target critics of their own, a batch, losses and their gradient."""
    config, batched = request.param
    batch = experience(config, [True, False, False, True, False, False])

    @jax.jit
    def everything(config):
        problem = sac.make_problem(config)
        state = sac.init(KEY, problem)
        params = state.params | {"log_temperature": jnp.log(0.3)}
        target = jax.tree.map(lambda leaf: 0.5 * leaf + 0.1, state.target)
        losses = jax.value_and_grad(sac_losses.loss, has_aux=True)
        graded = losses(params, target, batch, KEY[None], problem, batched)
        return params, target, graded

    return config, batch, *everything(config)


def stored(buffer):
    """All rows of a buffer."""
    return replay.unpack(buffer.words.reshape(-1, buffer.words.shape[-1]), buffer)


def drawn(key, pi, config):
    """Actions, their weights and log-probabilities, with a leading axis."""
    if config is CHOICE:
        actions = jnp.arange(2)[:, None, None] * jnp.ones(pi.batch_shape, jnp.int32)
        log_prob = jnp.stack([pi.log_prob(a) for a in actions])
        return actions, jnp.exp(log_prob), log_prob
    action, log_prob = pi.sample_and_log_prob(key)
    return action[None], jnp.ones((1, 2, 1)), log_prob[None]


def minimum(params, s, a, config):
    """The minimum of the two critics, one network after the other."""
    env = environments.make(config.env)
    net = make_action_critic(env, config.hidden_sizes, config.activation)
    if config is CHOICE:
        both = [net.apply(p, s)[jnp.arange(len(a)), a] for p in params]
    else:
        both = [net.apply(p, jnp.concatenate([s, a / 2.0], -1)) for p in params]
    return jnp.minimum(*both), both


def soft_value(params, actor_params, batch, config, i):
    """The soft value of `s` (i = 0) or of `s'` (i = 1), whose actions are drawn together."""
    s = jnp.stack([batch.observation, batch.next_observation])
    pi = sac.make_problem(config).actor.apply(actor_params, s)
    actions, weights, log_prob = drawn(KEY, pi, config)
    actions, weights, log_prob = actions[:, i], weights[:, i], log_prob[:, i]
    q = jnp.stack([minimum(params, s[i], a, config)[0] for a in actions])
    return jnp.sum(weights * (q - 0.3 * log_prob), 0), -jnp.sum(weights * log_prob, 0)


def test_the_losses_are_their_formulas(case):
    config, batch, params, target, ((total, parts), _) = case
    after, _ = soft_value(target, params["actor"], batch, config, 1)
    y = batch.reward + 0.99 * np.where(batch.terminated, 0.0, after)
    _, both = minimum(params["critics"], batch.observation, batch.action, config)
    critic_loss = sum(0.5 * np.mean((q - y) ** 2) for q in both)
    now, entropy = soft_value(params["critics"], params["actor"], batch, config, 0)

    np.testing.assert_allclose(parts["critic_loss"], critic_loss, rtol=1e-4)
    np.testing.assert_allclose(parts["actor_loss"], -np.mean(now), rtol=1e-4)
    np.testing.assert_allclose(parts["entropy"], np.mean(entropy), rtol=1e-4)
    keep = 0.5 * np.log(2) if config is CHOICE else -1.0 + np.log(2)
    temperature_loss = 0.3 * (np.mean(entropy) - keep)
    np.testing.assert_allclose(
        total, critic_loss - np.mean(now) + temperature_loss, rtol=1e-4, atol=1e-5
    )


def test_each_loss_has_the_gradient_of_its_own_parameters(case):
    config, batch, params, target, ((_, parts), gradient) = case
    problem = sac.make_problem(config)
    keep = 0.5 * np.log(2) if config is CHOICE else -1.0 + np.log(2)
    np.testing.assert_allclose(
        gradient["log_temperature"], 0.3 * (parts["entropy"] - keep), rtol=1e-3, atol=1e-5
    )

    @jax.jit
    @jax.grad
    def of_critics(critics):
        moved = params | {"critics": critics}
        return sac_losses.loss(moved, target, batch, KEY[None], problem, False)[1]["critic_loss"]

    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6),
        gradient["critics"],
        of_critics(params["critics"]),
    )
    if config is CHOICE:
        expected = jax.jit(
            jax.grad(
                lambda actor: -jnp.mean(soft_value(params["critics"], actor, batch, config, 0)[0])
            )
        )(params["actor"])
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6),
            gradient["actor"],
            expected,
        )


def test_the_actor_gradient_in_a_box_is_pathwise(case):
    """Against a finite difference."""
    config, batch, params, target, (_, gradient) = case
    problem = sac.make_problem(config)
    direction = jax.tree.map(jnp.sign, gradient["actor"])

    @jax.jit
    def actor_loss(step):
        actor = jax.tree.map(lambda p, d: p + step * d, params["actor"], direction)
        return sac_losses.loss(params | {"actor": actor}, target, batch, KEY[None], problem, False)[
            1
        ]["actor_loss"]

    slope = (actor_loss(1e-3) - actor_loss(-1e-3)) / 2e-3
    inner = sum(jnp.sum(jnp.abs(leaf)) for leaf in jax.tree.leaves(gradient["actor"]))
    np.testing.assert_allclose(slope, inner, rtol=0.02)


def test_the_policy_of_a_box_stays_inside_and_has_its_density():
    """In units of the box: log |da/dy| is that of tanh, and log 2 for the half-width of 2."""
    env = environments.make("Pendulum-v1")
    net = make_actor(env, (8,), "relu", "squashed")
    s = jnp.array([[1.0, 0.0, 3.0], [0.0, 1.0, -8.0]])
    params = jax.tree.map(lambda leaf: 3.0 * leaf + 0.1, net.init(KEY))
    pi = net.apply(params, s)
    assert pi.batch_shape == (2,)
    base = pi.base_dist.base_dist
    assert np.ptp(base.log_scale) > 0, "the scale looks at the observation"
    action = pi.sample(KEY, (1000,))
    assert np.all(np.abs(action) < 2.0)
    y = np.arctanh(np.asarray(action[0], np.float64) / 2.0)
    expected = stats.norm(base.loc, base.scale).logpdf(y) - np.log(2.0 * (1.0 - np.tanh(y) ** 2))
    np.testing.assert_allclose(pi.log_prob(action[0]), expected[..., 0], atol=1e-3)
    assert pi.mode.shape == (2, 1)


@pytest.fixture(scope="module")
def updated():
    """The state before the first update, after it, and the metrics."""
    config = dataclasses.replace(CHOICE, env="Truncated-probe")
    problem = sac.make_problem(config)
    before = jax.jit(lambda key: sac.init(key, problem))(KEY)
    return config, before, *jax.jit(lambda state: sac.update(state, problem))(before)


def test_an_update_counts_and_stores_its_steps(updated):
    config, before, after, metrics = updated
    assert before.steps == 2 * before.buffer.size == 100
    assert after.steps == metrics["steps"] == 132
    assert after.buffer.size == 64
    assert config.num_updates == 6 == (300 - 100) // 32
    assert metrics["episodes"] == 2 * sum(1 for t in range(51, 67) if t % 3 == 0)
    assert metrics["episode_length"] == 3.0


def test_the_warm_up_repeats_its_actions(updated):
    _, before, _, _ = updated
    action = np.asarray(stored(before.buffer).action)[:100].reshape(10, 5, 2)
    assert np.all(action == action[:, :1])
    assert 0 < action[:, 0].mean() < 1


def test_truncated_episodes_are_stored_as_not_terminated(updated):
    """Its last observation is stored, not the first one of the next episode."""
    _, before, _, _ = updated
    rows = jax.tree.map(lambda leaf: np.asarray(leaf)[:100], stored(before.buffer))
    assert not rows.terminated.any()
    np.testing.assert_array_equal(rows.next_observation, rows.observation)
    cues = rows.observation.reshape(50, 2)
    cut = np.arange(49) % 3 == 2
    assert np.all((cues[1:] == cues[:-1])[~cut])
    assert not np.all((cues[1:] == cues[:-1])[cut])


@pytest.mark.parametrize("batched", [False, True])
def test_target_critics_are_a_moving_average(updated, batched):
    config, before, _, _ = updated
    problem = sac.make_problem(config)
    batch = jax.tree.map(lambda leaf: leaf[:8], stored(before.buffer))
    params, unravel = ravel_pytree(before.params)
    learner = Learner(params, 0.5 * params, before.optimizer, unravel)
    after, _ = jax.jit(
        lambda learner: sac.gradient_step(KEY[None], learner, batch, problem, batched)
    )(learner)
    expected = 0.98 * learner.average + 0.02 * after.params
    np.testing.assert_allclose(after.average, expected, atol=1e-6)
    moved = jax.tree.map(lambda a, b: np.any(a != b), before.params, unravel(after.params))
    assert all(jax.tree.leaves(moved["critics"]))


def test_batched_networks_train_as_the_others(updated):
    """An update of which every step is computed as on an accelerator."""
    config, before, after, _ = updated
    problem = sac.make_problem(config)
    params, unravel = ravel_pytree(before.params)
    learner = Learner(params, params, before.optimizer, unravel)
    batch = jax.tree.map(lambda leaf: leaf[:64], stored(after.buffer))

    def steps(batched):
        step = lambda learner, key: sac.gradient_step(key[None], learner, batch, problem, batched)
        return jax.jit(lambda keys: jax.lax.scan(step, learner, keys))(jax.random.split(KEY, 5))

    (one, terms), (other, other_terms) = steps(False), steps(True)
    np.testing.assert_allclose(terms, other_terms, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(one.average, other.average, atol=1e-4)


@pytest.mark.parametrize(
    ("env", "critic_sizes", "num_products"),
    [
        ("Match-probe", None, 2),
        pytest.param("Masked-probe", None, 2, marks=pytest.mark.slow),
        pytest.param("Match-probe", (4,), 2 + 2, marks=pytest.mark.slow),
    ],
)
def test_networks_of_one_shape_are_one_batched_product(env, critic_sizes, num_products):
    """Of each of the two layers; with the losses of one network after another."""
    config = dataclasses.replace(CHOICE, env=env)
    if critic_sizes:
        critic = make_action_critic(environments.make(env), critic_sizes, "relu")
        config = dataclasses.replace(config, critic=critic)
    problem = sac.make_problem(config)
    init = lambda key: {
        "actor": problem.actor.init(key),
        "critics": [problem.critic.init(k) for k in jax.random.split(key)],
        "log_temperature": jnp.log(0.3),
    }
    params, target = init(KEY), init(jax.random.key(1))["critics"]
    batch = experience(config, [True, False, False, True])
    possible = lambda s: s.at[:, 0].set(1.0)  # the first action
    batch = dataclasses.replace(
        batch,
        observation=possible(batch.observation),
        next_observation=possible(batch.next_observation),
    )

    def losses(batched):
        return lambda params: sac_losses.loss(params, target, batch, KEY, problem, batched)

    products = str(jax.make_jaxpr(losses(batched=True))(params)).count("dot_general")
    assert products == num_products
    one, other = (jax.grad(losses(b), has_aux=True)(params) for b in (True, False))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), one, other)


def test_random_actions_respect_the_mask():
    config = dataclasses.replace(CHOICE, env="Masked-probe", warmup_hold=1, warmup_steps=40)
    problem = sac.make_problem(config)
    buffer = jax.jit(lambda key: sac.init(key, problem).buffer)(KEY)
    np.testing.assert_array_equal(stored(buffer).reward[:40], 1.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "total_steps", "bar"),
    [("Pendulum-v1", 20_000, -200.0), ("MountainCarContinuous-v0", 50_000, 90.0)],
)
def test_it_learns(env, total_steps, bar):
    config = sac.Config(env=env, total_steps=total_steps)
    _, metrics = jax.jit(sac.train)(KEY, config)
    assert np.nanmean(metrics["episode_return"][-30:]) > bar


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env": "Several-probe"}, "SAC supports Discrete and bounded Box action spaces; 'Several"),
        ({"tau": 2.0}, "tau must lie between 0 and 1; got 2.0"),
        ({"temperature": 0.0}, "temperature must be greater than 0; got 0.0"),
        ({"warmup_steps": 9}, "warmup_steps must allow for one hold of .* = 10 steps; got 9"),
        ({"buffer_size": 9}, "buffer_size must be at least num_envs \\* warmup_hold = 10; got 9"),
        ({"total_steps": 131}, "warm-up of 100 steps and one update .* = 32; got 131"),
    ],
)
def test_invalid_hyper_parameters_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CHOICE, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"residual": True, "hidden_sizes": (8, 4)}, "one width, once for each block; got \\(8, 4"),
        ({"residual": True, "batch_norm": True}, "one of residual and batch_norm"),
    ],
)
def test_invalid_networks_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CHOICE, **changes)


@pytest.mark.slow
@pytest.mark.parametrize("config", [CHOICE, BOX], ids=["choice", "box"])
@pytest.mark.parametrize("batched", [False, True])
def test_critics_that_normalize_batches_are_their_own_targets(config, batched):
    """The value after a step is that of the critics, evaluated together with the values before."""
    config = dataclasses.replace(config, batch_norm=True)
    problem = sac.make_problem(config)
    batch = experience(config, [True, False, False, True, False, False])
    state = jax.jit(lambda key: sac.init(key, problem))(KEY)
    of = lambda params, target: sac_losses.loss(params, target, batch, KEY[None], problem, batched)
    (total, parts), gradient = jax.jit(jax.value_and_grad(of, has_aux=True))(
        state.params, state.target
    )
    other = jax.tree.map(lambda leaf: leaf + 1.0, state.target)
    assert total == jax.jit(of)(state.params, other)[0]
    for critic, statistics in zip(gradient["critics"], parts["statistics"], strict=True):
        assert not any(np.any(leaf) for leaf in jax.tree.leaves(critic["statistics"]))
        assert all(np.any(layer["weight"]) for layer in critic["layers"])
        first = np.asarray(statistics[0]["mean"])[: batch.observation.shape[1]]
        both = np.concatenate([batch.observation, batch.next_observation])
        np.testing.assert_allclose(first, (1 - MOMENTUM) * both.mean(0), rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("option", ["batch_norm", "residual"])
def test_it_learns_with_other_networks(option):
    config = sac.Config(total_steps=20_000, **{option: True})
    state, metrics = jax.jit(sac.train)(KEY, config)
    assert np.nanmean(metrics["episode_return"][-30:]) > -250.0
    if option == "batch_norm":
        jax.tree.map(np.testing.assert_array_equal, state.target, state.params["critics"])
