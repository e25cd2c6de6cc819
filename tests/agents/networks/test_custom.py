"""Networks of other libraries, and what is said of those that do not fit."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents.algorithms import a2c, ppo, recurrent_ppo, reinforce, sac
from agents.algorithms.registry import ALGORITHMS
from agents.networks.layers import Network, mlp

eqx = pytest.importorskip("equinox")
nn = pytest.importorskip("flax.linen")
nnx = pytest.importorskip("flax.nnx")

KEY = jax.random.key(0)


class EquinoxPolicy(eqx.Module):
    """Returns a distribution."""

    net: eqx.nn.MLP

    def __init__(self, key):
        self.net = eqx.nn.MLP(4, 2, 8, 1, key=key)

    def __call__(self, x):
        return jd.Categorical(logits=self.net(x))


class EquinoxPair(eqx.Module):
    """Returns location and scale."""

    net: eqx.nn.MLP
    log_scale: jax.Array

    def __init__(self, key):
        self.net, self.log_scale = eqx.nn.MLP(3, 1, 8, 1, key=key), jnp.full(1, -1.0)

    def __call__(self, x):
        return self.net(x), jnp.exp(self.log_scale)


class EquinoxNormalized(eqx.Module):
    norm: eqx.nn.BatchNorm

    def __init__(self):
        self.norm = eqx.nn.BatchNorm(4, "batch", mode="batch")

    def __call__(self, x):
        return x[:2]


class Linen(nn.Module):
    size: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.size)(nn.tanh(nn.Dense(8)(x)))


class LinenPair(nn.Module):
    """A scale that does not depend on the observation, without an axis for the batch."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(x), jnp.exp(self.param("log_scale", nn.initializers.zeros, (1,)))


class LinenNormal(nn.Module):
    independent: bool

    @nn.compact
    def __call__(self, x):
        policy = jd.Normal(nn.Dense(1)(x), 1.0)
        return jd.Independent(policy, 1) if self.independent else policy


class Nnx(nnx.Module):
    def __init__(self, size, rngs):
        self.hidden, self.out = nnx.Linear(4, 8, rngs=rngs), nnx.Linear(8, size, rngs=rngs)

    def __call__(self, x):
        return self.out(nnx.tanh(self.hidden(x)))


def mlp_of(*sizes):
    return lambda key: eqx.nn.MLP(*sizes, 8, 1, key=key)


def nnx_of(size):
    return lambda key: Nnx(size, nnx.Rngs(key))


ACTORS = {
    "an Equinox module": ("CartPole-v1", eqx.nn.MLP(4, 2, 8, 1, key=KEY)),
    "a function that makes one": ("CartPole-v1", mlp_of(4, 2)),
    "a class of Equinox": ("CartPole-v1", EquinoxPolicy),
    "init and apply of Equinox": ("CartPole-v1", Network(EquinoxPolicy, lambda p, o: p(o))),
    "linen": ("CartPole-v1", Linen(2)),
    "nnx": ("CartPole-v1", nnx_of(2)),
    "a pair": ("CartPole-v1", (lambda _: jnp.ones((4, 2)), lambda p, o: o @ p)),
    "of one observation": (
        "CartPole-v1",
        (lambda _: jnp.ones((2, 4)), lambda p, o: jnp.dot(p, o.reshape(4))),
    ),
    "locations": ("Pendulum-v1", mlp_of(3, 1)),
    "locations and scales": ("Pendulum-v1", EquinoxPair),
    "one scale for the batch": ("Pendulum-v1", LinenPair()),
    "a distribution in a box": ("Pendulum-v1", LinenNormal(independent=True)),
    "masked logits": ("Masked-probe", mlp_of(1, 3)),
    "of several parts": ("Several-probe", mlp_of(1, 3)),
}


@pytest.mark.parametrize("name", ACTORS)
def test_an_actor_gives_a_distribution_over_actions(name):
    env, actor = ACTORS[name]
    problem = ppo.make_problem(ppo.Config(env=env, actor=actor))
    params = problem.actor.init(KEY)
    s = jnp.ones((2, 3, problem.env.observation_size))
    policy = problem.actor.apply(params, s)
    draw, one = policy.sample(KEY), problem.actor.apply(params, s[0, 0])
    assert policy.batch_shape == policy.log_prob(draw).shape == (2, 3)
    assert one.batch_shape == ()
    np.testing.assert_allclose(policy.entropy(), np.full((2, 3), one.entropy()), rtol=1e-5)
    floats = [jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in jax.tree.leaves(params)]
    assert floats
    assert all(floats)


