"""The tests that took long when they were last measured; `tests/conftest.py` marks them slow.

    pytest --junitxml=report.xml && python -m tests.slow_tests report.xml

adds to `tests/slow_tests.txt` those of a report that took long, except what must run before every
merge and the quickest case of each test function. To run a test by default again, delete its line.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

LIST = Path(__file__).with_suffix(".txt")
SECONDS = 0.75
SECONDS_OF_THE_QUICKEST = 2.0
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
    cases_of = defaultdict(list)
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
        if name.startswith("tests/") and not ALWAYS.match(name):
            cases_of[name.partition("[")[0]].append((float(case.attrib["time"]), name))
    return {name for cases in cases_of.values() for name in _long(sorted(cases))}


def _long(cases: list[tuple[float, str]]) -> list[str]:
    """Return the ids of what took long, of one function's cases in the order of their seconds."""
    (seconds, quickest), others = cases[0], cases[1:]
    first = [quickest] if seconds > SECONDS_OF_THE_QUICKEST else []
    return first + [name for seconds, name in others if seconds > SECONDS]


if __name__ == "__main__":
    LIST.write_text("".join(f"{name}\n" for name in sorted(listed() | measured(Path(sys.argv[1])))))
