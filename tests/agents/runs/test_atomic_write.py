import pytest

from agents.runs.atomic_write import atomic_write

pytestmark = pytest.mark.fast


def test_a_failed_write_leaves_the_old_text(tmp_path, monkeypatch):
    path = tmp_path / "config.json"
    atomic_write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        atomic_write(path, "new \ud800")
    assert path.read_text() == "old"
    atomic_write(path, "new")
    assert path.read_text() == "new"
    with pytest.raises(FileNotFoundError, match=f"no such folder: '{tmp_path / 'no'}'"):
        atomic_write(tmp_path / "no" / "config.json", "new")
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]
