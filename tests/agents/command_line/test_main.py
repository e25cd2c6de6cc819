import dataclasses
import json
import re
import shutil
import signal

import jax
import numpy as np
import pytest
from matplotlib.image import imread

import jaxdist
from agents.algorithms import presets
from agents.algorithms.registry import ALGORITHMS
from agents.command_line import tables, training
from agents.command_line.ending import STOPPED
from agents.command_line.main import main
from agents.command_line.options import format_value
from agents.command_line.training import INTERRUPTED
from agents.runs import metrics
from agents.runs.checkpoints import CheckpointMismatch, DamagedCheckpoint
from agents.runs.evaluation import EVALUATIONS
from agents.runs.lock import lock
from agents.runs.metrics import DamagedMetrics, MetricsFile
from agents.runs.run import load_run
from agents.runs.training import Outcome, restore

TINY = "--env CartPole-v1 --num-steps 16 --num-minibatches 2 --hidden-sizes 8 --seeds 2"


def usage_error(capsys, *arguments):
    """The error message of a command, which must exit with 2 and print one line."""
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    out, err = capsys.readouterr()
    assert exit.value.code == 2
    assert not out
    assert err.count("\n") == 1
    assert err.startswith("python -m agents")
    return err


def help_of(capsys, *arguments):
    with pytest.raises(SystemExit) as exit:
        main([*arguments, "--help"])
    assert exit.value.code == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory, finish):
    """The folder of a tiny run, made from the command line."""
    out = tmp_path_factory.mktemp("runs")
    options = [*TINY.split(), "--total-steps", 640, "--seed", 3, "--out", out, "--log", "csv"]
    code, printed, err = finish("-m", "agents", "ppo", *options)
    assert code == 0, err
    (folder,) = out.iterdir()
    assert folder.name.startswith("CartPole-v1-ppo-")
    assert str(folder) in printed
    assert "100%" in printed
    assert "/s  return" in printed
    assert f"Learning curve: {folder}/learning_curve.png" in printed
    assert f"python -m agents evaluate {folder} --best" in printed
    for row in ("3", "4", "all"):
        assert any(row in line and line.count("│") == 6 for line in printed.splitlines())
    return folder


@pytest.mark.fast
def test_help_names_the_commands_and_gives_examples(capsys):
    text = help_of(capsys)
    for name in ["ppo", "reinforce", "evaluate", "resume"]:
        assert f"python -m agents {name}" in text
    for name, algorithm in ALGORITHMS.items():
        assert f"{name} {algorithm.__doc__.partition(chr(10))[0].rstrip('.')}" in text


@pytest.mark.parametrize("name", ALGORITHMS)
def test_help_of_an_algorithm_tells_every_option_and_its_default(capsys, name):
    text = help_of(capsys, name)
    config = presets.config(name)
    names = [f.name for f in dataclasses.fields(config) if f.name not in config.fixed]
    fields = [name for name in names if getattr(config, name) is not None]
    for field in config.fixed:
        assert f"--{field.replace('_', '-')}" not in text
    for field in [*fields, "seeds", "seed", "out", "keep", "checkpoint_seconds", "on_nan"]:
        assert f"--{field.replace('_', '-')}" in text
    for field in fields:
        assert f"(default: {format_value(getattr(config, field))})" in text
    assert f"python -m agents {name}" in text
    for algorithm, env in presets.PRESETS:
        assert algorithm != name or env in text.partition("presets, in place of")[2]


def test_the_help_shows_the_preset_of_an_environment(capsys):
    text = help_of(capsys, "ppo", "--env", "Breakout-MinAtar")
    assert "hyper-parameters of ppo, with the preset of Breakout-MinAtar" in text
    for expected in (
        "Name of the environment; module:Class is one of your own (default: Breakout-MinAtar)",
        "whole updates (default: 5000000)",
        "--activation {elu,gelu,relu,silu,tanh} Activation function of the hidden layers (default: "
        "relu)",
    ):
        assert expected in text
    assert "(default: 5000000)" not in help_of(capsys, "ppo")


