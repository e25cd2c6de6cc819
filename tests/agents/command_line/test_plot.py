import numpy as np
import pytest
from matplotlib.image import imread

from agents.algorithms.registry import ALGORITHMS
from agents.command_line import plots
from agents.command_line.groups import groups, labels_with_seeds
from agents.command_line.main import main
from agents.command_line.plot import plot
from agents.runs import metrics
from agents.runs.metrics import MetricsFile
from agents.runs.run import Run


def make_run(
    folder,
    name="ppo",
    seeds=(0, 1),
    sweep=(),
    num_updates=20,
    level=1.0,
    evaluated=(),
    episodes=1,
    **config,
):
    """A run folder as after training: one episode per update of every member, or `episodes`.

    Evaluations, if there are any, take place at the end.
    """
    given = {"env": "Pendulum-v1", **config}
    run = Run(name, ALGORITHMS[name].Config(**given), tuple(seeds), folder, sweep=dict(sweep))
    run.create()
    shape = (num_updates, run.num_members)
    returns = level * (1.0 + np.arange(run.num_members)) * np.ones(shape)
    table = {name: np.ones(shape) for name in metrics.FIRST} | {"episode_return": returns}
    table["episodes"] = episodes * np.ones(shape)
    table["steps"] = 100.0 * np.arange(1, num_updates + 1)[:, None] * np.ones(shape)
    if num_updates:
        MetricsFile(run.metrics_path, run.members).append(1, table)
    if len(evaluated):
        means = np.asarray(evaluated, float)[None]
        row = {"steps": table["steps"][-1:], "return_mean": means, "return_std": means}
        MetricsFile(run.evaluations_path, run.members).append(num_updates, row)
    return run


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([("ppo", {})], ["PPO"]),
        ([("ppo", {}), ("a2c", {"gamma": 0.5})], ["PPO", "A2C"]),
        (
            [("ppo", {"gamma": 0.5}), ("ppo", {"hidden_sizes": (8, 8)}), ("a2c", {})],
            ["PPO, gamma 0.5, hidden sizes 64 64", "PPO, gamma 0.99, hidden sizes 8 8", "A2C"],
        ),
        ([("ppo", {}), ("ppo", {}), ("vpg", {})], ["PPO, run-0", "PPO, run-1", "VPG"]),
        (
            [("ppo", {"total_steps": 10**6}), ("ppo", {})],
            ["PPO, total steps 1e6", "PPO, total steps 5e5"],
        ),
        ([("ppo", {"seeds": [1]}), ("a2c", {})], ["PPO (1 seed)", "A2C (2 seeds)"]),
        ([("ppo", {}), ("ppo", {"env": "CartPole-v1", "gamma": 0.5})], ["PPO", "PPO"]),
    ],
)
def test_a_label_has_the_fields_that_differ(tmp_path, told, expected):
    runs = [make_run(tmp_path / f"run-{i}", name, **c) for i, (name, c) in enumerate(told)]
    assert labels_with_seeds([group for run in runs for group in groups(run)]) == expected


def test_every_point_of_a_sweep_has_a_curve(tmp_path, monkeypatch):
    """The curve is of its own members, and its label is the value of the point."""
    drawn = []
    monkeypatch.setattr(plots, "draw", lambda *args: drawn.append(args))
    sweep = make_run(tmp_path / "sweep", sweep={"learning_rate": (1e-3, 1e-2)}, num_updates=30)
    other = make_run(tmp_path / "other", learning_rate=1e-2, level=10.0)
    plot([sweep, other], tmp_path / "compare.png")
    ((curves, path, title),) = drawn
    assert (path, title) == (tmp_path / "compare.png", "Pendulum-v1")
    assert [curve.label for curve in curves] == [
        "PPO, learning rate 1e-3",
        "PPO, learning rate 0.01, sweep",
        "PPO, learning rate 0.01, other",
    ]
    assert [curve.steps[-1] for curve in curves] == [3000.0, 3000.0, 2000.0]
    steps = [set(curve.steps[:-1]) for curve in curves]
    assert steps[2] < steps[0], "one grid of steps"
    means = [curve.returns.mean(axis=0).tolist() for curve in curves]
    assert means == [[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]]


