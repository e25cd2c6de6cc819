import numpy as np
import pytest
from matplotlib.image import imread

from agents.command_line.compare import NORMALIZED, Scores, normalized, read_scores
from agents.command_line.main import main
from agents.runs.run import load_run
from tests.agents.command_line.test_plot import make_run


@pytest.fixture
def runs(tmp_path):
    """PPO with a sweep and A2C on two environments; returns of the last evaluation."""
    envs = {"Pendulum-v1": -100.0, "Catch-bsuite": 1.0}
    return [
        make_run(tmp_path / f"{name}-{env}", name, env=env, evaluated=[level, scale * level])
        for env, level in envs.items()
        for name, scale in (("ppo", 2), ("a2c", 4))
    ]


def printed_rows(capsys):
    lines = [line for line in capsys.readouterr().out.splitlines() if "│" in line]
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]


def test_the_table_has_every_environment_and_all_of_them(tmp_path, runs, capsys):
    path = tmp_path / "profile.png"
    folders = [str(run.folder) for run in runs]
    assert main(["compare", *folders, "--out", str(path)]) == 0
    rows = printed_rows(capsys)
    assert [row[:3] for row in rows] == [
        ["Pendulum-v1", "PPO", "2"],
        ["", "A2C", "2"],
        ["Catch-bsuite", "PPO", "2"],
        ["", "A2C", "2"],
        [NORMALIZED, "PPO", "4"],
        ["", "A2C", "4"],
    ]
    assert rows[0][3:] == ["-150.0", "-200.0 .. -100.0"]
    assert rows[2][3:] == ["1.500", "1.000 .. 2.000"]
    assert imread(path).ndim == 3


def test_scores_are_normalized_by_the_extremes_of_their_environment():
    scores = [
        Scores("a", "X", np.array([1.0, 2.0])),
        Scores("b", "X", np.array([5.0])),
        Scores("a", "Y", np.array([7.0])),
    ]
    expected = {"a": [[0.0, 0.25], [0.0]]}
    found = {
        label: [list(each) for each in several] for label, several in normalized(scores).items()
    }
    assert found == expected, "b has no scores on Y"


def test_without_evaluations_the_last_episodes_are_compared(tmp_path, runs):
    other = make_run(tmp_path / "other", "vpg")
    scores, source = read_scores([*runs, other])
    assert source == "the last 100 training episodes"
    assert scores[-1].returns.tolist() == [1.0, 2.0]
    assert read_scores(runs)[1] == "the last evaluation"


def test_a_point_of_a_sweep_is_compared_by_itself(tmp_path):
    run = make_run(tmp_path / "sweep", sweep={"gamma": (0.5, 0.9)}, evaluated=[1, 2, 3, 4])
    scores, _ = read_scores([load_run(run.folder)])
    assert [(each.label, each.returns.tolist()) for each in scores] == [
        ("PPO, gamma 0.5", [1.0, 2.0]),
        ("PPO, gamma 0.9", [3.0, 4.0]),
    ]


def test_runs_without_a_common_label_are_a_usage_error(tmp_path, capsys, runs):
    with pytest.raises(SystemExit, match="2"):
        main(
            ["compare", str(runs[0].folder), str(runs[3].folder), "--out", str(tmp_path / "x.png")]
        )
    error = capsys.readouterr().err
    assert "no environment in common" in error
    assert "PPO on Pendulum-v1; A2C on Catch-bsuite" in error


def test_a_run_without_metrics_is_a_usage_error(tmp_path, capsys):
    empty = make_run(tmp_path / "empty", num_updates=0)
    with pytest.raises(SystemExit, match="2"):
        main(["compare", str(empty.folder)])
    assert f"'{empty.folder}' has no metrics yet" in capsys.readouterr().err