@pytest.mark.parametrize("name", ["", *ALGORITHMS, "evaluate", "resume", "plot"])
def test_the_help_has_one_style(capsys, monkeypatch, name):
    """Each option is a phrase that begins with a capital, in lines of a terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*([name] if name else []), "--help"])
    lines = capsys.readouterr().out.splitlines()
    phrases = [line.split("  ")[-1].strip() for line in lines if re.match(r"  -.*\S   *\S", line)]
    assert len(phrases) > 1
    assert not [phrase for phrase in phrases if not phrase[0].isupper()]
    assert not [line for line in lines if len(line) > 80]


def test_without_arguments_the_help_is_printed(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m agents COMMAND [OPTIONS]")


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"jaxdist {jaxdist.__version__}, JAX {jax.__version__}\n"


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_example_of_an_algorithm_works(capsys, monkeypatch, tmp_path, name):
    """Except for the training itself."""
    example = help_of(capsys, name).partition(f"example: python -m agents {name} ")[2]
    asked = []
    monkeypatch.setattr(
        training, "train", lambda run, *_, **__: asked.append(run) or Outcome((), None, False)
    )
    options = example.partition(" presets")[0].split()
    assert main([name, *options, "--out", str(tmp_path)]) == INTERRUPTED
    assert (asked[0].name, len(asked[0].seeds)) == (name, 4)


@pytest.mark.fast
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--lerning-rate", "required: COMMAND"),
        ("xyzzy", "unknown command 'xyzzy'; the commands are a2c, "),
        ("resumes x", "unknown command 'resumes'; did you mean resume?"),
        ("ppo --objective klip", "--objective: must be one of clip, dpo, kl; got 'klip'; did you"),
        (
            "reinforce --baseline none",
            "--baseline: must be one of group, leave-one-out, mean, value; got 'none'",
        ),
        ("apg --distribution beta", "--distribution: must be one of normal, squashed, tanh-normal"),
        ("ppo --lerning_rate 1", "arguments: --lerning-rate 1; did you mean --learning-rate?"),
        ("evaluate x --bets", "arguments: --bets; did you mean --best?"),
        ("ppo --num-envs 1.5", "--num-envs: must be an integer; got 1.5"),
        ("ppo --seeds many", "--seeds: must be an integer; got 'many'"),
        ("ppo --hidden-sizes 64,64", "--hidden-sizes: must be integers, separated by spaces; got"),
        ("ppo --env-param gravity=x", "'gravity' of CartPole-v1 must be a number, such as 9.8"),
        (
            "ppo --search halving --sweep gamma=0.5..1 --total-steps 2048",
            "halving of 16 points begins with total_steps=128, a part of 2048: total_steps must",
        ),
        ("ppo --total-steps 1e999999999", "--total-steps: is too large"),
        ("ppo --config nowhere.toml", "No such file or directory: 'nowhere.toml'"),
        ("ppo --config x.yaml", "a file of options ends in .toml or .json; got 'x.yaml'"),
        ("ppo --save-config x.yaml", "a file of options ends in .toml or .json; got 'x.yaml'"),
        ("ppo --env CartPol-v1", "unknown environment 'CartPol-v1'. Did you mean CartPole-v1"),
        ("ppo --env CartPol-v1", "Pendulum-v1"),
        ("ppo --num-envs many", "--num-envs: must be an integer; got 'many'"),
        ("ppo --num-envs 0", "num_envs must be greater than 0; got 0"),
        ("ppo --learning-rat 1", "agents ppo: error: unrecognized arguments: --learning-rat 1"),
        ("ppo --sweep lr", "--sweep: write it as learning-rate=1e-4,3e-4,1e-3 or, for"),
        ("ppo --sweep num-envs=2,4", "cannot sweep 'num_envs': only hyper-parameters that do"),
        ("ppo --sweep gamma=0.9,1.9", "gamma must lie between 0 and 1; got 1.9"),
        ("ppo --sweep gamma=0.9 --sweep gamma=0.8", "gamma is swept twice; list all its values"),
        ("ppo --evaluations -1", "evaluations must not be negative; got -1"),
        ("ppo --seeds 0", "--seeds: must be at least 1; got 0"),
        ("ppo --seed -1", "seeds must lie between 0 and 4294967295; got -1 to 6"),
        ("ppo --seed 4294967290", "got 4294967290 to 4294967297"),
        ("evaluate nowhere --seed -1", "--seed: must lie between 0 and 4294967295; got -1"),
        ("ppo --out /dev/null", "/dev/null"),
        ("ppo --out=", "--out must name a folder; got an empty name"),
        ("compare x --out no/x.png", "--out names a file in 'no', which is no folder; make it"),
        ("render x --fps 0", "--fps: must be a finite number greater than 0; got 0"),
        ("ppo --sweep gama=0.9", "; did you mean gamma?"),
        ("plot x --out=", "--out must name a file; got an empty name"),
        ("ppo --learning-rate fast", "--learning-rate: must be a number; got 'fast'"),
        ("ppo --devices two", "--devices: must be an integer; got 'two'"),
        ("ppo --learning-rate inf", "learning_rate must be a finite number; got inf"),
        ("ppo --learning-rate 1e39", "learning_rate is infinite in float32; got 1e+39"),
        ("ppo --learning-rate 1e-50", "learning_rate is 0 in float32; got 1e-50"),
        ("ppo --entropy-coef inf", "entropy_coef must be a finite number; got inf"),
        ("sac --tau 0", "tau must be greater than 0; got 0.0"),
        ("sac --entropy-of-box nan", "entropy_of_box must be a finite number; got nan"),
        ("sac --temperature inf", "temperature must be a finite number; got inf"),
        ("ppo --sweep learning-rate=1e-3,1e-3", "must differ in float32; got 0.001, 0.001 for le"),
        ("ppo --sweep learning-rate=1e-3,inf", "learning_rate must be a finite number; got inf"),
        ("ppo --hidden-sizes 1000000000", "this run needs at least 2.5 TB of memory, and "),
        ("ppo --seeds 100000000", "memory, and"),
        ("ppo --num-envs 2147483647 --total-steps 9007199254740992", "memory, and"),
        ("sac --buffer-size 2147483647", "smaller"),
        ("ppo --evaluations 999999999999", "at most one per update, and this run has 976; got"),
        ("ppo --total-steps 99999999999999999", "total_steps must be at most 9007199254740992"),
        ("ppo --total-steps 1" + 9999 * "0", "--total-steps: is too large"),
        ("ppo --total-steps 9007199254740992 --num-steps 1", "must allow for at most 2147483647 u"),
        ("reinforce --env Pendulum-v1 --distribution bernoulli", "'bernoulli' does not support"),
        ("ppo --env ../x:Y", "'../x' is not the name of a module"),
        ("ppo --env-param gravity", "--env-param: write it as gravity=5; got 'gravity'"),
        ("ppo --env-param gravty=5", "CartPole-v1 has no parameter 'gravty'; did you mean gravit"),
        ("ppo --channels 16", "channels of 1 convolutions need observations [height, width,"),
        ("export nowhere", "'nowhere' is not a run folder"),
        ("apg --normalize-rewards", "unrecognized arguments: --normalize-rewards"),
        ("ppo --keep 0", "--keep: must be at least 1; got 0"),
        ("ppo --checkpoint-seconds inf", "must be a finite number of at least 0; got inf"),
        ("ppo --on-nan cry", "must be one of stop, skip, ignore; got 'cry'"),
        ("evaluate nowhere", "'nowhere' is not a run folder"),
        ("resume nowhere --total-steps 0", "--total-steps: must be at least 1; got 0"),
        (
            "resume nowhere --total-steps 9 --total-episodes 9",
            "not allowed with argument --total-s",
        ),
        ("resume nowhere", "'nowhere' is not a run folder"),
    ],
)
def test_usage_errors_are_one_line(capsys, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    assert expected in usage_error(capsys, *arguments.split())
    assert not list(tmp_path.iterdir()), "nothing was begun"


@pytest.mark.fast
def test_a_run_folder_contains_all_files(folder):
    names = {path.name for path in folder.iterdir()}
    made = {"config.json", "metrics.csv", "evaluations.csv", "learning_curve.png"}
    assert names == made | {"checkpoint", ".lock", "log.csv"}
    settings = json.loads((folder / "config.json").read_text())
    assert settings["algorithm"] == "ppo"
    assert settings["seeds"] == [3, 4]
    assert settings["config"]["total_steps"] == 640
    assert settings["evaluations"] == EVALUATIONS
    table = metrics.read(folder / "metrics.csv", 2)
    assert table["steps"].shape == (10, 2)
    assert table["steps"][-1].tolist() == [640, 640]
    assert imread(folder / "learning_curve.png").ndim == 3
    logged = (folder / "log.csv").read_text().splitlines()
    assert logged[-1].startswith("10,4,640")


def test_evaluate_prints_json(folder, capsys, monkeypatch):
    """The returns of every episode, without those of drawn actions if only greedy ones are played;
    NaN, which JSON lacks, is null.
    """
    returns = np.array([[1.0, 2.0], [3.0, np.nan]])
    monkeypatch.setattr(
        tables, "evaluate_run", lambda *_, greedy: [returns + 10 * each for each in greedy]
    )
    members = {}
    for options in [], ["--greedy"]:
        assert main(["evaluate", str(folder), "--json", *options]) == 0
        out, err = capsys.readouterr()
        printed = json.loads(out)
        members[len(options)] = printed["members"]
        assert (printed["algorithm"], printed["env"]) == ("ppo", "CartPole-v1")
        assert "episodes had not ended" in err
    assert [member["seed"] for member in members[0]] == [3, 4]
    assert members[0][0]["evaluation_returns"] == [1.0, 2.0]
    assert members[0][0]["greedy_evaluation_mean"] == 11.5
    assert members[0][1]["evaluation_mean"] is None
    assert members[0][0]["last_100_training_episodes"] > 0
    for both, greedy in zip(members[0], members[1], strict=True):
        left_out = {f"evaluation_{kind}" for kind in ("mean", "std", "returns")}
        assert greedy == {name: both[name] for name in both if name not in left_out}


def test_evaluate_takes_the_last_states(folder, capsys):
    printed = []
    for seed in "001":
        assert main(["evaluate", str(folder), "--episodes", "9", "--seed", seed]) == 0
        printed.append(capsys.readouterr().out)
    first, again, other = printed
    assert "9 episodes" in first
    assert "all: mean ± standard deviation over seeds (ddof 0)" in " ".join(first.split())
    assert "PPO on CartPole-v1, after 10 of 10 updates" in first
    assert first == again != other


@pytest.mark.parametrize("damage", ["removed", "zeroed", "changed"])
def test_damaged_metrics_are_told(folder, tmp_path, capsys, damage):
    other = shutil.copytree(folder, tmp_path / "other")
    path = other / "metrics.csv"
    text = path.read_bytes()
    changed = {"zeroed": bytes(len(text)), "changed": text[:-2] + b"%d\n" % (text[-2] == ord("1"))}
    path.unlink() if damage == "removed" else path.write_bytes(changed[damage])
    assert main(["evaluate", str(other), "--episodes", "2"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith(f"python -m agents: '{path}' is ")
    assert err.endswith("; the returns in training are left out\n")
    assert err.count("\n") == 1
    assert "training episodes" not in out
    plot = ["plot", str(other), "--out", str(tmp_path / "figure.png")]
    if damage == "changed":
        assert main(plot) == 0
    else:
        with pytest.raises(SystemExit):
            main(plot)
    out, err = capsys.readouterr()
    assert str(other) in err
    assert err.count("\n") == 1


def test_evaluate_takes_the_best_states(folder, capsys):
    """The row of a seed has the update with the best evaluation."""
    assert main(["evaluate", str(folder), "--best", "--episodes", "9"]) == 0
    printed = capsys.readouterr().out
    assert "PPO on CartPole-v1, best evaluation during training" in printed
    means = metrics.read(folder / "evaluations.csv", 2)["return_mean"]
    rows = [line.split("│")[1:3] for line in printed.splitlines() if "│" in line]
    best = [int(update) for _, update in rows if update.strip()]
    assert best == (1 + means.argmax(axis=0)).tolist()


def test_resume_makes_a_finished_run_longer(folder, tmp_path, capsys):
    """Earlier updates stay as they are; the learning rate rises from zero."""
    longer = shutil.copytree(folder, tmp_path / "longer")
    assert main(["resume", str(longer), "--total-steps", "960"]) == 0
    assert "100%" in capsys.readouterr().out
    assert load_run(longer).config.total_steps == 960
    before, after = (metrics.read(path / "metrics.csv", 2) for path in (folder, longer))
    assert after["steps"][-1].tolist() == [960, 960]
    for name in before:
        np.testing.assert_array_equal(after[name][: len(before[name])], before[name])
    evaluated = metrics.read(longer / "evaluations.csv", 2)["update"][:, 0]
    assert evaluated.tolist() == [*range(1, 11), 11, 12, 14, 15]
    actors = [restore(load_run(path))[0].params["actor"] for path in (folder, longer)]
    moved = jax.tree.map(lambda a, b: np.max(np.abs(a - b), initial=0.0), *actors)
    assert max(jax.tree.leaves(moved)) > 2.5e-4, "the learning rate is no longer zero"


def test_resuming_a_finished_run_says_that_nothing_was_left(capsys, monkeypatch, folder):
    monkeypatch.setattr(training, "train", lambda *_, **__: Outcome((), None, finished=True))
    monkeypatch.setattr(tables, "evaluate_run", lambda *_, **__: [np.ones((2, 3))] * 2)
    assert main(["resume", str(folder)]) == 0
    expected = (
        "Nothing was left to train: all 10 updates are done, and a larger --total-steps makes"
    )
    assert expected in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--total-steps 639", "total_steps can only be increased, and is already 640; got 639"),
        (
            "--total-episodes 9",
            "the length of a run of ppo is set by total_steps, not by total_episodes",
        ),
    ],
)
def test_an_invalid_budget_is_a_usage_error(capsys, folder, options, expected):
    before = (folder / "config.json").read_bytes()
    assert expected in usage_error(capsys, "resume", str(folder), *options.split())
    assert (folder / "config.json").read_bytes() == before


def test_resuming_a_run_in_use_is_a_usage_error(capsys, folder):
    before = {path: path.read_bytes() for path in folder.glob("*.*")}
    expected = f"another process is training '{folder}'; wait for it, or stop it first"
    with lock(folder):
        for options in ("", "--total-steps 960"):
            arguments = ["resume", str(folder), *options.split()]
            with pytest.raises(SystemExit):
                main(arguments)
            assert expected in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.glob("*.*")} == before


def test_a_run_without_evaluations_has_no_best(capsys, tmp_path, folder):
    other = shutil.copytree(folder, tmp_path / "other")
    path = other / "config.json"
    path.write_text(path.read_text().replace('"evaluations": 10', '"evaluations": 0'))
    with pytest.raises(SystemExit):
        main(["evaluate", str(other), "--best"])
    assert "was trained without evaluations, so it has no best state" in capsys.readouterr().err


def test_a_full_disk_is_reported_in_one_line(capsys, monkeypatch, tmp_path):
    def train(run, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training, "train", train)
    assert main(["ppo", *TINY.split(), "--out", str(tmp_path)]) == STOPPED
    (folder,) = tmp_path.iterdir()
    out, err = capsys.readouterr()
    then = "When that is mended, continue with: python -m agents resume "
    assert f"Stopped: [Errno 28] No space left on device. {then}" in out
    assert str(folder) in out
    assert not err


@pytest.mark.parametrize("error", [CheckpointMismatch, DamagedCheckpoint, DamagedMetrics])
def test_a_folder_that_cannot_be_resumed_is_a_usage_error(capsys, monkeypatch, folder, error):
    def train(run, *_, **__):
        raise error("what is wrong")

    monkeypatch.setattr(training, "train", train)
    with pytest.raises(SystemExit):
        main(["resume", str(folder)])
    assert capsys.readouterr().err.startswith("python -m agents resume: error: what is wrong (see")


def test_an_unknown_return_is_a_dash(capsys, monkeypatch, tmp_path):
    def train(run, *_, **__):
        table = {name: np.zeros((1, run.num_members)) for name in [*metrics.FIRST, "loss"]}
        table["episodes"][0, 0], table["episode_return"][0, 0] = 2, 7.0
        MetricsFile(run.metrics_path, run.members).append(1, table | {"steps": np.ones((1, 2))})
        return Outcome((), None, True)

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr(tables, "evaluate_run", lambda *_, **__: (np.full((2, 3), 4.0),) * 2)
    assert main(["ppo", *TINY.split(), "--out", str(tmp_path)]) == 0
    rows = [line.replace(" ", "") for line in capsys.readouterr().out.splitlines() if "│" in line]
    assert rows == [
        "│0│7.000│4.000│4.000│",
        "│1│-│4.000│4.000│",
        "│all│-│4.000±0.000│4.000±0.000│",
    ]


def test_members_with_nan_are_named(capsys, monkeypatch, tmp_path):
    def train(run, *_, **__):
        table = {name: np.ones((2, run.num_members)) for name in [*metrics.FIRST, "loss"]}
        table["episode_return"][-1, 0] = np.nan  # no episode ended, which may be
        table["loss"][0, 1], table["loss"][-1, 2:] = np.nan, [np.nan, np.inf]
        MetricsFile(run.metrics_path, run.members).append(1, table)
        return Outcome((), None, True)

    monkeypatch.setattr(training, "train", train)
    returns = np.array([[1.0], [1.0], [2.0], [2.0]])
    monkeypatch.setattr(tables, "evaluate_run", lambda *_, **__: [returns] * 2)
    sweep = ["--sweep", "learning-rate=1e-3,9"]
    assert main(["ppo", *TINY.split(), *sweep, "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Best of 2: --learning-rate 9 with a mean return of 2.000" in lines
    lost = [line for line in lines if "NaN or infinite" in line]
    assert lost == [
        f"Metrics are NaN or infinite for seed {seed}, learning_rate 9 from update 2, "
        "step 1, on; try a smaller learning rate"
        for seed in (0, 1)
    ]


def test_given_fields_override_the_preset():
    config = presets.config("ppo", env="Pendulum-v1", gamma=0.8)
    preset = presets.PRESETS["ppo", "Pendulum-v1"]
    assert (config.gamma, config.learning_rate) == (0.8, preset["learning_rate"])
    assert vars(presets.config("ppo")) == vars(ALGORITHMS["ppo"].Config())
    for name, env in presets.PRESETS:
        assert presets.config(name, env=env).env == env


@pytest.mark.slow
def test_export_writes_a_policy(folder, tmp_path, capsys):
    """What is in the file: see `test_export`."""
    assert main(["export", str(folder), "--out", str(tmp_path / "policy.zip"), "--seed", "4"]) == 0
    assert f"Wrote the policy of seed 4 to {tmp_path / 'policy.zip'}" in capsys.readouterr().out
    assert "the seeds of" in usage_error(capsys, "export", str(folder), "--seed", "9")


@pytest.mark.slow
def test_parameters_of_the_environment_are_those_of_the_run(tmp_path, capsys):
    options = f"{TINY} --total-steps 128 --env-param max-steps-in-episode=7 --out {tmp_path}"
    assert main(["ppo", *options.split()]) == 0
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("CartPole-v1-ppo-")
    run = load_run(folder)
    assert run.config.env == "CartPole-v1?max_steps_in_episode=7"
    table = metrics.read(run.metrics_path, run.num_members)
    assert np.nanmax(table["episode_length"]) <= 7


@pytest.mark.slow
def test_resume_continues_after_ctrl_c(tmp_path, python, finish):
    options = [*TINY.split(), "--total-steps", 1_000_000, "--evaluations", 0, "--out", tmp_path]
    process = python("-m", "agents", "ppo", *options)
    printed = ""
    while "return" not in printed:
        printed += process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    (folder,) = tmp_path.iterdir()
    assert f"python -m agents resume {folder}" in rest
    assert imread(folder / "learning_curve.png").ndim == 3
    table = metrics.read(folder / "metrics.csv", 2)
    assert 0 < len(table["steps"]) < 15_625

    settings = json.loads((folder / "config.json").read_text())
    settings["config"]["total_steps"] = 64 * len(table["steps"]) + 640
    (folder / "config.json").write_text(json.dumps(settings))
    code, _, err = finish("-m", "agents", "resume", folder)
    assert code == 0, err
    assert len(metrics.read(folder / "metrics.csv", 2)["steps"]) == len(table["steps"]) + 10
