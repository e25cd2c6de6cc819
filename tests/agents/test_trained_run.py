"""Training from Python: what `fit` returns."""

import subprocess
import sys
import types

import jax.numpy as jnp
import numpy as np
import pytest

import agents
from agents.algorithms import ppo
from agents.runs.checkpoints import DamagedCheckpoint
from agents.runs.run import load_run

CONFIG = ppo.Config(total_steps=128, num_steps=16, num_minibatches=2, hidden_sizes=(8,))


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


@pytest.mark.slow
def test_a_run_can_be_made_longer():
    run = agents.fit(CONFIG, evaluations=0, show_progress=False)
    longer = run.resume(total_steps=192, show_progress=False)
    assert longer.metrics["loss"].shape == (1, 3)
    assert longer.finished


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
        ({"actor": 3}, TypeError, "actor must be a network"),
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
