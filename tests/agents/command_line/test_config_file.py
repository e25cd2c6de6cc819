import argparse
import dataclasses
import json

import pytest

from agents.algorithms.registry import ALGORITHMS
from agents.command_line import config_file, training
from agents.command_line.main import main
from agents.runs.evaluation import EVALUATIONS
from agents.runs.run import load_run
from agents.runs.training import Outcome

pytestmark = pytest.mark.fast

OPTIONS = {
    "ppo": "--env Catch-bsuite --total-steps 1e5 --no-anneal --hidden-sizes 8 4 --gamma 0.5 "
    "--seeds 3 --seed 7 --sweep learning-rate=1e-4,1e-3 --sweep clip=0.1,0.2 --on-nan skip",
    "apg": "--env Pendulum-v1 --activation tanh --mesh streams=1 --evaluations 3 --keep 5",
    "reinforce": "--baseline value --seeds 1 --over-seeds vmap",
    "sac": "--entropy-of-box=-2.5 --learning-rate 3e-5",
}


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Calls a command, except for the training itself; returns the run."""
    runs = []
    outcome = Outcome((), None, finished=False)
    monkeypatch.setattr(training, "train", lambda run, *_, **__: runs.append(run) or outcome)

    def train(*arguments):
        main([*arguments, "--out", str(tmp_path / "runs")])
        return runs[-1]

    return train


def same(run, other):
    return (run.settings, run.mesh_shape) == (other.settings, other.mesh_shape)


@pytest.mark.parametrize("suffix", [".toml", pytest.param(".json", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", OPTIONS)
def test_saved_options_give_the_same_run(trained, tmp_path, capsys, name, suffix):
    path = tmp_path / f"options{suffix}"
    options = OPTIONS[name].split()
    assert main([name, *options, "--save-config", str(path)]) == 0
    assert f"python -m agents {name} --config {path}" in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()
    assert same(trained(name, *options), trained(name, "--config", str(path)))


@pytest.mark.parametrize("name", OPTIONS)
def test_the_settings_of_a_run_give_the_same_run(trained, name):
    run = trained(name, *OPTIONS[name].split())
    again = trained(name, "--config", str(run.folder / "config.json"))
    assert again.settings == run.settings == load_run(run.folder).settings


def test_the_command_line_takes_precedence_over_the_file(trained, tmp_path):
    path = tmp_path / "options.toml"
    path.write_text('env = "Catch-bsuite"\nlearning-rate = 0.5\nseeds = 2\nnum_envs = 8\n')
    run = trained("ppo", "--config", str(path), "--learning_rate", "0.25", "--seeds", "3")
    assert (run.config.env, run.config.learning_rate) == ("Catch-bsuite", 0.25)
    assert (len(run.seeds), run.config.num_envs) == (3, 8)


def test_the_preset_of_the_environment_in_the_file_is_used(trained, tmp_path, capsys):
    path = tmp_path / "options.json"
    path.write_text(json.dumps({"env": "Acrobot-v1"}))
    assert trained("ppo", "--config", str(path)).config.learning_rate == 1e-3
    with pytest.raises(SystemExit):
        main(["ppo", f"--config={path}", "--help"])
    assert "with the preset of Acrobot-v1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lerning_rate = 1", "unknown option of ppo, 'lerning_rate'; did you mean learning_rate?"),
        ("algorithm = 'sac'", "has options of sac, not of ppo"),
        ("x = ", "cannot be read: "),
        ("num_envs = 'many'", "--num-envs: must be an integer; got 'many'"),
        ("objective = 'trust'", "--objective: must be one of clip, dpo, kl; got 'trust'"),
        ("learning_rate = [1e-3, 1e-2]", "learning_rate must be one value; got [0.001, 0.01]"),
        ("anneal = 'no'", 'anneal must be true or false; got "no"'),
        ("seeds = true", "seeds must be one value; got true"),
        ("env_param = ['gravity=5']", "env_param must be a table, of values by name; got ["),
        ("distributed = true", "unknown option of ppo, 'distributed'"),
        ("[config]", "unknown option of ppo, 'config'"),
    ],
)
def test_a_wrong_file_is_a_usage_error(tmp_path, capsys, text, expected):
    path = tmp_path / "options.toml"
    path.write_text(text)
    with pytest.raises(SystemExit, match="2"):
        main(["ppo", "--config", str(path)])
    err = capsys.readouterr().err
    assert expected in err
    assert err.count("\n") == 1


def test_parameters_of_the_environment_are_a_table(tmp_path):
    path = tmp_path / "options.toml"
    path.write_text("[env_param]\ngravity = 5\nlength = 0.7\n")
    expected = ["--env-param=gravity=5", "--env-param=length=0.7"]
    known = {"--env-param": argparse.Action(["--env-param"], "env_param", default=[])}
    assert config_file.read_arguments(path, "ppo", known) == expected


def test_every_option_of_an_algorithm_can_be_saved(tmp_path):
    for name, algorithm in ALGORITHMS.items():
        path = tmp_path / f"{name}.json"
        assert main([name, "--save-config", str(path)]) == 0
        saved, config = json.loads(path.read_text()), algorithm.Config()
        fields = [f.name for f in dataclasses.fields(config) if f.name not in config.fixed]
        assert {f for f in fields if getattr(config, f) is not None} <= saved.keys()
        assert saved["evaluations"] == min(EVALUATIONS, config.num_updates)
