import numpy as np
import pytest

from agents.command_line import formatting
from agents.command_line.parsing import integer
from agents.command_line.spelling import with_dashes
from agents.validation import did_you_mean

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 0.98], ["1.000", "0.980"]),
        ([500.0, 9.25], ["500.0", "9.2"]),
        ([-152.34, np.nan], ["-152.3", "-"]),
        ([12345.6, 2.5], ["12,346", "2"]),
        ([0.00123, 0.0], ["0.001230", "0.000000"]),
        ([0.0], ["0.0"]),
    ],
)
def test_a_column_shows_four_digits_of_its_largest_number(values, expected):
    places = formatting.decimals(values)
    assert [formatting.number(value, places) for value in values] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_000_000, "1e6"),
        (2_500_000, "2.5e6"),
        (2.5e-4, "2.5e-4"),
        (0.01, "0.01"),
        (0.001, "1e-3"),
        (9.9999999e5, "1e6"),
        (0.0, "0"),
        (-20_000.0, "-2e4"),
        (128, "128"),
        ((64, 64), "64 64"),
        (True, "True"),
        ("clip", "clip"),
    ],
)
def test_a_value_in_a_label_is_short(value, expected):
    assert formatting.short(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (999, "999"),
        (8000, "8.00k"),
        (951_506, "952k"),
        (2_031_616, "2.03M"),
        (4e9, "4.00G"),
    ],
)
def test_a_count_has_three_digits(value, expected):
    assert formatting.count(value) == expected


def test_underscores_in_options_become_dashes():
    given = ["ppo", "--num_envs=8", "--out", "my_runs", "--config=my_file.toml", "-h", "x_y"]
    expected = ["ppo", "--num-envs=8", "--out", "my_runs", "--config=my_file.toml", "-h", "x_y"]
    assert with_dashes(given) == expected


def test_a_typo_has_a_suggestion():
    known = ["learning-rate", "num-envs"]
    assert did_you_mean("lerning-rate", known) == "; did you mean learning-rate?"
    assert did_you_mean("xyz", known) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1e6", 10**6), ("1_000", 1000), ("2.5e3", 2500), ("-3", -3), ("9007199254740993", 2**53 + 1)],
)
def test_an_integer_may_have_an_exponent(text, expected):
    assert integer(text) == expected
