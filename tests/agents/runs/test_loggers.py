import csv
import sys
import types

import numpy as np
import pytest

from agents.algorithms import ppo
from agents.command_line.main import main
from agents.runs import loggers, metrics
from agents.runs.loggers import summarize
from agents.runs.run import Run
from agents.runs.training import train

CONFIG = ppo.Config(num_steps=16, num_minibatches=2, total_steps=640, hidden_sizes=(8,))


@pytest.fixture
def run(tmp_path):
    run = Run("ppo", CONFIG, (0, 1), tmp_path / "run", {"gamma": (0.5, 0.9)}, evaluations=2)
    run.create()
    return run


def a_chunk(size=3, members=4):
    """Returns of member j in update i are 10 i + j; member 0 has no episodes."""
    shape, i, j = (size, members), np.arange(size)[:, None], np.arange(members)
    table = {name: np.ones(shape) for name in [*metrics.FIRST, "loss"]}
    table["steps"] = 64 * (1 + i) * np.ones(shape)
    table["episodes"] = (i + 1) * (j > 0)
    table["episode_return"] = np.where(table["episodes"], 10.0 * i + j, np.nan)
    return table


@pytest.mark.fast
def test_a_chunk_is_summarized_by_episodes_and_updates():
    evaluation = {"return_mean": np.arange(6.0), "return_std": np.ones(6)}  # two are padding
    scalars = summarize(a_chunk(), evaluation)
    np.testing.assert_array_equal(scalars["steps"], [192] * 4)
    np.testing.assert_array_equal(scalars["episodes"], [0, 6, 6, 6])
    expected = (2 * 10 + 3 * 20) / 6 + np.array([np.nan, 1, 2, 3])
    np.testing.assert_allclose(scalars["episode_return"], expected)
    np.testing.assert_array_equal(scalars["evaluation_return"], [0, 1, 2, 3])
    assert "evaluation_return" not in summarize(a_chunk(), None)


class Recorder:
    def __init__(self):
        self.calls = []

    def log(self, update, metrics):
        self.calls.append((update, metrics))

    def close(self):
        raise AssertionError("whoever made it closes it")


@pytest.mark.slow
def test_a_logger_gets_what_the_files_have(run):
    """All updates, once; and the evaluations."""
    recorder = Recorder()
    train(run, lambda *_: None, loggers=[recorder], chunk_seconds=0.0)
    updates = [update for update, _ in recorder.calls]
    assert updates == sorted(set(updates))
    assert updates[-1] == run.num_updates
    table = metrics.read(run.metrics_path, 4)
    evaluations = metrics.read(run.evaluations_path, 4)
    total = sum(scalars["episodes"] for _, scalars in recorder.calls)
    np.testing.assert_array_equal(total, table["episodes"].sum(axis=0))
    np.testing.assert_array_equal(recorder.calls[-1][1]["steps"], table["steps"][-1])
    logged = [s["evaluation_return"] for _, s in recorder.calls if "evaluation_return" in s]
    np.testing.assert_allclose(logged, evaluations["return_mean"], rtol=1e-6)


@pytest.mark.fast
def test_csv_has_a_row_for_every_chunk_and_member(run):
    evaluated = summarize(a_chunk(), {"return_mean": np.ones(4), "return_std": np.ones(4)})
    plain = summarize(a_chunk(), None)
    logger = loggers.make("csv", run)
    for update, scalars in [(3, plain), (6, evaluated), (9, plain)]:
        logger.log(update, scalars)
    resumed = loggers.make("csv", run)
    resumed.log(6, plain)
    rows = list(csv.DictReader((run.folder / "log.csv").open()))
    assert [int(row["update"]) for row in rows] == [3] * 4 + [6] * 4, "made again after 3"
    assert [row["gamma"] for row in rows[:4]] == ["0.5", "0.5", "0.9", "0.9"]
    assert float(rows[1]["episode_return"]) == pytest.approx(plain["episode_return"][1])
    assert rows[-1]["evaluation_return"] == ""


@pytest.mark.fast
def test_tensorboard_has_a_run_for_every_member(run):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for steps in [(192, 384), (320,)]:  # the second time after training was resumed
        logger = loggers.make("tensorboard", run)
        for step in steps:
            logger.log(step // 64, summarize(a_chunk(), None) | {"steps": np.full(4, step)})
        logger.close()
    folder = run.folder / "tensorboard"
    names = [f"seed={seed} gamma={gamma}" for seed in (0, 1) for gamma in (0.5, 0.9)]
    assert sorted(path.name for path in folder.iterdir()) == names
    events = [EventAccumulator(str(folder / name)).Reload() for name in names]
    assert [(e.step, e.value) for e in events[-1].Scalars("loss")] == [(192, 1.0), (320, 1.0)]
    assert "episode_return" in events[-1].Tags()["scalars"]
    assert "episode_return" not in events[0].Tags()["scalars"], "it is NaN"


@pytest.mark.fast
def test_wandb_gets_the_members_in_the_names(run, monkeypatch):
    logged, begun = [], []

    class Remote:
        log = staticmethod(lambda numbers, step: logged.append((step, numbers)))
        finish = staticmethod(lambda: logged.append("finished"))

    wandb = types.ModuleType("wandb")
    wandb.__spec__ = types.SimpleNamespace(name="wandb")
    wandb.init = lambda **settings: begun.append(settings) or Remote
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    logger = loggers.make("wandb", run)
    logger.log(3, summarize(a_chunk(), None))
    logger.close()
    assert begun[0]["config"] == run.settings
    (step, numbers), end = logged
    assert (step, end) == (3, "finished")
    assert numbers["steps/seed=1 gamma=0.9"] == 192
    assert "episode_return/seed=0 gamma=0.5" not in numbers, "NaN"


@pytest.mark.fast
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--log wandb", "needs the package wandb, which is not installed: pip install wandb"),
        ("--log csv tensorboard", "not installed: pip install 'jaxdist[tensorboard]'"),
        ("--log tensorboar", "did you mean tensorboard?"),
    ],
)
def test_a_logger_that_is_not_there_is_a_usage_error(
    capsys, monkeypatch, tmp_path, options, expected
):
    for name in loggers.PACKAGES:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SystemExit, match="2"):
        main(["ppo", "--out", str(tmp_path), *options.split()])
    assert expected in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
