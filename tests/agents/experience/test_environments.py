import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience import environments
from agents.experience.environment import BINARY, reset_if_ended
from agents.experience.spaces import Box, Dict, Discrete, Tuple

KEY = jax.random.key(0)
DOWNLOADS = "MNISTBandit-bsuite"


@pytest.mark.parametrize("name", [name for name in environments.names() if name != DOWNLOADS])
def test_reset_and_step_have_the_same_shapes_and_dtypes(name):
    """Otherwise a reset could not replace a step."""
    env = environments.make(name)
    observation, state = jax.eval_shape(env.reset, KEY)
    action = jax.eval_shape(env.action_space.sample, KEY)
    step = jax.eval_shape(env.step, KEY, state, action)
    assert observation.shape == step.observation.shape == (env.observation_size,)
    assert observation.dtype == step.observation.dtype == jnp.float32
    assert jax.tree.structure(state) == jax.tree.structure(step.state)
    for before, after in zip(jax.tree.leaves(state), jax.tree.leaves(step.state), strict=True):
        assert (before.shape, before.dtype) == (after.shape, after.dtype)
        assert not before.weak_type
        assert not after.weak_type
    assert step.terminated.dtype == step.truncated.dtype == bool


def test_the_same_name_gives_the_same_object():
    assert environments.make("CartPole-v1") is environments.make("CartPole-v1")


@pytest.mark.parametrize("name", environments.DIFFERENTIABLE)
def test_bounds_of_actions_are_concrete_while_tracing(name):
    def traced(x):
        space = environments.make(name).action_space
        assert np.all(np.asarray(space.low) < np.asarray(space.high))
        return x

    jax.eval_shape(traced, KEY)


def test_cartpole_v0_is_v1_with_200_steps():
    v0, v1 = environments.make("CartPole-v0"), environments.make("CartPole-v1")
    assert (v0.max_steps, v1.max_steps) == (200, 500)
    assert type(v0.dynamics) is type(v1.dynamics)


def test_a_module_is_imported_for_what_it_registers(tmp_path, monkeypatch):
    module = tmp_path / "own_worlds.py"
    module.write_text(
        "import gymnax\n"
        "from gymnax.environments.classic_control.cartpole import CartPole\n"
        "gymnax.register('Pole-probe', CartPole)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    env = environments.make("own_worlds:Pole-probe")
    assert env.name == "Pole-probe"
    assert env.observation_size == 4


def test_an_environment_without_a_name_is_an_error():
    class Local:
        reset = step = None

    with pytest.raises(TypeError, match="of type Local; give the class, env=Local"):
        environments.name_of(Local())
    with pytest.raises(ValueError, match=r"<locals>\.Local: define it outside of functions"):
        environments.name_of(Local)


class Point:
    """An environment from which those of the next test differ."""

    action_space, observation_space, max_steps = Discrete(2), Box(-1, 1, (3,)), 10

    def reset(self, key):
        return jnp.zeros(3), 0

    def step(self, key, state, action):
        return jnp.zeros(3), state + 1, 0.0, False, state >= 9


def raising(self, *arguments):
    raise RuntimeError("boom")


def step_with(**changes):
    names = ("observation", "state", "reward", "terminated", "truncated")

    def step(self, key, state, action):
        parts = dict(zip(names, Point.step(self, key, state, action), strict=True))
        return tuple((parts | changes).values())

    return step


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_steps": 0}, "max_steps must be an integer of at least 1; got 0"),
        ({"action_space": 5}, r"action_space must be a space, such as Box\(-1, 1, \(3,\)\).*got 5"),
        ({"reset": lambda self, key: jnp.zeros(3)}, r"reset must return a pair.*got float32\[3\]"),
        (
            {"step": lambda self, key, state, action: (jnp.zeros(3), state, 0.0, False)},
            r"step must return a tuple, \(observation, state, reward, terminated, truncated\)",
        ),
        (
            {"step": step_with(observation=jnp.zeros(2))},
            r"got float32\[2\], and float32\[3\] of reset",
        ),
        ({"step": step_with(state=0.5)}, r"got float32\[\], and int32\[\] of reset"),
        ({"step": step_with(reward=jnp.zeros(2))}, r"reward of step must be a scalar; got float"),
        ({"action_mask": lambda self, state: jnp.ones(3, bool)}, r"booleans of shape \(2,\)"),
        ({"action_mask": None}, r"a method, from a state to booleans of shape \(2,\); got None"),
        (
            {"observation_space": Box(0, 1, (5,))},
            r"Box\(0, 1, \(5,\), float32\): float32\[5\]; got float32\[3\]",
        ),
        (
            {"observation_space": Dict({"a": Box(0, 1, (3,))})},
            r"element of observation_space, Dict.*a.*float32\[3\]\}; got float32\[3\]",
        ),
        ({"step": raising}, r"step failed with RuntimeError: boom \(line \d+ of test_env"),
        ({"step": lambda self, state: state}, r"step failed with TypeError: .*takes 2 .* 4 were"),
        (
            {"reset": lambda self, key: (jnp.zeros(3), "text")},
            r"reset failed with TypeError: .*<class 'str'>",
        ),
        (
            {"action_mask": raising},
            r"action_mask failed with RuntimeError: boom \(line \d+ of test_env",
        ),
    ],
)
def test_what_an_environment_lacks_is_told(monkeypatch, changes, message):
    world = type("Wrong", (Point,), changes)
    monkeypatch.setattr(sys.modules[__name__], "Wrong", world, raising=False)
    with pytest.raises(ValueError, match=f"environment '{__name__}:Wrong': .*{message}"):
        environments.make(f"{__name__}:Wrong")


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize(
    ("space", "message"),
    [
        (Box(1, -1, (3,)), r"Box\(1, -1, \(3,\), float32\), whose low must not be above high"),
        (Box([0, 2, 0], 1, (3,)), "low must not be above high"),
        (Box(np.nan, 1, (3,)), "low must not be above high"),
        (Box([0, 0], 1, (3,)), "low and high must be numbers, or arrays of its shape"),
        (Box([0, 0], 1, (1,)), "low and high must be numbers, or arrays of its shape"),
        (Box(-1, 1, (0,)), r"\(0,\), float32\), whose shape must be a tuple of integers of at le"),
        (Box(-1, 1, 3), "whose shape must be a tuple of integers"),
        (Discrete(0), r"Discrete\(0\), whose n must be an integer of at least 1"),
        (Tuple((Discrete(2), Discrete(-2))), r"Discrete\(-2\), whose n must be"),
        (Dict({}), r"Dict\(\{\}\), which must have at least one part"),
    ],
)
def test_spaces_are_checked(monkeypatch, seen, space, message):
    kind, what = ("observation", "observations") if seen else ("action", "actions")
    world = type("Wrong", (Point,), {f"{kind}_space": space})
    monkeypatch.setattr(sys.modules[__name__], "Wrong", world, raising=False)
    with pytest.raises(ValueError, match=f"environment 'Wrong' has {what} in .*{message}"):
        environments.make(f"{__name__}:Wrong")