CRITICS = {
    "an Equinox scalar": mlp_of(4, "scalar"),
    "not squeezed": mlp_of(4, 1),
    "linen": Linen(1),
    "nnx": nnx_of(1),
    "of this package": mlp((4, 8, 1)),
}


@pytest.mark.parametrize("name", CRITICS)
def test_a_critic_gives_one_value_per_observation(name):
    problem = a2c.make_problem(a2c.Config(critic=CRITICS[name]))
    value = problem.critic.apply(problem.critic.init(KEY), jnp.ones((2, 3, 4)))
    assert value.shape == (2, 3)


def test_masked_actions_get_probability_zero():
    """Also where the network returns the distribution."""
    for actor in (mlp_of(1, 3), lambda key: Categorical(eqx.nn.Linear(1, 3, key=key))):
        problem = ppo.make_problem(ppo.Config(env="Masked-probe", actor=actor))
        policy = problem.actor.apply(problem.actor.init(KEY), jnp.array([1.0, 0.0, 1.0, 0.3]))
        assert policy.probs[1] == 0.0
        assert np.isfinite(policy.entropy())


class Categorical(eqx.Module):
    net: eqx.nn.Linear

    def __call__(self, x):
        return jd.Categorical(logits=self.net(x))


ERRORS = {
    "too many outputs": (
        {"actor": mlp_of(4, 3)},
        r"actor returns float32\[7,3\].*Discrete\(2\): expected the logits, float32\[7,2\].*"
        r"End the network with eqx.nn.Linear\(width, 2, key=key\)",
    ),
    "linen, too many outputs": ({"actor": Linen(3)}, r"End the network with nn.Dense\(2\)"),
    "other inputs": (
        {"actor": mlp_of(5, 2)},
        r"input, float32\[4\] \(one observation\): .*\(5,\) and \(4,\). .* takes 4 inputs",
    ),
    "no key": (
        {"actor": (lambda _: jnp.ones((4, 2)), lambda p, o, key: o @ p)},
        r"input, float32\[7,4\] \(7 observations\): .* 1 required positional argument: 'key'$",
    ),
    "an error of the user's": (
        {"actor": (lambda _: jnp.ones((4, 2)), lambda p, o: o.no_such_attribute)},
        r"AttributeError: .*no_such_attribute'?$",
    ),
    "batch normalization of Equinox": (
        {"actor": lambda key: EquinoxNormalized()},
        r"a state besides its parameters, such as eqx.nn.BatchNorm .*such as eqx.nn.LayerNorm",
    ),
    "an instance of it": (
        {"actor": eqx.nn.BatchNorm(4, "batch", mode="batch")},
        r"a state besides its parameters, such as eqx.nn.BatchNorm",
    ),
    "a module and its state": (
        {"actor": lambda key: eqx.nn.make_with_state(EquinoxNormalized)()},
        r"a state besides its parameters, such as eqx.nn.BatchNorm",
    ),
    "a class of linen": ({"actor": Linen}, r"class Linen; give an instance: actor=Linen\(\)"),
    "a class of nnx": ({"actor": Nnx}, r"missing .* argument.*MyModule\(rngs=nnx.Rngs\(key\)\)"),
    "a function of an observation": (
        {"actor": lambda observation: observation},
        r"actor is called with a PRNG key .*returned .*no module.*actor=Network\(init, apply\)",
    ),
    "a pair in the wrong order": (
        {"actor": (lambda params, s: s @ params, lambda key: key)},
        r"actor.init\(key\) failed: TypeError: .*missing 1 required .* 's'",
    ),
    "a number": ({"actor": 3}, r"actor must be a network; got 3, of type int. Write actor="),
    "several values": (
        {"critic": Linen(4)},
        r"critic returns float32\[7,4\].*shape \(7,\) or \(7, 1\). End .* nn.Dense\(1\)",
    ),
    "events without their axis": (
        {"env": "Pendulum-v1", "actor": LinenNormal(independent=False)},
        r"Normal of batch shape \(7, 1\).*Box.*Write jd.Independent\(policy, 1\)",
    ),
    "another distribution": (
        {"env": "Pendulum-v1", "actor": lambda key: Categorical(eqx.nn.Linear(3, 2, key=key))},
        r"Categorical, whose draws for 7 observations are int32\[7\].*float32\[7,1\]",
    ),
    "a pair for Beta": (
        {"env": "Pendulum-v1", "distribution": "beta", "actor": LinenPair()},
        r"location and scale, but the policy is a Beta .*distribution='normal'",
    ),
    "batch normalization": (
        {"actor": nn.Sequential([nn.BatchNorm(use_running_average=False), nn.Dense(2)])},
        r"variables besides its parameters \(batch_stats\).*nn.LayerNorm for nn.BatchNorm",
    ),
    "dropout": (
        {"actor": nnx.Sequential(nnx.Dropout(0.1, rngs=nnx.Rngs(0)))},
        r"a state besides its nnx.Param, such as .*nnx.Dropout",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_does_not_fit_is_said_before_anything_is_compiled(name):
    fields, message = ERRORS[name]
    with pytest.raises(TypeError, match=message):
        ppo.train(KEY, ppo.Config(**fields))


OTHERS = [
    a2c.Config(num_envs=2, num_steps=8, total_steps=32, actor=nnx_of(2), critic=Linen(1)),
    recurrent_ppo.Config(
        num_envs=2, num_steps=8, total_steps=32, num_minibatches=1, memory_size=4, critic=Linen(1)
    ).replace(actor=mlp_of(4, 2)),
    reinforce.Config(total_episodes=2, batch_episodes=2, actor=Linen(2), critic=mlp_of(4, 1)),
    sac.Config(env="CartPole-v1", actor=Linen(2), critic=mlp_of(4, 2)),
    sac.Config(actor=EquinoxPair, critic=Linen(1)),
]


@pytest.mark.parametrize("config", OTHERS, ids=lambda config: type(config).__module__)
def test_every_kind_of_algorithm_takes_them(config):
    algorithm = sys.modules[type(config).__module__]
    problem = algorithm.make_problem(config)
    state = jax.eval_shape(lambda: algorithm.init(KEY, problem))
    new, _ = jax.eval_shape(lambda state: algorithm.update(state, problem), state)
    types = lambda tree: [(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(tree)]
    assert types(new) == types(state)


def test_every_train_takes_networks():
    for algorithm in ALGORITHMS.values():
        with pytest.raises(TypeError, match="actor must be a network; got 3"):
            algorithm.train(KEY, algorithm.Config(), actor=3)


class Seeing(eqx.Module):
    """An actor that reads the picture of an observation alone."""

    conv: eqx.nn.Conv2d

    def __init__(self, key):
        self.conv = eqx.nn.Conv2d(1, 2, (3, 4), key=key)

    def __call__(self, observation):
        picture = observation["picture"]
        assert picture.shape == (3, 4, 1)
        return self.conv(picture.transpose(2, 0, 1))[:, 0, 0]


class Knowing(eqx.Module):
    """A critic that reads what the actor does not."""

    net: eqx.nn.MLP

    def __init__(self, key):
        self.net = eqx.nn.MLP(1, 1, 16, 1, key=key)

    def __call__(self, observation):
        return self.net(observation["prize"])


@pytest.mark.slow
def test_an_image_in_a_dict_and_an_entry_for_the_critic_alone():
    config = ppo.Config(
        env="tests.agents.probes:Room",
        total_steps=40_000,
        num_envs=8,
        num_steps=32,
        learning_rate=1e-2,
        entropy_coef=0.0,
        actor=Seeing,
        critic=Knowing,
    )
    state, _ = jax.jit(lambda key: ppo.train(key, config))(KEY)
    problem = ppo.make_problem(config)
    s, (side, prize) = jax.vmap(problem.env.reset)(jax.random.split(KEY, 20))
    np.testing.assert_array_equal(ppo.policy(state, config)(s).mode, side)
    values = problem.critic.apply(state.params["critic"], s)
    np.testing.assert_allclose(values, prize[:, 0] + 1, atol=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("actor", [mlp_of(4, 2), Linen(2), nnx_of(2)], ids=["eqx", "linen", "nnx"])
def test_all_weights_are_trained_and_seeds_have_their_own(actor):
    config = ppo.Config(num_envs=2, num_steps=32, total_steps=64, actor=actor)
    problem = ppo.make_problem(config)
    before = jax.vmap(lambda key: ppo.init(key, problem))(jax.random.split(KEY))
    after, metrics = jax.jit(jax.vmap(lambda state: ppo.update(state, problem)))(before)
    leaves = (jax.tree.leaves(state.params["actor"]) for state in (before, after))
    for old, new in zip(*leaves, strict=True):
        assert np.any(old != new)
        assert np.any(new[0] != new[1])
    assert np.isfinite(metrics["loss"]).all()


def test_an_equal_config_with_the_same_module_does_not_recompile():
    actor = mlp_of(4, 2)
    traces = []
    train = jax.jit(lambda config: traces.append(config) or config.gamma)
    train(ppo.Config(actor=actor))
    train(ppo.Config(actor=actor, gamma=0.9))
    train(ppo.Config(actor=mlp_of(4, 2)))
    assert len(traces) == 2
