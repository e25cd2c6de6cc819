"""Training from Python: what `fit` returns."""

import signal
import subprocess
import sys
import types
import urllib.parse

import jax.numpy as jnp
import numpy as np
import pytest

import agents
from agents.actor_critic.config import OnPolicyConfig
from agents.algorithms import ppo
from agents.experience import environments
from agents.experience.spaces import Box, Discrete
from agents.fit_arguments import config_of
from agents.runs.checkpoints import DamagedCheckpoint
from agents.runs.run import load_run

CONFIG = ppo.Config(total_steps=128, num_steps=16, num_minibatches=2, hidden_sizes=(8,))

TERMINATED = """
import signal, sys
import agents
from tests.agents.test_trained_run import CONFIG, Recorder

options = dict(total_steps=64_000, evaluations=0, folder=sys.argv[1], show_progress=False)
agents.fit(CONFIG, loggers=[Recorder(signal.SIGTERM)], **options)
print("went on with an untrained policy")
"""


class Endless:
    """Does not end an episode at its time limit."""

    action_space, observation_space, max_steps = Discrete(2), Box(0, 1, (1,)), 20

    def reset(self, key):
        return jnp.zeros(1), jnp.int32(0)

    def step(self, key, state, action):
        return jnp.zeros(1), state + 1, 1.0, False, False


class Shorter(ppo.Config):
    """Other defaults."""

    total_steps: int = CONFIG.total_steps
    num_steps: int = CONFIG.num_steps


class Longer(ppo.Config):
    """Another program."""

    @property
    def num_epochs_and_one(self):
        return self.num_epochs + 1


class Recorder:
    """A logger that raises a signal at its first metrics."""

    def __init__(self, number=None):
        self.updates, self.closed, self.number = [], 0, number

    def log(self, update, metrics):
        if self.number and not self.updates:
            signal.raise_signal(self.number)
        self.updates.append(update)

    def close(self):
        self.closed += 1


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "one"
    return agents.fit(CONFIG, seeds=2, evaluations=1, folder=str(folder), show_progress=False)


@pytest.mark.slow
def test_a_run_has_its_metrics_by_member(run):
    assert run.finished
    assert run.metrics["episode_return"].shape == run.metrics["loss"].shape == (2, 2)
    assert run.evaluations["return_mean"].shape == (2, 1)
    np.testing.assert_array_equal(run.metrics["seed"], [[0, 0], [1, 1]])
    assert "ppo on CartPole-v1, 2 members" in repr(run)


@pytest.mark.slow
def test_a_run_is_that_of_its_folder(run, tmp_path):
    saved = run.save(str(tmp_path / "copy"))
    assert saved.folder != run.folder
    np.testing.assert_array_equal(saved.metrics["loss"], run.metrics["loss"])
    observation = jnp.ones((3, 4))
    for best in (False, True):
        policies = [each.policy(1, best=best)(observation) for each in (run, saved)]
        np.testing.assert_array_equal(*(policy.logits for policy in policies))


@pytest.mark.slow
def test_the_policy_is_that_of_the_best_member(run):
    best = int(np.argmax(run.evaluations["return_mean"][:, 0]))
    logits = [run.policy(*which)(jnp.ones(4)).logits for which in ((), (best,), (1 - best,))]
    np.testing.assert_array_equal(logits[0], logits[1])
    assert np.any(logits[0] != logits[2])
    with pytest.raises(IndexError, match=r"member must be an index from 0 to 1.*got 2"):
        run.policy(2)
    with pytest.raises(ValueError, match=r"of shape \[\.\.\., 4\].*got shape \(3,\)"):
        run.policy()(jnp.ones(3))


@pytest.mark.slow
def test_a_run_is_evaluated_and_drawn(run, tmp_path):
    returns = run.evaluate(3, greedy=True)
    assert returns.shape == (2, 3)
    with pytest.raises(ValueError, match="episodes must be at least 1; got 0"):
        run.evaluate(0)
    with pytest.raises(TypeError, match="seed must be an integer; got 'x'"):
        run.evaluate(seed="x")
    with pytest.raises(ValueError, match="seeds must lie between 0 and"):
        run.evaluate(seed=-1)
    picture = run.plot(str(tmp_path / "curve.png"))
    assert picture._repr_png_() == (tmp_path / "curve.png").read_bytes()


@pytest.mark.slow
def test_metrics_as_a_dataframe(run):
    pytest.importorskip("pandas")
    assert run.dataframe().groupby("seed").size().tolist() == [2, 2]


@pytest.mark.slow
def test_progress_in_a_notebook_is_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    agents.fit(CONFIG, evaluations=0)
    out = capsys.readouterr().out
    assert out.count("\r") >= 1
    assert out.endswith("\n")
    assert "100%" in out


def logits_of(run):
    return run.policy(0, best=False)(jnp.ones(4)).logits


