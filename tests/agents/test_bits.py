"""The tests with the mark `bits`, in a process with XLA's newer emitters."""

from pathlib import Path

import pytest

from tests import compilation

HERE = Path(__file__)
# Only these are collected: to import all others takes a third of the time.
FILES = [
    path
    for path in sorted(HERE.parent.rglob("test_*.py"))
    if path != HERE and "mark.bits" in path.read_text()
]


@pytest.mark.parametrize(
    "marks", ["bits and not slow", pytest.param("bits and slow", marks=pytest.mark.slow)]
)
def test_results_are_identical_bit_by_bit(finish, marks):
    arguments = ("pytest", "-n", "0", "-m", marks, *FILES)
    code, out, err = finish("-m", *arguments, variables={"XLA_FLAGS": compilation.QUICK})
    assert code == 0, out + err
