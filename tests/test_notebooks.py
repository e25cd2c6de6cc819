"""Every notebook is saved with its outputs, and runs from top to bottom."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ALWAYS = ("01_policy_gradient",)  # the others with the slow tests


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem in ALWAYS else pytest.mark.slow, id=path.stem)
        for path in NOTEBOOKS
    ],
)
def test_notebook(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}
    )
    # The code beside the notebooks, whichever checkout of it is installed; and compiled as users
    # have it compiled, since these programs take longer to run than to compile.
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT), "XLA_FLAGS": ""})
