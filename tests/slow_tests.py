"""The tests that took long when they were last measured; `tests/conftest.py` marks them slow.

    pytest --junitxml=report.xml && python -m tests.slow_tests report.xml

adds to `tests/slow_tests.txt` those of a report that took more than a few seconds, except what must
run before every merge. To run a test by default again, delete its line.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

LIST = Path(__file__).with_suffix(".txt")
SECONDS = 3.0
# Each promise that a user relies on has a test that always runs, also if it takes long.
ALWAYS = re.compile(
    "|".join(
        [
            "tests/test_house.py",
            "tests/test_readme.py",
            "tests/test_notebooks.py",
            "tests/test_devices.py::test_draws_do_not_depend_on_the_devices",
            "tests/agents/test_sharded_updates.py",
            "tests/agents/algorithms/test_probes.py::test_the_policy_takes_the_best_actions",
            "tests/agents/command_line/test_main.py::test_a_run_folder_contains_all_files",
            "tests/agents/runs/test_training.py::test_a_killed_run_resumes",
        ]
    )
)


def listed() -> set[str]:
    """Return the ids of the tests in the list."""
    return set(LIST.read_text().splitlines())


def measured(report: Path) -> set[str]:
    """Return the ids of the tests in a report that took long, without examples in docstrings."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    ids = {
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
        for case in cases
        if float(case.attrib["time"]) > SECONDS
    }
    return {name for name in ids if name.startswith("tests/") and not ALWAYS.match(name)}


if __name__ == "__main__":
    LIST.write_text("".join(f"{name}\n" for name in sorted(listed() | measured(Path(sys.argv[1])))))
