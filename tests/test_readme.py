"""The README says what is true."""

import doctest

import pytest

from tests.readme_table import README, table, written


@pytest.mark.slow
def test_the_table_of_distributions_is_that_of_the_code():
    assert written() == table(), "run `python -m tests.readme_table`"


def test_the_examples_run():
    result = doctest.testfile(str(README), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 10
    assert result.failed == 0


def test_the_two_commands_are_named():
    text = README.read_text()
    assert 'pip install -e ".[agents]" && python -m agents ppo' in text
    assert 'pip install -e ".[test]" && pytest' in text
