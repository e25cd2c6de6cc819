import numpy as np
import pytest

from agents.runs import metrics
from agents.runs.metrics import DamagedMetrics, MetricsFile

pytestmark = pytest.mark.fast


def members(*seeds):
    return [{"seed": seed} for seed in seeds]


def a_table(num_updates=50, num_seeds=3):
    rng = np.random.default_rng(0)
    episodes = rng.integers(0, 4, (num_updates, num_seeds))
    returns = np.where(episodes > 0, rng.normal(size=episodes.shape), np.nan)
    steps = np.tile(100 * np.arange(1, num_updates + 1)[:, None], (1, num_seeds))
    return {"steps": steps, "episodes": episodes, "episode_return": returns, "loss": returns**2} | {
        "episode_length": returns
    }


def test_appended_updates_are_read_back(tmp_path):
    table, path = a_table(), tmp_path / "metrics.csv"
    file = MetricsFile(path, members(4, 5, 6))
    for start, stop in [(0, 20), (20, 50)]:
        part = {name: values[start:stop] for name, values in table.items()}
        file.append(start + 1, part)
    again = metrics.read(path, 3)
    np.testing.assert_array_equal(again["update"][:, 0], np.arange(1, 51))
    np.testing.assert_array_equal(again["seed"], np.tile([4, 5, 6], (50, 1)))
    for name, values in table.items():
        np.testing.assert_array_equal(again[name], values)


def test_later_updates_and_incomplete_lines_are_removed(tmp_path):
    path = tmp_path / "metrics.csv"
    MetricsFile(path, members(0, 1, 2)).append(1, a_table())
    whole = path.read_text()
    expected = "".join(whole.splitlines(keepends=True)[: 1 + 3 * 20])
    stamp = metrics.stamp_of(path, 3, 20, every_update=True)
    file = MetricsFile(path, members(0, 1, 2), stamp)
    file.truncate()
    assert path.read_text() == expected
    path.write_text(expected + "2")
    file.truncate()
    assert path.read_text() == expected
    rest = {name: values[20:] for name, values in a_table().items()}
    file.append(21, rest)
    assert path.read_text() == whole
    assert file.sync() == metrics.stamp_of(path, 3, 50, every_update=True)


def test_a_file_that_is_not_what_the_run_wrote_is_not_truncated(tmp_path):
    path = tmp_path / "metrics.csv"
    file = MetricsFile(path, members(0, 1, 2))
    file.append(1, a_table())
    whole = path.read_bytes()
    for damaged, expected in [
        (whole[:-1], "has lost its end"),
        (b"", "has lost its end: 0 of"),
        (bytes(len(whole)), "is not what the run wrote"),
        (whole.replace(b"1", b"2", 1), "is not what the run wrote"),
    ]:
        path.write_bytes(damaged)
        with pytest.raises(DamagedMetrics, match=expected):
            file.truncate()
        assert path.read_bytes() == damaged
    path.unlink()
    with pytest.raises(DamagedMetrics, match="is missing"):
        file.truncate()
    path.mkdir()  # cannot be read, by root either
    for act in (file.truncate, lambda: metrics.read(path, 3)):
        with pytest.raises(DamagedMetrics, match=r"metrics\.csv' cannot be read: Is a directory"):
            act()


def test_a_file_that_changes_while_training_is_an_error(tmp_path):
    path = tmp_path / "metrics.csv"
    file = MetricsFile(path, members(0, 1, 2))
    file.append(1, a_table())
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(OSError, match="was changed while the run was training"):
        file.append(51, a_table())
    path.unlink()
    with pytest.raises(FileNotFoundError):
        file.append(51, a_table())


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda text: bytes(len(text)), "it has zero bytes"),
        (lambda text: b"\xff\xfe" + text, "it is not text"),
        (lambda text: text.replace(b",", b";"), "is damaged"),
        (lambda text: text.replace(b"update,seed", b"step,seed"), "does not name the columns"),
        (lambda text: text.partition(b"\n")[2], "is damaged"),
        (lambda text: text.replace(b"\n2,1,", b"\n3,1,", 1), "are not in order"),
        (lambda text: text.replace(b"\n2,1,", b"\n2,0,", 1), "are not in order"),
        (lambda text: text.replace(b"\n2,1,", b"\n2,one,", 1), "could not convert"),
        (lambda text: text.replace(b"\n2,1,", b"\n2,", 1), "number of columns changed"),
    ],
)
def test_a_damaged_file_is_an_error_of_one_line(tmp_path, damage, expected):
    path = tmp_path / "metrics.csv"
    MetricsFile(path, members(0, 1, 2)).append(1, a_table())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedMetrics, match=expected) as caught:
        metrics.read(path, 3)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_files_of_older_checkpoints_must_have_every_update(tmp_path):
    path = tmp_path / "metrics.csv"
    MetricsFile(path, members(0, 1, 2)).append(1, a_table(num_updates=5))
    with pytest.raises(DamagedMetrics, match="has 5 updates of the first 6"):
        metrics.stamp_of(path, 3, 6, every_update=True)
    metrics.stamp_of(path, 3, 6, every_update=False)


def test_steps_are_counted_beyond_32_bits():
    steps = np.array([2**31 - 5, 2**31 + 5, 2**32 + 5, 3 * 2**31])
    counters = steps.astype(np.uint32).astype(np.int32)[:, None]
    np.testing.assert_array_equal(metrics.count_steps(np.zeros(1, int), counters), steps[:, None])
    first, rest = np.split(counters, [2])
    before = metrics.count_steps(np.zeros(1, int), first)[-1]
    np.testing.assert_array_equal(metrics.count_steps(before, rest), steps[2:, None])


def test_incomplete_updates_are_not_read(tmp_path):
    """Another process may be writing the file."""
    path = tmp_path / "evaluations.csv"
    table = {"steps": [[3, 3], [6, 6]], "mean": [[1, 2], [3, 4]]}
    assert metrics.read(path, 2) == {}
    file = MetricsFile(path, members(0, 1))
    file.append(1, {name: np.array(rows) for name, rows in table.items()})
    whole = path.read_text()
    for length in range(len(whole) + 1):
        path.write_text(whole[:length])
        again = metrics.read(path, 2)
        num_updates = max(0, (whole[:length].count("\n") - 1) // 2)
        assert ("mean" in again) == (num_updates > 0)
        for name, rows in table.items():
            assert again.get(name, np.array([])).tolist() == rows[:num_updates]


def test_the_last_return_is_over_the_last_episodes():
    episodes = np.array([[1, 50], [60, 0], [50, 0], [0, 0]])
    returns = np.array([[9.0, 7.0], [2.0, np.nan], [4.0, np.nan], [np.nan, np.nan]])
    table = {"episodes": episodes, "episode_return": returns}
    expected = [(60 * 2.0 + 50 * 4.0) / 110, 7.0]
    np.testing.assert_allclose(metrics.last_return(table, 100), expected)
    none = {"episodes": episodes[3:], "episode_return": returns[3:]}
    assert np.isnan(metrics.last_return(none)).all()