def test_a_box_of_integers_is_no_space_of_actions(monkeypatch):
    boxes = Dict({"a": Discrete(2), "b": Box(0, 5, (2,), np.int32)})
    world = type("Wrong", (Point,), {"action_space": boxes})
    monkeypatch.setattr(sys.modules[__name__], "Wrong", world, raising=False)
    with pytest.raises(ValueError, match=r"Box\(0, 5, .*int32\).*Discrete\(n\).*MultiDiscrete"):
        environments.make(f"{__name__}:Wrong")


def seen_by(env, keys):
    """Observations as the environment gives them, with masks, and as they are flat."""
    observation, state = jax.vmap(env.world.reset)(keys)
    masks = [jax.vmap(env.world.action_mask)(state)] if env.mask_size else []
    return (observation, *masks), jax.vmap(env.reset)(keys)[0]


@pytest.mark.parametrize(
    "name", ["CartPole-v1", "tests.agents.probes:Room", "Masked-probe", "FrozenLake-misc"]
)
def test_observations_of_the_environment_become_flat(name):
    """One, a batch, and batches of batches; flat ones stay as they are."""
    env = environments.make(name)
    seen, flat = seen_by(env, jax.random.split(KEY, env.observation_size))
    first = jax.tree.map(lambda leaf: leaf[0], seen)
    nested = jax.tree.map(lambda leaf: np.asarray(leaf)[:, None], seen)
    np.testing.assert_array_equal(env.as_flat(*seen), flat)
    np.testing.assert_array_equal(env.as_flat(*first), flat[0])
    np.testing.assert_array_equal(env.as_flat(*nested), flat[:, None])
    for same in (flat, flat[0], flat[:, None]):
        np.testing.assert_array_equal(env.as_flat(same), same)
    jitted = jax.jit(lambda seen: env.as_flat(*seen))
    np.testing.assert_array_equal(jitted(seen), flat)


