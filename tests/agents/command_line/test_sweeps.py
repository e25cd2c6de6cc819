import argparse

import numpy as np
import pytest

from agents.command_line import tables, training
from agents.command_line.main import main
from agents.command_line.sweeps import Range, budgets_of_rungs, combine, parse_sweep
from agents.runs.run import load_run
from agents.runs.training import Outcome

pytestmark = pytest.mark.fast

RATES = ("learning_rate", Range(1e-5, 1e-1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("learning-rate=1e-4,3e-4", ("learning_rate", (1e-4, 3e-4))),
        ("learning_rate=1e-4..1e-2", ("learning_rate", Range(1e-4, 1e-2))),
        ("entropy-coef=-1..1", ("entropy_coef", Range(-1.0, 1.0))),
    ],
)
def test_a_sweep_has_values_or_a_range(text, expected):
    assert parse_sweep(text) == expected


@pytest.mark.parametrize("text", ["gamma", "gamma=", "gamma=a..b", "gamma=0.9..0.5", "gamma=1.."])
def test_a_wrong_sweep_is_an_error(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"such as|write it as|from low to high"):
        parse_sweep(text)


def test_a_random_search_draws_from_ranges_and_values():
    """Logarithms are uniform; the seed determines all."""
    sweeps = [RATES, ("gamma", (0.9, 0.99)), ("clip", Range(-1.0, 1.0))]
    drawn, kind = combine(sweeps, "random", 4000, seed=0)
    assert kind == "list"
    logs = np.log10(drawn["learning_rate"])
    np.testing.assert_allclose(np.quantile(logs, [0, 0.25, 0.5, 0.75, 1]), range(-5, 0), atol=0.15)
    np.testing.assert_allclose(np.mean(drawn["clip"]), 0, atol=0.05)
    assert set(drawn["gamma"]) == {0.9, 0.99}
    assert combine(sweeps, "random", 4000, seed=0) == (drawn, kind)
    assert combine(sweeps, "random", 4000, seed=1)[0] != drawn
    assert len(combine(sweeps, "random", None, seed=0)[0]["gamma"]) == 16


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--sweep gamma=0.9..0.99", "the range of gamma, 0.9..0.99, needs --search random"),
        (
            "--sweep gamma=0.9 --trials 3",
            "--trials is for --search random or halving; got --search grid",
        ),
        ("--search random", "--search random needs --sweep"),
        ("--search list --sweep gamma=0.9,1 --sweep clip=0.1", "as many values of every field"),
        ("--sweep gamma=0.9 --sweep gamma=0.8", "gamma is swept twice"),
        ("--search halving", "--search halving needs --sweep"),
        (
            "--search halving --sweep gamma=0.9..0.99 --total-steps 4096",
            "total_steps must allow for one update of num_envs * num_steps = 512 steps; got 256",
        ),
        ("--search rando", "did you mean random?"),
    ],
)
def test_contradictions_are_usage_errors(capsys, tmp_path, options, expected):
    with pytest.raises(SystemExit, match="2"):
        main(["ppo", "--out", str(tmp_path), *options.split()])
    assert expected in capsys.readouterr().err


def test_successive_halving_has_a_rung_for_each_quarter():
    assert budgets_of_rungs(16, 1600) == [100, 400, 1600]
    assert budgets_of_rungs(5, 1600) == [100, 400, 1600], "5 points, 2, and 1"
    assert budgets_of_rungs(1, 1600) == [1600]


HALVING = "--search halving --trials 8 --sweep gamma=0.5..0.9 --total-steps 64000 --seeds 2"


@pytest.fixture
def outcomes(monkeypatch):
    """The outcomes of training, in order, the last one repeated; the value of a point is its gamma.

    Returns:
      The outcomes, to be changed, and the runs that were trained.
    """
    runs, outcomes = [], [Outcome((), None, finished=True, num_updates=1)]

    def train(run, *_, **__):
        runs.append(run)
        return outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr(tables, "warn_of_nan", lambda *_: None)
    monkeypatch.setattr(
        tables,
        "evaluate_run",
        lambda run, *_, greedy: [np.repeat([[p["gamma"]] for p in run.points], 2, 0)] * 2,
    )
    return outcomes, runs


def test_successive_halving_goes_on_with_the_best_points(outcomes, tmp_path):
    """Here those with the largest discount factor."""
    _, runs = outcomes
    assert main(["ppo", "--out", str(tmp_path), *HALVING.split()]) == 0
    assert [len(run.points) for run in runs] == [8, 2, 1]
    assert [run.config.total_steps for run in runs] == [4000, 16000, 64000]
    gammas = [run.sweep["gamma"] for run in runs]
    assert gammas[1] == tuple(sorted(gammas[0], reverse=True)[:2])
    assert gammas[2] == gammas[1][:1]
    assert len({run.folder for run in runs}) == 3


def test_a_resumed_round_of_halving_is_followed_by_the_others(outcomes, tmp_path):
    """They equal those of a search that is not interrupted."""
    outcomes, runs = outcomes
    assert main(["ppo", "--out", str(tmp_path / "whole"), *HALVING.split()]) == 0
    whole = runs.copy()
    runs.clear()
    finished = outcomes[0]
    outcomes[:] = [finished, Outcome((), None, finished=False), finished]
    assert main(["ppo", "--out", str(tmp_path / "parts"), *HALVING.split()]) == 130
    assert main(["resume", str(runs[-1].folder)]) == 0
    before, interrupted, resumed, last = runs
    assert interrupted.folder == resumed.folder
    assert last.folder.parent == tmp_path / "parts"
    for run, expected in zip((before, resumed, last), whole, strict=True):
        assert run.settings == expected.settings
    assert load_run(before.folder).extend("total_steps", 128_000).rungs == ()


def test_the_points_of_a_search_are_those_of_its_folder(monkeypatch, tmp_path):
    runs = []
    outcome = Outcome((), None, finished=False)
    monkeypatch.setattr(training, "train", lambda run, *_, **__: runs.append(run) or outcome)
    options = "--search random --trials 3 --sweep learning-rate=1e-5..1e-1 --sweep clip=0.1..0.2"
    main(["ppo", "--out", str(tmp_path / "a"), "--seeds", "2", *options.split()])
    (run,) = runs
    assert (len(run.points), run.num_members) == (3, 6)
    assert load_run(run.folder).points == run.points
    main(["ppo", "--out", str(tmp_path / "b"), "--config", str(run.folder / "config.json")])
    assert runs[1].points == run.points
