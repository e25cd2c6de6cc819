import sys

import pytest

import agents
from agents.invocation import how_to_install

pytestmark = pytest.mark.fast


def test_a_missing_package_of_the_extra_is_one_line(monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("agents.algorithms.ppo", "opt"))]:
        monkeypatch.delitem(sys.modules, name)
    for package in (agents, agents.algorithms):
        monkeypatch.delattr(package, "ppo", raising=False)
    monkeypatch.setitem(sys.modules, "optax", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'jaxdist\[agents\]'"):
        _ = agents.ppo


@pytest.mark.parametrize("package", ["gymnax", "optax"])
def test_the_command_line_without_the_extra_says_what_to_install(package, tmp_path, finish):
    """A package is shadowed by a module that imports what is not there."""
    (tmp_path / f"{package}.py").write_text("import six.not_there")
    code, out, err = finish("-m", "agents", "ppo", variables={"PYTHONPATH": str(tmp_path)})
    assert (code, out) == (1, "")
    assert "pip install 'jaxdist[agents]'" in err.splitlines()[-1]
    assert "Traceback" not in err


def test_another_missing_module_is_not_of_the_extra():
    assert how_to_install(ModuleNotFoundError(name="my_module.gymnax")) is None
    assert "need orbax" in how_to_install(ModuleNotFoundError(name="orbax.checkpoint"))
