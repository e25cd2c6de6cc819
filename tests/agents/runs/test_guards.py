import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms.registry import ALGORITHMS
from agents.command_line.ending import STOPPED
from agents.command_line.main import main
from agents.experience.replay import Buffer
from agents.experience.spaces import Box, Discrete
from agents.runs import metrics
from agents.runs.run import Run, load_run
from agents.runs.training import restore, train
from tests.agents import probes

HUGE = 1e38
"""A learning rate at which the first parameters are already infinite, or the second."""
SIZES = {"num_envs": 4, "num_steps": 8, "hidden_sizes": (8,)}
REPLAY = {"total_steps": 420, "warmup_steps": 100, "batch_size": 8, "buffer_size": 200}
CONFIGS = {
    "a2c": {"total_steps": 320},
    "apg": {"env": "Pendulum-v1", "total_steps": 320, "value_iterations": 2},
    "awr": {"total_steps": 320, "value_iterations": 4, "policy_iterations": 4},
    "dqn": REPLAY,
    "impala": {"total_steps": 320},
    "mpo": REPLAY,
    "ppo": {"total_steps": 320},
    "pqn": {"total_steps": 320},
    "recurrent-ppo": {"total_steps": 320, "memory_size": 4},
    "reinforce": {"env": "Stop-probe", "total_episodes": 50, "hidden_sizes": (8,)},
    "sac": REPLAY,
    "td3": REPLAY,
    "trpo": {"total_steps": 320},
    "vmpo": {"total_steps": 320},
    "vpg": {"total_steps": 320},
}


class Ill(probes.Cue):
    """Its observation is NaN in one of 64 episodes, and its reward too."""

    is_ill = staticmethod(lambda key: jax.random.uniform(key) < 1 / 64)

    def reset_env(self, key, params):
        _, state = super().reset_env(key, params)
        cue = jnp.where(self.is_ill(key), jnp.nan, state.cue)
        return jnp.stack([cue]), state.replace(cue=cue)


class IllReward(Ill):
    """Its reward is NaN in one of 64 episodes."""

    def look(self, state):
        return jnp.nan_to_num(super().look(state))

    def reset_env(self, key, params):
        _, state = super().reset_env(key, params)
        return self.look(state), state


for name, probe in {"Ill-probe": Ill, "IllReward-probe": IllReward}.items():
    if name not in gymnax.registered_envs:
        gymnax.register(name, probe)


def make_run(folder, name, rates, seeds=(0, 1), **kwargs):
    sizes = {} if name == "reinforce" else SIZES
    config = ALGORITHMS[name].Config(**sizes | CONFIGS[name])
    rate = "learning_rate" if hasattr(config, "learning_rate") else "value_learning_rate"
    settings = {"sweep": {rate: rates}, "over_seeds": "loop"} | kwargs
    run = Run(name, config, seeds, folder, **settings)
    run.create()
    return run


def is_finite(states):
    """Whether each member is finite, its replay buffer left aside."""
    without = jax.tree.map(
        lambda leaf: () if isinstance(leaf, Buffer) else leaf,
        states,
        is_leaf=lambda leaf: isinstance(leaf, Buffer),
    )
    floats = [x for x in jax.tree.leaves(without) if jnp.issubdtype(x.dtype, jnp.inexact)]
    return np.all([np.isfinite(x).reshape(len(x), -1).all(axis=1) for x in floats], axis=0)


QUICK = ("reinforce",)


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in ALGORITHMS],
)
def test_a_member_that_diverges_stops_and_the_others_go_on(tmp_path, name):
    alone = make_run(tmp_path / "alone", name, (1e-3,))
    expected = train(alone, lambda *_: None).states
    warnings = []
    run = make_run(tmp_path / "both", name, (1e-3, HUGE))
    outcome = train(run, lambda *_: None, warnings.append)
    assert outcome.finished
    assert outcome.stopped == (2, 3)
    assert is_finite(outcome.states).all()
    jax.tree.map(
        lambda a, b: np.testing.assert_array_equal(a[:2], b), outcome.states.params, expected.params
    )
    table = metrics.read(run.metrics_path, 4)
    for j, line in enumerate(sorted(warnings)):
        assert line.startswith(f"Not finite for seed {j}, ")
        update = int(line.partition(" at update ")[2].partition(",")[0])
        step = int(line.partition(", step ")[2].partition(":")[0].replace(",", ""))
        assert step == table["steps"][update - 1, 2 + j] == table["steps"][-1, 2 + j]
        assert any(cause in line for cause in ("parameters", "loss"))
        assert "observation" not in line
        assert "reward" not in line
        assert line.endswith("its training has stopped, and its last finite state is kept")
        assert not table["episodes"][update - 1 :, 2 + j].any()
    assert len(warnings) == 2
    assert np.isfinite(table["steps"]).all()


