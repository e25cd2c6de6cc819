import json

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
            "unknown algorithm, 'qqo'; known: a2c, apg, ppo",
        ),
        ("{", "", "cannot be read: Extra data"),
    ],
)
def test_a_config_of_another_version_is_an_error(tmp_path, old, new, expected):
    run = make_run(tmp_path / "other")
    path = run.folder / "config.json"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=expected):
        load_run(run.folder)


def test_custom_networks_cannot_be_saved(tmp_path):
    config = ppo.Config(actor=ppo.make_problem(CONFIG).actor)
    with pytest.raises(ValueError, match=r"custom networks \(actor\); train without .*ppo\.train"):
        Run("ppo", config, (0,), tmp_path / "own").create()