@pytest.mark.parametrize(
    ("name", "seen", "message"),
    [
        ("CartPole-v1", [jnp.ones(3)], r"flat, of shape \[..., 4\].*got shape \(3,\)"),
        ("CartPole-v1", [jnp.ones(4), jnp.ones(2)], r"got shape \(4,\) and a mask of shape \(2,"),
        ("Masked-probe", [jnp.ones(1)], r"a mask of shape \[..., 3\]; got shape \(1,\)"),
        ("Masked-probe", [jnp.ones((5, 1)), jnp.ones(3)], r"\(5, 1\) and a mask of shape \(3,\)"),
        ("tests.agents.probes:Room", [{"prize": jnp.ones(1)}], r"Dict.*got shape \{'prize': \(1,"),
    ],
)
def test_observations_of_another_shape_are_an_error(name, seen, message):
    with pytest.raises(ValueError, match=message):
        environments.make(name).as_flat(*seen)


def test_a_missing_module_is_an_error_with_advice():
    with pytest.raises(ValueError, match=r"cannot import the module 'no_worlds'.*install it"):
        environments.make("no_worlds:Pole-probe")


def test_an_import_error_within_a_module_is_raised(tmp_path, monkeypatch):
    (tmp_path / "absentee.py").write_text("import absent")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="'absent'"):
        environments.make("absentee:Pole-probe")


def test_an_unknown_name_is_an_error_that_lists_the_names():
    with pytest.raises(ValueError, match=r"'CartPol-v1'.*Did you mean CartPole-v1.*Pendulum-v1"):
        environments.make("CartPol-v1")


def cartpole_step(env, time, x):
    """The step from an upright pole at time `time` and place `x`."""
    _, state = env.reset(KEY)
    return env.step(KEY, state.replace(time=jnp.int32(time), x=jnp.float32(x)), jnp.int32(1))


def test_a_time_limit_truncates_and_a_fall_terminates():
    env = environments.make("CartPole-v0")
    fate = lambda step: (bool(step.terminated), bool(step.truncated), bool(step.ended))
    assert fate(cartpole_step(env, time=10, x=0.0)) == (False, False, False)
    assert fate(cartpole_step(env, time=199, x=0.0)) == (False, True, True)
    assert fate(cartpole_step(env, time=10, x=9.0)) == (True, False, True)
    assert fate(cartpole_step(env, time=199, x=9.0)) == (True, False, True), "termination wins"


def test_a_step_returns_the_observation_before_a_reset():
    step = cartpole_step(environments.make("CartPole-v1"), time=10, x=9.0)
    assert step.observation[0] > 8.0
    np.testing.assert_array_equal(step.observation[0], step.state.x)


@pytest.mark.parametrize(("x", "restarts"), [(0.0, False), (9.0, True)])
def test_an_ended_episode_is_reset(x, restarts):
    env = environments.make("CartPole-v1")
    step = cartpole_step(env, time=10, x=x)
    fresh = env.reset(jax.random.key(1))
    expected = fresh if restarts else (step.observation, step.state)
    after = reset_if_ended(step, fresh)
    jax.tree.map(np.testing.assert_array_equal, after, expected)


def test_actions_in_a_box_are_clipped():
    env = environments.make("Pendulum-v1")
    _, state = env.reset(KEY)
    far, bound = (env.step(KEY, state, jnp.array([force])) for force in (50.0, 2.0))
    jax.tree.map(np.testing.assert_array_equal, far, bound)


def test_a_discrete_observation_is_one_hot():
    observation, _ = environments.make("FrozenLake-misc").reset(KEY)
    assert observation.sum() == observation.max() == 1.0


@pytest.mark.parametrize("name", BINARY)
def test_observations_called_binary_are_zeros_and_ones(name):
    env = environments.make(name)

    def step(carry, key):
        observation, state = carry
        key_action, key_step, key_reset = jax.random.split(key, 3)
        outcome = env.step(key_step, state, env.action_space.sample(key_action))
        after = reset_if_ended(outcome, env.reset(key_reset))
        return after, jnp.stack([observation, outcome.observation])

    keys = jax.random.split(jax.random.key(0), 300)
    _, seen = jax.jit(lambda: jax.lax.scan(step, env.reset(keys[0]), keys))()
    assert seen.dtype == jnp.float32
    np.testing.assert_array_equal(seen, seen.astype(env.compact_dtype))
    assert env.compact_dtype == jnp.dtype(bool)


def test_large_numbers_are_not_compact():
    assert environments.make("CartPole-v1").compact_dtype == jnp.float32


def test_a_stream_has_one_initial_state_for_several_steps():
    env = environments.make("CartPole-v1?steps_per_reset=3")
    keys = jax.random.split(KEY, (5, 2))
    observations, _ = env.starts(keys)
    for t in range(5):
        fresh, _ = env.reset(keys[t // 3 * 3, 1])
        np.testing.assert_array_equal(observations[t, 1], fresh)
    with pytest.raises(ValueError, match="an integer greater than 0; got 0"):
        environments.make("CartPole-v1?steps_per_reset=0")