@pytest.mark.parametrize("over_seeds", [pytest.param("loop", marks=pytest.mark.slow), "vmap"])
def test_an_ignored_member_trains_on(tmp_path, over_seeds):
    warnings = []
    run = make_run(tmp_path / "run", "ppo", (1e-3, HUGE), on_nan="ignore", over_seeds=over_seeds)
    outcome = train(run, lambda *_: None, warnings.append)
    assert outcome.finished
    assert not warnings
    assert is_finite(outcome.states).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("over_seeds", "name"),
    [
        ("loop", "ppo"),
        pytest.param("vmap", "sac", marks=pytest.mark.slow),
        pytest.param("loop", "sac", marks=pytest.mark.slow),
        pytest.param("vmap", "ppo", marks=pytest.mark.slow),
    ],
)
def test_a_skipped_update_is_undone(tmp_path, monkeypatch, name, over_seeds):
    """The observation is NaN now and then, but not in the warm-up of SAC with these seeds."""
    monkeypatch.setitem(CONFIGS, name, {**CONFIGS[name], "env": "Ill-probe", "total_steps": 1280})
    warnings = []
    run = make_run(tmp_path / "run", name, (1e-3,), (0, 2), on_nan="skip", over_seeds=over_seeds)
    outcome = train(run, lambda *_: None, warnings.append)
    assert outcome.finished
    assert is_finite(outcome.states).all()
    table = metrics.read(run.metrics_path, 2)
    loss = "loss" if name == "ppo" else "critic_loss"
    skipped = np.isnan(table[loss])
    assert skipped.any()
    assert not skipped.all()
    assert all("observation" in line for line in warnings)
    assert any("the update was undone" in line for line in warnings)
    assert np.all(np.diff(table["steps"], axis=0) == 32), "the steps were made"
    stopped = make_run(tmp_path / "stopped", name, (1e-3,), (0, 2), over_seeds=over_seeds)
    assert train(stopped, lambda *_: None, warnings.append).stopped


@pytest.mark.parametrize(
    ("name", "env", "cause"),
    [
        ("ppo", "Ill-probe", "observation"),
        pytest.param("ppo", "IllReward-probe", "reward", marks=pytest.mark.slow),
        pytest.param("sac", "IllReward-probe", "reward", marks=pytest.mark.slow),
        pytest.param("reinforce", "IllReward-probe", "reward", marks=pytest.mark.slow),
        pytest.param("recurrent-ppo", "Ill-probe", "observation", marks=pytest.mark.slow),
    ],
)
def test_what_an_environment_returned_is_named_as_the_cause(
    tmp_path, monkeypatch, name, env, cause
):
    monkeypatch.setitem(CONFIGS, name, {**CONFIGS[name], "env": env})
    warnings = []
    run = make_run(tmp_path / "run", name, (1e-3,), range(4))
    stopped = train(run, lambda *_: None, warnings.append).stopped
    assert stopped
    named = [line.partition("; ")[0].rpartition(": ")[2] for line in warnings]
    assert all(name.removeprefix("stored ").startswith(cause) for name in named)


def test_a_warm_up_that_is_not_finite_is_reported_at_the_start(tmp_path, monkeypatch):
    """No update undoes it: such a seed stops, and the others go on."""
    monkeypatch.setitem(CONFIGS, "sac", {**CONFIGS["sac"], "env": "Ill-probe"})
    warnings = []
    run = make_run(tmp_path / "run", "sac", (1e-3,), range(3), on_nan="skip")
    outcome = train(run, lambda *_: None, warnings.append)
    assert outcome.stopped == (1,)
    (line,) = [line for line in warnings if "use another seed" in line]
    assert line.startswith("Not finite for seed 1, ")
    assert "at update 0, step 100: stored observation, stored reward" in line


def test_a_stopped_member_stays_stopped_when_resumed(tmp_path):
    """Whether it is resumed or not, the results are the same."""
    whole = make_run(tmp_path / "whole", "ppo", (1e-3, HUGE))
    expected = train(whole, lambda *_: None, lambda _: None)
    run = make_run(tmp_path / "parts", "ppo", (1e-3, HUGE), checkpoint_seconds=0.0)

    def stop(done, table):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(run, stop, lambda _: None, chunk_seconds=0.0)
    warnings = []
    outcome = train(load_run(run.folder), lambda *_: None, warnings.append)
    assert outcome.stopped == (2, 3)
    assert len(warnings) == 2
    assert run.metrics_path.read_bytes() == whole.metrics_path.read_bytes()
    jax.tree.map(np.testing.assert_array_equal, outcome.states.params, expected.states.params)


def test_a_run_without_a_finite_member_ends(tmp_path, capsys):
    options = "ppo --seeds 2 --num-steps 16 --hidden-sizes 8 --learning-rate 1e38 --evaluations 1"
    assert main([*options.split(), "--out", str(tmp_path)]) == STOPPED
    (folder,) = tmp_path.iterdir()
    out = capsys.readouterr().out
    assert out.count("Not finite for seed") == 2
    assert "Stopped: no seed is finite; start a new run with other hyper-parameters" in out
    run = load_run(folder)
    states, num_updates = restore(run)
    assert num_updates < run.num_updates
    assert is_finite(states).all()


class NeverLegal:
    """An environment whose mask allows no action."""

    action_space, observation_space, max_steps = Discrete(2), Box(0, 1, (1,)), 5

    def reset(self, key):
        return jnp.zeros(1), 0

    def step(self, key, state, action):
        return jnp.zeros(1), state + 1, 1.0, False, state >= 4

    def action_mask(self, state):
        return jnp.zeros(2, bool)


def test_a_mask_is_named_as_a_possible_cause(tmp_path):
    sizes = {"num_envs": 2, "num_steps": 4, "total_steps": 8, "num_minibatches": 1}
    config = ALGORITHMS["ppo"].Config(env=f"{__name__}:NeverLegal", hidden_sizes=(4,), **sizes)
    run = Run("ppo", config, (0,), tmp_path / "run", evaluations=0)
    run.create()
    warnings = []
    train(run, lambda *_: None, warnings.append)
    assert warnings[0].startswith("Not finite for seed 0 at update 1, step 0: ")
    assert warnings[0].endswith("is there a state in which action_mask allows no action?")
