import argparse

import numpy as np
import pytest

from agents.command_line import training
from agents.command_line.main import main
from agents.command_line.sweeps import Range, combine, parse_sweep
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
        ("--sweep gamma=0.9 --trials 3", "--trials is for --search random; got --search grid"),
        ("--search random", "--search random needs --sweep"),
        ("--search list --sweep gamma=0.9,1 --sweep clip=0.1", "as many values of every field"),
        ("--sweep gamma=0.9 --sweep gamma=0.8", "gamma is swept twice"),
        ("--search rando", "did you mean random?"),
    ],
)
def test_contradictions_are_usage_errors(capsys, tmp_path, options, expected):
    with pytest.raises(SystemExit, match="2"):
        main(["ppo", "--out", str(tmp_path), *options.split()])
    assert expected in capsys.readouterr().err


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