@pytest.mark.slow
def test_a_run_can_be_made_longer(tmp_path):
    """The object itself is the longer run then, also one that was loaded."""
    run = agents.fit(CONFIG, evaluations=1, show_progress=False, folder=tmp_path / "run")
    loaded, recorder = agents.load(run.folder), Recorder()
    before = logits_of(run), logits_of(loaded)
    assert run.resume(total_steps=192, show_progress=False, loggers=[recorder]) is run
    assert (recorder.updates[-1], recorder.closed) == (3, 1)
    assert run.metrics["loss"].shape == (1, 3)
    assert loaded.resume(total_steps=256, log=["csv"], show_progress=False) is loaded
    assert (run.folder / "log.csv").read_text().splitlines()[-1].startswith("4,0,")
    for each, total in (run, 192), (loaded, 256):
        assert each.config.total_steps == total
        assert each.best.mean_return.shape == (1,)
    assert loaded.finished
    assert "not finished" not in repr(loaded)
    for old, new in zip(before, map(logits_of, (run, loaded)), strict=True):
        assert np.any(old != new)
    np.testing.assert_array_equal(logits_of(loaded), logits_of(agents.load(run.folder)))


@pytest.fixture
def handled():
    """Sets a handler of a signal, until the test ends."""
    before = []

    def handle(number, handler):
        before.append((number, signal.signal(number, handler)))

    yield handle
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.slow
def test_ctrl_c_ends_training_with_a_line(capsys, handled):
    handled(signal.SIGINT, signal.default_int_handler)  # it is ignored in the background
    recorder = Recorder(signal.SIGINT)
    run = agents.fit(
        CONFIG, total_steps=64_000, evaluations=0, loggers=[recorder], show_progress=False
    )
    assert not run.finished
    assert recorder.closed == 1
    out = capsys.readouterr().out
    assert f"Interrupted by SIGINT after {recorder.updates[-1]:,} of 1,000 updates; resume()" in out
    assert f"agents.load('{run.folder}')" in out


@pytest.mark.slow
def test_sigterm_ends_the_process_after_a_checkpoint(tmp_path, finish):
    code, out, err = finish("-c", TERMINATED, tmp_path / "run")
    assert code == -signal.SIGTERM, err
    (line,) = out.splitlines()
    assert line.startswith("Interrupted by SIGTERM after ")
    assert line.endswith(f"agents.load('{tmp_path / 'run'}'), continues it")
    run = agents.load(tmp_path / "run")
    assert run.states.steps[0] == run.metrics["steps"][0, -1] < 64_000


@pytest.mark.slow
def test_a_signal_is_for_who_handles_it_too(handled):
    received = []
    handled(signal.SIGTERM, lambda number, _: received.append(number))
    agents.fit(CONFIG, evaluations=0, loggers=[Recorder(signal.SIGTERM)], show_progress=False)
    assert received == [signal.SIGTERM]


@pytest.mark.slow
def test_episodes_that_do_not_end_are_told(capsys):
    run = agents.fit(CONFIG, env=Endless, evaluations=1, show_progress=False)
    assert capsys.readouterr().out == (
        "No episode of Endless ended in 128 steps, so returns are NaN; its time limit is 20 steps; "
        "returns of evaluations are NaN too: step must return truncated at this limit\n"
    )
    assert np.all(np.isnan(run.evaluate(3)))
    assert capsys.readouterr().out.startswith("3 of 3 episodes had not ended after 21 steps; ")


@pytest.mark.slow
def test_a_number_may_be_an_array_without_axes(tmp_path):
    run = agents.fit(
        CONFIG,
        learning_rate=jnp.float32(1e-3),
        gamma=np.array(0.9),
        total_steps=128.0,
        num_envs=jnp.int32(4),
        evaluations=0,
        folder=tmp_path / "run",
        show_progress=False,
    )
    config = load_run(run.folder).config
    assert (config.learning_rate, config.gamma, config.total_steps) == (1e-3, 0.9, 128)
    several = jnp.array([1e-3, 1e-4])
    with pytest.raises(TypeError, match=r"learning_rate must be one number.* a sweep trains sev"):
        agents.fit(CONFIG, learning_rate=several, folder=tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    "value",
    [3, 1e-9, True, None, "x", "5", "007", "True", "a b&c=d", " 5", "'5'", "", [1, "2"], (1, 2.5)],
)
def test_parameters_of_an_environment_stay_what_they_are(value):
    name = environments.with_params("x:Y", {"given": value, "other": 1})
    name = environments.with_params(name, {"other": 2})  # those given before stay too
    values = [
        environments.value_of(text)
        for _, text in urllib.parse.parse_qsl(name.partition("?")[2], keep_blank_values=True)
    ]
    assert values == [value, 2]
    assert type(values[0]) is type(value)