def test_the_figure_has_a_line_and_a_label_for_each_run(tmp_path, capsys):
    names = ["ppo", "a2c", "vpg"]
    folders = [str(make_run(tmp_path / n, n, level=float(i)).folder) for i, n in enumerate(names)]
    path = tmp_path / "compare.png"
    assert main(["plot", *folders, "--out", str(path)]) == 0
    assert f"Wrote {path}" in capsys.readouterr().out
    picture = imread(path)[..., :3]
    for color in plots.COLORS[:3]:
        rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        rows = np.nonzero(np.any(np.all(np.abs(picture - rgb) < 0.02, axis=-1), axis=1))[0]
        assert np.diff(rows).max() > 20, "the curve, and far below it the sign in the legend"


def test_evaluations_are_in_the_figure_of_several_runs(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(plots, "draw", lambda *args: drawn.append(args))
    runs = [make_run(tmp_path / name, name, evaluated=[4.0, 6.0]) for name in ("ppo", "a2c")]
    plot(runs, tmp_path / "compare.png")
    assert [curve.evaluated_returns.tolist() for curve in drawn[0][0]] == [[5.0], [5.0]]
    assert [curve.evaluated_steps.tolist() for curve in drawn[0][0]] == [[2000.0], [2000.0]]


def test_plot_says_what_it_writes_and_replaces_nothing_by_default(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = str(make_run(tmp_path / "run").folder)
    (tmp_path / "figures").mkdir()
    for out, expected in [
        ([], "compare.png"),
        ([], "compare-2.png"),
        (["--out", "figures"], "figures/compare.png"),
        (["--out", "figures"], "figures/compare-2.png"),
        (["--out", "new/"], "new/compare.png"),
        (["--out", "mine"], "mine.png"),
        (["--out", "mine.svg"], "mine.svg"),
        (["--out", "mine.svg"], "mine.svg"),
    ]:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*.png")}
        existing = list(tmp_path.rglob("*.*"))
        assert main(["plot", folder, *out]) == 0
        done = "Replaced" if tmp_path / expected in existing else "Wrote"
        assert capsys.readouterr().out == f"{done} {expected}\n"
        assert (tmp_path / expected).stat().st_size
        assert before == {path: path.read_bytes() for path in before}
    assert not list(tmp_path.rglob(".*")), "temporary files"


def refused(capsys, *arguments):
    with pytest.raises(SystemExit):
        main(["plot", *map(str, arguments)])
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


def test_evaluations_of_a_run_are_drawn_where_no_episode_has_ended(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(plots, "draw", lambda *args: drawn.append(args))
    plot([make_run(tmp_path / "early", episodes=0, evaluated=(3.0, 5.0))], tmp_path / "a.png")
    (((curve,), *_),) = drawn
    assert (curve.steps.size, curve.evaluated_returns.tolist()) == (0, [4.0])


def test_incomparable_runs_are_usage_errors(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, empty = make_run(tmp_path / "one"), make_run(tmp_path / "empty", num_updates=0)
    other = make_run(tmp_path / "other", env="CartPole-v1")
    err = refused(capsys, one.folder, other.folder)
    assert f"'{one.folder}' is on Pendulum-v1, '{other.folder}' on CartPole-v1" in err
    assert f"'{empty.folder}' has no metrics yet" in refused(capsys, one.folder, empty.folder)
    early = make_run(tmp_path / "early", episodes=(1, 0))
    assert "has a seed none of whose episodes has ended" in refused(capsys, early.folder)
    assert "'xyz' is not supported" in refused(capsys, one.folder, "--out", tmp_path / "a.xyz")
    assert "is not a run folder" in refused(capsys, tmp_path)
