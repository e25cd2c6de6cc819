"""The tests with the mark `bits`, in a process with XLA's newer emitters."""

import pytest

from tests import compilation


@pytest.mark.parametrize(
    "marks", ["bits and not slow", pytest.param("bits and slow", marks=pytest.mark.slow)]
)
def test_results_are_identical_bit_by_bit(finish, marks):
    arguments = ("pytest", "-n", "0", "-m", marks, "tests/agents")
    code, out, err = finish("-m", *arguments, variables={"XLA_FLAGS": compilation.QUICK})
    assert code == 0, out + err