def test_numbers_of_arrays_become_parameters_of_python():
    given = {"a": jnp.float32(0.1), "b": np.int64(3), "c": np.bool(True), "d": [np.float32(0.1)]}
    assert environments.with_params("x:Y", given) == "x:Y?a=0.1&b=3&c=True&d=%5B0.1%5D"


@pytest.mark.parametrize("value", [np.arange(3), np.tanh, jnp.tanh, np.nan, object(), [len]])
def test_what_a_folder_cannot_hold_is_no_parameter(value):
    with pytest.raises(TypeError, match=r"the parameter speed of an environment must be a number"):
        agents.fit(CONFIG, env_params={"speed": value})


def test_a_class_derived_from_a_config():
    """It may have other defaults, which the folder of a run has as values."""
    name, config = config_of(Shorter(), {"gamma": 0.5}, None)
    assert (name, type(config), config.num_steps, config.gamma) == ("ppo", ppo.Config, 16, 0.5)
    with pytest.raises(TypeError, match=r"Longer adds num_epochs_and_one to agents.*ppo\.Config"):
        agents.fit(Longer())
    with pytest.raises(TypeError, match=r"OnPolicyConfig is the config of no algorithm"):
        agents.fit(OnPolicyConfig())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"algorithm": "poo"}, ValueError, "unknown algorithm 'poo'; did you mean ppo"),
        ({"lerning_rate": 1.0}, TypeError, "'lerning_rate'; did you mean learning_rate"),
        ({"algorithm": ppo}, TypeError, "algorithm must be a name, such as 'ppo', or a config"),
        ({"seeds": 0}, ValueError, "a run needs at least one seed"),
        ({"seeds": 2.5}, TypeError, "seeds must be an integer; got 2.5, of type float"),
        ({"seeds": [0.5]}, TypeError, "seeds must be integers; got 0.5, of type float"),
        ({"evaluations": 1.5}, TypeError, "evaluations must be an integer; got 1.5"),
        ({"env": 3}, TypeError, "env must be a name, such as 'CartPole-v1', or a class"),
        ({"env_params": ["gravity"]}, TypeError, "env_params must be a dict"),
        ({"sweep": ["gamma"]}, TypeError, "sweep must be a dict"),
        ({"sweep": {"gamma": 0.5}}, TypeError, "must be numbers; got 0.5 for 'gamma'"),
        ({"sweep": {"num_envs": [1]}}, ValueError, "cannot sweep 'num_envs'"),
        ({"sweep": {"lerning_rate": [1]}}, ValueError, "did you mean learning_rate?"),
        ({"actor": 3}, TypeError, "actor must be a network"),
        ({"log": "csv"}, TypeError, r"a list, such as log=\['csv'\]; got 'csv'"),
        ({"log": ["cvs"]}, ValueError, "must be one of csv, tensorboard, wandb; got 'cvs'"),
        ({"loggers": Recorder()}, TypeError, r"a list, such as loggers=\[MyLogger\(\)\]; got"),
        ({"loggers": [Recorder]}, TypeError, r"an object with the methods log\(update, metrics\)"),
    ],
)
def test_errors_of_fit(arguments, error, message):
    with pytest.raises(error, match=message):
        agents.fit(**arguments)


def test_an_existing_folder_is_not_replaced(tmp_path):
    with pytest.raises(FileExistsError, match=r"exists already; .*agents\.load"):
        agents.fit(CONFIG, folder=tmp_path)


@pytest.mark.slow
def test_a_run_with_a_network_of_the_users_own(tmp_path):
    eqx = pytest.importorskip("equinox")
    actor = lambda key: eqx.nn.MLP(4, 2, 8, 1, key=key)
    run = agents.fit(CONFIG, actor=actor, folder=tmp_path / "own", seeds=2, show_progress=False)
    with pytest.raises(ValueError, match=r"network of your own \(actor\).*load\(folder, actor="):
        load_run(tmp_path / "own")
    with pytest.raises(ValueError, match="was trained without critic, a network of your own"):
        agents.load(tmp_path / "own", actor=actor, critic=actor)
    wider = lambda key: eqx.nn.MLP(4, 2, 16, 1, key=key)
    with pytest.raises(DamagedCheckpoint, match=r"with other networks \(actor\) than those given"):
        agents.load(tmp_path / "own", actor=wider).policy()
    loaded = agents.load(tmp_path / "own", actor=actor)
    logits = [each.policy()(jnp.ones(4)).logits for each in (run, loaded)]
    np.testing.assert_array_equal(*logits)


def test_dir_shows_the_algorithms_and_imports_none():
    code = (
        "import agents, sys; assert {'ppo', 'sac', 'fit', 'load'} <= set(dir(agents)); "
        "assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_config_is_replaced():
    assert CONFIG.replace(gamma=0.5).gamma == 0.5
    with pytest.raises(TypeError, match="'gama'; did you mean gamma"):
        CONFIG.replace(gama=0.5)
