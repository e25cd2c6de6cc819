import json
import re

import pytest

from agents.algorithms import ppo
from agents.runs.run import Run, load_run

pytestmark = pytest.mark.fast

CONFIG = ppo.Config(total_steps=640, num_steps=16, hidden_sizes=(8,))


def make_run(folder, **kwargs):
    run = Run("ppo", CONFIG, (0, 1), folder, **kwargs)
    run.create()
    return run


@pytest.mark.parametrize(
    ("evaluations", "expected"),
    [(0, []), (1, [10]), (3, [4, 7, 10]), (10, list(range(1, 11))), (99, list(range(1, 11)))],
)
def test_evaluations_are_evenly_spaced(tmp_path, evaluations, expected):
    run = Run("ppo", CONFIG, (0,), tmp_path, evaluations=evaluations)
    assert run.evaluation_updates == expected


def test_a_run_is_loaded_with_its_settings(tmp_path):
    run = make_run(tmp_path / "run", evaluations=5)
    again = load_run(run.folder)
    assert vars(again.config) == vars(CONFIG)
    assert (again.name, again.seeds, again.folder) == (run.name, run.seeds, run.folder)
    assert again.evaluations == 5


def test_a_run_of_an_old_version_has_no_evaluations(tmp_path):
    run = make_run(tmp_path / "old", evaluations=3)
    path = run.folder / "config.json"
    settings = json.loads(path.read_text())
    del settings["evaluations"]
    path.write_text(json.dumps(settings))
    assert load_run(run.folder).evaluations == 0


def test_a_folder_without_a_run_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"not a run folder: it has no config\.json"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"clip": ', '"klip": 1, "clip": ', "ppo of this one does not know klip"),
        (
            '"algorithm": "ppo"',
            '"algorithm": "qqo"',
            "unknown algorithm, 'qqo'; known: a2c, apg, awr, dqn, impala, mpo, ppo",
        ),
        ("{", "", "cannot be read: Extra data"),
        ('"seeds": [', '"seats": 1, "seeds": [', "this version does not know seats"),
        ('"algorithm": "ppo",', "", "has no algorithm"),
        ('"algorithm": "ppo"', '"algorithm": ["ppo"]', 'algorithm must be a string; got .\\"ppo'),
        ('"seeds": [', '"seeds": "ab", "x": [', "does not know x"),
        (
            '"learning_rate": 0.00025',
            '"learning_rate": null',
            "rate must be a number; got None",
        ),
        ('"learning_rate": 0.00025', '"learning_rate": NaN', "must be a finite number; got nan"),
        ('"learning_rate": 0.00025', '"learning_rate": true', "must be a number; got True"),
        ('"learning_rate": 0.00025', '"learning_rate": -1', "must be greater than 0; got -1"),
        ('"num_envs": 4', '"num_envs": 4.5', "num_envs must be an integer; got 4.5"),
        ('"num_envs": 4', '"num_envs": "4"', "num_envs must be an integer; got '4'"),
        ('"anneal": true', '"anneal": 1', "anneal must be True or False; got 1"),
        ('"actor": null', '"actor": "mine"', "actor must be a network; got 'mine'"),
        ('"env": "CartPole-v1"', '"env": 1', "env must be a name, such as"),
        ('"evaluations": 0', '"evaluations": -1', "evaluations must not be negative"),
        ('"evaluations": 0', '"evaluations": 1.5', "evaluations must be an integer; got 1.5"),
        ('"over_seeds": "auto"', '"over_seeds": "fast"', "over_seeds must be one of auto, loop"),
        ('"over_seeds": "auto"', '"way": "fast"', "over_seeds must be one of auto, loop, vmap"),
        ('"search": "grid"', '"search": "fast"', "search must be one of grid, list; got 'fast'"),
        ('"search": "grid"', '"search": "list"', "as many values of every field; got .}"),
        ('"on_nan": "stop"', '"on_nan": "cry"', "on_nan must be one of"),
        ('"sweep": {}', '"sweep": []', "sweep must be lists of numbers by the name of a field"),
        ('"sweep": {}', '"sweep": {"gamma": 1}', "sweep must be lists of numbers"),
        ('"sweep": {}', '"sweep": {"gamma": []}', "a sweep needs values; got none for gamma"),
        ('"sweep": {}', '"sweep": {"num_envs": [1]}', "cannot sweep 'num_envs'"),
        ('"sweep": {}', '"sweep": {"gamma": [0.5, 0.5]}', "must differ in float32"),
    ],
)
def test_a_config_of_another_version_is_an_error(tmp_path, old, new, expected):
    run = make_run(tmp_path / "other")
    path = run.folder / "config.json"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=expected):
        load_run(run.folder)


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ('"ab"', "seeds must be a list of integers"),
        ("[]", "at least one seed"),
        ("[1, 1]", "every seed can be trained once; got 1 several times"),
        ("[true]", "seeds must be a list of integers"),
        ("[-1]", "seeds must lie between 0 and 4294967295; got -1 to -1"),
    ],
)
def test_seeds_are_checked(tmp_path, seeds, expected):
    run = make_run(tmp_path / "run")
    path = run.folder / "config.json"
    path.write_text(re.sub(r'"seeds": \[[^]]*\]', f'"seeds": {seeds}', path.read_text()))
    with pytest.raises(ValueError, match=expected) as caught:
        load_run(run.folder)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["[]", "null", "3", '"x"', "", "\0" * 400, "{", "[" * 100_000])
def test_json_that_is_no_settings_is_an_error(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json' (must hold|cannot be read)") as caught:
        load_run(tmp_path)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_an_error(tmp_path):
    (tmp_path / "config.json").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(ValueError, match="cannot be read"):
        load_run(tmp_path)


def test_a_run_of_an_older_version_takes_the_defaults(tmp_path):
    run = make_run(tmp_path / "old")
    path = run.folder / "config.json"
    given = json.loads(path.read_text())
    for name in ("keep", "checkpoint_seconds", "on_nan", "evaluations", "search"):
        del given[name]
    path.write_text(json.dumps(given))
    assert load_run(run.folder).settings == run.settings


def test_the_values_of_a_sweep_form_a_grid_or_a_list(tmp_path):
    sweep = {"gamma": (0.5, 0.9), "clip": (0.1, 0.1)}
    run = make_run(tmp_path / "list", sweep=sweep, search="list")
    assert run.points == [{"gamma": 0.5, "clip": 0.1}, {"gamma": 0.9, "clip": 0.1}]
    assert [config.gamma for config in run.point_configs] == [0.5, 0.9]
    assert (run.num_members, load_run(run.folder).points) == (4, run.points)
    grid = make_run(tmp_path / "grid", sweep=sweep | {"clip": (0.1, 0.2)})
    assert len(grid.points) == 4
    with pytest.raises(ValueError, match=r"as many values of every field; got .'gamma': 2, 'clip'"):
        make_run(tmp_path / "wrong", sweep=sweep | {"clip": (0.1,)}, search="list")
